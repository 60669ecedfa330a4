"""What a set of rules must not hold beyond what each checks of itself: contradictions, rules that never speak."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from planner.core.errors import Problem
from planner.core.names import KINDS, LEVELS
from planner.core.quantity import QUANTITIES
from planner.protocol.models import AppliesWhen, Rule
from planner.protocol.order import meets, span


def unsound(rules: Iterable[Rule]) -> list[Problem]:
    """Return every rule that can never speak, never hold, never fail, or contradicts another."""
    known = list(rules)
    found = [problem for rule in known for problem in _alone(rule)]
    for one, other in combinations(known, 2):
        if _judge_the_same(one, other) and not meets(one.limit, other.limit):
            got = f"{one.id} and {other.id}, which no {one.quantity} keeps both"
            found.append(Problem(other.id, got, "rules that a plan can keep", "narrow where one applies, or its limit"))
    return found


def _alone(rule: Rule) -> Iterable[Problem]:
    row = QUANTITIES[rule.quantity]
    kinds = set(rule.applies_when.kind or KINDS) & set(row.kinds)
    if not kinds:
        way_out = f"its kinds are {', '.join(row.kinds)}"
        yield Problem(rule.id, f"no kind of step that has {rule.quantity}", "a rule that can apply", way_out)
    if rule.expression is not None:
        return
    rating = 0.5 * (row.low + row.high)  # a device sheet may say anything plausible
    spans = [span(rule.limit, level, rating) for level in LEVELS]
    if all(low > row.high or high < row.low for low, high in spans):
        way_out = f"plausible values lie between {row.low:g} and {row.high:g} {row.unit}"
        yield Problem(rule.id, "a limit that no plausible value keeps", "a limit inside the plausible range", way_out)
    elif all(low <= row.low and high >= row.high for low, high in spans):
        way_out = f"plausible values lie between {row.low:g} and {row.high:g} {row.unit}"
        yield Problem(
            rule.id, "a limit that every plausible value keeps", "a limit inside the plausible range", way_out
        )


def _judge_the_same(one: Rule, other: Rule) -> bool:
    """Whether two rules judge the same number of the same steps with the same weight on a plan."""
    if (one.quantity, one.expression, one.scope) != (other.quantity, other.expression, other.scope):
        return False
    if "note" in {one.severity, other.severity} or one.purpose != other.purpose:
        return False
    return _overlap(one.applies_when, other.applies_when)


def _overlap(one: AppliesWhen, other: AppliesWhen) -> bool:
    """Whether some step meets both conditions; conditions on different things may always meet."""
    for name in type(one).model_fields:
        first, second = getattr(one, name), getattr(other, name)
        if first is None or second is None or name in {"device_has", "labelled", "levels"}:
            continue
        if isinstance(first, tuple):
            if not set(first) & set(second):
                return False
        elif first != second:
            return False
    return True
