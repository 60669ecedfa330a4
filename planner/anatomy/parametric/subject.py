"""What is to be imaged: surfaces by name, the bone's density, and what fills each lesion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.cortex import thickness_at
from planner.anatomy.parametric.disease import lesions
from planner.anatomy.parametric.textures import lesion_hu
from planner.anatomy.parametric.tissues import density_mg_cm3, hu_of_density
from planner.core.names import Bone
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.disease_spec import ParametricLesion
    from planner.anatomy.parametric.spine import ParametricSpine

WITHIN = "_cancellous"
"""Surfaces within a bone that end so are no structures of their own; the CT draws the cortex itself."""

Points = NDArray[np.float64]
Fill = Callable[[Points, Points], NDArray[np.float64]]
"""Points (n, 3) in LPS mm and their signed distances (n,) to the lesion, mm → CT numbers (n,)."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One patient who does not exist, as the imaging needs to know them.

    Attributes
    ----------
    names : of the structures.
    mesh : name → closed surface, LPS mm.
    bone : grade.
    kinds : lesion's name → lytic, blastic, mixed or osteoid_osteoma.
    fills : lesion's name → CT numbers in it, and in the rim about it, as a function of place.
    cortex : a bone's name and points (n, 3) of its surface, LPS mm → thickness of its cortex (n,), mm, in bone of a
        normal grade; None where the figure of the tissue table serves.
    rims : lesion's name → its level, and how far sclerotic bone reaches beyond it, mm.
    """

    names: tuple[str, ...]
    mesh: Callable[[str], Mesh]
    bone: Bone = "normal"
    kinds: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, Fill] = field(default_factory=dict)
    cortex: Callable[[str, Points], NDArray[np.float64] | None] = lambda _name, _points: None
    rims: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @cached_property
    def density_mg_cm3(self) -> float:
        """Mineral density of cancellous bone in the bodies."""
        return density_mg_cm3(self.bone)

    @property
    def cancellous_hu(self) -> float:
        """Its CT number."""
        return hu_of_density(self.density_mg_cm3)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3) box of all vertebrae, LPS mm."""
        found = np.array([self.mesh(name).bounds for name in self.names if name.startswith("vertebra_")])
        return np.stack([found[:, 0].min(axis=0), found[:, 1].max(axis=0)])


def subject_of(spine: ParametricSpine) -> Subject:
    """Return the subject that a built spine is."""
    asked = lesions(spine)
    return Subject(
        tuple(name for name in spine.names if not name.endswith(WITHIN)),
        spine.mesh,
        spine.spec.bone,
        {name: lesion.kind for name, (lesion, _) in asked.items()},
        {name: _fill(spine, lesion, level) for name, (lesion, level) in asked.items()},
        partial(_cortex, spine),
        {name: (level, lesion.rim) for name, (lesion, level) in asked.items() if lesion.rim > 0.0},
    )


def _cortex(spine: ParametricSpine, name: str, points: Points) -> NDArray[np.float64] | None:
    level = name.removeprefix("vertebra_")
    if level not in spine.column.rows:
        return None
    own = spine.column.poses[level].to_local(points)
    return thickness_at(spine.column.rows[level], own).astype(np.float64)


def _fill(spine: ParametricSpine, lesion: ParametricLesion, level: str) -> Fill:
    texture, pose = lesion_hu(lesion, spine.spec.seed), spine.column.poses[level]
    return lambda points, depth: texture(pose.to_local(points), depth)
