"""A vertebra's own frame: where its canal runs, which way is back, which way is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]

SAMPLE_MM: Final = 1.4983
"""Spacing of the points that stand for the bone while the frame is sought: a canal is ten of them wide. No round
figure, so that points do not lie on walls in line with the voxels, where rounding would decide."""

PITCH_DEG, ROLL_DEG, YAW_DEG = 48.0, 24.0, 30.0
"""How far a vertebra's own axes are looked for from the patient's: lordosis tilts L5 by some 40°, scoliosis turns and
bends by less."""

SMALLEST_CANAL_MM2: Final = 60.0
"""A hole smaller than this is no canal; the narrowest thoracic canal measures some 180 mm² and labels of thick
slices close in on it."""

NEARLY_BEST: Final = 0.96
"""Directions that see nearly as much of the hole count alike: their mean lies in the middle of the flat top."""


@dataclass(frozen=True, eq=False)
class OwnFrame:
    """Axes of one vertebra.

    Attributes
    ----------
    origin : (3,) middle of the canal at half height of the vertebra, LPS mm.
    axes : (3, 3) columns: to the left, to the back, to the head; right-handed unit vectors, LPS.
    """

    origin: Array
    axes: Array

    def to_own(self, points: ArrayLike) -> Array:
        """Send LPS points (…, 3) into the frame, mm."""
        return np.asarray((np.asarray(points, dtype=np.float64) - self.origin) @ self.axes)

    def to_lps(self, points: ArrayLike) -> Array:
        """Send points (…, 3) of the frame to LPS mm."""
        return np.asarray(np.asarray(points, dtype=np.float64) @ self.axes.T + self.origin)

    def affine(self, low: ArrayLike, step_mm: float) -> Array:
        """(4, 4) affine of a grid in this frame whose first node lies at `low`."""
        made = np.eye(4)
        made[:3, :3] = self.axes * step_mm
        made[:3, 3] = self.to_lps(low)
        return made


def bone_points(mesh: Mesh, step_mm: float = SAMPLE_MM) -> Array:
    """Return the points of a regular grid that lie in the bone, (n, 3) LPS mm."""
    low, high = mesh.bounds
    # Even about the middle, so that a mirrored bone has mirrored points.
    counts = np.ceil((high - low) / step_mm)
    sides = [
        0.5 * (a + b) + step_mm * (np.arange(n) - 0.5 * (n - 1.0)) for a, b, n in zip(low, high, counts, strict=True)
    ]
    grid = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(grid[index_of(mesh).inside(grid)])


def own_frame(mesh: Mesh, along: ArrayLike | None = None) -> OwnFrame | None:
    """Find the frame of a vertebra: the direction that sees the most through its canal, then the best mirror plane.

    Parameters
    ----------
    mesh : surface of the whole vertebra, LPS mm.
    along : (3,) direction toward the head where neighbours or a canal tell it; by default LPS +z.

    Returns
    -------
    The frame, or None where no ring of bone encloses a hole.
    """
    points = bone_points(mesh)
    if len(points) < 100:
        return None
    middle = points.mean(axis=0)
    start = _upright(np.array([0.0, 0.0, 1.0]) if along is None else np.asarray(along, dtype=np.float64))
    tilt = _best_tilt(points - middle, start)
    if tilt is None:
        return None
    axes = start @ _turn(*tilt)
    hole = _hole((points - middle) @ axes)
    assert hole is not None  # noqa: S101 - the best tilt saw one
    centre = np.array([*hole[1], 0.0])
    axes = axes @ _yaw(_best_yaw((points - middle) @ axes - centre))
    moved = (points - middle) @ axes
    hole = _hole(moved)
    if hole is None:
        return None
    half = 0.5 * (moved[:, 2].min() + moved[:, 2].max())
    return OwnFrame(middle + axes @ np.array([*hole[1], half]), axes)


def _upright(up: Array) -> Array:
    """Axes with the third along `up` and the second as near to LPS +y (the back) as that allows."""
    up = up / np.linalg.norm(up)
    back = np.array([0.0, 1.0, 0.0]) - up[1] * up
    back /= np.linalg.norm(back)
    return np.stack([np.cross(back, up), back, up], axis=1)


def _turn(pitch: float, roll: float) -> Array:
    """Rotation about the left axis, then about the back axis, degrees."""
    a, b = np.radians([pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    return np.asarray(about_x @ about_y)


def _yaw(degrees: float) -> Array:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _best_tilt(points: Array, start: Array) -> tuple[float, float] | None:
    """Pitch and roll that see the widest hole, by a coarse grid and two finer ones round its best."""
    best = (0.0, 0.0)
    for step, *spread in ((12.0, PITCH_DEG, ROLL_DEG), (4.0, 8.0, 8.0), (1.5, 3.0, 3.0)):
        tried = np.stack(
            np.meshgrid(*(np.arange(b - s, b + s + 1e-9, step) for b, s in zip(best, spread, strict=True))), axis=-1
        ).reshape(-1, 2)
        areas = np.array([hole[0] if (hole := _hole(points @ start @ _turn(*t))) else 0.0 for t in tried])
        if areas.max() < SMALLEST_CANAL_MM2:
            return None
        near = areas >= NEARLY_BEST * areas.max()
        top = tried[areas == areas.max()].mean(axis=0)  # ties on either side of the middle plane count alike
        near &= np.abs(tried - top).max(axis=1) <= 2.0 * step
        pitch, roll = np.average(tried[near], axis=0, weights=areas[near])
        best = (float(pitch), float(roll))
    return best


def _hole(own: Array) -> tuple[float, tuple[float, float]] | None:
    """Area (mm²) and centre of the widest hole of the silhouette seen along the third axis."""
    from scipy.ndimage import binary_fill_holes, label  # noqa: PLC0415

    cell = SAMPLE_MM
    index = np.floor(own[:, :2] / cell).astype(int)
    low = index.min(axis=0) - 1
    shape = tuple(index.max(axis=0) - low + 2)
    silhouette = np.zeros(shape, dtype=bool)
    silhouette[tuple((index - low).T)] = True
    numbered, count = label(binary_fill_holes(silhouette) & ~silhouette)
    if count == 0:
        return None
    sizes = np.bincount(numbered.ravel())[1:]
    place = np.argwhere(numbered == sizes.argmax() + 1).mean(axis=0)
    x, y = (place + low + 0.5) * cell
    return float(sizes.max() * cell**2), (float(x), float(y))


def _best_yaw(own: Array) -> float:
    """Turn about the canal's axis under which the bone is its own mirror image best, degrees."""
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415

    edges = np.arange(-61.5, 61.6, 3.0)

    def unlike(yaw: float, shift: float) -> float:
        xy = (own @ _yaw(yaw))[:, :2] - [shift, 0.0]
        seen = gaussian_filter(np.histogram2d(xy[:, 0], xy[:, 1], bins=(edges, edges))[0], 1.0)
        return float(np.abs(seen - seen[::-1]).sum())

    best = (0.0, 0.0)
    for step, spread, shifts in ((6.0, YAW_DEG, (0.0,)), (2.0, 6.0, (-2.0, 0.0, 2.0)), (0.5, 2.0, (-1.0, 0.0, 1.0))):
        tried = [(a, best[1] + s) for a in np.arange(best[0] - spread, best[0] + spread + 1e-9, step) for s in shifts]
        best = min(tried, key=lambda pair: unlike(*pair))
    return best[0]
