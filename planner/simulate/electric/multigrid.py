"""Multigrid by aggregation: an approximate inverse of a network, symmetric, for conjugate gradients.

Cells are joined in pairs along an axis only where they are still narrow, so a graded grid first becomes uniform: long
cells then cost no iterations, where a plain 2 × 2 × 2 coarsening needs 20 to 50. A coarse conductance joins the
centres of the joined cells, the fine resistances in series. Adding up the faces alone makes coarse levels twice too
stiff, which others mend by over-correction; it is also the most that is taken off here, because in metal the coarse
step must not tear apart what the faces hold together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.compiled import on_cores
from planner.simulate.electric.network import INNER, Network, Single, Widths, padded

JOIN_BELOW = 2.6
"""Two neighbours are joined when together they are no wider than this many of the level's narrowest cells."""
DIRECT_BELOW = 200
"""A level of at most this many cells is solved by a dense inverse."""
PARALLEL_ABOVE = 60_000
"""Smaller levels run on one thread: waking the others costs more than the work."""
STEPS = (np.float32(1.732), np.float32(0.5696))
"""Chebyshev weights for the upper part [1/3, 2] of the spectrum of a diagonally scaled Laplacian in space."""

Starts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Level:
    """A network, which cells are joined into those of the next level, and room to work in."""

    network: Network
    starts: Starts | None
    x: Single
    other: Single
    rhs: Single


@dataclass(frozen=True, eq=False)
class Multigrid:
    """All levels, finest first, and the dense inverse of the last."""

    levels: tuple[Level, ...]
    inverse: Single

    def solved(self, residual: Single) -> Single:
        """Return the potentials that one V-cycle answers to residual currents; the array is used again."""
        return self._cycle(0, residual)

    def _cycle(self, depth: int, rhs: Single) -> Single:
        from planner.simulate.electric.kernels import cycle  # noqa: PLC0415 - compiles

        level = self.levels[depth]
        parts, x, other = level.network.parts, level.x, level.other
        if level.starts is None:
            x[INNER] = (self.inverse @ rhs[INNER].ravel()).reshape(level.network.shape)
            return x
        below, (first, second) = self.levels[depth + 1], STEPS
        with on_cores(None if x.size > PARALLEL_ABOVE else 1):
            cycle.first(*parts, rhs, other, first)
            cycle.smooth(*parts, rhs, other, x, second)
            cycle.restrict(*parts, rhs, x, *level.starts, below.rhs)
        coarse = self._cycle(depth + 1, below.rhs)
        with on_cores(None if x.size > PARALLEL_ABOVE else 1):
            cycle.prolong(x, *level.starts, coarse)
            cycle.smooth(*parts, rhs, x, other, second)
            cycle.smooth(*parts, rhs, other, x, first)
        return x


def multigrid(network: Network, widths: Widths) -> Multigrid:
    """Build the levels of a network on cells of these widths."""
    from planner.simulate.electric.kernels import cycle  # noqa: PLC0415 - compiles

    levels: list[Level] = []
    while True:
        shape = network.shape
        x, other, rhs = (padded(shape) for _ in range(3))
        if math.prod(shape) <= DIRECT_BELOW:
            levels.append(Level(network, None, x, other, rhs))
            return Multigrid(tuple(levels), _inverse(network))
        starts, widths = _joined(widths)
        levels.append(Level(network, starts, x, other, rhs))
        coarse = Network(*(padded(tuple(len(s) - 1 for s in starts)) for _ in range(4)))
        with on_cores(None if x.size > PARALLEL_ABOVE else 1):
            cycle.coarsen(*network.parts, *starts, *coarse.parts)
        network = coarse


def _joined(widths: Widths) -> tuple[Starts, Widths]:
    limit, cells = JOIN_BELOW * min(w.min() for w in widths if len(w) > 1), math.prod(map(len, widths))
    while True:
        x, y, z = (_pairs(width, limit) for width in widths)
        if 2 * (len(x) - 1) * (len(y) - 1) * (len(z) - 1) <= cells:
            wx, wy, wz = (np.add.reduceat(w, s[:-1]) for w, s in zip(widths, (x, y, z), strict=True))
            return (x, y, z), (wx, wy, wz)
        limit *= 1.4


def _pairs(width: NDArray[np.float64], limit: float) -> NDArray[np.int64]:
    start, i = [0], 0
    while i < len(width):
        i += 2 if i + 1 < len(width) and width[i] + width[i + 1] <= limit else 1
        start.append(i)
    return np.array(start)


def _inverse(network: Network) -> Single:
    shape = network.shape
    index = np.arange(math.prod(shape)).reshape(shape)
    matrix = np.zeros((index.size, index.size))
    for axis, g in enumerate(network.parts[:3]):
        low = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        i, j, value = index[low].ravel(), index[high].ravel(), g[INNER][low].ravel()
        matrix[i, j] -= value
        matrix[j, i] -= value
    diagonal = network.to_fixed[INNER].ravel() - matrix.sum(axis=1)
    # Cells that no contact reaches have no potential of their own; a trace of leakage settles it.
    largest = diagonal.max(initial=0.0) or 1.0
    matrix[np.diag_indices_from(matrix)] = np.where(diagonal > 0.0, diagonal * (1.0 + 1e-7), largest)
    return np.linalg.inv(matrix).astype(np.float32)
