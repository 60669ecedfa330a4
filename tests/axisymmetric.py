"""An independent solution of a needle in 1 S/m without end: axisymmetric finite volumes, much finer than the product's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

FAR_MM, GROWTH = 250.0, 1.08


def _growing(step, length):
    widths = []
    while sum(widths) < length:
        widths.append(step)
        step *= GROWTH
    return np.array(widths)


def _between(low, high, step):
    """Places from low (left out) to high, fine at both."""
    half = _growing(step, (high - low) / 2)
    half *= (high - low) / 2 / half.sum()
    return low + np.cumsum(np.concatenate([half, half[::-1]]))


def contact_currents(radius_mm, contacts, *, decay, parts=32, length_mm=400.0):
    """Currents (A) out of the contacts [(near, far, volt)] of a needle with a round tip at 0.

    `decay` is the power of 1/r by which the potential falls far away: 1 with a net current, 2 without.
    """
    step = radius_mm / parts
    r_edge = np.concatenate([step * np.arange(parts + 1), radius_mm + np.cumsum(_growing(step, FAR_MM))])
    marks = sorted({0.0, radius_mm} | {p for c in contacts for p in c[:2]})
    z_edge = [*-np.cumsum(_growing(step, FAR_MM))[::-1], 0.0]
    for low, high in pairwise(marks):
        z_edge.extend(low + step * np.arange(1, parts + 1) if high == radius_mm else _between(low, high, step))
    z_edge.extend(marks[-1] + np.cumsum(_growing(step, FAR_MM)))
    z_edge = np.array(z_edge)
    dr, dz = np.diff(r_edge), np.diff(z_edge)
    r, z = np.meshgrid(0.5 * (r_edge[1:] + r_edge[:-1]), 0.5 * (z_edge[1:] + z_edge[:-1]), indexing="ij")
    inside = r**2 + (z - np.clip(z, radius_mm, length_mm)) ** 2 < radius_mm**2
    held = np.full(r.shape, np.nan)
    owner = np.full(r.shape, -1)
    for n, (near, far, volt) in enumerate(contacts):
        here = inside & (z >= near) & (z <= far)
        held[here], owner[here] = volt, n
    fixed, dead = owner >= 0, inside & (owner < 0)
    ring = np.pi * (r_edge[1:] ** 2 - r_edge[:-1] ** 2)
    index = np.arange(r.size).reshape(r.shape)
    rows, columns, values = [], [], []
    for axis in (0, 1):
        low, high = ((slice(None, -1), slice(None)), (slice(1, None), slice(None))) if axis == 0 else (
            (slice(None), slice(None, -1)), (slice(None), slice(1, None)))  # fmt: skip
        width = (dr[:, None] if axis == 0 else dz[None, :]) * np.ones(r.shape)
        area = 2 * np.pi * r_edge[1:-1, None] * dz[None, :] if axis == 0 else ring[:, None] * np.ones(len(dz) - 1)
        # The surface is the face between a held and a free cell: only the free half lies between.
        distance = 0.5 * (np.where(fixed[low], 0.0, width[low]) + np.where(fixed[high], 0.0, width[high]))
        g = np.where(dead[low] | dead[high], 0.0, area / np.where(distance > 0, distance, 1.0))
        rows += [index[low].ravel(), index[high].ravel()]
        columns += [index[high].ravel(), index[low].ravel()]
        values += [-g.ravel(), -g.ravel()]
    matrix = sp.coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))).tocsr()
    leak = np.zeros(r.shape)
    square = r**2 + z**2
    leak[-1] += decay * 2 * np.pi * r_edge[-1] * dz * r[-1] / square[-1]
    for end in (0, -1):
        leak[:, end] += decay * ring * np.abs(z[:, end]) / square[:, end]
    diagonal = leak.ravel() - np.asarray(matrix.sum(axis=1)).ravel()
    matrix = (matrix + sp.diags(diagonal)).tocsr()
    free = ~(fixed | dead).ravel()
    v = np.nan_to_num(held).ravel()
    v[free] = spsolve(matrix[free][:, free].tocsc(), -(matrix[free][:, ~free] @ v[~free]))
    net = (matrix @ v).reshape(r.shape)
    return [1e-3 * net[owner == n].sum() for n in range(len(contacts))]
