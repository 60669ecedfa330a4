"""What may be asked of a parametric spine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from planner.anatomy.parametric.morphometry import LEVELS
from planner.core.model import Model
from planner.core.units import UnitModel, measure


class ParametricLesion(UnitModel):
    """A smooth, slightly irregular lesion.

    Attributes
    ----------
    kind : what it does to bone.
    diameter_mm : largest Feret diameter.
    centre_lps_mm : centre, LPS mm; None puts it left of the midline, close to the posterior wall.
    """

    kind: Literal["lytic", "blastic", "mixed"] = "lytic"
    diameter_mm: measure("mm", "mm", 1, 60)  # type: ignore[valid-type]
    centre_lps_mm: tuple[float, float, float] | None = None


class ParametricSpec(Model):
    """A target vertebra and what is built around it.

    Attributes
    ----------
    level : T1 … L5.
    lesion : in the target vertebra, or None.
    neighbours : whether the vertebrae above and below and their discs are built too.
    resolution_mm : edge of the sampling grid; features below about twice this are lost.
    """

    level: str = "L3"
    lesion: ParametricLesion | None = None
    neighbours: bool = True
    resolution_mm: float = Field(default=0.8, ge=0.2, le=1.5)

    @field_validator("level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level not in LEVELS:
            raise ValueError(f"got level {level!r}; expected one of {', '.join(LEVELS)}")
        return level
