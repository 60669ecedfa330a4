"""The lesion: its part in bone, and the part in the canal where one is asked, as one body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.epidural import Dural, Mass, foot_of
from planner.anatomy.parametric.escc import epidural_mass
from planner.anatomy.parametric.feret import feret_diameter_mm
from planner.anatomy.parametric.fields import Coordinates, Field, horn, intersection, union
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.lesion_ask import Ask, centre_of, check_centre, check_wall, wall_left
from planner.anatomy.parametric.lesion_shape import Shape
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.lesion_spec import ParametricLesion

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lesion:
    """A finished lesion.

    Attributes
    ----------
    mesh : closed surface, LPS mm, of all of it.
    bone_mesh : of its part in bone alone; the same where nothing stands in the canal.
    mass : its part in the canal.
    centre_mm : (3,) centre of its part in bone, vertebra's own frame.
    wall_left_mm : least bone left at the posterior wall; 0 where the lesion reaches through it.
    """

    mesh: Mesh
    bone_mesh: Mesh
    mass: Mass | None
    centre_mm: Vector
    wall_left_mm: float


def build_lesion(
    lesion: ParametricLesion,
    column: Column,
    level: str,
    step_mm: float,
    *,
    dural: Dural | None = None,
    path: str = "$.lesion",
) -> Lesion:
    """Build a lesion of a vertebra.

    Parameters
    ----------
    step_mm : spacing of the grid at most; a small lesion gets a finer one.
    dural : sac and neural tissue; needed for an epidural part.
    path : where the lesion stands in the input, for problems.

    Raises
    ------
    InputError
        When it does not fit where it was asked to be.
    """
    ask = Ask(lesion, column, level, step_mm, path)
    pose = column.poses[level]
    check_centre(ask)
    centre = centre_of(ask)
    shape = Shape(ask, centre)
    bone = shape.mesh()
    check_wall(ask, bone)
    mass = None
    whole = bone
    if lesion.epidural != "0":
        assert dural is not None  # noqa: S101 - the caller's duty, see above
        mass = _mass(ask, centre, dural, bone)
        whole = _joined(shape, mass)
    world = Mesh.of(pose.to_world(whole.vertices), whole.faces)
    alone = world if mass is None else Mesh.of(pose.to_world(bone.vertices), bone.faces)
    return Lesion(world, alone, mass, bone.centroid, wall_left(ask, bone))


def _mass(ask: Ask, centre: Vector, dural: Dural, bone: Mesh) -> Mass:
    entry = foot_of(ask.column, ask.level, centre, body=ask.in_body)
    size = feret_diameter_mm(bone.vertices)
    mass = epidural_mass(ask.column, ask.level, dural, ask.lesion.epidural, entry=entry, size_mm=size)
    if mass is None:
        raise ask.refuse(
            "epidural",
            f"`epidural: {ask.lesion.epidural}` in {ask.level}",
            "room for it between bone, thecal sac and neural tissue",
            "choose another level, a wider canal or another grade",
        )
    return mass


def _joined(shape: Shape, mass: Mass) -> Mesh:
    """Return bone part and canal part as one body: a neck through the wall ties them together."""
    low, high = np.minimum(shape.low, mass.low), np.maximum(shape.high, mass.high)
    grid = Grid.over(low, high, shape.step)
    size = 2.0 * shape.ask.radius
    thin = float(np.clip(0.2 * size, 1.2, 4.0))
    inner = mass.foot - (0.5 * min(size, 8.0)) * mass.way
    towards = shape.centre - inner
    inner = inner + towards * min(0.6, thin / max(float(np.linalg.norm(towards)), 1e-6))

    foot, way = mass.foot, mass.way
    ends, radii = (inner.tolist(), (foot + 2.0 * way).tolist()), ((thin, thin), (thin, thin))

    def part(at: Coordinates) -> Field:
        x, y = at[0] - np.float32(foot[0]), at[1] - np.float32(foot[1])
        # The neck ends below the mass' own top, which alone sets how far the lesion reaches.
        deep = x * np.float32(way[0]) + y * np.float32(way[1]) - np.float32(0.4 * mass.deep_mm)
        neck = intersection(horn(at, ends, (0.0, 0.0, 1.0), radii), np.asarray(deep, dtype=np.float32), 0.3)
        return union(shape.field(at, shape.radius), union(mass.field(at), neck, 0.3), 0.6)

    grid.add(part, low, high, 0.01)
    return grid.surface()
