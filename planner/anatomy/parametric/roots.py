"""Nerve roots: from the dural sac under the pedicle, through the foramen and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from planner.anatomy.parametric.arch import Landmarks, Part
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.morphometry import LEVELS
from planner.anatomy.parametric.ribs import RIBBED, rib
from planner.anatomy.parametric.tubes import Vector
from planner.anatomy.parametric.vertebra import draw_vertebra
from planner.geometry.mesh import Mesh
from planner.geometry.tubes import rings_round, tube_mesh

GANGLION_MM: Final = {"L1": 4.36, "L2": 4.56, "L3": 4.99, "L4": 5.22, "L5": 5.82}
"""Mean width of the dorsal root ganglion, n = 150 (Silav et al., J Neurosurg Sci 2016;60:339, abstract read)."""

THORACIC_GANGLION_MM: Final = 3.2
"""The same above L1 (assumed: thinner than L1)."""

SLIM: Final = 0.62
"""Width of the root before its ganglion, and of the nerve behind it, as part of the ganglion's (assumed)."""

UNDER_PEDICLE_MM: Final = 0.9
"""Left between ganglion and the pedicle above it, in whose upper part of the foramen it lies (assumed)."""

_ROOM_MM: Final = 0.5
"""Room between a root and bone, where there is any."""

_LEAST_GAP_MM: Final = 0.3
_THINNEST_MM: Final = 0.4
"""A root that finds less room than this is squeezed, which the picture then shows."""

_EASINGS: Final = 12
_BOX_MM: Final = 5.0
_BONE_STEP_MM: Final = 0.8
_AROUND: Final = 20
_STEP_MM: Final = 0.7


def root_mesh(column: Column, level: str, sign: float) -> Mesh:
    """Return one root, LPS mm; it leaves under the pedicle of its own level.

    Parameters
    ----------
    sign : 1 left, -1 right.
    """
    from planner.anatomy.parametric.neural import sac_centre, sac_size  # noqa: PLC0415  neural lists the roots

    m = column.rows[level]
    at = Landmarks.of(m)
    ganglion = 0.5 * GANGLION_MM.get(level, THORACIC_GANGLION_MM)
    slim = SLIM * ganglion
    px, _, pz = at.pedicle
    # In the chest the neck of the next rib fills the lower foramen, and the nerve runs on between the ribs.
    chest = level in LEVELS[:11]
    under = pz - 0.5 * m.pedicle_height - (0.8 if chest else UNDER_PEDICLE_MM) - ganglion
    fall = -0.12 if chest else 1.0
    inner = 0.5 * sac_size(m)[0]
    # Where the lateral recess has room the root leaves the sac beside the pedicle, else below it.
    room = min(max(0.49 * m.canal_width - inner - 2.0 * slim - 0.9, 0.0), 1.0)
    low = pz - 0.5 * m.pedicle_height - slim - 0.4
    start = low + room * max(under + 1.6 * slim - low, 0.0)
    mid = at.wall + 0.36 * m.canal_depth
    out = px + 0.5 * m.pedicle_width
    way = np.array(
        [
            [inner + slim + 0.5, sac_centre(m), start],
            [0.5 * (inner + px), 0.5 * (sac_centre(m) + mid), under + 0.4 * (start - under)],
            [px, mid, under],
            [out + 2.0, mid - 0.5, under - 0.6 * fall],
            [out + 7.0, mid - 1.5, under - 3.0 * fall],
            [out + 12.0, mid - 3.5, under - 6.5 * fall],
        ]
    )
    radii = np.array([slim, slim, ganglion, ganglion, slim, slim])
    path, radius = _smooth(way, radii)
    path = column.poses[level].to_world(path * [sign, 1.0, 1.0])
    return tube_mesh(rings_round(*_eased(path, radius, _bone_round(column, level, path)), _AROUND))


def _bone_round(column: Column, level: str, path: Vector) -> list[Callable[[Vector], Vector]]:
    """Return the distances to what bounds the foramen: this vertebra, the next, and their ribs.

    Bone is sampled in a small box round the path, so that no whole vertebra need be drawn.
    """
    found: list[Callable[[Vector], Vector]] = []
    at = LEVELS.index(level)
    for name in LEVELS[at : at + 2]:
        pose = column.poses[name]
        local = pose.to_local(path)
        low, high = local.min(axis=0) - _BOX_MM, local.max(axis=0) + _BOX_MM
        reach = float(np.abs(local[:, 0]).max()) + _BOX_MM
        grid = Grid.over([0.0, *low[1:]], [reach, *high[1:]], _BONE_STEP_MM, mirrored=True)
        found.append(partial(_sampled, draw_vertebra(grid, column, name), pose))
        if name in RIBBED:
            found.append(partial(_drawn, rib(column.rows[name]), pose))
    return found


def _sampled(grid: Grid, pose: Pose, points: Vector) -> Vector:
    return np.asarray(grid.sampled(pose.to_local(points)), dtype=np.float64)


def _drawn(part: Part, pose: Pose, points: Vector) -> Vector:
    x, y, z = pose.to_local(points).astype(np.float32).T
    return np.asarray(part.field((np.abs(x), y, z)), dtype=np.float64)


def _eased(path: Vector, radius: Vector, bones: list[Callable[[Vector], Vector]]) -> tuple[Vector, Vector]:
    """Push a path away from bone, its beginning held at the sac, and thin it where there is no room."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    def distance(points: Vector) -> Vector:
        return np.asarray(np.min([bone(points) for bone in bones], axis=0))

    free = np.clip(np.linspace(-0.15, 1.6, len(path)), 0.0, 1.0)[:, None]
    for _ in range(_EASINGS):
        short = np.clip(radius + _ROOM_MM - distance(path), 0.0, 1.0)
        if not short.any():
            break
        slope = np.stack([distance(path + d) - distance(path - d) for d in 0.3 * np.eye(3)], axis=-1)
        slope /= np.maximum(np.linalg.norm(slope, axis=1), 1e-6)[:, None]
        moved = gaussian_filter1d(short[:, None] * slope, 1.5, axis=0, mode="nearest")
        path = path + free * moved
    return path, np.minimum(radius, np.maximum(distance(path) - _LEAST_GAP_MM, _THINNEST_MM))


def _smooth(way: Vector, radii: Vector) -> tuple[Vector, Vector]:
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415

    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    places = np.linspace(0.0, along[-1], int(along[-1] / _STEP_MM) + 2)
    found = PchipInterpolator(along, np.column_stack([way, radii]))(places)
    return found[:, :3], found[:, 3]
