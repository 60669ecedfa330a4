"""Each fault a rule book may have, planted once; and what is sound survives every change of form."""

from __future__ import annotations

import json
import math
from io import StringIO

import pytest
from ruamel.yaml import YAML

from planner.core.errors import InputError
from planner.core.files import stable_json
from planner.core.quantity import QUANTITIES
from planner.core.validation import validated
from planner.core.yamlio import parse_mapping
from planner.protocol.load import book_names, load_protocol
from planner.protocol.models import Book, Rule

SOUND = {
    "id": "T-1", "title": "A rule to spoil", "quantity": "cement_volume_ml", "unit": "mL", "scope": "step",
    "severity": "warn", "purpose": "safety", "limit": {"at_most": 5.0}, "because": "It is a rule for tests.",
    "remedy": "Nothing to do.", "source": {"ref": "house", "grade": "assumed", "flag": "E"},
}  # fmt: skip
OTHER = SOUND | {"id": "T-2", "title": "Its neighbour"}
RATIO = {"expression": "cement_volume_ml / balloon_volume_ml", "label": "cement over balloon", "unit": "1"}


@pytest.fixture
def linted(tmp_path):
    """Rules → the problems that lint tells of them."""

    def problems(*rules):
        path = tmp_path / "book.json"
        path.write_text(json.dumps({"protocol": "t", "version": "1", "title": "Of the tests", "rules": rules}))
        try:
            load_protocol(path)
        except InputError as error:
            return [str(problem) for problem in error.problems]
        return []

    return problems


def test_the_sound_rule_is_sound(linted):
    assert linted(SOUND, OTHER) == []
    assert linted(SOUND | RATIO) == []


FAULTS = {
    "unit of another quantity": ({"unit": "mm"}, "the unit of cement_volume_ml"),
    "unknown quantity": ({"quantity": "cement_volume"}, "a row of the quantity table"),
    "no source": ({"source": None}, "source"),
    "unknown source": ({"source": SOUND["source"] | {"ref": "nobody"}}, "references.yaml"),
    "unknown second source": ({"also": [{"ref": "nobody", "says": "x", "flag": "V"}]}, "references.yaml"),
    "warn looser": ({"warn": {"at_most": 6.0}}, "stricter"),
    "warn the same": ({"warn": {"at_most": 5.0}}, "stricter"),
    "warn of another kind": ({"warn": {"at_least": 1.0}}, "stricter"),
    "warn outside a table by level": (
        {"limit": {"at_most": {"by_level": {"T1-T10": 4.0, "T11-L5": 8.0}}}, "warn": {"at_most": 5.0}}, "stricter",
    ),
    "not a number": ({"limit": {"at_most": math.nan}}, "finite"),
    "infinite": ({"limit": {"at_most": math.inf}}, "finite"),
    "not a number in a range": ({"limit": {"between": [1.0, math.nan]}}, "finite"),
    "not a number by level": ({"limit": {"at_most": {"by_level": {"T1-L5": math.nan}}}}, "finite"),
    "yes as a limit": ({"limit": {"at_most": True}}, "number"),
    "yes in a range": ({"limit": {"between": [False, 3.0]}}, "number"),
    "yes by level": ({"limit": {"at_most": {"by_level": {"T1-L5": True}}}}, "number"),
    "yes as an exact limit": ({"limit": {"equals": True}}, "number"),
    "yes as a share": ({"limit": {"at_most": {"device": "rated_volume_ml", "times": True}}}, "number"),
    "text as a limit": ({"limit": {"at_most": "5 mL"}}, "number"),
    "range upside down": ({"limit": {"between": [4.0, 2.0]}}, "low below high"),
    "empty range": ({"limit": {"between": [2.0, 2.0]}}, "low below high"),
    "two limits": ({"limit": {"at_most": 5.0, "at_least": 1.0}}, "one of"),
    "no limit": ({"limit": {}}, "one of"),
    "a level twice": ({"limit": {"at_most": {"by_level": {"T1-T12": 4.0, "T12": 5.0}}}}, "each vertebra once"),
    "no such level": ({"limit": {"at_most": {"by_level": {"T13": 4.0}}}}, "T13"),
    "no such figure of a sheet": ({"limit": {"at_most": {"device": "rated_volume"}}}, "device"),
    "no such kind of step": ({"applies_when": {"kind": ["vertebroplastie"]}}, "kinds of step"),
    "no such condition": ({"applies_when": {"weekday": ["Monday"]}}, "weekday"),
    "condition on an unknown quantity": ({"applies_when": {"given": {"mood": {"at_least": 1.0}}}}, "quantity table"),
    "no such device": ({"applies_when": {"device": ["osteocool_21mm"]}}, "osteocool_20mm"),
    "no such material": ({"applies_when": {"material": ["pmma"]}}, "pmma_generic"),
    "efficacy that blocks": ({"purpose": "efficacy", "severity": "block"}, "never block"),
    "an expression that yields another unit": (RATIO | {"unit": "mL"}, "unit"),
    "an expression that runs": (RATIO | {"expression": "__import__('os')"}, "expression"),
    "an expression that adds mL and mm": (RATIO | {"expression": "cement_volume_ml + needle_angle_deg"}, "unit"),
    "an expression without a label": (RATIO | {"label": None}, "label"),
    "two sources differ, nobody chose": (
        {"also": [{"ref": "d1", "says": "something else", "flag": "V", "differs": True}]}, "differs",
    ),
    "a choice between sources that agree": ({"chosen": "Because it was the better one."}, "differs"),
    # rules that never speak, never hold or never fail
    "no kind of step has the quantity": ({"applies_when": {"kind": ["screw"]}}, "can apply"),
    "no such device for the kind": ({"applies_when": {"kind": ["vertebroplasty"], "device": ["icerod_15"]}}, "can apply"),
    "region and level apart": ({"applies_when": {"region": ["lumbar"], "levels": ["T1-T10"]}}, "can apply"),
    "cord below the conus": ({"applies_when": {"neural": ["cord"], "levels": ["L4"]}}, "can apply"),
    "a table without the levels it judges": (
        {"limit": {"at_most": {"by_level": {"L1-L5": 8.0}}}, "applies_when": {"region": ["thoracic"]}}, "can apply",
    ),
    "given what it then refuses": (
        {"applies_when": {"given": {"cement_volume_ml": {"at_least": 6.0}}}}, "can keep",
    ),
    "a limit nothing plausible keeps": ({"limit": {"at_most": -1.0}}, "plausible"),
    "a limit everything plausible keeps": ({"limit": {"at_least": 0.0}}, "plausible"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(name, linted):
    change, said = FAULTS[name]
    spoilt = {key: value for key, value in (SOUND | change).items() if value is not None}
    found = linted(spoilt, OTHER)
    assert found, "lint is silent"
    assert any(said in problem for problem in found), found


def test_an_id_stands_once(linted):
    assert "each id once" in linted(SOUND, SOUND)[0]


@pytest.mark.parametrize(
    ("first", "second", "quarrel"),
    [
        ({"at_most": 5.0}, {"at_least": 6.0}, True),
        ({"between": [1.0, 2.0]}, {"between": [3.0, 4.0]}, True),
        ({"equals": 2.0}, {"at_least": 3.0}, True),
        ({"at_most": {"by_level": {"T1-T10": 2.0, "T11-L5": 9.0}}}, {"at_least": 3.0}, True),
        ({"at_most": 5.0}, {"at_least": 5.0}, False),
        ({"between": [1.0, 3.0]}, {"between": [2.0, 4.0]}, False),
    ],
)
def test_rules_no_plan_can_keep_are_told(first, second, quarrel, linted):
    found = linted(SOUND | {"limit": first}, OTHER | {"limit": second})
    assert bool(found) == quarrel
    assert not quarrel or "T-1 and T-2" in found[0]
    apart = {"applies_when": {"kind": ["kyphoplasty"]}}, {"applies_when": {"kind": ["vertebroplasty"]}}
    assert linted(SOUND | {"limit": first} | apart[0], OTHER | {"limit": second} | apart[1]) == []


def test_all_faults_at_once(linted):
    found = linted(SOUND | {"unit": "mm"}, OTHER | {"limit": {"between": [2.0, 1.0]}}, OTHER | {"id": "t 3"})
    assert len(found) == 3
    assert [f"rules[{index}]" in problem for index, problem in enumerate(found)] == [True] * 3


# ---- the same in every form -------------------------------------------------------------------------------------


def as_yaml(content):
    stream = StringIO()
    YAML(typ="safe", pure=True).dump(content, stream)
    return parse_mapping(stream.getvalue())


@pytest.mark.parametrize("rule", load_protocol().rules, ids=lambda rule: rule.id)
def test_a_rule_survives_yaml_and_json(rule):
    plain = rule.model_dump(mode="json", exclude_none=True)
    assert validated(Rule, plain) == rule
    assert validated(Rule, json.loads(stable_json(plain))) == rule
    assert validated(Rule, as_yaml(plain)) == rule
    assert validated(Rule, rule.model_dump(mode="json", exclude_defaults=True)) == rule
    assert Rule.model_validate_json(rule.model_dump_json()) == rule


@pytest.mark.parametrize("name", book_names())
def test_a_book_survives_yaml_and_json(name, tmp_path):
    protocol = load_protocol(name)
    book = Book(book=name, version=protocol.version, title=protocol.title, rules=protocol.rules)
    plain = book.model_dump(mode="json", exclude_none=True)
    assert validated(Book, as_yaml(plain)) == book
    assert Book.model_validate_json(book.model_dump_json()) == book
    (tmp_path / "book.json").write_text(stable_json(plain))
    again = load_protocol(tmp_path / "book.json")
    assert again == protocol, "the hash, too"


def test_the_hash_is_of_the_content_and_not_of_its_form(tmp_path):
    rules = [SOUND, OTHER]
    (tmp_path / "a.json").write_text(json.dumps({"protocol": "t", "version": "1", "title": "Of tests", "rules": rules}))
    turned = [dict(reversed(rule.items())) for rule in rules]
    (tmp_path / "b.yaml").write_text(
        json.dumps({"rules": turned, "title": "Of tests", "version": "1", "protocol": "t"}, indent=3)
    )
    first, second = load_protocol(tmp_path / "a.json"), load_protocol(tmp_path / "b.yaml")
    assert first.sha256 == second.sha256
    changed = [SOUND | {"limit": {"at_most": 5.000001}}, OTHER]
    (tmp_path / "a.json").write_text(
        json.dumps({"protocol": "t", "version": "1", "title": "Of tests", "rules": changed})
    )
    assert load_protocol(tmp_path / "a.json").sha256 != first.sha256


def test_every_quantity_of_the_books_is_of_the_table():
    assert {rule.quantity for rule in load_protocol().rules} <= set(QUANTITIES)
