"""Conductances between cells, and the currents they carry at given potentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel
from planner.simulate.electric.kernels.cycle import inner


@parallel_kernel
def join_neighbours(
    begin: int, end: int, sigma: Any, wx: Any, wy: Any, wz: Any, to_x: Any, to_y: Any, to_z: Any
) -> None:
    """Fill in the conductances between cells: two half cells in series, which conserves the current across a jump."""
    nx, ny, nz = sigma.shape
    for i in range(begin, end):
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


@parallel_kernel(planes=inner)
def leaving(begin: int, end: int, gx: Any, gy: Any, gz: Any, g: Any, p: Any, out: Any, powers: Any) -> None:
    """Write the current that leaves each cell at potentials p, and for each plane the power p·out.

    Differences come before products: in metal the products are huge and nearly cancel.
    """
    _, ny, nz = p.shape
    for i in range(begin + 1, end + 1):
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
        powers[i] = part


@parallel_kernel(planes=inner)
def residual(begin: int, end: int, gx: Any, gy: Any, gz: Any, g: Any, b: Any, x: Any, r: Any) -> None:
    """Write what is missing from the inflow b at potentials x."""
    _, ny, nz = x.shape
    for i in range(begin + 1, end + 1):
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
