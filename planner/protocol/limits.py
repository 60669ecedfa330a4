"""An acceptable region as a book states it: a number, a table by level, or a figure of the device's own sheet."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from planner.core.model import Model
from planner.core.names import levels_between
from planner.core.units import fault
from planner.plan.devices import Figure

LimitKind = Literal["at_least", "at_most", "between", "equals"]


Plain = Annotated[float, Field(strict=True)]
"""A number and nothing that merely reads as one: yes is no limit."""


class FromDevice(Model):
    """A limit that stands on the step's own device sheet, or a share of it."""

    device: Figure
    times: Annotated[Plain, Field(gt=0, le=10)] = 1.0


class ByLevel(Model):
    """A limit by vertebra: level or range of levels → number."""

    by_level: dict[str, Plain] = Field(min_length=1)

    @field_validator("by_level")
    @classmethod
    def _levels_once(cls, value: dict[str, float]) -> dict[str, float]:
        seen: set[str] = set()
        for key in value:
            try:
                levels = set(levels_between(key))
            except ValueError as error:
                raise fault("", key, "a vertebra or a range such as T11-L1", str(error)) from None
            if seen & levels:
                raise fault("", key, "each vertebra once", f"{', '.join(sorted(seen & levels))} has two limits")
            seen |= levels
        return value

    def of(self, level: str) -> float | None:
        """Return the limit of one vertebra, or None where the table has none."""
        return next((number for key, number in self.by_level.items() if level in levels_between(key)), None)


Number = Plain | FromDevice | ByLevel


class Limit(Model):
    """The acceptable region: exactly one of the four; bounds belong to it."""

    at_least: Number | None = None
    at_most: Number | None = None
    between: tuple[Plain, Plain] | None = None
    equals: Plain | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise fault("", given or "nothing", "one of at_least, at_most, between, equals", "state one region")
        if self.between and self.between[0] >= self.between[1]:
            raise fault("", list(self.between), "low below high", "swap the two")
        return self

    @property
    def kind(self) -> LimitKind:
        """Which of the four it is."""
        return next(name for name in ("at_least", "at_most", "between", "equals") if getattr(self, name) is not None)
