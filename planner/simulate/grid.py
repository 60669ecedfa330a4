"""Grids of box-shaped cells, uniform or growing away from where it matters, placed anywhere in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
MM = 1e-3
"""Metres."""
GROWTH = 1.2
"""Neighbouring cells outside a core differ by this factor; up to 1.35 isotherms stay within 0.03 mm."""
WHOLE = 1e-9
"""A length that misses a multiple of the step by this share of a step is a multiple: what is left is rounding."""


@dataclass(frozen=True, eq=False)
class TensorGrid:
    """Cells between three sets of parallel planes; values belong to cells.

    Attributes
    ----------
    widths_mm : for each axis the widths of its cells, mm.
    origin_mm : (3,) outer corner of cell (0, 0, 0), LPS mm.
    axes : (3, 3) orthonormal; column a is the direction of grid axis a in LPS.
    """

    widths_mm: tuple[Array, Array, Array]
    origin_mm: Array
    axes: Array

    @classmethod
    def of(
        cls, widths_mm: Sequence[ArrayLike], origin_mm: ArrayLike = (0.0, 0.0, 0.0), axes: ArrayLike | None = None
    ) -> TensorGrid:
        """Build from the cell widths of three axes."""
        x, y, z = (np.atleast_1d(np.asarray(w, dtype=np.float64)) for w in widths_mm)
        turn = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
        return cls((x, y, z), np.asarray(origin_mm, dtype=np.float64), turn)

    @classmethod
    def uniform(
        cls,
        shape: Sequence[int],
        spacing_mm: float | Sequence[float],
        origin_mm: ArrayLike = (0.0, 0.0, 0.0),
        axes: ArrayLike | None = None,
    ) -> TensorGrid:
        """Build cells of one width, or of one width an axis."""
        steps = np.broadcast_to(np.asarray(spacing_mm, dtype=np.float64), (3,))
        return cls.of([np.full(n, h) for n, h in zip(shape, steps, strict=True)], origin_mm, axes)

    @classmethod
    def graded(  # noqa: PLR0917 - its physics as plain arguments
        cls,
        core_mm: Sequence[tuple[float, float]],
        outer_mm: Sequence[tuple[float, float]],
        step_mm: float,
        growth: float = GROWTH,
        centre_mm: ArrayLike = (0.0, 0.0, 0.0),
        axes: ArrayLike | None = None,
    ) -> TensorGrid:
        """Build a fine core whose cells grow outwards.

        Parameters
        ----------
        core_mm, outer_mm : for each axis from where to where, mm from `centre_mm` along the grid's axes. The core is
            filled by whole cells exactly; the outside is reached and exceeded by less than one cell.
        step_mm : largest cell of the core.
        growth : factor from one cell to the next outside the core.
        """
        lines = [graded_widths(core, outer, step_mm, growth) for core, outer in zip(core_mm, outer_mm, strict=True)]
        turn = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
        starts = np.array([start for start, _ in lines])
        return cls.of([w for _, w in lines], np.asarray(centre_mm, dtype=np.float64) + turn @ starts, turn)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cells of each axis."""
        x, y, z = self.widths_mm
        return len(x), len(y), len(z)

    @property
    def cells(self) -> int:
        """Number of all cells."""
        x, y, z = self.shape
        return x * y * z

    def edges_mm(self, axis: int) -> Array:
        """Where the planes lie along an axis, mm from the origin; one more than there are cells."""
        return np.concatenate([[0.0], np.cumsum(self.widths_mm[axis])])

    def centres_mm(self, axis: int) -> Array:
        """Where the cell centres lie along an axis, mm from the origin."""
        edges = self.edges_mm(axis)
        return np.asarray(0.5 * (edges[1:] + edges[:-1]))

    @property
    def volumes_m3(self) -> Array:
        """(nx, ny, nz) volume of each cell, m³."""
        x, y, z = (w * MM for w in self.widths_mm)
        return np.asarray(x[:, None, None] * y[None, :, None] * z[None, None, :])

    @property
    def points_mm(self) -> Array:
        """(nx, ny, nz, 3) cell centres, LPS mm."""
        return self.to_world(np.stack(np.meshgrid(*(self.centres_mm(a) for a in range(3)), indexing="ij"), axis=-1))

    def to_world(self, points_mm: ArrayLike) -> Array:
        """Points (…, 3) in mm along the grid's axes from its origin → LPS mm."""
        return np.asarray(np.asarray(points_mm, dtype=np.float64) @ self.axes.T + self.origin_mm)

    def to_grid(self, points_mm: ArrayLike) -> Array:
        """Points (…, 3) in LPS mm → mm along the grid's axes from its origin."""
        return np.asarray((np.asarray(points_mm, dtype=np.float64) - self.origin_mm) @ self.axes)

    def contains(self, points_mm: ArrayLike) -> NDArray[np.bool_]:
        """Which points (…, 3), LPS mm, lie inside."""
        at, size = self.to_grid(points_mm), np.array([w.sum() for w in self.widths_mm])
        return np.asarray(((at >= 0.0) & (at <= size)).all(axis=-1))


def needle_axes(direction: ArrayLike) -> Array:
    """Return (3, 3) orthonormal axes whose third points along `direction`."""
    third = np.asarray(direction, dtype=np.float64)
    third = third / np.linalg.norm(third)
    first = np.cross(third, np.eye(3)[int(np.argmin(np.abs(third)))])
    first /= np.linalg.norm(first)
    return np.column_stack([first, np.cross(third, first), third])


def graded_widths(
    core: tuple[float, float], outer: tuple[float, float], step_mm: float, growth: float = GROWTH
) -> tuple[float, Array]:
    """Return where an axis begins, mm, and the widths of its cells."""
    low, high = core
    count = max(1, int(np.ceil((high - low) / step_mm - WHOLE)))
    step = (high - low) / count
    before = _growing(low - outer[0], step, growth)
    after = _growing(outer[1] - high, step, growth)
    return low - float(before.sum()), np.concatenate([before[::-1], np.full(count, step), after])


def _growing(length: float, step: float, growth: float) -> Array:
    widths: list[float] = []
    while sum(widths) < length - WHOLE * step:
        widths.append((widths[-1] if widths else step) * growth)
    return np.array(widths)
