"""What a set of rules must not hold beyond what each checks of itself: contradictions, rules that never speak."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import combinations

from planner.anatomy.roles.cord import cord_region
from planner.core.errors import Problem
from planner.core.names import KINDS, LEVELS, levels_between, region_of
from planner.core.quantity import QUANTITIES
from planner.plan.devices import device_names, device_sheet, material_names
from planner.protocol.limits import ByLevel, Limit
from planner.protocol.models import AppliesWhen, Rule
from planner.protocol.order import meets, span

_PLACES = ("levels", "region", "neural")
"""Conditions on the vertebra; together they name the levels a rule judges."""


def unsound(rules: Iterable[Rule]) -> list[Problem]:
    """Return every rule that can never speak, never hold, never fail, or contradicts another."""
    known = list(rules)
    found = [problem for rule in known for problem in _alone(rule)]
    for one, other in combinations(known, 2):
        if _judge_the_same(one, other) and not meets(one.limit, other.limit, _shared(one, other)):
            got = f"{one.id} and {other.id}, which no {one.quantity} keeps both"
            found.append(Problem(other.id, got, "rules that a plan can keep", "narrow where one applies, or its limit"))
    return found


APPLIES, KEEPS = "a rule that can apply", "a rule that a plan can keep"


def _alone(rule: Rule) -> Iterable[Problem]:
    yield from _unknown_sheets(rule)
    yield from _unreachable(rule)
    if rule.expression is None:
        yield from _out_of_range(rule)


def _unreachable(rule: Rule) -> Iterable[Problem]:
    row, when, levels = QUANTITIES[rule.quantity], rule.applies_when, _levels(rule.applies_when)
    kinds = set(when.kind or KINDS) & set(row.kinds)
    if not kinds:
        way_out = f"its kinds are {', '.join(row.kinds)}"
        yield Problem(rule.id, f"no kind of step that has {rule.quantity}", APPLIES, way_out)
    sheets = [sheet for name in when.device or () if (sheet := device_sheet(name)) is not None]
    if sheets and not any(kinds & set(sheet.kind) for sheet in sheets):
        got = f"devices for other steps: {', '.join(when.device or ())}"
        yield Problem(rule.id, got, APPLIES, "correct `kind` or `device`")
    if not levels:
        got = "conditions on levels, region and neural that no vertebra meets"
        yield Problem(rule.id, got, APPLIES, "widen one of them")
    elif not any(_limited(rule.limit, level) for level in levels):
        yield Problem(rule.id, "a limit by level without those it judges", APPLIES, "give these levels a limit")


def _out_of_range(rule: Rule) -> Iterable[Problem]:
    row, given = QUANTITIES[rule.quantity], rule.applies_when.given.get(rule.quantity)
    if given is not None and not meets(given, rule.limit, _levels(rule.applies_when)):
        got = f"judges only where {rule.quantity} is outside its own limit"
        yield Problem(rule.id, got, KEEPS, "correct `given`")
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


def _unknown_sheets(rule: Rule) -> Iterable[Problem]:
    for kind, names, known in (
        ("device", rule.applies_when.device, device_names()),
        ("material", rule.applies_when.material, material_names()),
    ):
        for name in set(names or ()) - set(known):
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
            yield Problem(rule.id, f"{kind} {name}", f"the id of a {kind} sheet", hint)


def _levels(when: AppliesWhen) -> tuple[str, ...]:
    """Vertebrae that a rule can judge."""
    named = None if when.levels is None else {level for text in when.levels for level in levels_between(text)}
    return tuple(
        level
        for level in LEVELS
        if (named is None or level in named)
        and (when.region is None or region_of(level) in when.region)
        and (when.neural is None or cord_region(level) in when.neural)
    )


def _limited(limit: Limit, level: str) -> bool:
    bound = getattr(limit, limit.kind)
    return not isinstance(bound, ByLevel) or bound.of(level) is not None


def _shared(one: Rule, other: Rule) -> tuple[str, ...]:
    """Vertebrae that both judge."""
    second = set(_levels(other.applies_when))
    return tuple(level for level in _levels(one.applies_when) if level in second)


def _judge_the_same(one: Rule, other: Rule) -> bool:
    """Whether two rules judge the same number of the same steps with the same weight on a plan."""
    if (one.quantity, one.expression, one.scope) != (other.quantity, other.expression, other.scope):
        return False
    if "note" in {one.severity, other.severity} or one.purpose != other.purpose:
        return False
    return bool(_shared(one, other)) and _overlap(one.applies_when, other.applies_when)


def _overlap(one: AppliesWhen, other: AppliesWhen) -> bool:
    """Whether some step meets both conditions; conditions on different things may always meet."""
    for name in type(one).model_fields:
        first, second = getattr(one, name), getattr(other, name)
        if first is None or second is None or name in {"device_has", "labelled", *_PLACES}:
            continue
        if isinstance(first, tuple):
            if not set(first) & set(second):
                return False
        elif first != second:
            return False
    return True
