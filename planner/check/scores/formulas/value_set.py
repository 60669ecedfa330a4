"""An EQ-5D value set from the user's own file; none ships, since the instrument's owner licenses its use."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.core.errors import InputError, Problem, Problems
from planner.core.model import Model
from planner.core.units import fault
from planner.core.validation import validated
from planner.core.yamlio import read_mapping

DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")


class ValueSet(Model):
    """What each level of each dimension costs, 1 being full health.

    Attributes
    ----------
    levels : 3 or 5.
    citation : where the figures were published.
    decrements : dimension → level from 2 on → cost.
    constant : taken off once for any level above 1.
    any_worst : taken off once where any dimension is at its worst level (N3 of the 3L sets).
    """

    name: str = Field(min_length=3)
    citation: str = Field(min_length=10)
    levels: Literal[3, 5]
    decrements: dict[str, dict[int, float]]
    constant: float = 0.0
    any_worst: float = 0.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sorted(self.decrements) != sorted(DIMENSIONS):
            raise fault("decrements", sorted(self.decrements), ", ".join(DIMENSIONS), "give all five dimensions")
        asked = list(range(2, self.levels + 1))
        for dimension, costs in self.decrements.items():
            if sorted(costs) != asked:
                raise fault(f"decrements.{dimension}", sorted(costs), f"the levels {asked}", "give each level")
        return self


def read_value_set(path: Path, problems: Problems) -> ValueSet | None:
    """Read a value set (YAML or JSON); None after noting what is wrong with it."""
    try:
        raw = read_mapping(path, place="$.value_set")
        if isinstance(raw.get("decrements"), dict):  # JSON has text keys only
            raw["decrements"] = {k: _levels(v) for k, v in raw["decrements"].items()}
        return validated(ValueSet, raw, path="$.value_set")
    except InputError as error:
        problems.extend([Problem(p.path, p.got, p.expected, p.way_out) for p in error.problems])
        return None


def _levels(costs: object) -> object:
    if not isinstance(costs, dict):
        return costs
    return {int(k) if str(k).isdigit() else k: v for k, v in costs.items()}
