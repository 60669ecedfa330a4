"""Enthalpy of tissue that freezes over a range of temperature, and the heat that faces and probes carry.

Temperature θ counts from where freezing begins; enthalpy is 0 there. With f the frozen share (0 at θ = 0, 1 below
−range, linear between) and F its integral, conductivity is k + e·f and its integral over temperature k·θ + e·F(θ)
(Kirchhoff). What a face carries is that integral's difference over the two half cells in series. A conductivity taken
at the cells instead places the front half a millimetre wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel, parallel_kernel

Array = np.ndarray[Any, Any]


CHUNKS = 16
"""Slabs of planes that cores share out; within one, what leaves a plane is what enters the next, computed once."""
ZERO, ONE, TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


def chunks(*_: Any) -> int:
    """Count the slabs."""
    return CHUNKS


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


@kernel
def row_gain(
    t: Array, k: Array, e: Array, sink: Array, source: Array, wx: Array, wy: Array, wz: Array, iz: Array,
    warm_blood: float, width: float, i: int, j: int, west: Array, south: Array, along: Array, own: Array, out: Array,
) -> None:  # fmt: skip
    """Heat gained by the cells of one row along z, W/m³.

    `west` and `south` hold what the rows before in x and y took from this one and are left with what this one takes
    from the rows after; `along` and `own` are scratch for nz + 1 and nz values.
    """
    nx, ny, nz = t.shape
    real = t.dtype.type
    r, twice, blood, per = real(width), real(0.5 / width), real(warm_blood), real(1.0 / width)
    high, right = min(i + 1, nx - 1), min(j + 1, ny - 1)
    for n in range(nz):
        own[n] = frozen_integral(t[i, j, n], r, twice)
    along[0] = real(0.0)
    for n in range(nz - 1):
        along[n + 1] = carried(
            t[i, j, n], t[i, j, n + 1], own[n], own[n + 1], k[i, j, n], k[i, j, n + 1], e[i, j, n], e[i, j, n + 1],
            wz[n], wz[n + 1],
        )  # fmt: skip
    along[nz] = real(0.0)
    a_x, c_x, a_y, c_y = wx[i], wx[high], wy[j], wy[right]
    ix, iy = real(1.0) / a_x, real(1.0) / a_y
    for n in range(nz):
        here, f, kk, ee = t[i, j, n], own[n], k[i, j, n], e[i, j, n]
        east, north = t[high, j, n], t[i, right, n]
        from_east = carried(
            here, east, f, frozen_integral(east, r, twice), kk, k[high, j, n], ee, e[high, j, n], a_x, c_x
        )
        from_north = carried(
            here, north, f, frozen_integral(north, r, twice), kk, k[i, right, n], ee, e[i, right, n], a_y, c_y
        )
        flows = ONE - min(max(-here, ZERO) * per, ONE)
        out[n] = (
            ix * (from_east - west[n]) + iy * (from_north - south[n]) + iz[n] * (along[n + 1] - along[n])
            + source[i, j, n] + sink[i, j, n] * flows * (blood - here)
        )  # fmt: skip
        west[n], south[n] = from_east, from_north


@kernel
def plane_before(t: Array, k: Array, e: Array, wx: Array, width: float, i: int, west: Array) -> None:
    """Write what the plane before takes from plane i; nothing for the first."""
    _, ny, nz = t.shape
    r, twice = t.dtype.type(width), t.dtype.type(0.5 / width)
    low = max(i - 1, 0)
    for j in range(ny):
        for n in range(nz):
            there, here = t[low, j, n], t[i, j, n]
            f, f_here = frozen_integral(there, r, twice), frozen_integral(here, r, twice)
            west[j, n] = carried(
                there, here, f, f_here, k[low, j, n], k[i, j, n], e[low, j, n], e[i, j, n], wx[low], wx[i]
            )


@parallel_kernel(planes=chunks)
def rate(
    begin: int, end: int, t: Array, k: Array, e: Array, sink: Array, source: Array, wx: Array, wy: Array, wz: Array,
    warm_blood: float, width: float, out: Array,
) -> None:  # fmt: skip
    """Rate of change of enthalpy, W/m³."""
    nx, ny, nz = t.shape
    for p in range(begin, end):
        low, high = p * nx // CHUNKS, (p + 1) * nx // CHUNKS
        if low == high:
            continue
        row, along, own = np.empty(nz, t.dtype), np.empty(nz + 1, t.dtype), np.empty(nz, t.dtype)
        west, south, iz = np.empty((ny, nz), t.dtype), np.empty(nz, t.dtype), t.dtype.type(1.0) / wz
        plane_before(t, k, e, wx, width, low, west)
        for i in range(low, high):
            south[:] = 0.0
            for j in range(ny):
                row_gain(
                    t, k, e, sink, source, wx, wy, wz, iz, warm_blood, width, i, j, west[j], south, along, own, row
                )
                for n in range(nz):
                    out[i, j, n] = row[n]


@parallel_kernel(planes=chunks)
def stage(
    begin: int, end: int, t: Array, k: Array, e: Array, sink: Array, source: Array, wx: Array, wy: Array, wz: Array,
    warm_blood: float, width: float, start: Array, before: Array, last: Array, first_rate: Array, warm: Array,
    cold: Array, latent: Array, mu: float, nu: float, mu_rate: float, first: float, theta: Array,
) -> None:  # fmt: skip
    """One stage of Runge–Kutta–Legendre: `before` becomes the enthalpy after it and `theta` its temperature."""
    nx, ny, nz = t.shape
    real = t.dtype.type
    m, n_, c, g, r = real(mu), real(nu), real(mu_rate), real(first), real(width)
    rest = real(1.0 - mu - nu)
    for p in range(begin, end):
        low, high = p * nx // CHUNKS, (p + 1) * nx // CHUNKS
        if low == high:
            continue
        row, along, own = np.empty(nz, t.dtype), np.empty(nz + 1, t.dtype), np.empty(nz, t.dtype)
        west, south, iz = np.empty((ny, nz), t.dtype), np.empty(nz, t.dtype), t.dtype.type(1.0) / wz
        plane_before(t, k, e, wx, width, low, west)
        for i in range(low, high):
            south[:] = 0.0
            for j in range(ny):
                row_gain(
                    t, k, e, sink, source, wx, wy, wz, iz, warm_blood, width, i, j, west[j], south, along, own, row
                )
                for n in range(nz):
                    value = (
                        m * last[i, j, n] + n_ * before[i, j, n] + rest * start[i, j, n] + c * row[n]
                        + g * first_rate[i, j, n]
                    )  # fmt: skip
                    before[i, j, n] = value
                    theta[i, j, n] = temperature_of(value, warm[i, j, n], cold[i, j, n], latent[i, j, n], r)


@parallel_kernel
def euler(
    begin: int, end: int, start: Array, first_rate: Array, step: float, warm: Array, cold: Array, latent: Array,
    width: float, out: Array, theta: Array,
) -> None:  # fmt: skip
    """The first stage: enthalpy and temperature after a short step at the first rate."""
    _, ny, nz = start.shape
    c, r = start.dtype.type(step), start.dtype.type(width)
    for i in range(begin, end):
        for j in range(ny):
            for n in range(nz):
                value = start[i, j, n] + c * first_rate[i, j, n]
                out[i, j, n] = value
                theta[i, j, n] = temperature_of(value, warm[i, j, n], cold[i, j, n], latent[i, j, n], r)


@kernel
def flow_to_probes(
    t: Array, k: Array, e: Array, cells: Array, first: Array, probe: Array, wall: Array, volume: Array,
    theta_probe: Array, share: Array, width: float, flow: Array,
) -> None:  # fmt: skip
    """Write what each probe gives to tissue, W, at its temperature; negative while it freezes."""
    r = t.dtype.type(width)
    twice = t.dtype.type(0.5) / r
    flow[:] = 0.0
    for n in range(len(cells)):
        c = cells[n]
        f = frozen_integral(t[c], r, twice)
        for m in range(first[n], first[n + 1]):
            p = probe[m]
            held = theta_probe[p]
            through = k[c] * (held - t[c]) + e[c] * (frozen_integral(held, r, twice) - f)
            flow[p] += share[p] * wall[m] * volume[n] * through


@kernel
def beside_probes(
    t: Array, k: Array, e: Array, widths: Array, cells: Array, others: Array, extra: Array, first: Array, probe: Array,
    wall: Array, theta_probe: Array, share: Array, width: float, out: Array,
) -> None:  # fmt: skip
    """What the listed cells gain beyond plain faces, W/m³; arrays over cells are flat.

    `others` and `extra` are their six neighbours and by how much the factor of each face exceeds one, `widths` the
    width towards each (own, neighbour's); `wall` is area over distance to a probe over the cell's volume, 1/m².
    """
    r = t.dtype.type(width)
    twice = t.dtype.type(0.5) / r
    for n in range(len(cells)):
        c = cells[n]
        here, kk, ee = t[c], k[c], e[c]
        f = frozen_integral(here, r, twice)
        total = 0.0
        for side in range(6):
            if extra[n, side] != 0.0:
                o = others[n, side]
                w, w_far = widths[n, side, 0], widths[n, side, 1]
                f_far = frozen_integral(t[o], r, twice)
                total += extra[n, side] * carried(here, t[o], f, f_far, kk, k[o], ee, e[o], w, w_far) / w
        for m in range(first[n], first[n + 1]):
            p = probe[m]
            if share[p] > 0.0:
                held = theta_probe[p]
                through = kk * (held - here) + ee * (frozen_integral(held, r, twice) - f)
                total += share[p] * wall[m] * through
        out[n] = total


@kernel
def add_beside_probes(
    cells: Array, gained: Array, share: float, warm: Array, cold: Array, latent: Array, width: float, enthalpy: Array,
    theta: Array,
) -> None:  # fmt: skip
    """Add what the listed cells gained, times `share`, and write their temperature; flat arrays."""
    r, c = enthalpy.dtype.type(width), enthalpy.dtype.type(share)
    for n in range(len(cells)):
        at = cells[n]
        enthalpy[at] += c * gained[n]
        theta[at] = temperature_of(enthalpy[at], warm[at], cold[at], latent[at], r)


@parallel_kernel
def fastest_rates(
    begin: int, end: int, k: Array, sink: Array, wx: Array, wy: Array, wz: Array, slope: Array, skip: Array,
    of_plane: Array,
) -> None:  # fmt: skip
    """Gershgorin's bound in each plane of cells, 1/s, at their larger conductivity; `slope` is 1/capacity."""
    nx, ny, nz = k.shape
    real = k.dtype.type
    for i in range(begin, end):
        fastest = real(0.0)
        for j in range(ny):
            for n in range(nz):
                if skip[i, j, n]:
                    continue
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
                fastest = max(fastest, (TWO * out + sink[i, j, n]) * slope[i, j, n])
        of_plane[i] = fastest
