"""Limits made concrete for a step, and values held against them. A region is stated and negated, so NaN fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.core.quantity import Quantity
from planner.plan.devices import DeviceSheet
from planner.protocol.language import Lang, phrase
from planner.protocol.limits import ByLevel, FromDevice, Limit, LimitKind

CONFIDENCE_Z = 1.959964
"""Half-widths of intervals are read as 95 %: this many standard deviations of a normal distribution."""
EQUAL_WITHIN = 1e-9
"""Counts and codes compare equal within rounding of a float."""


@dataclass(frozen=True)
class Region:
    """An acceptable region with numbers; an open side is infinite."""

    kind: LimitKind
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether `value` lies in it; NaN does not."""
        return self.low - EQUAL_WITHIN <= value <= self.high + EQUAL_WITHIN

    def margin(self, value: float) -> float:
        """Return the signed distance to the nearest bound, positive inside."""
        return min(value - self.low, self.high - value)

    def p_violation(self, interval: tuple[float, float], samples: Sequence[float] = ()) -> float:
        """Return the probability of lying outside: the share of the samples, or of a normal with this 95 % interval.

        The normal is a convention: an interval between the ends of property ranges is none (docs/accuracy.md).
        """
        if samples:
            return sum(not self.holds(value) for value in samples) / len(samples)
        middle, deviation = sum(interval) / 2.0, (interval[1] - interval[0]) / 2.0 / CONFIDENCE_Z
        if deviation == 0:
            return 0.0 if self.holds(middle) else 1.0
        below = _normal((self.low - middle) / deviation) if math.isfinite(self.low) else 0.0
        above = 1.0 - _normal((self.high - middle) / deviation) if math.isfinite(self.high) else 0.0
        return below + above

    def as_json(self) -> dict[str, object]:
        """Return the limit as `result.json` holds it."""
        return {"kind": self.kind, "low": _finite(self.low), "high": _finite(self.high)}

    def text(self, row: Quantity, lang: Lang = "en") -> str:
        """Return it in words."""
        low, high = (row.text(v) if math.isfinite(v) else "" for v in (self.low, self.high))
        if row.unit == "yes/no":
            return phrase(lang, low)
        return phrase(lang, self.kind, low=low, high=high)


def region_of(limit: Limit, sheet: DeviceSheet | None, level: str | None) -> Region | str:
    """Return the region for this device and level, or why it has none here."""
    kind = limit.kind
    if limit.between is not None:
        return Region(kind, *limit.between)
    if limit.equals is not None:
        return Region(kind, limit.equals, limit.equals)
    bound = limit.at_least if limit.at_least is not None else limit.at_most
    if isinstance(bound, FromDevice):
        stated = sheet.value(bound.device) if sheet else None
        if stated is None:
            return f"the device sheet states no {bound.device}"
        bound = stated * bound.times
    elif isinstance(bound, ByLevel):
        stated = bound.of(level) if level else None
        if stated is None:
            return f"the rule has no limit for {level or 'a whole session'}"
        bound = stated
    assert bound is not None  # noqa: S101 - a limit has exactly one region
    return Region(kind, bound, math.inf) if kind == "at_least" else Region(kind, -math.inf, bound)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
