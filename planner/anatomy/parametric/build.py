"""Builds every structure and measures what was built."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tubes
from planner.anatomy.parametric.body import body_field, depth, disc_field, disc_pose
from planner.anatomy.parametric.fields import Coordinates, Field, intersection
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import WORLD, Pose, stack
from planner.anatomy.parametric.lesion import lesion_mesh
from planner.anatomy.parametric.measure import bone_truth, lesion_truth, pedicle_axis
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry, table
from planner.anatomy.parametric.spec import ParametricLesion, ParametricSpec
from planner.anatomy.parametric.vertebra import Column, body_grid, vertebra_grid
from planner.geometry.mesh import Mesh

Point: TypeAlias = NDArray[np.float64]

_BEYOND_MM = 15.0
"""How far the tubes run past the outermost vertebra."""

_GAP_MM = 0.2
"""Space left between bone and canal, so that no two surfaces touch."""

_DISC_GAP_MM = 0.4
"""Space left round a disc; more, since the pedicle's blend lifts the endplate's rear corners a little."""


@dataclass(frozen=True, eq=False)
class ParametricSpine:
    """A patient who does not exist; LPS mm, origin in the centre of the target's body.

    Attributes
    ----------
    spec : what was asked.
    meshes : closed surfaces by structure name.
    truth : what the surfaces measure, by name with its unit.
    pedicle_axes : per side, where the axis leaves the bone behind and its end in the front third of the body.
    """

    spec: ParametricSpec
    meshes: dict[str, Mesh]
    truth: dict[str, float]
    pedicle_axes: dict[str, tuple[Point, Point]]

    @property
    def lesion(self) -> Mesh | None:
        """The lesion's surface, where one was asked for."""
        return self.meshes.get("lesion")


def build_parametric(spec: ParametricSpec) -> ParametricSpine:
    """Build the spine that a spec describes.

    Raises
    ------
    ValueError
        When the lesion does not fit inside the bone.
    """
    rows, poses = table(), stack(spec.level)
    column = Column(rows, poses, tubes.canal(rows, poses))
    m, step = rows[spec.level], spec.resolution_mm
    target = LEVELS.index(spec.level)
    built = LEVELS[max(target - 1, 0) : target + 2] if spec.neighbours else (spec.level,)

    meshes = {f"vertebra_{name}": _posed(vertebra_grid(column, name, step), poses[name]) for name in built}
    meshes[f"vertebra_{spec.level}_body"] = body_grid(column, spec.level, step).surface()
    for upper, lower in pairwise(built):
        meshes[f"disc_{upper}_{lower}"] = _disc(column, upper, lower, step)
    span = (
        min(float(meshes[f"vertebra_{name}"].bounds[0, 2]) for name in built) - _BEYOND_MM,
        max(float(meshes[f"vertebra_{name}"].bounds[1, 2]) for name in built) + _BEYOND_MM,
    )
    meshes["spinal_canal"] = _tube(column.canal, (span[0] - 1.5, span[1] + 1.5), step, inset_mm=_GAP_MM)
    meshes["spinal_cord"] = _tube(tubes.cord(rows, poses), span, step)
    meshes["aorta"] = _tube(tubes.vessel(rows, poses, 11.0, (9.5, 9.5), 3.0), span, step)
    meshes["inferior_vena_cava"] = _tube(tubes.vessel(rows, poses, -12.5, (10.5, 8.0), 2.5), span, step)

    axes = {side: pedicle_axis(m, meshes[f"vertebra_{spec.level}"], sign) for side, sign in _SIDES.items()}
    truth = bone_truth(m, meshes)
    if spec.lesion is not None:
        meshes["lesion"] = _lesion(m, spec.lesion, step)
        truth |= lesion_truth(m, meshes)
    return ParametricSpine(spec, meshes, truth, axes)


_SIDES = {"left": 1.0, "right": -1.0}


def _posed(grid: Grid, pose: Pose) -> Mesh:
    mesh = grid.surface()
    return Mesh.of(pose.to_world(mesh.vertices), mesh.faces)


def _disc(column: Column, upper: str, lower: str, step: float) -> Mesh:
    up, low = column.rows[upper], column.rows[lower]
    pose = disc_pose(up, column.poses[upper])
    half = [0.5 * max(up.width_lower, low.width_upper), 0.5 * depth(up) + 4.0, 0.5 * up.disc_below + 7.0]

    def part(c: Coordinates) -> Field:
        field = disc_field(up, low, c)
        for name, m in ((upper, up), (lower, low)):
            bone = body_field(m, pose.grid_to(column.poses[name], c))
            field = intersection(field, np.float32(_DISC_GAP_MM) - bone, 0.3)
        return intersection(field, np.float32(_DISC_GAP_MM) - column.canal.field(c, pose), 0.5)

    corner = np.array(half)
    grid = Grid.over(-corner, corner, step, mirrored=True)
    grid.add(part, -corner, corner, 0.1)
    return _posed(grid, pose)


def _tube(tube: tubes.Tube, span: tuple[float, float], step: float, inset_mm: float = 0.0) -> Mesh:
    cx, cy, width, front, rear, _ = tube.curve(np.linspace(*span, 60))
    low = np.array([(cx - width).min(), (cy - front).min(), span[0]])
    high = np.array([(cx + width).max(), (cy + rear).max(), span[1]])

    def part(c: Coordinates) -> Field:
        ends = np.abs(c[2] - np.float32(0.5 * sum(span))) - np.float32(0.5 * (span[1] - span[0]))
        return intersection(tube.field(c, WORLD) + np.float32(inset_mm), ends, 1.0)

    grid = Grid.over(low, high, step)
    grid.add(part, low, high, 0.1)
    return grid.surface()


def _lesion(m: Morphometry, lesion: ParametricLesion, step: float) -> Mesh:
    mesh = lesion_mesh(lesion, m, step)
    x, y, z = (mesh.vertices[:, i].astype(np.float32) for i in range(3))
    outside = float(body_field(m, (np.abs(x), y, z)).max())
    if outside > -0.2:
        raise ValueError(
            f"got a lesion of {lesion.diameter_mm:g} mm around {mesh.centroid.round(1).tolist()}, whose outermost "
            f"point lies {outside:+.1f} mm from the surface of the body of {m.level} (positive: outside it); "
            "expected one inside the body: make it smaller or move its centre"
        )
    return mesh
