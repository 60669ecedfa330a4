"""One finding: what one rule says of one step, level or session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, isfinite
from typing import Any

from planner.check.fold import Outcome
from planner.core.model import Model
from planner.core.quantity import QUANTITIES
from planner.protocol.models import Severity


class Finding(Model):
    """What one rule says; field for field what `result.json` holds.

    `p_violation` is the share of the quantity's samples outside the limit; without samples that of a normal whose 95 %
    interval `interval` is, which is a convention.
    """

    rule: str
    title: str
    outcome: Outcome
    severity: Severity
    declared_severity: Severity
    step: int | None
    level: str | None
    quantity: str
    label: str
    value: float | None
    unit: str
    limit: dict[str, Any] | None
    margin: float | None
    interval: tuple[float, float] | None
    p_violation: float | None
    where_lps_mm: tuple[float, float, float] | None
    other_lps_mm: tuple[float, float, float] | None
    because: str
    remedy: str
    source: dict[str, Any]
    evidence: str
    verified: bool
    override: dict[str, Any] | None = None

    def __str__(self) -> str:
        value = "no value" if self.value is None else self.text(self.value)
        place = f"step {self.step + 1}" if self.step is not None else self.level or "session"
        return f"{self.outcome.upper():14} {self.rule} ({place}): {self.label} {value}. {self.because}"

    def text(self, value: float) -> str:
        """Return a value of what was judged as people read it, with its unit."""
        return replace(QUANTITIES[self.quantity], unit=self.unit).text(value)

    @property
    def rank(self) -> tuple[int, float]:
        """Order by which the worst comes first."""
        return badness(self.outcome, self.severity, relative_margin(self.margin, self.value, self.limit))


_WORST_FIRST = (
    ("fail", True), ("error", True), ("error", False), ("fail", False), ("warn", True), ("warn", False),
    ("not_evaluated", True), ("not_evaluated", False),
)  # fmt: skip
"""Outcome and whether it blocks."""


def badness(outcome: str | None, severity: str | None, relative: float) -> tuple[int, float]:
    """Return what findings are sorted by, the worst first: outcome, weight, and margin as a part of the limit."""
    key = (str(outcome), severity == "block")
    kept = len(_WORST_FIRST) + (key[0] != "pass")
    return _WORST_FIRST.index(key) if key in _WORST_FIRST else kept, relative


def relative_margin(margin: object, value: object, limit: Mapping[str, Any] | None) -> float:
    """Margin as a part of its limit, so that millimetres and kilopascals can be ranked; infinite where unknown."""
    if not isinstance(margin, int | float) or not isinstance(value, int | float) or not isfinite(margin):
        return inf
    bound = nearest_bound(limit, float(value))
    return margin / max(abs(bound or 0.0), 1e-6)


def nearest_bound(limit: Mapping[str, Any] | None, value: float) -> float | None:
    """Return the end of the acceptable region that is nearest to the value."""
    ends = [e for e in ((limit or {}).get("low"), (limit or {}).get("high")) if isinstance(e, int | float)]
    return min(ends, key=lambda end: abs(end - value)) if ends else None
