"""What a validation hands on: one row for each figure that was asked for and computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["closed_form", "worked_example", "published"]
"""`published` figures are shown where they are missed; a miss of the other two fails the validation."""


@dataclass(frozen=True)
class Row:
    """One figure of a case.

    Attributes
    ----------
    quantity : what was computed; a unit ends the name where it has one.
    expected, got, tolerance : numbers; a class is given as its points, an inequality as its excess over 0.
    source : the closed form in words, or who published the figure.
    """

    quantity: str
    kind: Kind
    expected: float
    got: float
    tolerance: float
    source: str

    @property
    def passed(self) -> bool:
        """Whether the figure was met; NaN is not."""
        return bool(abs(self.got - self.expected) <= self.tolerance)


@dataclass(frozen=True)
class Case:
    """A named case and what computes its rows."""

    name: str
    compute: Callable[[], Iterable[Row]]


@dataclass(frozen=True)
class Check:
    """A row with the topic and case it belongs to."""

    topic: str
    case: str
    row: Row

    @property
    def failed(self) -> bool:
        """Whether it fails the validation: missed, and not merely published."""
        return not self.row.passed and self.row.kind != "published"

    def as_json(self) -> dict[str, Any]:
        """Return it as `planner validate --json` prints it."""
        row = self.row
        return {
            "topic": self.topic,
            "case": self.case,
            "quantity": row.quantity,
            "kind": row.kind,
            "expected": float(row.expected),
            "got": round(float(row.got), 9),
            "tolerance": float(row.tolerance),
            "source": row.source,
            "pass": row.passed,
        }
