"""The few cells between which heat runs faster than alternating directions can follow: metal, gas, cooled shafts."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel, parallel_kernel

Array = np.ndarray[Any, Any]
RESIDUAL = 1e-6
"""Conjugate gradients stop at this share of the right-hand side; increments are single precision."""
MOST = 1000


@parallel_kernel
def mark_fast(
    begin: int, end: int, cap: Array, gx: Array, gy: Array, gz: Array, ix: Array, iy: Array, iz: Array, limit: float,
    fast: Array,
) -> None:  # fmt: skip
    """Mark the cells that have a face through which heat runs faster than a limit, 1/s."""
    _, ny, nz = cap.shape
    most = cap.dtype.type(limit)
    for i in range(begin, end):
        i0 = max(i - 1, 0)
        for j in range(ny):
            j0 = max(j - 1, 0)
            for k in range(nz):
                k0 = max(k - 1, 0)
                g = ix[i] * max(gx[i, j, k], gx[i0, j, k])
                g = max(g, iy[j] * max(gy[i, j, k], gy[i, j0, k]))
                g = max(g, iz[k] * max(gz[i, j, k], gz[i, j, k0]))
                fast[i, j, k] = g > most * cap[i, j, k]


@kernel
def gain(
    u: Array, cells: Array, first: Array, other: Array, conductance: Array, sink: Array, volume: Array, out: Array
) -> None:
    """Heat that the listed cells gain by their fast faces and sinks, W/m³; `u` is flat over all cells."""
    for n in range(len(cells)):
        here = np.float64(u[cells[n]])
        total = -sink[n] * here
        for f in range(first[n], first[n + 1]):
            total += conductance[f] * (np.float64(u[cells[other[f]]]) - here)
        out[n] = total / volume[n]


@kernel
def implicit(
    u: Array, d: Array, cap: Array, cells: Array, first: Array, other: Array, conductance: Array, sink: Array,
    volume: Array, w: float,
) -> None:  # fmt: skip
    """Solve (C − w·A) x = C d among the listed cells by conjugate gradients; x replaces d, and u follows."""
    count = len(cells)
    x, r, z, s = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    mass, main = np.empty(count), np.empty(count)
    size, rz = 0.0, 0.0
    for n in range(count):
        mass[n] = volume[n] * np.float64(cap[cells[n]])
        total = sink[n]
        for f in range(first[n], first[n + 1]):
            total += conductance[f]
        main[n] = mass[n] + w * total
        x[n] = np.float64(d[cells[n]])
    for n in range(count):
        off = 0.0
        for f in range(first[n], first[n + 1]):
            off += conductance[f] * x[other[f]]
        b = mass[n] * x[n]
        r[n] = b - (main[n] * x[n] - w * off)
        z[n] = r[n] / main[n]
        s[n] = z[n]
        rz += r[n] * z[n]
        size += b * b / main[n]
    for _ in range(MOST):
        if rz <= RESIDUAL * RESIDUAL * size:
            break
        down = 0.0
        for n in range(count):
            off = 0.0
            for f in range(first[n], first[n + 1]):
                off += conductance[f] * s[other[f]]
            z[n] = main[n] * s[n] - w * off
            down += z[n] * s[n]
        step, before = rz / down, rz
        rz = 0.0
        for n in range(count):
            x[n] += step * s[n]
            r[n] -= step * z[n]
            rz += r[n] * r[n] / main[n]
        for n in range(count):
            s[n] = r[n] / main[n] + rz / before * s[n]
    for n in range(count):
        cell = cells[n]
        old = d[cell]
        d[cell] = x[n]
        u[cell] += d[cell] - old
