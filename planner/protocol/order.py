"""Which of two limits asks more: the base of `warn`, of a site's changes, and of telling two books apart."""

from __future__ import annotations

import math
from collections.abc import Iterable

from planner.core.names import LEVELS
from planner.protocol.limits import ByLevel, FromDevice, Limit

Span = tuple[float, float]


def span(limit: Limit, level: str, ratings: float = math.nan) -> Span:
    """Return the accepted interval at a level; `ratings` stands for what a device sheet would say.

    A level without a number in the table has no limit there: everything is accepted.
    """
    if limit.between is not None:
        return limit.between
    if limit.equals is not None:
        return limit.equals, limit.equals
    bound = limit.at_least if limit.at_least is not None else limit.at_most
    if isinstance(bound, FromDevice):
        bound = bound.times * ratings
    elif isinstance(bound, ByLevel):
        found = bound.of(level)
        if found is None:
            return -math.inf, math.inf
        bound = found
    assert bound is not None  # noqa: S101 - a limit has exactly one region
    return (bound, math.inf) if limit.at_least is not None else (-math.inf, bound)


def asks_at_least(new: Limit, old: Limit) -> bool:
    """Return whether `new` accepts nothing that `old` refuses, at every level; not comparable counts as no."""
    for level in LEVELS:
        inner, outer = span(new, level, 1.0), span(old, level, 1.0)
        if _device(new) != _device(old):
            return False
        if not (outer[0] <= inner[0] and inner[1] <= outer[1]):
            return False
    return True


def stricter(warn: Limit, limit: Limit) -> bool:
    """Return whether a better range is of the limit's kind, inside it, and asks more at some level."""
    if warn.kind != limit.kind or warn.kind == "equals":
        return False
    if _device(warn) != _device(limit):
        return True  # a number against a device's rating: nobody can tell before the device is known
    inside = asks_at_least(warn, limit)
    return inside and not asks_at_least(limit, warn)


def meets(one: Limit, other: Limit, levels: Iterable[str] = LEVELS) -> bool:
    """Return whether some value is accepted by both, at each level; a limit from a device sheet may be anything."""
    if _device(one) or _device(other):
        return True
    spans = [(span(one, level), span(other, level)) for level in levels]
    return all(max(a[0], b[0]) <= min(a[1], b[1]) for a, b in spans)


def _device(limit: Limit) -> str | None:
    bound = limit.at_least if limit.at_least is not None else limit.at_most
    return bound.device if isinstance(bound, FromDevice) else None
