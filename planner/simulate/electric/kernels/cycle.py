"""The parts of a multigrid cycle. Arrays are padded by one cell; `starts` are the first cells of each joined group."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel


def inner(network: Any, *_: Any) -> int:
    """Count the planes of cells of a padded network."""
    return int(network.shape[0]) - 2


def of_coarse(*args: Any) -> int:
    """Count the planes of cells of the joined network, which comes last."""
    return int(args[-1].shape[0]) - 2


@parallel_kernel(planes=inner)
def first(begin: int, end: int, gx: Any, gy: Any, gz: Any, g: Any, b: Any, out: Any, step: Any) -> None:
    """Write one damped step from zero."""
    _, ny, nz = b.shape
    for i in range(begin + 1, end + 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                d = gx[i, j, k] + gx[i - 1, j, k] + gy[i, j, k] + gy[i, j - 1, k] + gz[i, j, k] + gz[i, j, k - 1]
                d += g[i, j, k]
                out[i, j, k] = step * b[i, j, k] / d if d > np.float32(0.0) else np.float32(0.0)


@parallel_kernel(planes=inner)
def smooth(begin: int, end: int, gx: Any, gy: Any, gz: Any, g: Any, b: Any, x: Any, out: Any, step: Any) -> None:
    """Write one damped step: each cell takes in its residual current."""
    _, ny, nz = b.shape
    for i in range(begin + 1, end + 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                c = x[i, j, k]
                east, west = gx[i, j, k], gx[i - 1, j, k]
                north, south = gy[i, j, k], gy[i, j - 1, k]
                up, down = gz[i, j, k], gz[i, j, k - 1]
                d = east + west + north + south + up + down + g[i, j, k]
                r = (
                    b[i, j, k]
                    - east * (c - x[i + 1, j, k])
                    - west * (c - x[i - 1, j, k])
                    - north * (c - x[i, j + 1, k])
                    - south * (c - x[i, j - 1, k])
                    - up * (c - x[i, j, k + 1])
                    - down * (c - x[i, j, k - 1])
                    - g[i, j, k] * c
                )
                out[i, j, k] = c + (step * r / d if d > np.float32(0.0) else np.float32(0.0))


@parallel_kernel(planes=of_coarse)
def restrict(
    begin: int, end: int, gx: Any, gy: Any, gz: Any, g: Any, b: Any, x: Any, sx: Any, sy: Any, sz: Any, out: Any
) -> None:
    """Sum the residual currents of joined cells."""
    nz = b.shape[2]
    row = np.empty(nz, np.float32)
    for i_out in range(begin, end):
        for j_out in range(len(sy) - 1):
            row[:] = np.float32(0.0)
            for i in range(sx[i_out] + 1, sx[i_out + 1] + 1):
                for j in range(sy[j_out] + 1, sy[j_out + 1] + 1):
                    for k in range(1, nz - 1):
                        c = x[i, j, k]
                        row[k] += (
                            b[i, j, k]
                            - gx[i, j, k] * (c - x[i + 1, j, k])
                            - gx[i - 1, j, k] * (c - x[i - 1, j, k])
                            - gy[i, j, k] * (c - x[i, j + 1, k])
                            - gy[i, j - 1, k] * (c - x[i, j - 1, k])
                            - gz[i, j, k] * (c - x[i, j, k + 1])
                            - gz[i, j, k - 1] * (c - x[i, j, k - 1])
                            - g[i, j, k] * c
                        )
            for k_out in range(len(sz) - 1):
                first, after = sz[k_out] + 1, sz[k_out + 1] + 1
                out[i_out + 1, j_out + 1, k_out + 1] = row[first] + (row[first + 1] if after - first == 2 else 0.0)


@parallel_kernel(planes=of_coarse)
def prolong(begin: int, end: int, x: Any, sx: Any, sy: Any, sz: Any, coarse: Any) -> None:
    """Add what joined cells share to each of them."""
    for i_out in range(begin, end):
        for j_out in range(len(sy) - 1):
            for i in range(sx[i_out] + 1, sx[i_out + 1] + 1):
                for j in range(sy[j_out] + 1, sy[j_out + 1] + 1):
                    for k_out in range(len(sz) - 1):
                        value = coarse[i_out + 1, j_out + 1, k_out + 1]
                        first, after = sz[k_out] + 1, sz[k_out + 1] + 1
                        x[i, j, first] += value
                        if after - first == 2:
                            x[i, j, first + 1] += value


@parallel_kernel(planes=of_coarse)
def coarsen(
    begin: int,
    end: int,
    gx: Any,
    gy: Any,
    gz: Any,
    g: Any,
    sx: Any,
    sy: Any,
    sz: Any,
    cx: Any,
    cy: Any,
    cz: Any,
    c: Any,
) -> None:
    """Write the conductances between joined cells, and theirs to fixed potentials."""
    n_x, n_y, n_z = len(sx) - 1, len(sy) - 1, len(sz) - 1
    for a in range(begin, end):
        for b in range(n_y):
            for d in range(n_z):
                to_x, to_y, to_z, fixed = 0.0, 0.0, 0.0, 0.0
                for i in range(sx[a] + 1, sx[a + 1] + 1):
                    for j in range(sy[b] + 1, sy[b + 1] + 1):
                        for k in range(sz[d] + 1, sz[d + 1] + 1):
                            fixed += g[i, j, k]
                            if a + 1 < n_x and i == sx[a + 1] and gx[i, j, k] > 0.0:
                                own = 1.0 / gx[i, j, k]
                                r = 0.0
                                if i > sx[a] + 1 and gx[i - 1, j, k] > 0.0:
                                    r += 0.5 / gx[i - 1, j, k]
                                if sx[a + 2] > i + 1 and gx[i + 1, j, k] > 0.0:
                                    r += 0.5 / gx[i + 1, j, k]
                                to_x += 1.0 / (own + min(r, own))
                            if b + 1 < n_y and j == sy[b + 1] and gy[i, j, k] > 0.0:
                                own = 1.0 / gy[i, j, k]
                                r = 0.0
                                if j > sy[b] + 1 and gy[i, j - 1, k] > 0.0:
                                    r += 0.5 / gy[i, j - 1, k]
                                if sy[b + 2] > j + 1 and gy[i, j + 1, k] > 0.0:
                                    r += 0.5 / gy[i, j + 1, k]
                                to_y += 1.0 / (own + min(r, own))
                            if d + 1 < n_z and k == sz[d + 1] and gz[i, j, k] > 0.0:
                                own = 1.0 / gz[i, j, k]
                                r = 0.0
                                if k > sz[d] + 1 and gz[i, j, k - 1] > 0.0:
                                    r += 0.5 / gz[i, j, k - 1]
                                if sz[d + 2] > k + 1 and gz[i, j, k + 1] > 0.0:
                                    r += 0.5 / gz[i, j, k + 1]
                                to_z += 1.0 / (own + min(r, own))
                cx[a + 1, b + 1, d + 1] = to_x
                cy[a + 1, b + 1, d + 1] = to_y
                cz[a + 1, b + 1, d + 1] = to_z
                c[a + 1, b + 1, d + 1] = fixed
