"""What may be asked of a sick spine besides lesions: collapse, holes in the cortex, earlier cement and screws."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from planner.anatomy.parametric.lesion_spec import Escc, ParametricLesion, Side, clash
from planner.core.units import UnitModel, fault, measure

__all__ = [
    "CementOf",
    "Defect",
    "DefectsOf",
    "Escc",
    "Fracture",
    "OldCement",
    "OldScrew",
    "ParametricLesion",
    "ScrewsOf",
]

Surface = Literal[
    "posterior_wall", "anterior_wall", "left_wall", "right_wall", "superior_endplate", "inferior_endplate"
]


class Fracture(UnitModel):
    """A collapsed body.

    Attributes
    ----------
    shape : wedge lowers the front, biconcave the middle, crush all of it (Genant 1993).
    height_loss : part of that height which is lost, against the same vertebra unbroken.
    retropulsion_mm : how far a fragment of the rear wall stands into the canal; crush only.
    """

    shape: Literal["wedge", "biconcave", "crush"] = "wedge"
    height_loss: float = Field(ge=0.0, le=0.9)
    retropulsion_mm: measure("mm", "mm", 0, 15, optional=True) = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.retropulsion_mm and self.shape != "crush":
            raise clash(
                {"retropulsion": f"{self.retropulsion_mm:g} mm", "shape": self.shape},
                "a crush",
                "a wedge or a biconcave body keeps its rear wall; write `shape: crush` or drop `retropulsion`",
            )
        return self


class Defect(UnitModel):
    """A round hole in the cortex of the body.

    Attributes
    ----------
    surface : which wall or endplate.
    diameter_mm : of the opening.
    across_mm : from the surface's middle to the left (for the side walls: to the rear).
    along_mm : from the surface's middle upwards (for the endplates: to the rear).
    depth_mm : how deep it reaches.
    """

    surface: Surface
    diameter_mm: measure("mm", "mm", 1, 25)  # type: ignore[valid-type]
    across_mm: measure("mm", "mm", -30, 30) = 0.0  # type: ignore[valid-type]
    along_mm: measure("mm", "mm", -30, 30) = 0.0  # type: ignore[valid-type]
    depth_mm: measure("mm", "mm", 0.5, 10) = 2.0  # type: ignore[valid-type]


class OldCement(UnitModel):
    """Cement of an earlier augmentation, within the body.

    Attributes
    ----------
    volume_ml : of the cement body.
    side : one pool on a side or in the middle, or a pool on either side.
    irregularity, seed : as for a lesion.
    """

    volume_ml: measure("mL", "ml", 0.1, 20)  # type: ignore[valid-type]
    side: Literal["left", "right", "middle", "both"] = "both"
    irregularity: float = Field(default=0.6, ge=0.0, le=1.0)
    seed: int = Field(default=0, ge=0)


class OldScrew(UnitModel):
    """A pedicle screw of an earlier operation.

    Attributes
    ----------
    diameter_mm, length_mm : of the threaded shaft; the length counts from where the head sits on the bone.
    medial_mm : how far its axis stands off the pedicle's own, towards the canal; negative is lateral.
    """

    side: Literal["left", "right", "both"] = "both"
    diameter_mm: measure("mm", "mm", 3, 10) = 6.5  # type: ignore[valid-type]
    length_mm: measure("mm", "mm", 15, 80) = 45.0  # type: ignore[valid-type]
    medial_mm: measure("mm", "mm", -8, 8) = 0.0  # type: ignore[valid-type]

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides it stands on."""
        return ("left", "right") if self.side == "both" else (self.side,)


def _as_cement(value: Any) -> Any:
    return {"volume": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def _as_several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _as_screws(value: Any) -> Any:
    return [{"side": part} if isinstance(part, str) else part for part in _as_several(value)]


def _sides_once(screws: tuple[OldScrew, ...]) -> tuple[OldScrew, ...]:
    sides = [side for screw in screws for side in screw.sides]
    if len(set(sides)) < len(sides):
        raise fault("", sides, "one screw a pedicle", "keep one screw on each side")
    return screws


CementOf = Annotated[OldCement, BeforeValidator(_as_cement)]
"""Cement, also written as its volume alone: `4 mL`."""
DefectsOf = Annotated[tuple[Defect, ...], BeforeValidator(_as_several)]
"""One hole or a list of them."""
ScrewsOf = Annotated[tuple[OldScrew, ...], BeforeValidator(_as_screws), AfterValidator(_sides_once)]
"""One screw or a list of them, also written as a side alone: `both`."""
