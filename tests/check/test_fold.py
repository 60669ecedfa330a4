"""The fold from findings to one word, exhaustively, against the sentence of DESIGN decision 3 written again."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.check.fold import EXIT_CODE, Outcome, Word, fold
from planner.protocol.models import Severity

OUTCOMES, SEVERITIES = get_args(Outcome), get_args(Severity)
KINDS = list(product(OUTCOMES, SEVERITIES))
WORST_FIRST = ("violation", "incomplete", "warning", "compliant")


def test_vocabulary_is_the_contracts():
    assert set(OUTCOMES) == {"pass", "warn", "fail", "not_applicable", "not_evaluated", "error"}
    assert SEVERITIES == ("block", "warn", "note")
    assert EXIT_CODE == {"compliant": 0, "warning": 0, "violation": 1, "incomplete": 2}
    assert set(get_args(Word)) == set(WORST_FIRST)


ALONE = {
    # outcome: (blocking, advisory, note); what does not block advises, so a note counts as advice
    "fail": ("violation", "warning", "warning"),
    "error": ("incomplete", "incomplete", "incomplete"),
    "not_evaluated": ("incomplete", "warning", "warning"),
    "warn": ("warning", "warning", "warning"),
    "pass": ("compliant", "compliant", "compliant"),
    "not_applicable": (None, None, None),
}
"""The truth table by hand; None: the rule is not there for this plan."""


def oracle(pairs):
    words = [ALONE[outcome][SEVERITIES.index(severity)] for outcome, severity in pairs]
    said = [word for word in words if word is not None]
    return next((word for word in WORST_FIRST if word in said), "incomplete")


@pytest.mark.parametrize("pair", KINDS, ids="-".join)
def test_one_finding(pair):
    assert fold([pair]) == oracle([pair])


@pytest.mark.parametrize("first", KINDS, ids="-".join)
def test_two_findings(first):
    for second in KINDS:
        assert fold([first, second]) == oracle([first, second]), second


def test_no_findings_or_none_that_applies():
    assert fold([]) == "incomplete"
    assert fold([("not_applicable", "block"), ("not_applicable", "note")]) == "incomplete"


def test_fold_reads_an_iterator_once():
    assert fold(iter([("pass", "block"), ("fail", "block")])) == "violation"


findings = st.lists(st.sampled_from(KINDS), max_size=12)


@given(findings)
def test_any_findings(pairs):
    assert fold(pairs) == oracle(pairs)


@given(findings, st.randoms(use_true_random=False))
def test_order_does_not_matter(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(pairs)


@given(findings)
def test_saying_a_finding_twice_changes_nothing(pairs):
    assert fold(pairs + pairs) == fold(pairs)


@given(findings.filter(lambda pairs: fold(pairs) == "violation"), findings)
def test_nothing_heals_a_violation(pairs, more):
    assert fold(pairs + more) == "violation"


@given(findings.filter(lambda p: any(o != "not_applicable" for o, _ in p)), st.sampled_from(KINDS))
def test_a_further_finding_never_makes_it_better(pairs, more):
    assert WORST_FIRST.index(fold([*pairs, more])) <= WORST_FIRST.index(fold(pairs))
