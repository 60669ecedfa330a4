"""The one home of the fold from findings to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from planner.protocol.models import Severity

Outcome = Literal["pass", "warn", "fail", "not_applicable", "not_evaluated", "error"]
Word = Literal["compliant", "warning", "violation", "incomplete"]
EXIT_CODE: dict[Word, int] = {"compliant": 0, "warning": 0, "violation": 1, "incomplete": 2}


def fold(judged: Iterable[tuple[Outcome, Severity]]) -> Word:
    """Fold pairs of outcome and effective severity into one word; whatever does not block advises, notes included.

    >>> fold([("pass", "block"), ("fail", "warn")])
    'warning'
    >>> fold([])
    'incomplete'
    """
    pairs = [(outcome, severity) for outcome, severity in judged if outcome != "not_applicable"]
    if not pairs:
        return "incomplete"
    if ("fail", "block") in pairs:
        return "violation"
    if ("not_evaluated", "block") in pairs or any(outcome == "error" for outcome, _ in pairs):
        return "incomplete"
    if any(outcome in {"warn", "fail", "not_evaluated"} for outcome, _ in pairs):
        return "warning"
    return "compliant"
