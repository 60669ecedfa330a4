"""One row of the quantity table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.core.names import Origin

Fold = Literal["min", "max", "sum"]


@dataclass(frozen=True)
class Quantity:
    """One row.

    Attributes
    ----------
    name, unit, label : unit is `1` for pure numbers, `yes/no` for 1 and 0; temperatures are `degC`.
    decimals : digits behind the point where people read it.
    low, high : plausible range in `unit`.
    over_steps, over_levels : how the values of the steps of one level, and then of the levels, fold; the
        worse side decides, but cement adds up.
    origin : `planned` (read from the plan), `measured` (geometry) or `simulated` (physics, never from a plan).
    kinds : kinds of step that have it.
    """

    name: str
    unit: str
    label: str
    decimals: int
    low: float
    high: float
    over_steps: Fold
    over_levels: Fold
    origin: Origin
    kinds: tuple[str, ...]

    def text(self, value: float) -> str:
        """Return the value as people read it, with its unit."""
        if self.unit == "yes/no":
            return "yes" if value >= 0.5 else "no"
        unit = {
            "1": "",
            "degC": " °C",
            "deg": "°",
            "week": " weeks",
            "month": " months",
            "day": " days",
            "Pa·s": " Pa·s",
        }.get(self.unit, f" {self.unit}")
        return f"{value:.{self.decimals}f}{unit}"


def row(  # noqa: PLR0917 - columns of a table
    name: str, unit: str, label: str, decimals: int, low: float, high: float, fold: Fold, kinds: tuple[str, ...],
    origin: Origin = "simulated",
) -> Quantity:  # fmt: skip
    """Return a row that folds alike over steps and levels."""
    return Quantity(name, unit, label, decimals, low, high, fold, fold, origin, kinds)
