"""What may be asked of a parametric spine."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from planner.anatomy.parametric.disease_spec import CementOf, DefectsOf, Fracture, ParametricLesion, ScrewsOf
from planner.anatomy.parametric.morphometry import LEVELS, Source
from planner.anatomy.parametric.variation import AVERAGE, PatientSpec
from planner.core.names import Bone
from planner.core.units import UnitModel, fault, measure


def _known(level: str) -> str:
    if level not in LEVELS:
        raise fault("", level, f"one of {', '.join(LEVELS)}", "choose a level from T1 to L5")
    return level


Level = Annotated[str, AfterValidator(_known)]


class Scoliosis(UnitModel):
    """A mild curve to one side, the vertebrae turned towards it.

    Attributes
    ----------
    apex : the level furthest to the side.
    cobb_deg : Cobb angle between the end vertebrae; 10 to 40, beyond which vertebrae change their shape.
    side : where the convexity is.
    reach : levels from the apex to each end vertebra.
    """

    apex: Level = "T9"
    cobb_deg: measure("degree", "deg", 1, 40) = 15.0  # type: ignore[valid-type]
    side: Literal["left", "right"] = "right"
    reach: int = Field(default=4, ge=2, le=6)

    @model_validator(mode="after")
    def _ends_in_the_column(self) -> Self:
        at = LEVELS.index(self.apex)
        if at - self.reach < 0 or at + self.reach >= len(LEVELS):
            raise fault(
                "",
                f"{self.reach} levels to either side of {self.apex}",
                "end vertebrae between T1 and L5",
                "move the apex to the middle or make the curve shorter",
            )
        return self


class ParametricSpec(UnitModel):
    """A target vertebra, what is built around it and what ails it.

    Attributes
    ----------
    level : the target, T1 … L5; the centre of its body is the origin.
    levels : the target alone, with its neighbours, or all from T1 to L5.
    neighbours : older way to say `levels`: true the neighbours, false the target only.
    seed : start of every random draw; the same seed is the same patient.
    patient : whose spine it is.
    source : series the dimensions come from.
    kyphosis_deg : T4–T12, between the outer endplates; None is an average adult's.
    lordosis_deg : L1–L5, between the outer endplates; None is an average adult's.
    scoliosis : a curve to the side.
    bone : grade of its density.
    lesion : in the target vertebra, or None.
    lesions : several, each with its own `level`; after `lesion`, they are called `lesion_2` and so on.
    fractures, defects, cement, screws : by level, what else ails it.
    tissues : whether organs, muscles, fat and skin are built too.
    resolution_mm : edge of the sampling grid; features below about twice this are lost.
    """

    level: Level = "L3"
    levels: Literal["only", "neighbours", "column"] | None = None
    neighbours: bool | None = None
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    patient: PatientSpec = AVERAGE
    source: Source = "panjabi"
    kyphosis_deg: measure("degree", "deg", 5, 80, optional=True) = None  # type: ignore[valid-type]
    lordosis_deg: measure("degree", "deg", 5, 75, optional=True) = None  # type: ignore[valid-type]
    scoliosis: Scoliosis | None = None
    bone: Bone = "normal"
    lesion: ParametricLesion | None = None
    lesions: tuple[ParametricLesion, ...] = ()
    fractures: dict[Level, Fracture] = Field(default_factory=dict)
    defects: dict[Level, DefectsOf] = Field(default_factory=dict)
    cement: dict[Level, CementOf] = Field(default_factory=dict)
    screws: dict[Level, ScrewsOf] = Field(default_factory=dict)
    tissues: bool = True
    resolution_mm: float = Field(default=0.8, ge=0.2, le=1.5)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if self.levels is not None and self.neighbours is not None and self.neighbours != (self.levels != "only"):
            raise fault(
                "",
                f"`neighbours: {str(self.neighbours).lower()}` beside `levels: {self.levels}`",
                "one of them",
                "keep `levels` and drop `neighbours`",
            )
        return self

    @property
    def built(self) -> tuple[str, ...]:
        """Levels whose vertebrae are built, from the head down."""
        asked = self.levels or ("only" if self.neighbours is False else "neighbours")
        at = LEVELS.index(self.level)
        return {"only": (self.level,), "neighbours": LEVELS[max(at - 1, 0) : at + 2], "column": LEVELS}[asked]
