"""Enthalpy of tissue that freezes over a range of temperature, and the heat that faces and probes carry.

Temperature θ counts from where freezing begins; enthalpy is 0 there. With f the frozen share (0 at θ = 0, 1 below
−range, linear between) and F its integral, conductivity is k + e·f and its integral over temperature k·θ + e·F(θ)
(Kirchhoff). What a face carries is that integral's difference over the two half cells in series. A conductivity taken
at the cells instead places the front half a millimetre wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import inlined_kernel, kernel, parallel_kernel

Array = np.ndarray[Any, Any]
ZERO, ONE, TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
INSIDE, AROUND, EAST, NORTH, READ = range(5)
SLABS = 12
"""Place of the slabs among the arguments of a stage."""
"""Rows of the region, as :mod:`~planner.simulate.thermal.kernels.region` describes them."""


@kernel
def frozen_integral(theta: Any, width: Any, twice: Any) -> Any:
    """F: the integral of the frozen share; `width` is the range, K, and `twice` 1/(2·range)."""
    below = max(-theta, ZERO)
    part = min(below, width)
    return -(part * part * twice + (below - part))


@kernel
def temperature_of(e: Any, warm: Any, cold: Any, latent: Any, width: Any) -> Any:
    """θ of an enthalpy; `warm` and `cold` are 1/capacity, `latent` what the whole range holds."""
    mush = max(min(e, ZERO), -latent)
    return max(e, ZERO) * warm + mush * (width / latent) + min(e + latent, ZERO) * cold


@kernel
def carried(
    theta: Any, far: Any, f: Any, f_far: Any, k: Any, k_far: Any, e: Any, e_far: Any, w: Any, w_far: Any
) -> Any:
    """Heat that comes from a neighbour through the face between, W/m²."""
    d, s = far - theta, f_far - f
    a, b = k * d + e * s, k_far * d + e_far * s
    down = w * b + w_far * a
    return TWO * a * b / (down if down != ZERO else ONE)


# Along rows: ranges are unsigned, so that no index can count from the end, arrays are whole, since a slice counts its
# owners, and each loop writes one array and reads few. Else none of them would be vectorised.


@inlined_kernel
def carried_along(
    t: Array, k: Array, e: Array, w: Array, width: Any, i: int, j: int, a: Any, b: Any, own: Array, out: Array
) -> None:
    """What each cell of a row, from a to b, takes from the next; `own` is scratch."""
    twice, one = t.dtype.type(0.5) / width, np.uintp(1)
    for n in range(a, b):
        own[n] = frozen_integral(t[i, j, n], width, twice)
    own[b] = frozen_integral(t[i, j, b], width, twice)
    for n in range(a, b):
        m = n + one
        out[m] = carried(
            t[i, j, n], t[i, j, m], own[n], own[m], k[i, j, n], k[i, j, m], e[i, j, n], e[i, j, m], w[n], w[m]
        )


@inlined_kernel
def carried_across(
    t: Array, k: Array, e: Array, w: Any, w_far: Any, width: Any, i: int, j: int, i_far: int, j_far: int, a: Any,
    b: Any, out: Array, p: int,
) -> None:  # fmt: skip
    """What each cell of a row takes from the row beside, written to row p."""
    twice = t.dtype.type(0.5) / width
    for n in range(a, b):
        here, there = t[i, j, n], t[i_far, j_far, n]
        f, f_far = frozen_integral(here, width, twice), frozen_integral(there, width, twice)
        out[p, n] = carried(
            here, there, f, f_far, k[i, j, n], k[i_far, j_far, n], e[i, j, n], e[i_far, j_far, n], w, w_far
        )


@inlined_kernel
def add_surface(factor: Any, flux: Array, p: int, far: Array, low: int, high: int, i: int, j: int, out: Array) -> None:
    """Add what comes from the region's cells of a row beside, `far`, to those that are not its own."""
    for n in range(np.uintp(far[0]), np.uintp(min(far[1], low if high > low else far[1]))):
        out[i, j, n] += factor * flux[p, n]
    if high > low:
        for n in range(np.uintp(max(far[0], high)), np.uintp(far[1])):
            out[i, j, n] += factor * flux[p, n]


@inlined_kernel
def row_gain(
    t: Array, k: Array, e: Array, sink: Array, source: Array, wx: Array, wy: Array, wz: Array, iz: Array,
    warm_blood: float, width: float, i: int, j: int, rows: Array, weight: Any, west: Array, south: Array, along: Array,
    own: Array, out: Array, through: Array,
) -> None:  # fmt: skip
    """Heat gained by the cells of one row along z, W/m³.

    Row j of `west` and `south` hold what the rows before in x and y took from this one and are left with what this one
    takes from the rows after; `along` and `own` are scratch for nz + 1 and nz values. `through` gains what comes from
    the region to cells outside, times `weight`.
    """
    nx, ny, nz = t.shape
    real, one = t.dtype.type, np.uintp(1)
    r, ix, iy = real(width), real(1.0) / wx[i], real(1.0) / wy[j]
    blood, per, zero = real(warm_blood), real(1.0 / width), real(0.0)
    a, b = np.uintp(rows[AROUND, i, j, 0]), np.uintp(rows[AROUND, i, j, 1])
    low, high = rows[INSIDE, i, j, 0], rows[INSIDE, i, j, 1]
    if b > a:
        along[a] = along[b] = zero
        carried_along(t, k, e, wz, r, i, j, a - one if a > 0 else a, b if b < nz else b - one, own, along)
        for n in range(a, b):
            out[n] = source[i, j, n] + iz[n] * (along[n + one] - along[n])
        for n in range(a, b):
            here = t[i, j, n]
            flows = ONE - min(max(-here, ZERO) * per, ONE)
            out[n] += sink[i, j, n] * flows * (blood - here)
        if high > low:
            if low > 0:
                through[i, j, low - 1] += weight * iz[low - 1] * along[low]
            if high < nz:
                through[i, j, high] -= weight * iz[high] * along[high]
        if i > 0:
            for n in range(a, b):
                out[n] -= ix * west[j, n]
            add_surface(-weight * ix, west, j, rows[INSIDE, i - 1, j], low, high, i, j, through)
        if j > 0:
            for n in range(a, b):
                out[n] -= iy * south[0, n]
            add_surface(-weight * iy, south, 0, rows[INSIDE, i, j - 1], low, high, i, j, through)
    if i + 1 < nx:
        c, d = np.uintp(rows[EAST, i, j, 0]), np.uintp(rows[EAST, i, j, 1])
        carried_across(t, k, e, wx[i], wx[i + 1], r, i, j, i + 1, j, c, d, west, j)
        for n in range(a, b):
            out[n] += ix * west[j, n]
        add_surface(weight * ix, west, j, rows[INSIDE, i + 1, j], low, high, i, j, through)
    if j + 1 < ny:
        c, d = np.uintp(rows[NORTH, i, j, 0]), np.uintp(rows[NORTH, i, j, 1])
        carried_across(t, k, e, wy[j], wy[j + 1], r, i, j, i, j + 1, c, d, south, 0)
        for n in range(a, b):
            out[n] += iy * south[0, n]
        add_surface(weight * iy, south, 0, rows[INSIDE, i, j + 1], low, high, i, j, through)


def slabs_of(*args: Any) -> int:
    """Count the slabs."""
    return len(args[SLABS]) - 1


@parallel_kernel(planes=slabs_of)
def stage(
    begin: int, end: int, opening: bool, t: Array, k: Array, e: Array, sink: Array, source: Array, wx: Array,
    wy: Array, wz: Array, warm_blood: float, width: float, rows: Array, slabs: Array, through: Array, start: Array,
    before: Array, last: Array, first_rate: Array, warm: Array, cold: Array, latent: Array, mu: float, nu: float, mu_rate: float,
    first: float, weight: float, out: Array, theta: Array,
) -> None:  # fmt: skip
    """One stage of Runge–Kutta–Legendre: enthalpy after it (`out` may be `before`) and its temperature.

    The opening one keeps its rate; `weight` is what the rate counts in the whole step. `slabs` are planes where the
    work is cut; within one, what leaves a plane is what enters the next, computed once.
    """
    ny, nz = t.shape[1], t.shape[2]
    real = t.dtype.type
    m, n_, c, g, r = real(mu), real(nu), real(mu_rate), real(first), real(width)
    rest, counts = real(1.0 - mu - nu), real(weight)
    for p in range(begin, end):
        low, high = slabs[p], slabs[p + 1]
        if low == high:
            continue
        row, along, own = np.empty(nz, t.dtype), np.empty(nz + 1, t.dtype), np.empty(nz, t.dtype)
        west, south, iz = np.empty((ny, nz), t.dtype), np.empty((1, nz), t.dtype), t.dtype.type(1.0) / wz
        if low > 0:
            for j in range(ny):
                a, b = np.uintp(rows[EAST, low - 1, j, 0]), np.uintp(rows[EAST, low - 1, j, 1])
                carried_across(t, k, e, wx[low - 1], wx[low], r, low - 1, j, low, j, a, b, west, j)
        for i in range(low, high):
            for j in range(ny):
                if rows[READ, i, j, 1] <= rows[READ, i, j, 0]:
                    continue
                row_gain(
                    t, k, e, sink, source, wx, wy, wz, iz, warm_blood, width, i, j, rows, counts, west, south, along,
                    own, row, through,
                )  # fmt: skip
                a, b = np.uintp(rows[AROUND, i, j, 0]), np.uintp(rows[AROUND, i, j, 1])
                if opening:
                    for n in range(a, b):
                        first_rate[i, j, n] = row[n]
                for n in range(a, b):
                    row[n] = (
                        m * last[i, j, n] + n_ * before[i, j, n] + rest * start[i, j, n] + g * first_rate[i, j, n]
                        + c * row[n]
                    )  # fmt: skip
                for n in range(a, b):
                    out[i, j, n] = row[n]
                for n in range(a, b):
                    theta[i, j, n] = temperature_of(row[n], warm[i, j, n], cold[i, j, n], latent[i, j, n], r)


@parallel_kernel
def fastest_rates(
    begin: int, end: int, k: Array, sink: Array, wx: Array, wy: Array, wz: Array, slope: Array, rates: Array
) -> None:
    """Gershgorin's bound of each cell, 1/s, at its larger conductivity; `slope` is 1/capacity."""
    nx, ny, nz = k.shape
    real = k.dtype.type
    for i in range(begin, end):
        for j in range(ny):
            for n in range(nz):
                a, out = k[i, j, n], real(0.0)
                for side in range(6):
                    x = i + (1 if side == 0 else (-1 if side == 1 else 0))
                    y = j + (1 if side == 2 else (-1 if side == 3 else 0))
                    z = n + (1 if side == 4 else (-1 if side == 5 else 0))
                    if x < 0 or y < 0 or z < 0 or x >= nx or y >= ny or z >= nz:
                        continue
                    b = k[x, y, z]
                    own = wx[i] if side < 2 else (wy[j] if side < 4 else wz[n])
                    far = wx[x] if side < 2 else (wy[y] if side < 4 else wz[z])
                    down = own * b + far * a
                    out += TWO * a * b / (down if down > ZERO else ONE) / own
                rates[i, j, n] = (TWO * out + sink[i, j, n]) * slope[i, j, n]
