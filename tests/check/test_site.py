"""A site's profile: it tightens freely; whoever loosens answers for it, and every report shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from planner.check.severity import effective_severity
from planner.cli.app import run
from planner.core.errors import InputError
from planner.protocol.diff import differences
from planner.protocol.load import left_out, load_protocol

ANSWERS = {
    "justification": "Decided after the audit of 2025.", "approver": "Dr A. Head", "date": "2026-01-12",
    "document": "SOP 12 v3",
}  # fmt: skip


@pytest.fixture
def site(tmp_path):
    def made(*overrides, **more):
        raw = {"site": "St Elsewhere", "version": "1", "title": "House rules", "overrides": list(overrides)} | more
        (tmp_path / "site.yaml").write_text(json.dumps(raw))
        return tmp_path / "site.yaml"

    return made


def test_tightening_needs_nobody(site):
    changed = load_protocol(site({"rule": "ABL-DIST-CORD", "limit": {"at_least": 12}})).rule("ABL-DIST-CORD")
    assert changed.limit.at_least == 12
    assert changed.warn is None, "the book's better range is the limit now"
    assert not changed.override.loosens
    assert "at least 10.0 mm" in changed.override.was


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "ABL-DIST-CORD", "limit": {"at_least": 8}},
        {"rule": "AUG-FILL-HARD", "limit": {"at_most": 0.45}},
        {"rule": "AUG-FILL-HARD", "severity": "warn"},
        {"rule": "ABL-DIST-CORD", "warn": {"at_least": 11}},
        {"rule": "ABL-SETPOINT", "limit": {"between": [50, 90]}},
        {"rule": "ABL-SETPOINT", "limit": {"at_most": 90}},
        {"rule": "AUG-VOL-LEVEL", "limit": {"at_most": {"by_level": {"T1-L5": 5}}}},
        {"rule": "ACC-PED-MARGIN", "severity": "block"},
    ],
)
def test_loosening_asks_who_answers(site, change):
    with pytest.raises(InputError) as caught:
        load_protocol(site(change))
    assert "justification, approver, date, document" in str(caught.value)
    for missing in ANSWERS:
        with pytest.raises(InputError, match=missing):
            load_protocol(site(change | {k: v for k, v in ANSWERS.items() if k != missing}))
    rule = load_protocol(site(change | ANSWERS)).rule(change["rule"])
    assert rule.override.approver == "Dr A. Head"
    assert rule.override.loosens == (change.get("severity") != "block")


def test_an_unverified_limit_blocks_once_somebody_answers(site):
    rule = load_protocol(site({"rule": "ACC-PED-MARGIN", "severity": "block"} | ANSWERS)).rule("ACC-PED-MARGIN")
    assert not rule.source.verified
    assert effective_severity(rule).severity == "block"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rule": "ACC-CORD-INSIDE", "limit": {"at_least": -1}} | ANSWERS, "left as it is"),
        ({"rule": "IBT-P-RATED", "severity": "warn"} | ANSWERS, "left as it is"),
        ({"rule": "NO-SUCH", "severity": "warn"}, "id of a rule"),
        ({"rule": "AUG-FILL-OPT", "severity": "block"} | ANSWERS, "efficacy never block"),
        ({"rule": "ABL-DIST-CORD", "warn": {"at_least": 9}} | ANSWERS, "stricter"),
        ({"rule": "ABL-DIST-CORD", "limit": {"at_least": 9}} | ANSWERS | {"justification": "short"}, "15"),
    ],
)
def test_what_no_site_may_do(site, change, told):
    with pytest.raises(InputError, match=told):
        load_protocol(site(change))


def test_all_faults_at_once(site):
    bad = {"rule": "NO-SUCH"}, {"rule": "ABL-DIST-CORD", "limit": {"at_least": 1}}, {"rule": "ABL-DIST-CORD"}
    with pytest.raises(InputError) as caught:
        load_protocol(site(*bad))
    assert [p.path for p in caught.value.problems] == ["$.overrides[0].rule", "$.overrides[1]", "$.overrides[2].rule"]


def test_own_rules_and_hash(site):
    base = load_protocol()
    own = json.loads(base.rule("ACC-LENGTH").model_dump_json()) | {
        "id": "ST-LENGTH",
        "limit": {"at_most": 120.0},
        "warn": None,
    }
    mine = load_protocol(site(rules=[own]))
    assert mine.rule("ST-LENGTH").limit.at_most == 120
    assert mine.sha256 != base.sha256
    with pytest.raises(InputError, match="an id of its own"):
        load_protocol(site(rules=[own | {"id": "ACC-LENGTH"}]))
    with pytest.raises(InputError, match="verified source"):
        load_protocol(site(rules=[own | {"severity": "block", "purpose": "safety"}]))
    assert load_protocol(site()).sha256 != base.sha256, "the site's name is part of what judged"


@pytest.fixture
def plan(tmp_path):
    raw = {
        "planner": 1, "anatomy": {"parametric": {"level": "L3", "levels": "only", "tissues": False}}, "frame": "LPS",
        "target": {"level": "L3"},
        "steps": [{"kind": "vertebroplasty", "cement": {"material": "pmma_generic", "volume": "4 mL"},
                   "access": {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13}}],
    }  # fmt: skip
    (tmp_path / "plan.yaml").write_text(json.dumps(raw))
    return tmp_path / "plan.yaml"


def called(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run([str(a) for a in arguments])
    return stopped.value.code, *capsys.readouterr()


def test_a_technique_that_is_not_offered_is_a_violation(site, plan, capsys):
    profile = site({"rule": "ABL-DIST-CORD", "limit": {"at_least": 12}}, techniques=["radiotherapy", "screw"])
    code, out, _ = called(capsys, "check", plan, "--no-simulate", "--protocol", profile, "--json")
    result = json.loads(out)
    assert code == 1
    found = next(f for f in result["findings"] if f["rule"] == "SITE-TECHNIQUE")
    assert (found["outcome"], found["severity"]) == ("fail", "block")
    assert "St Elsewhere does not offer it" in found["because"]
    assert {o["rule"] for o in result["overrides"]} == {"ABL-DIST-CORD", "SITE-TECHNIQUE"}
    assert result["provenance"]["protocol"]["site"] == "St Elsewhere"
    offered = site(techniques=["vertebroplasty"])
    code, out, _ = called(capsys, "check", plan, "--no-simulate", "--protocol", offered, "--json")
    found = next(f for f in json.loads(out)["findings"] if f["rule"] == "SITE-TECHNIQUE")
    assert found["outcome"] == "not_applicable"


def test_every_report_shows_what_was_changed(site, plan, capsys, tmp_path, no_picture):
    profile = site({"rule": "ACC-PED-MARGIN", "severity": "block"} | ANSWERS)
    _, out, _ = called(capsys, "check", plan, "--no-simulate", "--protocol", profile, "--out", tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text()
    assert "House rules" in page
    assert "SOP 12 v3" in page
    assert "House rules (1)" in out
    assert "Decided after the audit of 2025." in " ".join(out.split())
    _, out, _ = called(capsys, "protocol", "explain", "ACC-PED-MARGIN", "--protocol", profile)
    assert "Dr A. Head" in out


def test_differences_in_words(site, capsys):
    base = load_protocol()
    assert differences(base, base) == []
    changed = load_protocol(site({"rule": "ABL-DIST-CORD", "limit": {"at_least": 12}}, techniques=["screw"]))
    found = dict(differences(base, changed))
    assert set(found) == {"ABL-DIST-CORD", "SITE-TECHNIQUE"}
    assert "at least 10.0 mm → at least 12.0 mm (tighter)" in found["ABL-DIST-CORD"]
    back = dict(differences(changed, base))
    assert "(looser)" in back["ABL-DIST-CORD"]
    assert back["SITE-TECHNIQUE"].startswith("removed")
    code, out, _ = called(capsys, "protocol", "diff", "access", "cryo")
    assert code == 0
    assert "rules differ" in out
    assert called(capsys, "protocol", "diff", "access", "nothing")[0] == 3


def test_evidence_counts_every_rule(capsys):
    _, out, _ = called(capsys, "protocol", "list", "--evidence", "--json")
    table = json.loads(out)
    assert table["total"]["rules"] == len(load_protocol().rules) == sum(row["rules"] for row in table["books"])
    assert table["total"]["V"] == sum(rule.source.verified for rule in load_protocol().rules)
    _, out, _ = called(capsys, "protocol", "show")
    assert json.loads(out)["sha256"] == load_protocol().sha256


def test_what_is_left_out_has_a_reason_and_is_no_rule():
    rules = {rule.id for rule in load_protocol().rules}
    assert len(left_out()) >= 50
    for name, why in left_out().items():
        assert name not in rules
        assert len(why) > 15


def test_every_row_of_the_literature_tables_is_a_rule_or_left_out_with_its_reason():
    """The ids under which the figures were collected; none is lost in silence."""
    rows = (Path(__file__).parent / "literature_rows.txt").read_text(encoding="utf-8").split()
    assert len(rows) >= 190
    assert set(rows) - {rule.id for rule in load_protocol().rules} - set(left_out()) == set()


def test_what_is_judged_under_another_id_is_judged():
    rules = {rule.id for rule in load_protocol().rules}
    named = re.compile(r"\b(?:ABL|CRY|AUG|SEL|RT|DEN|NAV|IBT|CEM|FUP|BKP|ACC)-[A-Z0-9-]*[A-Z0-9]\b")
    for row, why in left_out().items():
        unknown = set(named.findall(why)) - rules - set(left_out())
        assert not unknown, f"{row} speaks of {unknown}"


def test_an_old_book_judges_again_and_says_who_it_is(site, plan, capsys, tmp_path):
    """Kept by `protocol show`, whatever the books say today."""
    profile = site({"rule": "AUG-VOL-PCE", "limit": {"at_most": 3}}, techniques=["vertebroplasty"])
    _, kept, _ = called(capsys, "protocol", "show", profile)
    old = tmp_path / "old.json"
    old.write_text(kept)
    assert load_protocol(old) == load_protocol(profile)
    judged = [
        json.loads(called(capsys, "check", plan, "--no-simulate", "--protocol", p, "--json")[1]) for p in (profile, old)
    ]
    assert judged[0]["findings"] == judged[1]["findings"]
    assert judged[0]["overrides"] == judged[1]["overrides"]
    assert judged[0]["provenance"]["protocol"] == judged[1]["provenance"]["protocol"]
    assert called(capsys, "protocol", "diff", profile, old)[1].endswith("no rule differs\n")
    today = json.loads(called(capsys, "check", plan, "--no-simulate", "--json")[1])
    outcome = {
        name: {f["rule"]: f["outcome"] for f in result["findings"]}
        for name, result in (("old", judged[1]), ("new", today))
    }
    assert (outcome["old"]["AUG-VOL-PCE"], outcome["new"]["AUG-VOL-PCE"]) == ("fail", "warn")


def test_an_old_book_that_was_changed_is_refused(capsys, tmp_path):
    kept = json.loads(called(capsys, "protocol", "show")[1])
    assert kept["sha256"] == load_protocol().sha256
    kept["rules"][0]["limit"] = {"at_most": 2.5}
    (tmp_path / "old.json").write_text(json.dumps(kept))
    code, out, err = called(capsys, "protocol", "lint", tmp_path / "old.json")
    assert (code, out) == (3, "")
    assert "$.sha256" in err
    assert "as it was kept" in err


def test_the_ids_of_rules_are_stable_for_ever():
    """Results, site profiles and kept books name them: an id is never dropped or given to another rule.

    A rule that is withdrawn moves to `left_out` with its reason; a new one is added to the list.
    """
    known = (Path(__file__).parent / "rule_ids.txt").read_text(encoding="utf-8").split()
    assert set(known) - {rule.id for rule in load_protocol().rules} - set(left_out()) == set()
