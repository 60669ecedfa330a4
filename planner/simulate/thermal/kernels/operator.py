"""Conduction, perfusion and source: what a cell gains, and how conductances follow from conductivity."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel, parallel_kernel
from planner.simulate.thermal.kernels.exponential import power_of_two

Array = np.ndarray[Any, Any]


@kernel
def row_gain(
    u: Array, q: Array, sink: Array, gx: Array, gy: Array, gz: Array,
    ix: Array, iy: Array, iz: Array, i: int, j: int, flux: Array, out: Array,
) -> None:  # fmt: skip
    """Heat gained by the cells of one row along z, W/m³; `flux` is scratch for nz + 1 faces."""
    nx, ny, nz = u.shape
    low, high = max(i - 1, 0), min(i + 1, nx - 1)
    left, right = max(j - 1, 0), min(j + 1, ny - 1)
    flux[0] = 0.0
    for k in range(nz - 1):
        flux[k + 1] = gz[i, j, k] * (u[i, j, k + 1] - u[i, j, k])
    flux[nz] = 0.0
    sx, sy = ix[i], iy[j]
    has_low, has_left = u.dtype.type(i > 0), u.dtype.type(j > 0)
    for k in range(nz):
        here = u[i, j, k]
        along_x = gx[i, j, k] * (u[high, j, k] - here) + has_low * gx[low, j, k] * (u[low, j, k] - here)
        along_y = gy[i, j, k] * (u[i, right, k] - here) + has_left * gy[i, left, k] * (u[i, left, k] - here)
        along_z = flux[k + 1] - flux[k]
        out[k] = sx * along_x + sy * along_y + iz[k] * along_z + q[i, j, k] - sink[i, j, k] * here


@parallel_kernel
def face_conductances(
    begin: int, end: int, kx: Array, ky: Array, kz: Array, wx: Array, wy: Array, wz: Array,
    gx: Array, gy: Array, gz: Array,
) -> None:  # fmt: skip
    """Conductance of the face between a cell and the next of each axis, W/(m²·K): two half cells in series.

    The flux that leaves one cell is the flux that enters the next, whatever the two are made of. Widths in metres.
    """
    nx, ny, nz = gx.shape
    zero = gx.dtype.type(0.0)
    two = gx.dtype.type(2.0)
    for i in range(begin, end):
        i1 = min(i + 1, nx - 1)
        for j in range(ny):
            j1 = min(j + 1, ny - 1)
            for k in range(nz):
                a, b = kx[i, j, k], kx[i1, j, k]
                down = wx[i] * b + wx[i1] * a
                gx[i, j, k] = two * a * b / down if down > zero and i1 > i else zero
                a, b = ky[i, j, k], ky[i, j1, k]
                down = wy[j] * b + wy[j1] * a
                gy[i, j, k] = two * a * b / down if down > zero and j1 > j else zero
                k1 = min(k + 1, nz - 1)
                a, b = kz[i, j, k], kz[i, j, k1]
                down = wz[k] * b + wz[k1] * a
                gz[i, j, k] = two * a * b / down if down > zero and k1 > k else zero


@parallel_kernel
def fastest_rates(
    begin: int, end: int, cap: Array, sink: Array, gx: Array, gy: Array, gz: Array, ix: Array, iy: Array, iz: Array,
    of_plane: Array,
) -> None:  # fmt: skip
    """Gershgorin's bound of the fastest rate of change in each plane of cells, 1/s."""
    _, ny, nz = cap.shape
    two = cap.dtype.type(2.0)
    for i in range(begin, end):
        fastest = cap.dtype.type(0.0)
        has_i = cap.dtype.type(i > 0)
        i0 = max(i - 1, 0)
        for j in range(ny):
            has_j = cap.dtype.type(j > 0)
            j0 = max(j - 1, 0)
            for k in range(nz):
                has_k = cap.dtype.type(k > 0)
                out = ix[i] * (gx[i, j, k] + has_i * gx[i0, j, k]) + iy[j] * (gy[i, j, k] + has_j * gy[i, j0, k])
                out += iz[k] * (gz[i, j, k] + has_k * gz[i, j, max(k - 1, 0)])
                fastest = max(fastest, (two * out + sink[i, j, k]) / cap[i, j, k])
        of_plane[i] = fastest


@parallel_kernel
def conductivity_factor(
    begin: int, end: int, u: Array, d: Array, ahead: float, slope: Array, reference: float, low: float, high: float,
    factor: Array,
) -> None:  # fmt: skip
    """By what conductivity is multiplied at the temperature expected in the middle of the coming step."""
    _, ny, nz = u.shape
    real = u.dtype.type
    one, share, base, least, most = real(1.0), real(ahead), real(reference), real(low), real(high)
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                expected = u[i, j, k] + share * d[i, j, k]
                factor[i, j, k] = min(max(one + slope[i, j, k] * (expected - base), least), most)


@parallel_kernel
def scaled_conductances(
    begin: int, end: int, gx0: Array, gy0: Array, gz0: Array, factor: Array, gx: Array, gy: Array, gz: Array
) -> None:
    """Conductances times the mean factor of the two cells they join."""
    nx, ny, nz = gx.shape
    half = gx.dtype.type(0.5)
    for i in range(begin, end):
        i1 = min(i + 1, nx - 1)
        for j in range(ny):
            j1 = min(j + 1, ny - 1)
            for k in range(nz):
                k1 = min(k + 1, nz - 1)
                here = factor[i, j, k]
                gx[i, j, k] = half * gx0[i, j, k] * (here + factor[i1, j, k])
                gy[i, j, k] = half * gy0[i, j, k] * (here + factor[i, j1, k])
                gz[i, j, k] = half * gz0[i, j, k] * (here + factor[i, j, k1])


@parallel_kernel
def surviving_perfusion(
    begin: int, end: int, perfusion: Array, kept: Array, damage: Array, before: Array, ahead: float, per_damage: float,
    sink: Array,
) -> None:  # fmt: skip
    """Sink = perfusion · exp(−damage expected in the middle of the coming step) + what `kept` holds besides.

    `before` is the damage one step ago and becomes the present one.
    """
    _, ny, nz = sink.shape
    per, share = np.float32(-per_damage * 1.4426950408889634), np.float32(ahead)
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                now = np.float32(damage[i, j, k])
                expected = now + share * (now - np.float32(before[i, j, k]))
                before[i, j, k] = damage[i, j, k]
                sink[i, j, k] = kept[i, j, k] + perfusion[i, j, k] * power_of_two(per * expected)
