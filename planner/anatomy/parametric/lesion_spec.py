"""What may be asked of a lesion."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from planner.anatomy.parametric.morphometry import LEVELS
from planner.core.names import LesionType
from planner.core.units import UnitModel, fault, measure

Escc = Literal["0", "1a", "1b", "1c", "2", "3"]
"""Epidural spinal cord compression scale (Bilsky 2010)."""
Wall = Literal["intact", "thinned", "breached"]
Side = Literal["left", "right"]
Place = Literal[
    "body",
    "body_left",
    "body_right",
    "body_anterior",
    "body_posterior",
    "pedicle_left",
    "pedicle_right",
    "articular_left",
    "articular_right",
    "transverse_left",
    "transverse_right",
    "lamina_left",
    "lamina_right",
    "spinous",
]

NIDUS_MAX_MM = 15.0
"""Larger ones are called osteoblastoma; some draw the line at 15 mm, others at 20 mm."""


def _as_grade(value: Any) -> Any:
    # A plan file says `epidural: 2` and means the grade.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def clash(keys: dict[str, Any], expected: str, way_out: str) -> Exception:
    """Return the error that names both sides of a contradiction."""
    return fault("", " with ".join(f"`{key}: {value}`" for key, value in keys.items()), expected, way_out)


class ParametricLesion(UnitModel):
    """An irregular lesion; size is that of its part in bone.

    Attributes
    ----------
    kind : what it does to bone; an osteoid osteoma is drawn as its nidus, `rim_mm` of sclerosis round it.
    diameter_mm, volume_ml : largest Feret diameter, or volume; exactly one of them.
    level : where; None is the target vertebra.
    centre_lps_mm : centre, LPS mm; or else `place`. Neither: in the body, left of the midline, near the rear wall.
    irregularity : 0 a ball, 1 lobulated; `seed` draws another of the same kind.
    pedicles : which pedicles a lesion of the body reaches into.
    posterior_wall : intact leaves the rear cortex whole, thinned leaves a shell, breached reaches through it.
    epidural : grade of the part in the canal.
    """

    kind: LesionType = "lytic"
    diameter_mm: measure("mm", "mm", 1, 60, optional=True) = None  # type: ignore[valid-type]
    volume_ml: measure("mL", "ml", 0.001, 60, optional=True) = None  # type: ignore[valid-type]
    level: Literal[LEVELS] | None = None  # type: ignore[valid-type]
    centre_lps_mm: tuple[float, float, float] | None = None
    place: Place | None = None
    irregularity: float = Field(default=0.3, ge=0.0, le=1.0)
    seed: int = Field(default=0, ge=0)
    pedicles: Literal["left", "right", "both"] | None = None
    posterior_wall: Wall | None = None
    epidural: Annotated[Escc, BeforeValidator(_as_grade)] = "0"
    rim_mm: measure("mm", "mm", 0, 8, optional=True) = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        self._size_and_place()
        place, wall = self.place or "body", self.posterior_wall
        if self.epidural != "0" and wall in {"intact", "thinned"}:
            raise clash(
                {"epidural": self.epidural, "posterior_wall": wall},
                "a breached wall under an epidural part",
                "write `posterior_wall: breached` or `epidural: 0`",
            )
        if wall in {"thinned", "breached"} and not place.startswith("body"):
            raise clash(
                {"posterior_wall": wall, "place": place},
                "a lesion of the body",
                "the posterior wall belongs to the body; drop one of the two",
            )
        if self.pedicles and not place.startswith("body"):
            raise clash(
                {"pedicles": self.pedicles, "place": place},
                "a lesion of the body",
                "the place says already where it lies; drop `pedicles`",
            )
        if self.kind == "osteoid_osteoma":
            self._nidus()
        elif self.rim_mm is not None:
            raise clash({"rim": f"{self.rim_mm:g} mm", "kind": self.kind}, "an osteoid osteoma", "drop `rim`")
        return self

    def _size_and_place(self) -> None:
        sizes = {"diameter": self.diameter_mm, "volume": self.volume_ml}
        given = [f"`{key}`" for key, value in sizes.items() if value is not None]
        if len(given) != 1:
            raise fault(
                "",
                " and ".join(given) or "neither `diameter` nor `volume`",
                "one of `diameter` and `volume`",
                "the shape follows from one of them; write `diameter: 18 mm`",
            )
        if self.centre_lps_mm is not None and self.place is not None:
            raise clash(
                {"centre_lps_mm": list(self.centre_lps_mm), "place": self.place},
                "one of them",
                "keep the centre or the place",
            )

    def _nidus(self) -> None:
        if (self.diameter_mm or 0.0) > NIDUS_MAX_MM:
            raise clash(
                {"diameter": f"{self.diameter_mm:g} mm", "kind": self.kind},
                f"a nidus of at most {NIDUS_MAX_MM:g} mm",
                "a larger one is an osteoblastoma; make it smaller or choose another kind",
            )
        if self.epidural != "0" or self.posterior_wall == "breached":
            key = "epidural" if self.epidural != "0" else "posterior_wall"
            raise clash(
                {key: getattr(self, key), "kind": self.kind},
                "a nidus within bone",
                "an osteoid osteoma does not grow into the canal; drop one of the two",
            )

    @property
    def wall(self) -> Wall:
        """State of the posterior wall; what is not said follows from the epidural part."""
        return self.posterior_wall or ("breached" if self.epidural != "0" else "intact")

    @property
    def rim(self) -> float:
        """Thickness of the sclerotic rim, mm."""
        return (3.0 if self.rim_mm is None else self.rim_mm) if self.kind == "osteoid_osteoma" else 0.0
