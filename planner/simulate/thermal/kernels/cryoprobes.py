"""Heat between cryoprobes and the cells beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel
from planner.simulate.thermal.kernels.freezing import carried, frozen_integral, temperature_of

Array = np.ndarray[Any, Any]
CORRECTIONS = 2
"""Newton steps by which the surface of a probe at its power limit follows the tissue; in ice one is exact."""


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
def add_to(cells: Array, gained: Array, out: Array) -> None:
    """Add to the listed cells of a flat array."""
    for n in range(len(cells)):
        out[cells[n]] += out.dtype.type(gained[n])


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


@kernel
def meet_probes(
    t: Array, k: Array, e: Array, beside: Any, surfaces: Any, width: float, flow: Array, gained: Array
) -> None:
    """What probes give, W, and what the cells beside them gain, W/m³; a probe at its limit follows the tissue."""
    cells, others, extra, widths, first, probe, wall, volume = beside
    held, share, limit, asked, joined = surfaces
    theta = held.copy()
    for turn in range(CORRECTIONS + 1):
        flow_to_probes(t, k, e, cells, first, probe, wall, volume, theta, share, width, flow)
        limited = False
        for p in range(len(theta)):
            if turn < CORRECTIONS and np.isfinite(limit[p]):
                limited = True
                moved = theta[p] + (np.sign(asked[p] - theta[p]) * limit[p] - flow[p]) / max(joined[p], 1e-30)
                # Never beyond the temperature that was asked for.
                theta[p] = max(moved, asked[p]) if asked[p] < theta[p] else min(moved, asked[p])
        if not limited:
            break
    beside_probes(t, k, e, widths, cells, others, extra, first, probe, wall, theta, share, width, gained)
