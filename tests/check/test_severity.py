"""Effective severity: one home, exhaustively over what can bear on it."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from planner.check.severity import effective_severity
from planner.core.errors import InputError
from planner.core.sourced import Flag, Source
from planner.core.validation import validated
from planner.protocol.load import load_protocol
from planner.protocol.models import Rule, Severity

FLAGS, SEVERITIES = get_args(Flag), get_args(Severity)
RULES = load_protocol().rules


def rule(severity="block", flag="V", logic=None, intent=(), purpose="safety", **more):
    raw = {
        "id": "T-1", "title": "A rule of the tests", "quantity": "cord_clearance_mm", "unit": "mm", "severity": severity,
        "purpose": purpose, "limit": {"at_least": 2}, "because": "It is a rule for tests.", "remedy": "Nothing to do.",
        "applies_when": {"intent": list(intent)} if intent else {}, "logic": logic,
        "source": {"ref": "house", "grade": "assumed", "flag": flag},
    }  # fmt: skip
    return validated(Rule, raw | more)


@pytest.mark.parametrize("flag", FLAGS)
def test_flag_v_alone_verifies(flag):
    assert Source(ref="house", grade="cohort", flag=flag).verified == (flag == "V")


@pytest.mark.parametrize(
    ("severity", "flag", "logic"), list(product(SEVERITIES, FLAGS, (None, "device_rating", "inside_neural")))
)
def test_only_a_read_limit_or_logic_blocks(severity, flag, logic):
    found = effective_severity(rule(severity, flag, logic))
    blocks = severity == "block" and (flag == "V" or logic is not None)
    assert (found.severity == "block") == blocks
    if severity != "block":
        assert found.severity == severity, "nothing raises or lowers what advises"
    elif not blocks:
        assert found.severity == "warn"
    assert (found.why is not None) == (found.severity != severity)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_modelled_canal_warns(flag):
    assert effective_severity(rule("block", flag, "inside_neural"), modelled=True).severity == "warn"
    assert effective_severity(rule("block", flag, "inside_neural"), modelled=False).severity == "block"
    assert effective_severity(rule("block", flag, "device_rating"), modelled=True).severity == "block"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_curative_rule_without_intent_advises_and_says_so(severity):
    curative = rule(severity, "V", intent=["curative"])
    unstated = effective_severity(curative, intent_stated=False)
    assert unstated.severity == ("warn" if severity == "block" else severity)
    assert "states no intent" in unstated.why
    assert effective_severity(curative, intent_stated=True).severity == severity
    both = rule(severity, "V", intent=["curative", "palliative"])
    assert effective_severity(both, intent_stated=False).severity == severity, "a rule for either asks for no intent"


@pytest.mark.parametrize("purpose", ["efficacy", "benchmark"])
def test_efficacy_and_benchmarks_never_block(purpose):
    with pytest.raises(InputError, match=rf"rules of {purpose} never block"):
        rule("block", purpose=purpose)
    assert rule("warn", purpose=purpose).severity == "warn"


@pytest.mark.parametrize("missing", ["source", "because", "remedy", "limit", "unit", "severity", "purpose"])
def test_a_rule_without_it_does_not_load(missing):
    raw = rule().model_dump(mode="json", exclude_none=True)
    del raw[missing]
    with pytest.raises(InputError, match=rf"\$\.{missing}: got nothing"):
        validated(Rule, raw)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"source": {"ref": "nobody", "grade": "expert", "flag": "V"}}, "references"),
        ({"source": {"ref": "house", "grade": "rumour", "flag": "V"}}, "guideline"),
        ({"source": {"ref": "house", "grade": "expert", "flag": "X"}}, "V2"),
        ({"unit": "cm"}, "unit of cord_clearance_mm"),
        ({"quantity": "cord_distance"}, "quantity table"),
        ({"limit": {"at_least": 2, "at_most": 3}}, "one of at_least"),
        ({"limit": {"between": [3, 2]}}, "low below high"),
        ({"limit": {"at_least": True}}, "number"),
        ({"warn": {"at_least": 1}}, "stricter"),
        ({"warn": {"at_most": 5}}, "stricter"),
        ({"id": "lower case"}, "pattern"),
    ],
)
def test_a_malformed_rule_does_not_load(more, told):
    with pytest.raises(InputError, match=told):
        rule(**more)


def test_the_books_keep_to_it():
    for shipped in RULES:
        effective = effective_severity(shipped)
        if effective.severity == "block":
            assert shipped.purpose == "safety"
            assert shipped.source.verified or shipped.logic
        if shipped.logic == "inside_neural":
            assert effective.severity == "block"
        if shipped.logic == "device_rating":
            assert effective.severity == "block"
    assert {r.logic for r in RULES} >= {"inside_neural", "device_rating"}
