"""Stages of the Runge–Kutta–Legendre method: an explicit integrator, independent of the implicit one."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel
from planner.simulate.thermal.kernels.operator import row_gain

Array = np.ndarray[Any, Any]


@parallel_kernel
def rate(
    begin: int, end: int, u: Array, q: Array, cap: Array, sink: Array, gx: Array, gy: Array, gz: Array,
    ix: Array, iy: Array, iz: Array, out: Array,
) -> None:  # fmt: skip
    """Rate of change of temperature, K/s."""
    _, ny, nz = u.shape
    row, flux = np.empty(nz, u.dtype), np.empty(nz + 1, u.dtype)
    for i in range(begin, end):
        for j in range(ny):
            row_gain(u, q, sink, gx, gy, gz, ix, iy, iz, i, j, flux, row)
            for k in range(nz):
                out[i, j, k] = row[k] / cap[i, j, k]


@parallel_kernel
def stage(
    begin: int, end: int, start: Array, before: Array, last: Array, first_rate: Array, q: Array, cap: Array,
    sink: Array, gx: Array, gy: Array, gz: Array, ix: Array, iy: Array, iz: Array,
    mu: float, nu: float, mu_rate: float, first: float, out: Array,
) -> None:  # fmt: skip
    """Compute μ·last + ν·before + (1 − μ − ν)·start + mu_rate·rate(last) + first·first_rate; `out` may be `before`."""
    _, ny, nz = last.shape
    real = last.dtype.type
    m, n, c, g = real(mu), real(nu), real(mu_rate), real(first)
    rest = real(1.0 - mu - nu)
    row, flux = np.empty(nz, last.dtype), np.empty(nz + 1, last.dtype)
    for i in range(begin, end):
        for j in range(ny):
            row_gain(last, q, sink, gx, gy, gz, ix, iy, iz, i, j, flux, row)
            for k in range(nz):
                out[i, j, k] = (
                    m * last[i, j, k] + n * before[i, j, k] + rest * start[i, j, k]
                    + c * (row[k] / cap[i, j, k]) + g * first_rate[i, j, k]
                )  # fmt: skip
