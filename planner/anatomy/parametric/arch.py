"""The neural arch: pedicles, laminae and the pillars of the joints, in the vertebra's own frame.

Only the left half (x ≥ 0) is drawn; the grid mirrors it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.fields import Coordinates, Field, horn, intersection, superellipse, union
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.tubes import CANAL_FRONT_SHARE

NECK_MM = 3.6
"""How far behind the body a pedicle is narrowest."""

Radii = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Landmarks:
    """Where the parts of one arch meet; mm in the vertebra's own frame.

    Attributes
    ----------
    wall : posterior wall of the body, y.
    apex : inner side of the laminae on the midline, y.
    pedicle : centre of the left pedicle's narrowest section.
    axis : unit vector of the left pedicle, pointing to the front.
    top, bottom : z of the upper and lower endplate behind, as they stood before any collapse.
    """

    wall: float
    apex: float
    pedicle: NDArray[np.float64]
    axis: NDArray[np.float64]
    top: float
    bottom: float

    @classmethod
    def of(cls, m: Morphometry) -> Landmarks:
        """Derive them from the table."""
        wall = 0.5 * depth(m)
        turn, fall = math.radians(m.pedicle_transverse_deg), math.radians(m.pedicle_sagittal_deg)
        # The pedicle touches the canal at its widest line and leaves the body just below the upper endplate.
        x = 0.5 * m.canal_width + 0.5 * m.pedicle_width / math.cos(turn) + 0.1
        drop = 0.8 + 0.03 * m.pedicle_transverse_deg
        # A collapsed body takes its arch down with it, no further than keeps the pedicle below the endplate.
        sunk = max(0.5 * (m.arch_height - m.height) - 0.5 * drop, 0.0)
        centre = np.array(
            [x, wall + CANAL_FRONT_SHARE * m.canal_depth, 0.5 * (m.arch_height - m.pedicle_height) - drop - sunk]
        )
        axis = np.array([-math.sin(turn) * math.cos(fall), -math.cos(turn) * math.cos(fall), -math.sin(fall)])
        half = 0.5 * m.arch_height
        return cls(wall, wall + m.canal_depth, centre, axis, half - sunk, -half - sunk)


@dataclass(frozen=True)
class Part:
    """One solid of a vertebra.

    Attributes
    ----------
    field : its distance-like field, mm.
    low, high : (3,) box that holds it, mm.
    blend_mm : width over which it melts into the rest.
    """

    field: Callable[[Coordinates], Field]
    low: ArrayLike
    high: ArrayLike
    blend_mm: float

    def grown(self, by_mm: float) -> Part:
        """Return the same solid with a wider skin."""
        low, high = np.asarray(self.low) - by_mm, np.asarray(self.high) + by_mm
        return Part(lambda c: self.field(c) - np.float32(by_mm), low, high, self.blend_mm)

    def add_to(self, grid: Grid) -> None:
        """Join it to what the grid already holds."""
        grid.add(self.field, self.low, self.high, self.blend_mm)


def horn_part(
    ends: tuple[ArrayLike, ArrayLike],
    side: tuple[float, float, float],
    radii: Radii,
    blend_mm: float,
    *,
    cap_mm: float | None = None,
) -> Part:
    """Return a tapered capsule of elliptic section as a part; arguments as in `fields.horn`."""
    points = np.array([ends[0], ends[1]], dtype=np.float64)
    reach = max(max(pair) for pair in radii)
    return Part(
        lambda c: horn(c, (points[0].tolist(), points[1].tolist()), side, radii, cap_mm),
        points.min(axis=0) - reach,
        points.max(axis=0) + reach,
        blend_mm,
    )


def merged(pieces: Iterable[Part]) -> Part:
    """Return several parts melted into one, in their order."""
    held = tuple(pieces)

    def field(c: Coordinates) -> Field:
        whole = held[0].field(c)
        for piece in held[1:]:
            whole = union(whole, piece.field(c), piece.blend_mm)
        return whole

    low, high = (
        np.array([np.asarray(corner) for corner in side]) for side in zip(*((p.low, p.high) for p in held), strict=True)
    )
    return Part(field, low.min(axis=0), high.max(axis=0), held[0].blend_mm)


def seen_from(part: Part, there: Pose, here: Pose) -> Part:
    """Return a part that mirrors in one frame, both twins, as it stands in another frame."""

    def field(c: Coordinates) -> Field:
        x, y, z = here.grid_to(there, c)
        return part.field((np.abs(x), y, z))

    (_, y0, z0), (x1, y1, z1) = np.asarray(part.low).tolist(), np.asarray(part.high).tolist()
    corners = np.array([[x, y, z] for x in (-x1, x1) for y in (y0, y1) for z in (z0, z1)])
    seen = here.to_local(there.to_world(corners))
    return Part(field, seen.min(axis=0) - 1.0, seen.max(axis=0) + 1.0, part.blend_mm)


def arch_parts(m: Morphometry) -> Iterator[Part]:
    """Yield lamina and pillar of the left half."""
    at = Landmarks.of(m)
    yield lamina_part(m)
    yield _pillar(m, at)


def pedicle_part(m: Morphometry, drawn: Morphometry, shift: tuple[float, float] = (0.0, 0.0)) -> Part:
    """Return the left pedicle.

    Parameters
    ----------
    m : the row that places it.
    drawn : holds the width, height and angles to draw.
    shift : by which its neck is moved in x and z, mm.
    """
    at, axis = Landmarks.of(m), Landmarks.of(drawn).axis
    # Turned about its neck, just behind the body, where it stays in line with the asked axis.
    neck = at.pedicle + (at.wall + NECK_MM - at.pedicle[1]) / at.axis[1] * at.axis + [shift[0], 0.0, shift[1]]
    half = (0.5 * drawn.pedicle_width, 0.5 * drawn.pedicle_height)
    rear = neck + (at.pedicle[1] + 2.5 - neck[1]) / axis[1] * axis
    front = neck + (-NECK_MM / axis[1] - 1.0) * axis
    # A short end in front: a long one, broad and converging (L5), would stick out of the body's flank.
    return horn_part((rear, front), (1.0, 0.0, 0.0), (half, half), 2.0, cap_mm=6.0)


def lamina_part(m: Morphometry) -> Part:
    """Return the left lamina: a plate round the canal that leans back."""
    at = Landmarks.of(m)
    lumbar = m.lumbar
    high = at.pedicle[2] + 0.5 * m.pedicle_height - 3.0 - 3.0 * lumbar
    low = at.bottom - 4.0 + 3.5 * lumbar
    thick = 4.4 + 2.4 * lumbar
    lean = 0.24
    start = at.wall + (0.56 - 0.06 * lumbar) * m.canal_depth
    front = CANAL_FRONT_SHARE * m.canal_depth

    def shell(c: Coordinates) -> Field:
        x, y, z = c
        # Laminae lean and flatten: their lower edge stands further back and overlaps the next arch like a shingle.
        down = np.clip((np.float32(high) - z) / np.float32(high - low), 0.0, 1.0)
        v = y + np.float32(lean) * (z - np.float32(high)) - np.float32(at.wall + front)
        half = np.float32(0.5 * m.canal_width) * (1.0 + np.float32(0.30 - 0.2 * lumbar) * down)
        inner = superellipse(x, v, (half, m.canal_depth - front), np.float32(2.0 - 0.3 * lumbar))
        # Its lower part lies behind the facets it rests on.
        ahead = np.float32(start) + np.float32(0.40 * (1.0 - lumbar) * m.canal_depth) * down - y
        plate = intersection(np.abs(inner - 0.5 * thick) - 0.5 * thick, ahead, 4.0)
        across = (x / np.float32(0.55 * m.canal_width)) ** 2
        # Below, a thoracic lamina hangs down to its facets; a lumbar one rises towards the pars.
        under = np.float32(low) + np.float32(5.0 * lumbar) * across - z
        flank = x - np.float32(0.5 * m.canal_width + 4.5) + np.float32(3.5 * (1.0 - lumbar)) * down
        return intersection(intersection(plate, np.maximum(under, z - np.float32(high)), 3.5), flank, 3.0)

    reach = 0.5 * m.canal_width + thick
    sweep = at.apex + thick + lean * (high - low) + 1.0
    return Part(shell, (0.0, start - 2.0, low), (reach, sweep, high), 4.0)


def _pillar(m: Morphometry, at: Landmarks) -> Part:
    """The bridge from the pedicle to the lamina (pars), between the two facets."""
    px, _, pz = at.pedicle
    lumbar = m.lumbar
    above = (0.97 * px, at.wall + (0.64 + 0.06 * lumbar) * m.canal_depth, pz - 0.5)
    below = (
        (0.80 - 0.14 * lumbar) * px,
        at.apex - (0.08 - 0.10 * lumbar) * m.canal_depth,
        at.bottom + 0.36 * m.arch_height,
    )
    return horn_part((above, below), (1.0, 0.0, 0.0), ((3.6 + 1.4 * lumbar, 3.2 + 1.8 * lumbar), (4.2, 4.0)), 2.5)
