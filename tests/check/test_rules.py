"""Every rule fires, stays quiet, is not evaluated and is not applicable where it should be."""

from __future__ import annotations

import math

import pytest
from rule_cases import ALSO, CASES, STEPS

from planner.check.judge import judge
from planner.check.subject import subjects
from planner.measure.models import Measured, NotEvaluated
from planner.protocol.load import load_protocol
from planner.protocol.order import span

RULES = {rule.id: rule for rule in load_protocol().rules}


def only(rule_id, step, value, result_of):
    rule = RULES[rule_id]
    inside = {
        name: span(limit, "L3")[1] if limit.at_most is not None else span(limit, "L3")[0]
        for name, limit in rule.applies_when.given.items()
    }
    result = result_of(step, ALSO.get(rule_id, {}) | inside | {rule.quantity: value})
    findings = [judge(RULES[rule_id], subject, result) for subject in subjects(RULES[rule_id], result)]
    assert len(findings) == 1
    return findings[0]


def test_each_rule_has_its_cases():
    assert set(CASES) == set(RULES)
    assert all(RULES[rule_id].quantity == quantity for rule_id, (_, quantity, _, _) in CASES.items())
    assert all(fires != quiet for _, _, fires, quiet in CASES.values())


@pytest.mark.parametrize("rule_id", CASES)
def test_rule_fires(rule_id, result_of):
    step, _, fires, _ = CASES[rule_id]
    finding = only(rule_id, step, fires, result_of)
    assert finding.outcome == "fail"
    assert finding.margin < 0
    if RULES[rule_id].expression is None:
        assert finding.value == fires
    assert finding.because
    assert finding.remedy
    assert finding.source["citation"]


@pytest.mark.parametrize("rule_id", CASES)
def test_rule_stays_quiet(rule_id, result_of):
    step, _, _, quiet = CASES[rule_id]
    finding = only(rule_id, step, quiet, result_of)
    assert finding.outcome == "pass"
    assert finding.margin >= 0


@pytest.mark.parametrize("rule_id", CASES)
@pytest.mark.parametrize(
    "missing", [NotEvaluated("nobody measured it"), Measured(math.nan), Measured(5.0, (math.nan, 6.0))]
)
def test_rule_without_a_value_never_passes(rule_id, missing, result_of):
    finding = only(rule_id, CASES[rule_id][0], missing, result_of)
    assert finding.outcome in {"not_evaluated", "fail", "error"}
    assert finding.outcome != "pass"
    if isinstance(missing, NotEvaluated):
        assert finding.outcome == "not_evaluated"
        assert "nobody measured it" in finding.because
        assert finding.value is None


@pytest.mark.parametrize("rule_id", [r for r in CASES if RULES[r].applies_when.kind])
def test_rule_is_silent_about_other_kinds(rule_id, result_of):
    other = next(name for name in STEPS if STEPS[name]["kind"] not in RULES[rule_id].applies_when.kind)
    finding = only(rule_id, other, CASES[rule_id][2], result_of)
    assert finding.outcome == "not_applicable"
