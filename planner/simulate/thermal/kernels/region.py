"""Which cells may freeze or thaw in a step, row by row, and what the sweeps of heat carry around them.

`rows[which, i, j]` is a range (begin, end) along z, empty where end ≤ begin: cells of the region (INSIDE), the same and
some around, where the region's step is computed too (AROUND), faces towards +x and +y that it reads (EAST, NORTH), and
all cells that it reads (READ). Faces of the region's cells are the region's, all others belong to the sweeps, so no
heat is lost between.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel, parallel_kernel

Array = np.ndarray[Any, Any]
INSIDE, AROUND, EAST, NORTH, READ = range(5)
LANES = 8
"""AROUND begins and ends at multiples of this: what a vector leaves over costs as much as three vectors."""


@parallel_kernel
def cold_rows(begin: int, end: int, theta: Array, below: float, always: Array, found: Array) -> None:
    """Range of the cells of each row below a temperature, and of those that always count."""
    _, ny, nz = theta.shape
    limit = theta.dtype.type(below)
    for i in range(begin, end):
        for j in range(ny):
            coldest = limit
            for n in range(nz):
                coldest = min(coldest, theta[i, j, n])
            low, high = always[i, j, 0], always[i, j, 1]
            if coldest < limit:
                n = 0
                while not theta[i, j, n] < limit:
                    n += 1
                last = nz - 1
                while not theta[i, j, last] < limit:
                    last -= 1
                if high <= low:
                    low, high = n, last + 1
                else:
                    low, high = min(low, n), max(high, last + 1)
            found[i, j, 0], found[i, j, 1] = low, high


@kernel
def join(a: Array, b: Array, out: Array) -> None:
    """The range that holds two."""
    if b[1] <= b[0]:
        out[0], out[1] = a[0], a[1]
    elif a[1] <= a[0]:
        out[0], out[1] = b[0], b[1]
    else:
        out[0], out[1] = min(a[0], b[0]), max(a[1], b[1])


@kernel
def widen(rows: Array, by: int, nz: int, scratch: Array, out: Array) -> None:
    """Ranges that hold all within so many cells each way."""
    nx, ny, _ = rows.shape
    for i in range(nx):
        for j in range(ny):
            scratch[i, j] = 0
            for i2 in range(max(i - by, 0), min(i + by, nx - 1) + 1):
                join(scratch[i, j], rows[i2, j], scratch[i, j])
    for i in range(nx):
        for j in range(ny):
            own = out[i, j]
            own[:] = 0
            for j2 in range(max(j - by, 0), min(j + by, ny - 1) + 1):
                join(own, scratch[i, j2], own)
            if own[1] > own[0]:
                own[0], own[1] = max(own[0] - by, 0), min(own[1] + by, nz)


@kernel
def set_rows(found: Array, guard: int, overlap: int, nz: int, rows: Array) -> None:
    """Widen what was found by so many cells each way, and write the rows that follow from it."""
    nx, ny, _ = found.shape
    rows[:] = 0
    widen(found, guard, nz, rows[READ], rows[INSIDE])
    widen(rows[INSIDE], overlap, nz, rows[READ], rows[AROUND])
    rows[READ] = 0
    for i in range(nx):
        for j in range(ny):
            own = rows[AROUND, i, j]
            if own[1] > own[0]:
                own[0], own[1] = own[0] // LANES * LANES, min((own[1] + LANES - 1) // LANES * LANES, nz)
                rows[READ, i, j, 0], rows[READ, i, j, 1] = max(own[0] - 1, 0), min(own[1] + 1, nz)
    for i in range(nx):
        for j in range(ny):
            own = rows[AROUND, i, j]
            if i + 1 < nx:
                join(own, rows[AROUND, i + 1, j], rows[EAST, i, j])
                join(rows[READ, i, j], rows[EAST, i, j], rows[READ, i, j])
                join(rows[READ, i + 1, j], rows[EAST, i, j], rows[READ, i + 1, j])
            if j + 1 < ny:
                join(own, rows[AROUND, i, j + 1], rows[NORTH, i, j])
                join(rows[READ, i, j], rows[NORTH, i, j], rows[READ, i, j])
                join(rows[READ, i, j + 1], rows[NORTH, i, j], rows[READ, i, j + 1])


@kernel
def differ(rows: Array, before: Array, i: int, j: int) -> bool:
    """Whether a row of the region is another than before."""
    return bool(rows[INSIDE, i, j, 0] != before[INSIDE, i, j, 0] or rows[INSIDE, i, j, 1] != before[INSIDE, i, j, 1])


@kernel
def faces_between(a: Array, b: Array, w: float, w_far: float, own: Array, far: Array, out: Array) -> None:
    """Conductances, W/(m²·K), between two rows of cells, but none of the region's."""
    real = out.dtype.type
    w0, w1 = real(w), real(w_far)
    for n in range(len(out)):
        down = w0 * b[n] + w1 * a[n]
        out[n] = real(2.0) * a[n] * b[n] / (down if down > real(0.0) else real(1.0))
    out[own[0] : own[1]] = real(0.0)
    out[far[0] : far[1]] = real(0.0)


@parallel_kernel
def leave_to_sweeps(
    begin: int, end: int, k: Array, perfusion: Array, source: Array, wx: Array, wy: Array, wz: Array,
    warm_blood: float, rows: Array, before: Array, gx: Array, gy: Array, gz: Array, sink: Array, q: Array,
) -> None:  # fmt: skip
    """Conductances, sinks and sources of all but the region; what did not change since `before` is left as it is."""
    nx, ny, nz = k.shape
    real = k.dtype.type
    blood, zero, two, one = real(warm_blood), real(0.0), real(2.0), real(1.0)
    for i in range(begin, end):
        for j in range(ny):
            changed = differ(rows, before, i, j)
            own = rows[INSIDE, i, j]
            low, high = own
            if i + 1 < nx and (changed or differ(rows, before, i + 1, j)):
                faces_between(k[i, j], k[i + 1, j], wx[i], wx[i + 1], own, rows[INSIDE, i + 1, j], gx[i, j])
            if j + 1 < ny and (changed or differ(rows, before, i, j + 1)):
                faces_between(k[i, j], k[i, j + 1], wy[j], wy[j + 1], own, rows[INSIDE, i, j + 1], gy[i, j])
            if changed:
                for n in range(nz - 1):
                    a, b = k[i, j, n], k[i, j, n + 1]
                    down = wz[n] * b + wz[n + 1] * a
                    gz[i, j, n] = two * a * b / (down if down > zero else one)
                if high > low:
                    gz[i, j, max(low - 1, 0) : min(high, nz - 1)] = zero
                for n in range(nz):
                    sink[i, j, n] = perfusion[i, j, n]
                sink[i, j, low:high] = zero
            if rows[READ, i, j, 1] > rows[READ, i, j, 0] or before[READ, i, j, 1] > before[READ, i, j, 0]:
                for n in range(nz):
                    q[i, j, n] = source[i, j, n] + sink[i, j, n] * blood
                q[i, j, low:high] = zero


@parallel_kernel
def enter(
    begin: int, end: int, theta: Array, enthalpy: Array, warm: Array, rates: Array, rows: Array, before: Array,
    t: Array, t2: Array, through: Array, of_plane: Array,
) -> None:  # fmt: skip
    """Enthalpy of the cells that were outside, temperatures that are held around, and the fastest rate."""
    ny = theta.shape[1]
    zero = theta.dtype.type(0.0)
    for i in range(begin, end):
        fastest = zero
        for j in range(ny):
            first, last = rows[AROUND, i, j]
            was_low, was_high = before[INSIDE, i, j]
            for n in range(rows[READ, i, j, 0], rows[READ, i, j, 1]):
                t[i, j, n] = t2[i, j, n] = theta[i, j, n]
            for n in range(first, last):
                through[i, j, n] = zero
                fastest = max(fastest, rates[i, j, n])
                if not was_low <= n < was_high:
                    enthalpy[i, j, n] = theta[i, j, n] / warm[i, j, n]
        of_plane[i] = fastest


@parallel_kernel
def hand_over(
    begin: int, end: int, start: Array, last: Array, through: Array, tau: float, rows: Array, q: Array
) -> None:
    """Keep the enthalpy of the region; what passed its surface becomes a source of the sweeps."""
    ny = start.shape[1]
    per = start.dtype.type(1.0 / tau)
    for i in range(begin, end):
        for j in range(ny):
            low, high = rows[INSIDE, i, j]
            for n in range(rows[AROUND, i, j, 0], rows[AROUND, i, j, 1]):
                if low <= n < high:
                    start[i, j, n] = last[i, j, n]
                else:
                    q[i, j, n] += through[i, j, n] * per


@parallel_kernel
def take_back(begin: int, end: int, t: Array, rows: Array, theta: Array, rise: Array) -> None:
    """Write the region's temperature into the field and its rise beside that of the sweeps."""
    ny = t.shape[1]
    for i in range(begin, end):
        for j in range(ny):
            for n in range(rows[INSIDE, i, j, 0], rows[INSIDE, i, j, 1]):
                rise[i, j, n] = t[i, j, n] - theta[i, j, n]
                theta[i, j, n] = t[i, j, n]
