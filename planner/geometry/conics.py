"""Exact nearest points on ellipses and ellipsoids."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

PLANE_NUDGE: Final = 1e-13
"""Least coordinate, as a fraction of its semi-axis. A query in a plane of symmetry has two mirror-image
answers and a vanishing pole; lifting it by 1e-13 picks one and moves the distance by less than that."""

ROOT_TOLERANCE: Final = 1e-14
"""Residual at which the root is taken: a few units in the last place of 1."""

MOST_STEPS: Final = 200
"""Iterations before giving up; four to six suffice, bisection alone would need about 60."""


def nearest_on_ellipsoid(
    points: NDArray[np.float64], semi: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the nearest points on an axis-aligned ellipse (k = 2) or ellipsoid (k = 3) at the origin.

    The nearest point is e² y / (t + e²) with t the largest root of the secular equation
    Σ (e y / (t + e²))² = 1 (D. Eberly, *Distance from a Point to an Ellipse, an Ellipse, or a Hyperellipsoid*,
    2013). The root is found in u = 1 + t / e_min² by Newton's method on the reciprocal norm, which is all but linear
    (Moré and Sorensen 1983), safeguarded by bisection.

    Parameters
    ----------
    points : (n, k), any unit; semi : (k,) positive semi-axes in the same unit.

    Returns
    -------
    Nearest points (n, k) and signed distances (n,), negative inside. Errors below 1e-12 of the largest
    semi-axis, at the centre and on the axes too.
    """
    least = semi.min()
    ratio = (semi / least) ** 2
    excess = (semi - least) * (semi + least) / least**2  # ratio - 1 without cancellation
    scaled = np.maximum(np.abs(points) / semi, PLANE_NUDGE)
    pull = ratio * scaled
    low = scaled[:, np.argmin(semi)].copy()
    high = np.sqrt((pull**2).sum(axis=1))
    root = low.copy()
    active = np.arange(len(points))
    for _ in range(MOST_STEPS):
        below = root[active, None] + excess
        terms = (pull[active] / below) ** 2
        norm = np.sqrt(terms.sum(axis=1))
        left = norm >= 1.0
        low[active[left]] = root[active[left]]
        high[active[~left]] = root[active[~left]]
        step = root[active] + norm**2 * (norm - 1.0) / (terms / below).sum(axis=1)
        lost = (step < low[active]) | (step > high[active])
        step = np.where(lost, 0.5 * (low[active] + high[active]), step)
        done = (np.abs(norm - 1.0) <= ROOT_TOLERANCE) | (step == root[active])
        root[active] = np.where(done, root[active], step)
        active = active[~done]
        if not active.size:
            break
    unit = pull / (root[:, None] + excess)
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    nearest = np.copysign(unit * semi, points)
    gap = np.linalg.norm(points - nearest, axis=1)
    inside = ((points / semi) ** 2).sum(axis=1) < 1.0
    return nearest, np.where(inside, -gap, gap)
