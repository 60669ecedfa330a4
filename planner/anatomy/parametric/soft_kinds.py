"""Which soft structures there are, where, and in which order they make room for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from planner.anatomy.parametric.landscape import Landscape, Shape
from planner.anatomy.parametric.muscle_shapes import erector, multifidus, psoas
from planner.anatomy.parametric.organ_shapes import kidney, lung


@dataclass(frozen=True)
class Kind:
    """One soft structure of each side.

    Attributes
    ----------
    name : without its side.
    shape : makes its field.
    levels : first and last level near which it is found.
    out, behind : range of distance from the midline, and of y behind the bodies' centres, that holds it; mm.
    clears : beginnings of the names of what it makes room for.
    gap_mm : room left to these.
    """

    name: str
    shape: Callable[[Landscape, float], Shape]
    levels: tuple[str, str]
    out: tuple[float, float]
    behind: tuple[float, float]
    clears: tuple[str, ...]
    gap_mm: float = 1.2


_BONE: Final = ("vertebra_", "rib_", "disc_", "screw_", "cement_", "lesion")
_TUBES: Final = ("nerve_root_", "aorta", "inferior_vena_cava", "iliac_", "oesophagus")

KINDS: Final = (
    Kind("muscle_psoas", psoas, ("T12", "L5"), (10.0, 110.0), (-80.0, 60.0), (*_BONE, *_TUBES)),
    Kind("muscle_multifidus", multifidus, ("T1", "L5"), (0.0, 40.0), (0.0, 130.0), (*_BONE, *_TUBES, "spinal_canal")),
    Kind("muscle_erector_spinae", erector, ("T1", "L5"), (8.0, 85.0), (0.0, 150.0), (*_BONE, *_TUBES)),
    Kind("kidney", kidney, ("T12", "L3"), (10.0, 120.0), (-60.0, 90.0), (*_BONE, *_TUBES, "muscle_"), 2.0),
    Kind("lung", lung, ("T1", "T12"), (0.0, 160.0), (-170.0, 70.0), (*_BONE, *_TUBES, "muscle_", "kidney_"), 2.0),
)
"""In order of priority: each clears those before it where it names them."""

SIDES: Final[Mapping[str, float]] = {"left": 1.0, "right": -1.0}
