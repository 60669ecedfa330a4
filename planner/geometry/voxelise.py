"""Closed surfaces onto grids, even or graded, of any orientation: which centres lie inside, and how full each is.

Every triangle is cut by the grid lines of the last axis. Which lines meet it is decided row by row from where its edges
cross the row, with the two ends of an edge always taken in the same order: the two triangles of an edge then always
agree, whatever the rounding, and crossings of a closed surface cancel along each line. Vertices and edges that lie
exactly on a line are counted once, by a half-open rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.frames import apply_affine, is_singular
from planner.geometry.mesh import Mesh

CHUNK: Final = 4_000_000
"""Pairs of triangle and grid line held in one go: bounds the memory, not the result."""
CRUMB: Final = 1e-9
"""Occupancy below this is what rounding leaves of nothing."""

Window = tuple[slice, slice, slice]
Places = NDArray[np.float64]


@dataclass(frozen=True)
class _Even:
    """Grid lines at 0, 1, 2, … along an axis."""

    count: int

    def after(self, places: Places) -> NDArray[np.int64]:
        """Return the first line at or after each place; `count` where none is."""
        return np.asarray(np.clip(np.ceil(places), 0, self.count), dtype=np.int64)

    def beyond(self, places: Places) -> NDArray[np.int64]:
        """Return the first line after each place."""
        return np.asarray(np.clip(np.floor(places) + 1, 0, self.count), dtype=np.int64)

    def at(self, lines: NDArray[np.int64]) -> NDArray[Any]:
        """Return where lines are."""
        return np.asarray(lines)


@dataclass(frozen=True, eq=False)
class _Graded:
    """Grid lines at rising places along an axis."""

    places: Places

    @property
    def count(self) -> int:
        return len(self.places)

    def after(self, places: Places) -> NDArray[np.int64]:
        return np.asarray(np.searchsorted(self.places, places, "left"), dtype=np.int64)

    def beyond(self, places: Places) -> NDArray[np.int64]:
        return np.asarray(np.searchsorted(self.places, places, "right"), dtype=np.int64)

    def at(self, lines: NDArray[np.int64]) -> NDArray[Any]:
        return np.asarray(self.places[lines])


_Lines = _Even | _Graded


@dataclass(frozen=True, eq=False)
class Block:
    """Values in one box of a grid; zero everywhere else.

    Attributes
    ----------
    window : the box, in voxel indices.
    values : of the box's shape; bool or float32.
    """

    window: Window
    values: NDArray[Any]


def inside(mesh: Mesh, affine: ArrayLike, shape: tuple[int, int, int]) -> Block:
    """Tell which voxel centres lie inside a closed surface.

    Parameters
    ----------
    mesh : closed, faces outward; where shells overlap their union counts.
    affine : (4, 4) voxel indices to the mesh's frame; oblique, sheared and mirroring ones are fine.
    shape : of the grid.

    Raises
    ------
    ValueError
        The affine is singular.
    """
    window, vertices, side = _prepared(mesh, affine, shape)
    counts = _counts(window)
    return Block(window, _filled(vertices, mesh.faces, (_Even(counts[0]), _Even(counts[1]), _Even(counts[2])), side))


def inside_graded(vertices: ArrayLike, faces: NDArray[np.int64], places: tuple[Places, Places, Places]) -> Block:
    """Tell which points of a graded grid lie inside a closed surface.

    Parameters
    ----------
    vertices, faces : closed, faces outward, in the grid's own right-handed frame; overlapping shells count as one.
    places : along each axis of that frame where the points lie, rising.
    """
    corners = np.asarray(vertices, dtype=np.float64).reshape(-1, 3)
    if not len(corners):
        return Block((slice(0, 0),) * 3, np.zeros((0, 0, 0), dtype=bool))
    ends = zip(places, corners.min(axis=0), corners.max(axis=0), strict=True)
    i, j, k = (slice(int(np.searchsorted(at, a)), int(np.searchsorted(at, b, "right"))) for at, a, b in ends)
    x, y, z = (_Graded(at[w]) for at, w in zip(places, (i, j, k), strict=True))
    return Block((i, j, k), _filled(corners, faces, (x, y, z), -1.0))


def _filled(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], lines: tuple[_Lines, _Lines, _Lines], side: float
) -> NDArray[np.bool_]:
    x, y, z = lines
    if min(x.count, y.count, z.count) == 0:
        return np.zeros((x.count, y.count, z.count), dtype=bool)
    change = np.zeros((x.count * y.count, z.count + 1), dtype=np.int16)
    for column, depth, sign in _crossings(vertices, faces, x, y):
        np.add.at(change.reshape(-1), column * (z.count + 1) + z.after(depth), (side * sign).astype(np.int16))
    winding = np.cumsum(change[:, :-1], axis=1, dtype=np.int16)
    return (winding > 0).reshape(x.count, y.count, z.count)


def occupancy(mesh: Mesh, affine: ArrayLike, shape: tuple[int, int, int], *, lines: int = 3) -> Block:
    """Tell which share of each voxel lies inside a closed surface: exact along the last axis, on lines × lines lines.

    A sheet thinner than a voxel keeps its volume to what the lines across sample of it.

    Parameters
    ----------
    mesh, affine, shape : as for :func:`inside`.
    lines : grid lines through each voxel along either of the first two axes.

    Returns
    -------
    Block of float32, 0 to 1.

    Raises
    ------
    ValueError
        The affine is singular.
    """
    window, vertices, side = _prepared(mesh, affine, shape)
    counts = _counts(window)
    if min(counts) == 0:
        return Block(window, np.zeros(counts, dtype=np.float32))
    finer = vertices.copy()
    finer[:, :2] = (finer[:, :2] + 0.5) * lines - 0.5
    change = np.zeros((counts[0] * counts[1], counts[2] + 2))
    flat, row = change.reshape(-1), counts[2] + 2
    for number, depth, sign in _crossings(finer, mesh.faces, _Even(counts[0] * lines), _Even(counts[1] * lines)):
        line_i, line_j = np.divmod(number, counts[1] * lines)
        column = (line_i // lines) * counts[1] + line_j // lines
        at = np.clip(depth + 0.5, 0.0, float(counts[2]))
        first = np.floor(at).astype(np.int64)
        share = first + 1 - at
        weight = (side / lines**2) * sign
        np.add.at(flat, column * row + first, weight * share)
        np.add.at(flat, column * row + first + 1, weight * (1.0 - share))
    filled = np.cumsum(change, axis=1)[:, :-2]
    filled[filled < CRUMB] = 0.0
    return Block(window, np.minimum(filled, 1.0).astype(np.float32).reshape(counts))


def _prepared(mesh: Mesh, affine: ArrayLike, shape: tuple[int, int, int]) -> tuple[Window, NDArray[np.float64], float]:
    """Window of the grid that the surface reaches, vertices in its indices, and which way outward turned."""
    m = np.asarray(affine, dtype=np.float64)
    if is_singular(m):
        raise ValueError("the affine is singular: its columns do not span space")
    index = apply_affine(np.linalg.inv(m), mesh.vertices)
    if len(index) == 0:
        return (slice(0, 0), slice(0, 0), slice(0, 0)), index, 1.0
    low = np.clip(np.floor(index.min(axis=0) - 0.5), 0, shape).astype(int)
    high = np.clip(np.ceil(index.max(axis=0) + 0.5) + 1, 0, shape).astype(int)
    high = np.maximum(low, high)
    window = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    # A line that goes up enters through a face that looks down, which turns clockwise seen from above: -1.
    return (window[0], window[1], window[2]), index - low, -1.0 if np.linalg.det(m[:3, :3]) > 0.0 else 1.0


def _counts(window: Window) -> tuple[int, int, int]:
    i, j, k = (one.stop - one.start for one in window)
    return i, j, k


def _crossings(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], x: _Lines, y: _Lines
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]]:
    """Yield line (i · lines of y + j), place along it and sense (+1 counter-clockwise) of every crossing."""
    corners = vertices[faces]
    low, high = corners.min(axis=1), corners.max(axis=1)
    first, rows = y.after(low[:, 1]), y.beyond(high[:, 1])
    rows -= first
    # A triangle's row meets at most as many lines as the triangle is wide.
    width = x.beyond(high[:, 0]) - x.after(low[:, 0])
    rows[width <= 0] = 0
    for which in _portions(rows, width):
        tri, step = _repeated(which, rows[which])
        j = first[tri] + step
        begin, count, sense = _stretches(vertices, faces[tri], y.at(j), x)
        met = np.flatnonzero(count)
        pair, step = _repeated(met, count[met])
        tri, i, j = tri[pair], begin[pair] + step, j[pair]
        yield i * y.count + j, _depth(corners[tri], x.at(i), y.at(j), low[tri, 2], high[tri, 2]), sense[pair]


def _portions(rows: NDArray[np.int64], width: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Split the triangles that meet a row so that none of the tables grows beyond `CHUNK`."""
    met = np.flatnonzero(rows)
    ends = np.cumsum(rows[met] * width[met])
    start = 0
    while start < len(met):
        done = ends[start - 1] if start else 0.0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        yield met[start:stop]
        start = stop


def _repeated(which: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Repeat each of `which` as often as counted, with a number from 0 on for each repetition."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(which, count), np.arange(total) - np.repeat(ends - count, count)


def _stretches(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], row: NDArray[Any], x: _Lines
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For a triangle and a row: first line inside, number of lines, and sense.

    A row that passes through a triangle meets one edge on its way up and one on its way down; lines from the nearer to
    just before the farther are inside. Where each edge is met does not depend on which triangle asks.
    """
    at_up, at_down = np.zeros(len(row)), np.zeros(len(row))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        one, other = faces[:, a], faces[:, b]
        p, q = vertices[np.minimum(one, other)], vertices[np.maximum(one, other)]
        above = q[:, 1] > row
        straddles = (p[:, 1] > row) != above
        rise = np.where(straddles, q[:, 1] - p[:, 1], 1.0)
        at = p[:, 0] + (row - p[:, 1]) * ((q[:, 0] - p[:, 0]) / rise)
        at = np.clip(at, np.minimum(p[:, 0], q[:, 0]), np.maximum(p[:, 0], q[:, 0]))
        goes_up = above == (other > one)  # of the face's own direction
        at_up += np.where(straddles & goes_up, at, 0.0)
        at_down += np.where(straddles & ~goes_up, at, 0.0)
    begin, end = x.after(at_up), x.after(at_down)
    return np.minimum(begin, end), np.abs(end - begin), np.sign(begin - end)


def _depth(corners: NDArray[np.float64], x: NDArray[Any], y: NDArray[Any], low: Any, high: Any) -> NDArray[np.float64]:
    p = corners[:, 0]
    normal = np.cross(corners[:, 1] - p, corners[:, 2] - p)
    steep = normal[:, 2]
    flat = np.where(np.abs(steep) > 1e-300, steep, 1.0)
    depth = p[:, 2] - (normal[:, 0] * (x - p[:, 0]) + normal[:, 1] * (y - p[:, 1])) / flat
    return np.asarray(np.clip(depth, low, high))
