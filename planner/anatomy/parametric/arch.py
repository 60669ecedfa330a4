"""The neural arch: pedicles, laminae, facets, transverse and spinous processes, in the vertebra's own frame.

Only the left half (x ≥ 0) is drawn; the grid mirrors it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.fields import Coordinates, Field, horn, intersection, polygon, superellipse
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.tubes import CANAL_FRONT_SHARE


@dataclass(frozen=True)
class Landmarks:
    """Where the parts of one arch meet; mm in the vertebra's own frame.

    Attributes
    ----------
    wall : posterior wall of the body, y.
    apex : inner side of the laminae on the midline, y.
    pedicle : centre of the left pedicle's narrowest section.
    axis : unit vector of the left pedicle, pointing to the front.
    """

    wall: float
    apex: float
    pedicle: NDArray[np.float64]
    axis: NDArray[np.float64]

    @classmethod
    def of(cls, m: Morphometry) -> Landmarks:
        """Derive them from the table."""
        wall = 0.5 * depth(m)
        turn, fall = math.radians(m.pedicle_transverse_deg), math.radians(m.pedicle_sagittal_deg)
        # The pedicle touches the canal at its widest line and leaves the body just below the upper endplate.
        x = 0.5 * m.canal_width + 0.5 * m.pedicle_width / math.cos(turn) + 0.1
        drop = 0.8 + 0.03 * m.pedicle_transverse_deg
        centre = np.array([x, wall + CANAL_FRONT_SHARE * m.canal_depth, 0.5 * (m.height - m.pedicle_height) - drop])
        axis = np.array([-math.sin(turn) * math.cos(fall), -math.cos(turn) * math.cos(fall), -math.sin(fall)])
        return cls(wall, wall + m.canal_depth, centre, axis)


def draw_arch(grid: Grid, m: Morphometry, facet_below_deg: float) -> None:
    """Join every part of the arch to what the grid already holds.

    Parameters
    ----------
    grid : in the vertebra's own frame, mirrored.
    facet_below_deg : direction of the facet this vertebra rests on (the next one down).
    """
    at = Landmarks.of(m)
    _pedicle(grid, m, at)
    _lamina(grid, m, at)
    _pillar(grid, m, at, facet_below_deg)
    _transverse(grid, m, at)
    _spinous(grid, m, at)


def _pedicle(grid: Grid, m: Morphometry, at: Landmarks) -> None:
    half = (0.5 * m.pedicle_width, 0.5 * m.pedicle_height)
    wall = (at.wall - at.pedicle[1]) / at.axis[1]
    rear, front = at.pedicle - 3.0 * at.axis, at.pedicle + (wall - 1.0) * at.axis
    # A short end in front: a long one, broad and converging (L5), would stick out of the body's flank.
    _horn(grid, (rear, front), (1.0, 0.0, 0.0), (half, half), 2.0, cap_mm=6.0)


def _lamina(grid: Grid, m: Morphometry, at: Landmarks) -> None:
    low, high = -0.5 * m.height + 1.0, at.pedicle[2] + 0.5 * m.pedicle_height - 2.5
    thick = 4.0 + 2.0 * m.lumbar
    start = at.wall + 0.5 * m.canal_depth

    def shell(c: Coordinates) -> Field:
        x, y, z = c
        # Laminae lean: their lower edge stands further back.
        lean = y + 0.22 * (z - high)
        front = CANAL_FRONT_SHARE * m.canal_depth
        v = lean - np.float32(at.wall + front)
        inner = superellipse(x, v, (0.5 * m.canal_width, m.canal_depth - front), np.float32(2.0 - 0.3 * m.lumbar))
        plate = intersection(np.abs(inner - 0.5 * thick) - 0.5 * thick, np.float32(start) - y, 4.0)
        # Towards the pars the lower edge rises.
        under = np.float32(low) + np.float32(9.0) * (x / np.float32(0.55 * m.canal_width)) ** 2 - z
        return intersection(plate, np.maximum(under, z - np.float32(high)), 3.5)

    reach = 0.5 * m.canal_width + thick
    grid.add(shell, (0.0, start - 2.0, low), (reach, at.apex + thick + 6.0, high), 4.0)


def _pillar(grid: Grid, m: Morphometry, at: Landmarks, facet_below_deg: float) -> None:
    px, _, pz = at.pedicle
    pars = (0.93 * px, at.apex - 0.26 * m.canal_depth, pz - 1.0)
    e = math.radians(m.facet_deg)
    lean = 4.5 * m.lumbar
    top = (0.95 * px, pars[1] + lean, 0.5 * m.height - 0.6 + 2.1 * m.lumbar)
    wide, thin = 5.0 + 4.0 * m.lumbar, 3.0 + 3.2 * m.lumbar
    radii_top = (wide - 1.0 - 0.4 * m.lumbar, thin - 0.5 - 1.6 * m.lumbar)
    _horn(grid, (pars, top), (math.sin(e), math.cos(e), 0.0), ((wide, thin), radii_top), 4.0)
    ends, side, radii = inferior_facet(m, facet_below_deg)
    _horn(grid, (pars, ends[0]), (math.cos(e), -math.sin(e), 0.0), ((4.6, 5.5), radii[0]), 4.0)
    _horn(grid, ends, side, radii, 3.0)


_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]
_Radii = tuple[tuple[float, float], tuple[float, float]]


def inferior_facet(m: Morphometry, facet_below_deg: float) -> tuple[_Ends, tuple[float, float, float], _Radii]:
    """Return axis ends, side direction and radii of the left inferior articular process, mm, own frame."""
    at = Landmarks.of(m)
    px = at.pedicle[0]
    e = math.radians(facet_below_deg)
    root = (0.64 * px, at.apex + 1.5, -0.12 * m.height)
    tip = (0.58 * px, at.apex + 2.0 + 0.5 * m.lumbar, -0.5 * m.height - 3.0)
    thin, wide = 2.6 + 0.6 * m.lumbar, 4.5 + 0.7 * m.lumbar
    return (root, tip), (math.cos(e), -math.sin(e), 0.0), ((thin + 1.6, wide + 1.4), (thin - 0.3, wide - 0.8))


def _transverse(grid: Grid, m: Morphometry, at: Landmarks) -> None:
    px, py, pz = at.pedicle
    root = (px + 0.1 * m.pedicle_width, py + 0.12 * m.canal_depth, pz + 0.5)
    tip = (m.tp_span - 4.5, at.wall + m.tp_back - 1.0, pz + m.tp_rise)
    middle = (0.5 * (root[0] + tip[0]), 0.5 * (root[1] + tip[1]) + 0.8, 0.5 * (root[2] + tip[2]))
    tall = 4.3 + 0.9 * m.lumbar
    thin = 4.2 - 1.5 * m.lumbar
    up = (0.0, 0.0, 1.0)
    _horn(grid, (root, middle), up, ((tall + 0.6, thin + 1.6), (tall - 0.8, thin + 0.3)), 4.0)
    _horn(grid, (middle, tip), up, ((tall - 0.8, thin + 0.3), (tall, thin)), 2.0)


def _spinous(grid: Grid, m: Morphometry, at: Landmarks) -> None:
    length, tall = m.sp_length, m.sp_height
    top, r = 0.32 * tall, 0.27 * tall
    low = top - tall + r
    # Hatchet seen from the side: the lower rear corner hangs, the upper edge is nearly straight. The outline is
    # drawn one radius inside and grown again, which rounds its corners.
    profile = [
        (-2.0, top - r - 1.0),
        (0.5 * length, top - r),
        (length - 1.25 * r, top - r - 0.6),
        (length - r, 0.5 * (top - r + low)),
        (length - 1.15 * r, low + 0.03 * tall),
        (length - 1.9 * r, low - 0.8),
        (0.42 * length, low + 0.2 * tall),
        (0.0, low + 0.2 * tall),
    ]
    corners = [(at.apex + 2.0 + y, z - m.sp_slope * y) for y, z in profile]

    def blade(c: Coordinates) -> Field:
        x, y, z = c
        flat = polygon(y[0], z[0], corners)[None] - np.float32(r)
        back = np.clip((y - np.float32(at.apex)) / np.float32(length), 0.0, 1.0)
        down = np.clip((np.float32(top) - z - m.sp_slope * (y - np.float32(at.apex))) / np.float32(tall), 0.0, 1.0)
        # Thin in the middle, a knob behind and below, spread where it meets the laminae.
        half = 2.1 + 1.3 * back**3 + 1.0 * down**2 * back + 3.0 * np.maximum(1.0 - back / 0.35, 0.0) ** 2
        return intersection(flat, np.asarray(x - half, dtype=np.float32), 4.0)

    box = np.array(corners)
    grid.add(blade, (0.0, *(box.min(axis=0) - r)), (6.0, *(box.max(axis=0) + r)), 4.0)


def _horn(
    grid: Grid,
    ends: tuple[NDArray[np.float64] | tuple[float, ...], NDArray[np.float64] | tuple[float, ...]],
    side: tuple[float, float, float],
    radii: _Radii,
    blend_mm: float,
    *,
    cap_mm: float | None = None,
) -> None:
    points = np.array([ends[0], ends[1]], dtype=np.float64)
    reach = max(max(pair) for pair in radii)
    grid.add(
        lambda c: horn(c, (points[0].tolist(), points[1].tolist()), side, radii, cap_mm),
        points.min(axis=0) - reach,
        points.max(axis=0) + reach,
        blend_mm,
    )
