"""What a step adds to extremes and doses, given the temperature after it and by how much it rose.

Within a step temperature runs linearly. The dose of such a ramp is known in closed form (the mean of an exponential
is the
quotient of the differences of rate and of its logarithm), so that long steps lose nothing where tissue heats fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import parallel_kernel
from planner.simulate.thermal.kernels.exponential import power_of_two

Array = np.ndarray[Any, Any]
SMALL = np.float32(0.05)
"""Below this rise (K, or in the logarithm of the rate) the rate in the middle stands for the mean, right to 1e-4."""
LN2 = np.float32(0.69314718)
HALF, ONE, ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)


@parallel_kernel
def extremes(begin: int, end: int, u: Array, hottest: Array, coldest: Array) -> None:
    """Keep the highest and lowest temperature of each cell."""
    _, ny, nz = u.shape
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                value = u[i, j, k]
                hottest[i, j, k] = max(hottest[i, j, k], value)
                coldest[i, j, k] = min(coldest[i, j, k], value)


@parallel_kernel
def cem43(
    begin: int, end: int, u: Array, d: Array, dose: Array, base_c: float, hot: float, warm: float, start_c: float,
    tau: float,
) -> None:  # fmt: skip
    """Add equivalent minutes at 43 °C.

    The rate doubles `hot` times a degree above 43 °C and `warm` times below it, and is nothing below `start_c`.
    """
    _, ny, nz = u.shape
    shift, above, below = np.float32(base_c - 43.0), np.float32(hot), np.float32(warm)
    start = np.float32(start_c - 43.0)
    minutes = np.float32(tau / 60.0)
    at_start = power_of_two(below * start)
    whole_warm = (ONE - at_start) / (below * LN2)
    for i in range(begin, end):
        for j in range(ny):
            warmest = start
            for k in range(nz):
                after = np.float32(u[i, j, k]) + shift
                warmest = max(warmest, after, after - np.float32(d[i, j, k]))
            if warmest <= start:
                continue
            for k in range(nz):
                rise = np.float32(d[i, j, k])
                t1 = np.float32(u[i, j, k]) + shift
                t0 = t1 - rise
                e1 = power_of_two(t1 * (above if t1 >= ZERO else below))
                e0 = power_of_two(t0 * (above if t0 >= ZERO else below))
                f1 = whole_warm + (e1 - ONE) / (above * LN2) if t1 >= ZERO else (e1 - at_start) / (below * LN2)
                f0 = whole_warm + (e0 - ONE) / (above * LN2) if t0 >= ZERO else (e0 - at_start) / (below * LN2)
                f1 = f1 if t1 > start else ZERO
                f0 = f0 if t0 > start else ZERO
                middle = t1 - HALF * rise
                flat = power_of_two(middle * (above if middle >= ZERO else below))
                flat = flat if middle >= start else ZERO
                steep = abs(rise) > SMALL
                dose[i, j, k] += minutes * ((f1 - f0) / (rise if steep else ONE) if steep else flat)


@parallel_kernel
def arrhenius(
    begin: int, end: int, u: Array, d: Array, omega: Array, base_c: float, log2_a: float, activation: float,
    start_c: float, tau: float,
) -> None:  # fmt: skip
    """Add Arrhenius damage; `log2_a` is log₂ A (A in 1/s), `activation` is Ea / (R ln 2) in K."""
    _, ny, nz = u.shape
    kelvin, start = np.float32(base_c + 273.15), np.float32(start_c - base_c)
    log_a, energy, seconds = np.float32(log2_a), np.float32(activation), np.float32(tau)
    for i in range(begin, end):
        for j in range(ny):
            warmest = start
            for k in range(nz):
                after = np.float32(u[i, j, k])
                warmest = max(warmest, after, after - np.float32(d[i, j, k]))
            if warmest <= start:
                continue
            for k in range(nz):
                t1 = np.float32(u[i, j, k])
                t0 = t1 - np.float32(d[i, j, k])
                share = ONE if min(t0, t1) >= start else ZERO
                if share == ZERO and max(t0, t1) > start:
                    share = (max(t0, t1) - start) / abs(t1 - t0)
                t0, t1 = max(t0, start), max(t1, start)
                l1 = log_a - energy / (t1 + kelvin)
                l0 = log_a - energy / (t0 + kelvin)
                change = l1 - l0
                steep = abs(change) > SMALL
                flat = power_of_two(HALF * (l1 + l0))
                mean = (power_of_two(l1) - power_of_two(l0)) / (LN2 * (change if steep else ONE)) if steep else flat
                omega[i, j, k] += seconds * share * mean


@parallel_kernel
def time_beyond(
    begin: int, end: int, u: Array, d: Array, seconds: Array, threshold: float, tau: float, sign: float
) -> None:
    """Add the time of the step that a cell spent above (`sign` 1) or below (−1) a threshold (K above the base)."""
    _, ny, nz = u.shape
    side = np.float32(sign)
    limit, whole = side * np.float32(threshold), np.float32(tau)
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                t1 = side * np.float32(u[i, j, k])
                t0 = t1 - side * np.float32(d[i, j, k])
                high, low = max(t0, t1), min(t0, t1)
                crossed = high > limit and low < limit
                share = (high - limit) / (high - low if crossed else ONE) if crossed else ONE
                seconds[i, j, k] += whole * share if high > limit else ZERO
