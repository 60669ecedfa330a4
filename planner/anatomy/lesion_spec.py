"""What a plan file says under `anatomy.lesions`."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from planner.core.model import Model
from planner.core.units import UnitModel, fault, measure, triple

LESION_MAX_MM = 200.0
"""Larger than any vertebra with its soft tissue; beyond it the unit is wrong."""
HU_RANGE = (-1024.0, 4000.0)
"""From air to metal."""
POINT_MAX_MM = 10_000.0
"""Further from the scanner's origin than any patient lies."""


def _point(value: Any) -> Any:
    numbers = isinstance(value, list | tuple) and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in value
    )
    if not numbers or len(value) != 3:
        raise fault("", value, "three numbers, mm in the plan's frame", "write a point as [x, y, z]")
    if any(abs(v) > POINT_MAX_MM for v in value if math.isfinite(v)):
        raise fault("", value, f"coordinates within {POINT_MAX_MM:g} mm", "no scanner is as large; check the numbers")
    return value


Point = Annotated[tuple[float, float, float], BeforeValidator(_point)]
"""A place, three finite numbers, mm in the plan's own frame."""


class SphereLesion(UnitModel):
    """A ball."""

    centre: Point
    diameter_mm: measure("mm", "mm", 0.5, LESION_MAX_MM)  # type: ignore[valid-type]


class EllipsoidLesion(UnitModel):
    """Three diameters along the axes of the plan's frame, or along `directions` (rows, made unit length)."""

    centre: Point
    diameters_mm: triple("mm", "mm", 0.5, LESION_MAX_MM)  # type: ignore[valid-type]
    directions: tuple[Point, Point, Point] | None = None


def _window(value: Any) -> Any:
    numbers = isinstance(value, list | tuple) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in value
    )
    if not numbers or len(value) != 2 or not HU_RANGE[0] <= value[0] < value[1] <= HU_RANGE[1]:
        way_out = "write for example [0, 90] for a lytic tumour; without it the CT itself decides"
        raise fault("", value, f"two rising CT numbers within {HU_RANGE[0]:g} to {HU_RANGE[1]:g} HU", way_out)
    return value


class GrownLesion(UnitModel):
    """Grown in the CT from a seed inside the tumour, as far as it reads alike and within the vertebra."""

    seed: Point
    window_hu: Annotated[tuple[float, float], BeforeValidator(_window)] | None = None
    max_diameter_mm: measure("mm", "mm", 4.0, 100.0) = 30.0  # type: ignore[valid-type]


class LesionSpec(Model):
    """Exactly one of the ways to say where the tumour is."""

    sphere: SphereLesion | None = None
    ellipsoid: EllipsoidLesion | None = None
    mask: str | None = None
    grow: GrownLesion | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise fault(
                "", given or "nothing", "one of sphere, ellipsoid, mask, grow", "say the lesion in exactly one way"
            )
        return self
