"""How a round needle covers cells and faces, by sampling its exact shape inside a band of cells around it.

A needle is (tip, shaft, length, radius). Two profiles belong to it, both zero on its surface and of slope one there,
mm: around the cylinder a·ln(ρ/a), around a round end a·(1 − a/ρ). A field driven by a contact follows them nearby.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from planner.simulate.compiled import kernel, parallel_kernel

WEAKEST, STRONGEST = 0.2, 5.0
"""How far a matched face may be from its open part alone; the ratio means little where the profile hardly changes."""
THINNEST = 0.01
"""Least distance of a cell's mean from the surface, in radii: a sliver of tissue does not short the equations out."""


def sampled(*args: Any) -> int:
    """Count the planes of cells that are sampled."""
    return int(args[7].shape[0])


@kernel
def nearest(x: Any, y: Any, z: Any, needle: Any) -> Any:
    """Return the place along the needle, the distance from its axis, and the unit vector away from it."""
    dx, dy, dz = x - needle[0], y - needle[1], z - needle[2]
    s = dx * needle[3] + dy * needle[4] + dz * needle[5]
    a = needle[7]
    on = min(max(s, a), needle[6] - a)
    dx, dy, dz = dx - on * needle[3], dy - on * needle[4], dz - on * needle[5]
    rho = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-9)
    return s, rho, dx / rho, dy / rho, dz / rho


@parallel_kernel(planes=sampled)
def cover_cells(
    begin: int, end: int, ex: Any, ey: Any, ez: Any, first: Any, needle: Any, band: Any, m: Any, wet: Any, mean: Any
) -> None:
    """Write the part of each cell outside the needle, and the mean there of both profiles; -1 beyond the band.

    `first` is the cell to which element (0, 0, 0) of `wet` and of `mean[0]`, `mean[1]` belongs.
    """
    _, ny, nz = wet.shape
    a = needle[7]
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                x0, y0, z0 = ex[first[0] + i], ey[first[1] + j], ez[first[2] + k]
                hx, hy, hz = ex[first[0] + i + 1] - x0, ey[first[1] + j + 1] - y0, ez[first[2] + k + 1] - z0
                rho = nearest(x0 + hx / 2, y0 + hy / 2, z0 + hz / 2, needle)[1]
                if rho - a > band:
                    wet[i, j, k] = -1.0
                    continue
                part, log, ball = 0.0, 0.0, 0.0
                for p in range(m):
                    for q in range(m):
                        for r in range(m):
                            x, y, z = x0 + (p + 0.5) * hx / m, y0 + (q + 0.5) * hy / m, z0 + (r + 0.5) * hz / m
                            _, rho, ux, uy, uz = nearest(x, y, z, needle)
                            thick = (abs(ux) * hx + abs(uy) * hy + abs(uz) * hz) / m
                            w = min(max(0.5 + (rho - a) / thick, 0.0), 1.0)
                            if w > 0.0:
                                middle = a + max(rho - a, w * thick / 2) if w < 1.0 else rho
                                part += w
                                log += w * a * math.log(middle / a)
                                ball += w * a * (1.0 - a / middle)
                wet[i, j, k] = part / m**3
                if part > 0.0:
                    mean[0, i, j, k] = log / part
                    mean[1, i, j, k] = ball / part


@parallel_kernel(planes=sampled)
def cover_faces(
    begin: int, end: int, ex: Any, ey: Any, ez: Any, first: Any, needle: Any, contacts: Any, m: Any,
    wet: Any, mean: Any, factor: Any,
) -> None:  # fmt: skip
    """Write how much less, or more, each face towards +x, +y, +z conducts than a plain one.

    Beside insulation it is the open part of the face. Beside a contact the conductance is the one that carries the
    profile's true current under the profile's true difference of cell means, where both have the same sign.
    """
    nx, ny, nz = wet.shape
    a = needle[7]
    for i in range(begin, end):
        for j in range(ny):
            for k in range(nz):
                for axis in range(3):
                    i2, j2, k2 = i + (axis == 0), j + (axis == 1), k + (axis == 2)
                    factor[axis, i, j, k] = 1.0
                    if i2 >= nx or j2 >= ny or k2 >= nz or wet[i, j, k] < 0.0 or wet[i2, j2, k2] < 0.0:
                        continue
                    x0, y0, z0 = ex[first[0] + i], ey[first[1] + j], ez[first[2] + k]
                    hx, hy, hz = ex[first[0] + i + 1] - x0, ey[first[1] + j + 1] - y0, ez[first[2] + k + 1] - z0
                    if axis == 0:
                        x0, between = x0 + hx, 0.5 * (hx + ex[first[0] + i + 2] - ex[first[0] + i + 1])
                        hx = 0.0
                    elif axis == 1:
                        y0, between = y0 + hy, 0.5 * (hy + ey[first[1] + j + 2] - ey[first[1] + j + 1])
                        hy = 0.0
                    else:
                        z0, between = z0 + hz, 0.5 * (hz + ez[first[2] + k + 2] - ez[first[2] + k + 1])
                        hz = 0.0
                    s, rho, ux, uy, uz = nearest(x0 + hx / 2, y0 + hy / 2, z0 + hz / 2, needle)
                    round_end = s < a or s > needle[6] - a
                    active = False
                    for c in range(len(contacts)):
                        if contacts[c, 0] <= s <= contacts[c, 1] or (s < 0.0 and contacts[c, 0] <= 0.0):
                            active = True
                        if s > needle[6] and contacts[c, 1] >= needle[6] - 1e-9:
                            active = True
                    open_part, through = 0.0, 0.0
                    for p in range(m):
                        for q in range(m):
                            u, v = (p + 0.5) / m, (q + 0.5) / m
                            x = x0 + (hx * u)
                            y = y0 + (hy * u if axis == 0 else hy * v)
                            z = z0 + hz * v
                            _, rho, ux, uy, uz = nearest(x, y, z, needle)
                            thick = (abs(ux) * hx + abs(uy) * hy + abs(uz) * hz) / m
                            w = 1.0 if rho > a else 0.0
                            if thick > 0.0:
                                w = min(max(0.5 + (rho - a) / thick, 0.0), 1.0)
                            if w > 0.0:
                                middle = max(rho, a)
                                slope = a / middle * (a / middle if round_end else 1.0)
                                outward = ux if axis == 0 else (uy if axis == 1 else uz)
                                open_part += w
                                through += w * slope * outward
                    plain = open_part / (m * m)
                    factor[axis, i, j, k] = plain
                    if not active or open_part == 0.0 or wet[i, j, k] == 0.0 or wet[i2, j2, k2] == 0.0:
                        continue
                    which = 1 if round_end else 0
                    step = mean[which, i2, j2, k2] - mean[which, i, j, k]
                    if step * through <= 0.0:
                        continue
                    matched = through / (m * m) * between / step
                    factor[axis, i, j, k] = min(max(matched, WEAKEST * plain), STRONGEST * plain)


@kernel
def cover_walls(
    ex: Any, ey: Any, ez: Any, first: Any, needle: Any, contacts: Any, pitch: Any, wet: Any, mean: Any, wall: Any
) -> None:
    """Add, for each contact and cell, the conductance from its surface to the cell's mean, in mm at unit conductivity.

    The surface is sampled in steps of `pitch`; each sample belongs to the cell just outside it.
    """
    nx, ny, nz = wet.shape
    a, length = needle[7], needle[6]
    vx, vy, vz = needle[3], needle[4], needle[5]
    if abs(vx) < 0.6:
        px, py, pz = 0.0, vz, -vy
    else:
        px, py, pz = -vz, 0.0, vx
    norm = math.sqrt(px * px + py * py + pz * pz)
    px, py, pz = px / norm, py / norm, pz / norm
    qx, qy, qz = vy * pz - vz * py, vz * px - vx * pz, vx * py - vy * px
    around = max(12, int(2.0 * math.pi * a / pitch) + 1)
    for c in range(len(contacts)):
        low, high = contacts[c, 0], contacts[c, 1]
        steps = max(2, int((high - low) / pitch) + 1)
        for n in range(steps):
            s = low + (n + 0.5) * (high - low) / steps
            # A sphere has as much surface in each slice as the cylinder around it (Archimedes).
            area = 2.0 * math.pi * a / around * (high - low) / steps
            at_end = s - min(max(s, a), length - a)
            radius = math.sqrt(max(a * a - at_end * at_end, 0.0))
            along = at_end / a
            which = 0 if at_end == 0.0 else 1
            for t in range(around):
                angle = 2.0 * math.pi * (t + 0.5 * (n % 2)) / around
                cosine, sine = math.cos(angle), math.sin(angle)
                ux = radius / a * (cosine * px + sine * qx) + along * vx
                uy = radius / a * (cosine * py + sine * qy) + along * vy
                uz = radius / a * (cosine * pz + sine * qz) + along * vz
                x = needle[0] + s * vx + radius * (cosine * px + sine * qx)
                y = needle[1] + s * vy + radius * (cosine * py + sine * qy)
                z = needle[2] + s * vz + radius * (cosine * pz + sine * qz)
                for attempt in range(12):  # a sample on the face of a covered cell moves outwards to an open one
                    out = (0.02 + 0.1 * attempt) * pitch * 8.0
                    i = np.searchsorted(ex, x + out * ux, side="right") - 1 - first[0]
                    j = np.searchsorted(ey, y + out * uy, side="right") - 1 - first[1]
                    k = np.searchsorted(ez, z + out * uz, side="right") - 1 - first[2]
                    if i < 0 or j < 0 or k < 0 or i >= nx or j >= ny or k >= nz:
                        break
                    if wet[i, j, k] > 0.0:
                        wall[c, i, j, k] += area / max(mean[which, i, j, k], THINNEST * a)
                        break
