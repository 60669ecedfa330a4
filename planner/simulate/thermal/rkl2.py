"""Coefficients of the second-order Runge–Kutta–Legendre method, for temperature as for enthalpy.

C. D. Meyer, D. S. Balsara and T. D. Aslam, J. Comput. Phys. 257 (2014) 594, equations 15 to 22.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt


@dataclass(frozen=True)
class Stage:
    """Coefficients of stage j ≥ 2; the rates are multiplied by the step as well."""

    mu: float
    nu: float
    mu_rate: float
    first: float


def stages_needed(step_s: float, explicit_s: float) -> int:
    """Return the odd number of stages, 3 or more, that makes a step stable; `explicit_s` is Euler's largest step."""
    # Stable for step ≤ explicit · (s² + s − 2) / 4.
    count = ceil(0.5 * (sqrt(9.0 + 16.0 * step_s / explicit_s) - 1.0))
    return max(3, count + 1 - count % 2)


@lru_cache(maxsize=64)
def coefficients(stages: int) -> tuple[float, tuple[Stage, ...]]:
    """Return the weight of the first rate in stage 1, and stages 2 to `stages`."""
    b = [1.0 / 3.0 if j < 2 else (j * j + j - 2.0) / (2.0 * j * (j + 1.0)) for j in range(stages + 1)]
    w = 4.0 / (stages * stages + stages - 2.0)
    found = []
    for j in range(2, stages + 1):
        mu = (2.0 * j - 1.0) / j * b[j] / b[j - 1]
        found.append(Stage(mu, -(j - 1.0) / j * b[j] / b[j - 2], mu * w, -(1.0 - b[j - 1]) * mu * w))
    return b[1] * w, tuple(found)
