"""Sums and products over whole fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel


@parallel_kernel
def product(begin: int, end: int, a: Any, b: Any, sums: Any) -> None:
    """Write for each plane the sum of products of two fields."""
    for i in range(begin, end):
        part = 0.0
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                part += np.float64(a[i, j, k] * b[i, j, k])
        sums[i] = part


@parallel_kernel
def advance(begin: int, end: int, x: Any, r: Any, p: Any, q: Any, alpha: float) -> None:
    """Go a step: potential along p, residual back along q."""
    step = np.float32(alpha)
    for i in range(begin, end):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                x[i, j, k] += alpha * p[i, j, k]
                r[i, j, k] -= step * q[i, j, k]


@parallel_kernel
def redirect(begin: int, end: int, p: Any, z: Any, beta: Any) -> None:
    """Turn the direction towards z."""
    for i in range(begin, end):
        for j in range(p.shape[1]):
            for k in range(p.shape[2]):
                p[i, j, k] = z[i, j, k] + beta * p[i, j, k]
