"""The validation proves what it says: every row is sound, a wrong product is caught, and the command tells it."""

from __future__ import annotations

import json
import math
from importlib import import_module
from pathlib import Path

import pytest

from planner.cli.app import run
from planner.core.errors import InputError
from planner.core.files import stable_json
from planner.core.units import to_unit
from planner.geometry.surface import LabelSurface
from planner.validate.anatomy import instruments, labels, zones
from planner.validate.models import Case, Check, Row
from planner.validate.protocol import limits, units, verdicts
from planner.validate.run import TOPICS, rows_of, validate
from planner.validate.table import summary

LONG = {"thermal": 15, "augmentation": 8}
"""Topics that take a minute each, and their least number of cases; closed forms are tested beside the models too."""
QUICK = tuple(topic for topic in TOPICS if topic not in LONG)


@pytest.fixture(scope="module")
def checks():
    return tuple(check for topic in QUICK for check in validate(topic))


def test_every_figure_is_met(checks):
    assert [check for check in checks if not check.row.passed] == []


@pytest.mark.parametrize(("topic", "least"), [("anatomy", 12), ("protocol", 40), ("advise", 30), ("show", 5)])
def test_each_topic_has_its_cases(checks, topic, least):
    of_topic = [check for check in checks if check.topic == topic]
    assert len({check.case for check in of_topic}) >= least
    assert {check.topic for check in checks} == set(QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("topic", LONG)
def test_closed_forms_of_a_long_topic_hold(topic):
    found = validate(topic)
    assert len({check.case for check in found}) >= LONG[topic]
    assert [check for check in found if check.failed] == []
    assert json.loads(stable_json([check.as_json() for check in found]))


@pytest.mark.slow
def test_augmentation_says_what_was_fitted_and_the_page_what_is_missed():
    published = [check for check in validate("augmentation") if check.row.kind == "published"]
    assert all(check.row.source.startswith(("fitted", "predicted", "seen")) for check in published)
    missed = {check.row.quantity for check in published if not check.row.passed}
    page = (Path(__file__).parents[2] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    assert page.count("misses**") + page.count("**misses") >= len(missed)


def test_rows_are_numbers_with_a_source_and_named_once(checks):
    named = [(check.case, check.row.quantity) for check in checks]
    assert len(named) == len(set(named))
    for check in checks:
        told = check.as_json()
        assert list(told) == ["topic", "case", "quantity", "kind", "expected", "got", "tolerance", "source", "pass"]
        assert all(type(told[key]) is float and math.isfinite(told[key]) for key in ("expected", "got", "tolerance"))
        assert told["tolerance"] >= 0
        assert told["source"]
        assert told["kind"] in {"closed_form", "worked_example", "published"}


def test_all_kinds_are_there(checks):
    assert {check.row.kind for check in checks} == {"closed_form", "worked_example", "published"}


def row(got, kind="closed_form"):
    return Row("x_mm", kind, 1.0, got, 0.1, "by hand")


def test_a_row_decides_at_its_edge_and_fails_on_no_number():
    assert row(1.1 - 1e-12).passed
    assert not row(1.2).passed
    assert not row(math.nan).passed


def test_a_published_miss_is_shown_and_does_not_fail():
    missed = [Check("anatomy", "a", row(2.0, kind)) for kind in ("closed_form", "worked_example", "published")]
    assert [check.failed for check in missed] == [True, True, False]
    assert summary([*missed, Check("anatomy", "b", row(1.0))]) == (
        "1 of 4 figures met, 2 MISSED, 1 off a published figure (shown, not failed)"
    )


def crashing():
    raise ZeroDivisionError("no")


@pytest.mark.parametrize(
    ("compute", "why"),
    [(crashing, "ZeroDivisionError: no"), (lambda: [row(math.nan)], "x_mm"), (list, "anything")],
)
def test_a_case_that_does_not_come_through_is_a_failed_row(compute, why):
    (found,) = rows_of(Case("broken", compute))
    assert not found.passed
    assert found.kind == "closed_form"
    assert why in found.source


def failing(cases, monkeypatch, where, name, wrong):
    monkeypatch.setattr(where, name, wrong)
    return [r.quantity for case in cases for r in rows_of(case) if not r.passed]


def test_a_wrong_clearance_is_caught(monkeypatch):
    right = instruments.capsule_clearance

    def wrong(start, end, radius, mesh):
        return right(start, end, radius + 0.1, mesh)

    assert len(failing(instruments.CASES, monkeypatch, instruments, "capsule_clearance", wrong)) == 2 * len(
        instruments.CASES
    )


def test_a_wrong_zone_is_caught(monkeypatch):
    right = zones.body_clearance

    def wrong(body, mesh):
        found = right(body, mesh)
        return type(found)(found.distance_mm + 0.06, found.on_tool, found.on_structure)

    assert "zone_cord_clearance_mm" in failing(zones.CASES[:3], monkeypatch, zones, "body_clearance", wrong)


def test_a_swollen_surface_is_caught(monkeypatch):
    home = import_module("planner.anatomy.structures")
    right = home.surface_of_mask

    def wrong(mask, affine, **where):
        made = right(mask, affine, **where)
        middle = made.mesh.centroid
        larger = type(made.mesh).of(middle + 1.06 * (made.mesh.vertices - middle), made.mesh.faces)
        return LabelSurface(larger, made.level, 0.0, 0.0, 1.0, 0, 1)

    found = failing(labels.CASES[1:2], monkeypatch, home, "surface_of_mask", wrong)
    assert found == ["cord_clearance_mm", "surface_over_voxel_volume", "volume_ml"]


def test_a_wrong_unit_is_caught(monkeypatch):
    found = failing(units.CASES[:5], monkeypatch, units, "to_unit", lambda text, unit: 1.01 * to_unit(text, unit))
    assert found == ["pressure_kpa"] * 5


def test_a_limit_that_is_open_at_its_bound_is_caught(monkeypatch):
    monkeypatch.setattr("planner.check.region.EQUAL_WITHIN", -1e-9)
    found = [r.quantity for r in rows_of(limits.CASES[0]) if not r.passed]
    assert {"passes_at_least_80", "passes_at_most_80", "passes_equals_80", "passes_between_80_90"} <= set(found)


def test_a_fold_that_forgives_is_caught(monkeypatch):
    cases = [case for case in verdicts.CASES if case.name.startswith("fold")]
    assert len(failing(cases, monkeypatch, verdicts, "fold", lambda _: "compliant")) == len(cases) - 1


def test_command_prints_json_and_exits_by_the_kinds(monkeypatch, capsys):
    made = {"closed_form": 0.0, "published": 0.0}
    for kind, code in (("closed_form", 1), ("published", 0)):
        checks = (Check("anatomy", "a", row(made[kind], kind)),)
        monkeypatch.setattr("planner.validate.run.validate", lambda only, checks=checks: checks)
        with pytest.raises(SystemExit) as stop:
            run(["validate", "--json"])
        assert stop.value.code == code
        assert json.loads(capsys.readouterr().out)[0]["pass"] is False


def test_table_shows_figure_mark_and_source_in_a_pipe(monkeypatch, capsys):
    checks = (Check("anatomy", "needle", row(1.0)), Check("anatomy", "needle", row(3.0)))
    monkeypatch.setattr("planner.validate.run.validate", lambda _: checks)
    with pytest.raises(SystemExit) as stop:
        run(["validate"])
    text = capsys.readouterr().out
    assert stop.value.code == 1
    assert "MISS" in text
    assert "x_mm" in text
    assert "by hand" in text
    assert "1 of 2 figures met, 1 MISSED" in text


def test_unknown_topic_is_bad_input(capsys):
    with pytest.raises(InputError, match="did you mean `anatomy`"):
        validate("anatmy")
    with pytest.raises(SystemExit) as stop:
        run(["validate", "--only", "heat"])
    assert stop.value.code == 3
    assert "anatomy, thermal, augmentation, protocol" in capsys.readouterr().err
