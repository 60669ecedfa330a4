"""Conductances between cells, and the currents they carry at given potentials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from planner.simulate.compiled import parallel_kernel


@parallel_kernel
def join_neighbours(sigma: Any, wx: Any, wy: Any, wz: Any, to_x: Any, to_y: Any, to_z: Any) -> None:
    """Fill in the conductances between cells: two half cells in series, which conserves the current across a jump."""
    nx, ny, nz = sigma.shape
    for i in prange(nx):
        for j in range(ny):
            for k in range(nz):
                s = sigma[i, j, k]
                if s <= 0.0:
                    continue
                if i + 1 < nx and sigma[i + 1, j, k] > 0.0:
                    to_x[i + 1, j + 1, k + 1] = 2.0 * wy[j] * wz[k] / (wx[i] / s + wx[i + 1] / sigma[i + 1, j, k])
                if j + 1 < ny and sigma[i, j + 1, k] > 0.0:
                    to_y[i + 1, j + 1, k + 1] = 2.0 * wx[i] * wz[k] / (wy[j] / s + wy[j + 1] / sigma[i, j + 1, k])
                if k + 1 < nz and sigma[i, j, k + 1] > 0.0:
                    to_z[i + 1, j + 1, k + 1] = 2.0 * wx[i] * wy[j] / (wz[k] / s + wz[k + 1] / sigma[i, j, k + 1])


@parallel_kernel
def leaving(gx: Any, gy: Any, gz: Any, g: Any, p: Any, out: Any) -> float:
    """Write the current that leaves each cell at potentials p; return the power p·out.

    Differences come before products: in metal the products are huge and nearly cancel.
    """
    nx, ny, nz = p.shape
    total = 0.0
    for i in prange(1, nx - 1):
        part = 0.0
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                c = p[i, j, k]
                q = (
                    gx[i, j, k] * (c - p[i + 1, j, k])
                    + gx[i - 1, j, k] * (c - p[i - 1, j, k])
                    + gy[i, j, k] * (c - p[i, j + 1, k])
                    + gy[i, j - 1, k] * (c - p[i, j - 1, k])
                    + gz[i, j, k] * (c - p[i, j, k + 1])
                    + gz[i, j, k - 1] * (c - p[i, j, k - 1])
                    + g[i, j, k] * c
                )
                out[i, j, k] = q
                part += np.float64(q * c)
        total += part
    return total


@parallel_kernel
def residual(gx: Any, gy: Any, gz: Any, g: Any, b: Any, x: Any, r: Any) -> None:
    """Write what is missing from the inflow b at potentials x."""
    nx, ny, nz = x.shape
    for i in prange(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                c = x[i, j, k]
                r[i, j, k] = (
                    b[i, j, k]
                    - gx[i, j, k] * (c - x[i + 1, j, k])
                    - gx[i - 1, j, k] * (c - x[i - 1, j, k])
                    - gy[i, j, k] * (c - x[i, j + 1, k])
                    - gy[i, j - 1, k] * (c - x[i, j - 1, k])
                    - gz[i, j, k] * (c - x[i, j, k + 1])
                    - gz[i, j, k - 1] * (c - x[i, j, k - 1])
                    - g[i, j, k] * c
                )
