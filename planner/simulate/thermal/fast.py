"""Which faces are too fast for alternating directions, and the longest step that leaves tissue out of them.

Where materials differ the three directions do not commute, and the method grows errors once heat runs across a cell
many
times within a step: an oblique titanium rod doubles them in every step of 5 s at 1 mm. Two things keep it stable.
The step
is no longer than what the cells of ordinary tissue allow. And what is faster than that, between cells of metal or
into cells
of gas, leaves the three sweeps with all of its faces and is solved implicitly in all directions at once, among these
few cells.
(Leaving only the excess to the fourth factor is stable too, but wrong by degrees beside a heated screw: metal and the
tissue it draws from must be solved together.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]
FASTEST = 6.0
"""Rate of a face times the step that the sweeps may meet; random tissues, metals and gases stay stable up to 8."""
ORDINARY = 0.8
"""This share of all faces is ordinary tissue, by whose rate the step is limited; up to a fifth may be metal or gas."""
ROOM = 1.25
"""Tissue differs by this factor; what is faster is split off."""
SAMPLED = 3
"""Every third cell of each axis tells what is ordinary."""


@dataclass(frozen=True, eq=False)
class FastCells:
    """Cells joined by fast faces, as a sparse symmetric network.

    Attributes
    ----------
    cells : (n,) flat indices.
    first, other : neighbours of cell n are `other[first[n]:first[n + 1]]`, as places in `cells`.
    conductance, sink : W/K of each of these and of the sink, beyond what the sweeps carry.
    volume : (n,) m³.
    """

    cells: Ints
    first: Ints
    other: Ints
    conductance: NDArray[np.float64]
    sink: NDArray[np.float64]
    volume: NDArray[np.float64]


def ordinary_rate(cap: Floats, faces: Sequence[Floats], inverse_widths: Sequence[Floats]) -> float:
    """Return the rate of ordinary tissue, 1/s; nothing in one and two dimensions, which are always stable."""
    if sum(n > 1 for n in cap.shape) < 3:
        return 0.0
    rates = []
    for axis, (g, inverse) in enumerate(zip(faces, inverse_widths, strict=True)):
        pick = tuple(
            slice(0, n - 1 if a == axis else n, SAMPLED if n > 2 * SAMPLED else 1) for a, n in enumerate(cap.shape)
        )
        after = tuple(slice(1, None, s.step) if a == axis else s for a, s in enumerate(pick))
        near = cap[pick] / _along(inverse[pick[axis]], axis)
        far = cap[after] / _along(inverse[after[axis]][: near.shape[axis]], axis)
        rates.append((g[pick] / np.minimum(near, far)).ravel())
    every = np.concatenate(rates)
    place = int(ORDINARY * (every.size - 1))
    return ROOM * float(np.partition(every, place)[place])


def split_fast(
    cap: Floats, sink: Floats | None, faces: Sequence[Floats], inverse_widths: Sequence[Floats], limit: float
) -> FastCells | None:
    """Take every face of cells that exceed a rate, 1/s, and what their sinks exceed it by, out of the arrays, in place.

    Returns what was taken; None where nothing is as fast.
    """
    from planner.simulate.thermal.kernels.fast import mark_fast  # noqa: PLC0415 - numba

    fast = np.zeros(cap.shape, dtype=np.bool_)
    mark_fast(cap, *faces, *inverse_widths, limit, fast)
    over = np.zeros_like(fast) if sink is None else sink > limit * cap
    if not (fast.any() or over.any()):
        return None
    numbers = np.arange(cap.size).reshape(cap.shape)
    wx, wy, wz = (1.0 / w.astype(np.float64) for w in inverse_widths)
    ends, strengths = [], []
    for axis, g in enumerate(faces):
        low = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        x, y, z = np.nonzero((fast[low] | fast[high]) & (g[low] > 0.0))
        area = (1.0 if axis == 0 else wx[x]) * (1.0 if axis == 1 else wy[y]) * (1.0 if axis == 2 else wz[z])
        ends.append((numbers[low][x, y, z], numbers[high][x, y, z]))
        strengths.append(g[x, y, z].astype(np.float64) * area)
        g[x, y, z] = 0.0
    a, b = (np.concatenate([pair[side] for pair in ends]) for side in range(2))
    cells = np.unique(np.concatenate([a, b, numbers[over]]))
    x, y, z = np.unravel_index(cells, cap.shape)
    volume, more = wx[x] * wy[y] * wz[z], np.zeros(len(cells))
    if sink is not None:
        more = np.maximum(sink[x, y, z] - limit * cap[x, y, z], 0.0).astype(np.float64) * volume
        np.minimum(sink, limit * cap, out=sink)
    rows, columns = np.searchsorted(cells, np.concatenate([a, b])), np.searchsorted(cells, np.concatenate([b, a]))
    order = np.argsort(rows, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(cells)))]).astype(np.int64)
    strength = np.concatenate(strengths)
    return FastCells(cells, first, columns[order], np.concatenate([strength, strength])[order], more, volume)


def _along(line: Floats, axis: int) -> Floats:
    return line.reshape([-1 if a == axis else 1 for a in range(3)])
