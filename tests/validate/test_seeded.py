"""Planted errors are caught by their own rule."""

from __future__ import annotations

import pytest

from planner.protocol.load import load_protocol
from planner.validate.seeded.errors import Planted, errors
from planner.validate.seeded.run import Bench, changed

QUICK = ("no pad", "decimal point slipped", "anticoagulant not paused", "frame not said", "bar for psi", "wrong side")


@pytest.fixture(scope="module")
def bench():
    return Bench()


def test_the_set_is_what_it_says():
    rules = {rule.id for rule in load_protocol().rules}
    asked = errors()
    assert len(asked) >= 120
    assert len({planted.title for planted in asked}) == len(asked)
    assert {planted.rule for planted in asked if not planted.rule.startswith("$")} <= rules
    assert len({planted.rule for planted in asked}) >= 80


@pytest.mark.parametrize("title", QUICK)
def test_a_few_are_caught(title, bench):
    found = bench.plant(next(planted for planted in errors() if planted.title == title))
    assert found.caught, (found.before, found.after)


def test_no_error_is_not_caught(bench):
    harmless = bench.plant(Planted("nothing", "cement", "AUG-FILL-HARD"))
    assert not harmless.caught
    assert (harmless.before, harmless.after) == ("pass", "pass")
    elsewhere = bench.plant(Planted("another rule's error", "cement", "AUG-FILL-HARD", {"patient.pain_vas": 1}))
    assert not elsewhere.caught
    refused = bench.plant(Planted("refused elsewhere", "cement", "$.frame", {"target.level": "L6"}))
    assert not refused.caught


def test_changes_leave_the_sound_plan_alone(bench):
    plan = {"a": {"b": [1, 2]}, "c": 3}
    assert changed(plan, {"a.b.1": 5, "c": ...}) == {"a": {"b": [1, 5]}}
    assert plan == {"a": {"b": [1, 2]}, "c": 3}


@pytest.mark.slow
@pytest.mark.parametrize("planted", errors(), ids=lambda planted: planted.title)
def test_every_error_is_caught(planted, bench):
    found = bench.plant(planted)
    assert found.caught, (found.before, found.after)
