"""One finding: what one rule says of one step, level or session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from planner.check.fold import Outcome
from planner.core.model import Model
from planner.core.quantity import QUANTITIES
from planner.protocol.models import Severity


class Finding(Model):
    """What one rule says; field for field what `result.json` holds."""

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
    def rank(self) -> tuple[int, int, float]:
        """Order by which the worst comes first."""
        outcomes = ("fail", "error", "warn", "not_evaluated", "pass", "not_applicable")
        severities = ("block", "warn", "note")
        relative = 0.0 if self.margin is None or not self.limit else self.margin / _size(self.limit)
        first, second = outcomes.index(self.outcome), severities.index(self.severity)
        if self.outcome == "fail" and self.severity != "block":
            first = 2  # what blocks comes before what advises
        return (first, second, relative)


def _size(limit: dict[str, Any]) -> float:
    bounds = [abs(v) for v in (limit["low"], limit["high"]) if v]
    return max(bounds) if bounds else 1.0
