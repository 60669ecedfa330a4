"""Straight segments against triangles: exact distances and watertight crossings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.geometry.index import SurfaceIndex

Array = NDArray[np.float64]


def point_on_segment(start: Array, end: Array, points: Array) -> Array:
    """Nearest points (n, 3) of the segment to points (n, 3); the ends may coincide."""
    axis = end - start
    square = float(axis @ axis)
    t = np.clip((points - start) @ axis / square, 0.0, 1.0) if square > 0.0 else np.zeros(len(points))
    return np.asarray(start + t[:, None] * axis)


def segment_to_segments(start: Array, end: Array, tails: Array, heads: Array) -> tuple[Array, Array]:
    """Nearest pairs between one segment and many (Ericson, *Real-Time Collision Detection*, 2005, 5.1.9).

    Parameters
    ----------
    start, end : (3,) of the one, not coincident; tails, heads : (n, 3) of the many.

    Returns
    -------
    Points (n, 3) on the one and (n, 3) on each of the many.
    """
    d1, d2, r = end - start, heads - tails, start - tails
    a = float(d1 @ d1)
    e = (d2 * d2).sum(axis=1)
    b, c, f = d2 @ d1, r @ d1, (d2 * r).sum(axis=1)
    safe_e = np.where(e > 0.0, e, 1.0)
    denominator = a * e - b * b
    # Parallel ones have a whole stretch of nearest pairs: any s will do, the two clamps below mend it.
    skew = denominator > 1e-14 * a * e
    s = np.where(skew, np.clip((b * f - c * e) / np.where(skew, denominator, 1.0), 0.0, 1.0), 0.0)
    t = np.clip((b * s + f) / safe_e, 0.0, 1.0)
    s = np.clip((b * t - c) / a, 0.0, 1.0)
    t = np.clip((b * s + f) / safe_e, 0.0, 1.0)
    return start + s[:, None] * d1, tails + t[:, None] * d2


def hits(index: SurfaceIndex, start: Array, end: Array) -> tuple[Array, NDArray[np.int64]]:
    """Parameters (k,) in [0, 1] at which a segment meets triangles, unsorted, and the faces (k,) it meets.

    Edges belong to both their triangles and no ray slips between two (the edge functions of Woop, Benthin
    and Wald 2013 are exact negatives of each other). Triangles seen edge-on are left to their neighbours.
    """
    span = end - start
    length = float(np.linalg.norm(span))
    if length == 0.0:
        return np.empty(0), np.empty(0, dtype=np.int64)
    foot = point_on_segment(start, end, index.centres)
    reach = index.radii * (1.0 + 1e-9) + 1e-9
    near = np.flatnonzero(((index.centres - foot) ** 2).sum(axis=1) <= reach**2)
    corners = index.mesh.vertices[index.mesh.faces[near]] - start
    kz = int(np.argmax(np.abs(span)))
    kx, ky = (kz + 1) % 3, (kz + 2) % 3
    x = corners[..., kx] - span[kx] / span[kz] * corners[..., kz]
    y = corners[..., ky] - span[ky] / span[kz] * corners[..., kz]
    z = corners[..., kz] / span[kz]
    u = x[:, 2] * y[:, 1] - y[:, 2] * x[:, 1]
    v = x[:, 0] * y[:, 2] - y[:, 0] * x[:, 2]
    w = x[:, 1] * y[:, 0] - y[:, 1] * x[:, 0]
    whole = u + v + w
    same = ((u >= 0) & (v >= 0) & (w >= 0)) | ((u <= 0) & (v <= 0) & (w <= 0))
    met = np.flatnonzero(same & (whole != 0.0))
    t = (u * z[:, 0] + v * z[:, 1] + w * z[:, 2])[met] / whole[met]
    within = (t >= 0.0) & (t <= 1.0)
    return t[within], near[met[within]]


def nearest_pair(index: SurfaceIndex, start: Array, end: Array) -> tuple[float, Array, Array, int]:
    """Exact smallest unsigned distance between a segment and a surface.

    Returns
    -------
    The distance in mm, the point (3,) on the segment, the point (3,) on the surface and its face.
    """
    t, met = hits(index, start, end)
    if t.size:
        touch = start + t[0] * (end - start)
        return 0.0, touch, touch, int(met[0])
    foot = point_on_segment(start, end, index.centres)
    to_centre = np.linalg.norm(index.centres - foot, axis=1)
    near = np.flatnonzero(to_centre - index.radii <= float(to_centre.min()))
    # Few faces can hold the nearest point: a tree over all of them would cost more than it saves.
    ends = np.stack([start, end])
    gaps, faces, places = index.closest_of(near, ends)
    first = int(np.argmin(gaps))
    best, on_axis, on_surface, face = float(gaps[first]), ends[first], places[first], int(faces[first])
    if np.array_equal(start, end):
        return best, on_axis, on_surface, face
    # With the ends and the crossings done, the nearest pair lies on an edge of some face.
    corners = index.mesh.vertices[index.mesh.faces[near]]
    tails, heads = corners.reshape(-1, 3), np.roll(corners, -1, axis=1).reshape(-1, 3)
    p, q = segment_to_segments(start, end, tails, heads)
    gap = np.linalg.norm(p - q, axis=1)
    if gap.size and float(gap.min()) < best:
        k = int(np.argmin(gap))
        best, on_axis, on_surface, face = float(gap[k]), p[k], q[k], int(near[k // 3])
    return best, on_axis, on_surface, face
