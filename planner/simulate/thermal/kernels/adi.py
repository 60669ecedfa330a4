"""One step of the Douglas–Gunn alternating direction implicit method, in increments.

With u the temperature above arterial, C the heat capacity, A = Ax + Ay + Az conduction and perfusion (a third each):

    (C − θτ Ax) d1 = τ (A u + q),   (C − θτ Ay) d2 = C d1,   (C − θτ Az) d3 = C d2,   u ← u + d3

J. Douglas and J. E. Gunn, Numer. Math. 6 (1964) 428. Each line is a tridiagonal system; lines are solved side by
side so
that the inner loop runs over neighbouring lines and vectorises.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel
from planner.simulate.thermal.kernels.operator import row_gain

Array = np.ndarray[Any, Any]
TILE = 16
"""Lines along z solved side by side: one AVX-512 register of float32."""
NOTHING = 1e-30
"""Increments below this (K) are set to zero: subnormal numbers cost a hundred times as much and carry nothing."""


@parallel_kernel(planes=lambda u, *_: u.shape[1])
def first_sweep(
    begin: int, end: int, u: Array, d: Array, q: Array, cap: Array, sink: Array, gx: Array, gy: Array, gz: Array,
    ix: Array, iy: Array, iz: Array, tau: float, theta: float,
) -> None:  # fmt: skip
    """Right-hand side and the lines along x; `d` becomes d1."""
    nx, _, nz = u.shape
    real = u.dtype.type
    w, third, nothing, one = real(theta * tau), real(theta * tau / 3.0), real(NOTHING), real(1.0)
    step, zero = real(tau), real(0.0)
    back, line = np.empty((nx, nz), u.dtype), np.empty((nx, nz), u.dtype)
    row, flux = np.empty(nz, u.dtype), np.empty(nz + 1, u.dtype)
    for j in range(begin, end):
        for i in range(nx):
            row_gain(u, q, sink, gx, gy, gz, ix, iy, iz, i, j, flux, row)
            s = w * ix[i]
            if i == 0:
                for k in range(nz):
                    c = s * gx[i, j, k]
                    m = one / (cap[i, j, k] + third * sink[i, j, k] + c)
                    back[i, k] = c * m
                    line[i, k] = step * row[k] * m
            else:
                for k in range(nz):
                    a, c = s * gx[i - 1, j, k], s * gx[i, j, k]
                    m = one / (cap[i, j, k] + third * sink[i, j, k] + c + a * (one - back[i - 1, k]))
                    value = (step * row[k] + a * line[i - 1, k]) * m
                    back[i, k] = c * m
                    line[i, k] = value if abs(value) > nothing else zero
        for k in range(nz):
            d[nx - 1, j, k] = line[nx - 1, k]
        for i in range(nx - 2, -1, -1):
            for k in range(nz):
                value = line[i, k] + back[i, k] * line[i + 1, k]
                value = value if abs(value) > nothing else zero
                line[i, k] = value
                d[i, j, k] = value


@parallel_kernel
def other_sweeps(
    begin: int, end: int, u: Array, d: Array, cap: Array, sink: Array, gy: Array, gz: Array,
    iy: Array, iz: Array, tau: float, theta: float,
) -> None:  # fmt: skip
    """Lines along y and z, plane by plane; `d` becomes d3 and is added to `u`."""
    _, ny, nz = u.shape
    real = u.dtype.type
    w, third, nothing, one = real(theta * tau), real(theta * tau / 3.0), real(NOTHING), real(1.0)
    zero = real(0.0)
    back = np.empty((ny, nz), u.dtype)
    turned, turned_back = np.empty((nz, TILE), u.dtype), np.empty((nz, TILE), u.dtype)
    main, face = np.empty((nz, TILE), u.dtype), np.zeros((nz, TILE), u.dtype)
    for i in range(begin, end):
        for j in range(ny):
            s = w * iy[j]
            if j == 0:
                for k in range(nz):
                    c = s * gy[i, j, k]
                    m = one / (cap[i, j, k] + third * sink[i, j, k] + c)
                    back[j, k] = c * m
                    d[i, j, k] = cap[i, j, k] * d[i, j, k] * m
            else:
                for k in range(nz):
                    a, c = s * gy[i, j - 1, k], s * gy[i, j, k]
                    m = one / (cap[i, j, k] + third * sink[i, j, k] + c + a * (one - back[j - 1, k]))
                    value = (cap[i, j, k] * d[i, j, k] + a * d[i, j - 1, k]) * m
                    back[j, k] = c * m
                    d[i, j, k] = value if abs(value) > nothing else zero
        for j in range(ny - 2, -1, -1):
            for k in range(nz):
                value = d[i, j, k] + back[j, k] * d[i, j + 1, k]
                d[i, j, k] = value if abs(value) > nothing else zero
        for j0 in range(0, ny, TILE):
            lines = min(TILE, ny - j0)
            for t in range(lines):
                for k in range(nz):
                    c = cap[i, j0 + t, k]
                    turned[k, t] = c * d[i, j0 + t, k]
                    main[k, t] = c + third * sink[i, j0 + t, k]
                    face[k, t] = w * gz[i, j0 + t, k]
            for t in range(TILE):
                c = iz[0] * face[0, t]
                m = one / (main[0, t] + c)
                turned_back[0, t] = c * m
                turned[0, t] *= m
            for k in range(1, nz):
                s = iz[k]
                for t in range(TILE):
                    a, c = s * face[k - 1, t], s * face[k, t]
                    m = one / (main[k, t] + c + a * (one - turned_back[k - 1, t]))
                    value = (turned[k, t] + a * turned[k - 1, t]) * m
                    turned_back[k, t] = c * m
                    turned[k, t] = value if abs(value) > nothing else zero
            for k in range(nz - 2, -1, -1):
                for t in range(TILE):
                    value = turned[k, t] + turned_back[k, t] * turned[k + 1, t]
                    turned[k, t] = value if abs(value) > nothing else zero
            for t in range(lines):
                for k in range(nz):
                    d[i, j0 + t, k] = turned[k, t]
                    u[i, j0 + t, k] += turned[k, t]
