"""A small drawing for each finding: acceptable region, limit, interval and value on one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

WIDTH = 148.0
"""Units of the drawing's viewBox."""

_EDGE = 0.14


@dataclass(frozen=True)
class MarginBar:
    """Positions along the line, 0 to `WIDTH`.

    Attributes
    ----------
    ok : start and length of the acceptable region.
    limits : its ends, each a tick.
    whisker : ends of the interval; None where there is none.
    value : the value's place.
    words : the same for those who do not see it.
    """

    ok: tuple[float, float]
    limits: tuple[float, ...]
    whisker: tuple[float, float] | None
    value: float
    words: str


def margin_bar(finding: Mapping[str, Any], words: str) -> MarginBar | None:
    """Drawing of a finding; None without a value and a limit."""
    limit = finding.get("limit") or {}
    low, high, value = _real(limit.get("low")), _real(limit.get("high")), _real(finding.get("value"))
    if value is None or (low is None and high is None):
        return None
    interval = finding.get("interval")
    ends = [_real(e) for e in interval] if isinstance(interval, list | tuple) and len(interval) == 2 else []
    spread = [e for e in ends if e is not None]
    shown = [e for e in (low, high, value, *spread) if e is not None]
    first, last = min(shown), max(shown)
    if last == first:
        first, last = first - max(1.0, abs(first)) * 0.5, last + max(1.0, abs(last)) * 0.5
    room = (last - first) * _EDGE / (1 - 2 * _EDGE)
    # A one-sided region goes on to the drawing's end: show enough of it to be seen as a region.
    first, last = first - room * (1.0 if low is not None else 1.6), last + room * (1.0 if high is not None else 1.6)

    def at(x: float) -> float:
        return round(WIDTH * (x - first) / (last - first), 1)

    start, stop = (0.0 if low is None else at(low)), (WIDTH if high is None else at(high))
    return MarginBar(
        ok=(start, round(max(stop - start, 1.0), 1)),
        limits=tuple(at(e) for e in (low, high) if e is not None),
        whisker=(at(min(spread)), at(max(spread))) if len(spread) == 2 else None,
        value=at(value),
        words=words,
    )


def _real(value: Any) -> float | None:
    ok = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if ok else None
