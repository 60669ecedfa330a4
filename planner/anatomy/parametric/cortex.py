"""The cortical shell: its thickness by region, and the surface of the cancellous bone inside it.

Measured: endplates and shell of L1 0.35 mm (Silva et al., J Orthop Res 1994); anterior wall of T12–L5 0.524 mm,
posterior 0.370 mm (Fazzalari et al., Joint Bone Spine 2006); the pedicle's medial wall is thicker than its lateral one
(Alfieri Zellner et al., J Orthop Surg Res 2024; no thickness read). Assumed: the rest.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.body import depth, wedge_ratio
from planner.anatomy.parametric.fields import Coordinates, Field
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import Morphometry
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

ENDPLATE_MM: Final = 0.35
RIM_MM: Final = 0.55
"""Of the endplate, where the ring apophysis fused. Assumed."""
ANTERIOR_MM: Final = 0.524
LATERAL_MM: Final = 0.45
"""Between the anterior and the posterior wall. Assumed."""
POSTERIOR_MM: Final = 0.370
PEDICLE_MEDIAL_MM: Final = 1.2
PEDICLE_LATERAL_MM: Final = 0.8
ARCH_MM: Final = 1.1
"""Laminae and processes. Assumed, as are the pedicle's two figures."""


def thickness_mm(m: Morphometry, at: Coordinates) -> Field:
    """Return the cortex's thickness near points of a vertebra's surface, own frame; smooth from region to region."""
    at_mm = Landmarks.of(m)
    x, y, z = np.abs(at[0]), at[1], at[2]
    wall = np.float32(at_mm.wall)
    half = 0.5 * m.height * wedge_ratio(m, y)
    # 1 on the endplates, 0 on the walls: the last 2 mm of height belong to the plates.
    plate = _step(np.abs(z) - half, -2.6, -1.4)
    out = np.hypot(
        x / np.float32(0.5 * m.width_upper), (y - wall + np.float32(0.5 * depth(m))) / np.float32(0.5 * depth(m))
    )
    endplate = ENDPLATE_MM + (RIM_MM - ENDPLATE_MM) * _step(out, 0.75, 0.95)
    ahead = (wall - y) / np.float32(depth(m))
    side = POSTERIOR_MM + (LATERAL_MM - POSTERIOR_MM) * _step(ahead, 0.02, 0.2)
    side = side + (ANTERIOR_MM - LATERAL_MM) * _step(ahead, 0.55, 0.9)
    body = side + (endplate - side) * plate
    medial = PEDICLE_MEDIAL_MM + (PEDICLE_LATERAL_MM - PEDICLE_MEDIAL_MM) * _step(
        x - np.float32(at_mm.pedicle[0]), -0.25 * m.pedicle_width, 0.25 * m.pedicle_width
    )
    behind = y - wall
    # The posterior wall is the body's; to its sides the pedicle begins.
    lateral = _step(x - np.float32(0.5 * m.canal_width), -2.0, 0.0)
    rear = medial + (ARCH_MM - medial) * _step(behind, 0.35 * m.canal_depth, 0.55 * m.canal_depth)
    share = _step(behind, -0.5, 2.5) * np.maximum(lateral, _step(behind, 2.0, 5.0))
    return np.asarray(body + (rear - body) * share, dtype=np.float32)


def _step(value: Field, low: float, high: float) -> Field:
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def cancellous_grid(grid: Grid, m: Morphometry, factor: float = 1.0) -> Grid:
    """Return the field of the bone inside the cortex.

    Parameters
    ----------
    grid : the vertebra as it was sampled, own frame.
    factor : of the thickness, for stronger or weaker bone.
    """
    slopes = np.gradient(grid.values, grid.step_mm)
    steep = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2 + slopes[2] ** 2)
    # Where parts melt the field is flatter than a distance: its own slope makes it one again.
    distance = grid.values / np.clip(steep, 0.4, 1.6)
    x, y, z = (
        (start + grid.step_mm * np.arange(n)).astype(np.float32)
        for start, n in zip(grid.origin, grid.values.shape, strict=True)
    )
    thick = thickness_mm(m, (x[:, None, None], y[None, :, None], z[None, None, :]))
    return Grid(
        np.asarray(distance + np.float32(factor) * thick, dtype=np.float32), grid.origin, grid.step_mm, grid.mirrored
    )


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of `vertebra_L3_cancellous` and its like."""
    return {f"vertebra_{level}_cancellous": partial(cancellous_mesh, spine, level) for level in spine.built}


def cancellous_mesh(spine: ParametricSpine, level: str) -> Mesh:
    """Return the surface between cortex and cancellous bone, LPS mm, its largest piece."""
    mesh = cancellous_grid(spine.grid(level), spine.column.rows[level]).surface()
    return Mesh.of(spine.column.poses[level].to_world(mesh.vertices), mesh.faces)


def thickness_at(m: Morphometry, points: ArrayLike) -> Field:
    """Return the thickness near (n, 3) points of the own frame, mm."""
    x, y, z = np.asarray(points, dtype=np.float32).T
    return thickness_mm(m, (x, y, z))
