"""What a solved network turns into heat."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel


@parallel_kernel
def heat_of_faces(
    begin: int, end: int, sigma: Any, wx: Any, wy: Any, wz: Any, gx: Any, gy: Any, gz: Any, v: Any, watts: Any
) -> None:
    """Write the heat of each cell: of every face the share that the cell has in its resistance.

    `sigma` and `watts` are of shape (nx, ny, nz), the others padded.
    """
    _, ny, nz = sigma.shape
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                s = np.float64(sigma[i, j, k])
                if s <= 0.0:
                    watts[i, j, k] = 0.0
                    continue
                a, b, c = i + 1, j + 1, k + 1
                here, total = v[a, b, c], 0.0
                if gx[a, b, c] > 0.0:
                    own = wx[i] / s
                    total += gx[a, b, c] * (here - v[a + 1, b, c]) ** 2 * own / (own + wx[i + 1] / sigma[i + 1, j, k])
                if gx[a - 1, b, c] > 0.0:
                    own = wx[i] / s
                    total += (
                        gx[a - 1, b, c] * (here - v[a - 1, b, c]) ** 2 * own / (own + wx[i - 1] / sigma[i - 1, j, k])
                    )
                if gy[a, b, c] > 0.0:
                    own = wy[j] / s
                    total += gy[a, b, c] * (here - v[a, b + 1, c]) ** 2 * own / (own + wy[j + 1] / sigma[i, j + 1, k])
                if gy[a, b - 1, c] > 0.0:
                    own = wy[j] / s
                    total += (
                        gy[a, b - 1, c] * (here - v[a, b - 1, c]) ** 2 * own / (own + wy[j - 1] / sigma[i, j - 1, k])
                    )
                if gz[a, b, c] > 0.0:
                    own = wz[k] / s
                    total += gz[a, b, c] * (here - v[a, b, c + 1]) ** 2 * own / (own + wz[k + 1] / sigma[i, j, k + 1])
                if gz[a, b, c - 1] > 0.0:
                    own = wz[k] / s
                    total += (
                        gz[a, b, c - 1] * (here - v[a, b, c - 1]) ** 2 * own / (own + wz[k - 1] / sigma[i, j, k - 1])
                    )
                watts[i, j, k] = total
