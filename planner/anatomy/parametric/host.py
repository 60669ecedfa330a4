"""The bone that holds a lesion or an implant, sampled in a box of the vertebra's own frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.body import body_field
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.fields import Coordinates, Field
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.vertebra import draw_vertebra

Vector = NDArray[np.float64]


def bone_at(
    column: Column, level: str, low: ArrayLike, high: ArrayLike, step_mm: float
) -> Callable[[Coordinates], Field]:
    """Sample the whole vertebra in a box and return its field, linear between the nodes; outside the box it is far."""
    a, b = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    reach = float(max(abs(a[0]), abs(b[0])))
    grid = Grid.over([0.0, *a[1:]], [reach, *b[1:]], step_mm, mirrored=True)
    return sampled(draw_vertebra(grid, column, level).whole())


def sampled(grid: Grid) -> Callable[[Coordinates], Field]:
    """Return a function that reads an unmirrored grid, linear between its nodes."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    def read(at: Coordinates) -> Field:
        shape = np.broadcast_shapes(*(c.shape for c in at))
        index = [
            np.broadcast_to((c - o) / grid.step_mm, shape).ravel()
            for c, o in zip(at, grid.origin.tolist(), strict=True)
        ]
        return np.asarray(map_coordinates(grid.values, index, order=1, mode="nearest").reshape(shape), dtype=np.float32)

    return read


def body_at(column: Column, level: str) -> Callable[[Coordinates], Field]:
    """Return the field of the body alone, the canal cut out."""
    m, pose = column.rows[level], column.poses[level]

    def field(at: Coordinates) -> Field:
        body = body_field(m, (np.abs(at[0]), at[1], at[2]))
        return np.asarray(np.maximum(body, -column.canal.field(at, pose)), dtype=np.float32)

    return field


def columns_of(points: ArrayLike) -> Coordinates:
    """Return (n, 3) points as three coordinate arrays."""
    x, y, z = np.moveaxis(np.asarray(points, dtype=np.float32), -1, 0)
    return x, y, z


def nodes(grid: Grid) -> Coordinates:
    """Return the open coordinates of an unmirrored grid's nodes."""
    x, y, z = (
        (o + grid.step_mm * np.arange(n)).astype(np.float32)
        for o, n in zip(grid.origin.tolist(), grid.values.shape, strict=True)
    )
    return x[:, None, None], y[None, :, None], z[None, None, :]
