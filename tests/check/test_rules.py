"""Every rule fires, stays quiet, is not evaluated and is not applicable where it should be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import ALSO, CASES, STEPS

from planner.check.judge import judge
from planner.check.subject import subjects
from planner.check.verdict import check_plan
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.protocol.limits import Limit
from planner.protocol.load import load_protocol
from planner.protocol.models import Protocol
from planner.protocol.order import span

RULES = {rule.id: rule for rule in load_protocol().rules}


def met(rule):
    """Values that meet what the rule takes as given."""
    bounds = {name: (limit, span(limit, "L3")) for name, limit in rule.applies_when.given.items()}
    return {name: high if limit.at_most is not None else low for name, (limit, (low, high)) in bounds.items()}


def only(rule_id, step, value, result_of):
    rule = RULES[rule_id]
    result = result_of(step, ALSO.get(rule_id, {}) | met(rule) | {rule.quantity: value})
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


@pytest.mark.parametrize("rule_id", CASES)
def test_rule_is_silent_where_its_quantity_has_no_meaning(rule_id, result_of):
    finding = only(rule_id, CASES[rule_id][0], NotApplicable("there is none"), result_of)
    assert finding.outcome == "not_applicable"
    assert "there is none" in finding.because
    assert (finding.value, finding.margin) == (None, None)


BEYOND_KIND = ("lesion_type", "intent", "protection", "region", "levels", "neural", "device", "material", "family", "fractions", "drug")  # fmt: skip


@pytest.mark.parametrize(
    "rule_id", [r for r in CASES if any(getattr(RULES[r].applies_when, name) for name in BEYOND_KIND)]
)
def test_rule_is_silent_where_a_condition_beyond_the_kind_is_not_met(rule_id, result_of):
    when, (_, _, fires, _) = RULES[rule_id].applies_when, CASES[rule_id]
    same_kind = [name for name in STEPS if when.kind is None or STEPS[name]["kind"] in when.kind]
    found = {name: only(rule_id, name, fires, result_of).outcome for name in same_kind}
    assert "not_applicable" in found.values(), found
    assert "fail" in found.values(), found


@pytest.mark.parametrize("rule_id", [r for r in CASES if RULES[r].applies_when.given])
def test_rule_is_silent_where_what_is_given_does_not_hold(rule_id, result_of):
    rule, (step, quantity, fires, _) = RULES[rule_id], CASES[rule_id]
    for name, limit in rule.applies_when.given.items():
        low, high = span(limit, "L3")
        outside = high + 1.0 if limit.at_most is not None else low - 1.0
        values = ALSO.get(rule_id, {}) | {quantity: fires}
        for value, outcome in ((outside, "not_applicable"), (NotEvaluated("not known"), "not_evaluated")):
            result = result_of(step, values | {name: value})
            assert judge(rule, subjects(rule, result)[0], result).outcome == outcome


TIGHTER = st.floats(0.0, 1.0)


@pytest.mark.parametrize("rule_id", [r for r in CASES if RULES[r].limit.equals is None])
@given(share=TIGHTER, step=st.floats(0.0, 1.0), half=st.sampled_from([None, 0.05, 0.5]))
@settings(max_examples=12)
def test_tightening_a_shipped_limit_never_turns_fail_into_pass(rule_id, share, step, half, result_of):
    """The value lies anywhere between what fires and what stays quiet; the limit moves towards the quiet side."""
    rule, (name, quantity, fires, quiet) = RULES[rule_id], CASES[rule_id]
    value = fires + step * (quiet - fires)
    tighter = {}
    for kind, bounds in rule.limit.model_dump(exclude_none=True).items():
        if isinstance(bounds, dict):
            pytest.skip("a limit by level or from a sheet moves by the same code as a number")
        if kind == "between":
            low, high = bounds
            tighter[kind] = (low + 0.4 * share * (high - low), high - 0.4 * share * (high - low))
        else:
            tighter[kind] = bounds + share * (1.0 if kind == "at_least" else -1.0) * abs(quiet - fires)
    measured = Measured(value, None if half is None else (value - half, value + half))
    result = result_of(name, ALSO.get(rule_id, {}) | met(rule) | {quantity: measured})
    changed = rule.model_copy(update={"limit": Limit(**tighter), "warn": None})
    plain = rule.model_copy(update={"warn": None})
    order = ("pass", "warn", "fail")
    before, after = (order.index(judge(r, subjects(r, result)[0], result).outcome) for r in (plain, changed))
    assert after >= before
    words = [check_plan(result.case, result, book_of(r)).word for r in (plain, changed)]
    assert words[0] != "violation" or words[1] == "violation"


def book_of(rule):
    return Protocol(name="t", version="0", title="of one rule", rules=(rule,), sha256="0" * 64)
