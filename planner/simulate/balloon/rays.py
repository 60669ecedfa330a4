"""What the bone asks of a balloon in each direction: crushing, compaction, and the wall behind.

Round a growing cavity spongiosa is pressed together until it locks at a share ε of its volume. Along one ray the bone
between the middle and b then lies between the balloon at r and b, so that b³ − r³ = (1 − ε) b³ and b = r ε^(−1/3). The
front at b gives way at the crushing stress σ; the debris between bears a difference of σ between radius and round, so
that the pressure grows inwards by 2σ ln(b/r). In even bone p = σ (1 + ⅔ ln 1/ε), whatever the size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.simulate.balloon.shape import BalloonShape, directions, wall_kpa

Array = NDArray[np.float64]
STEP_MM = 0.5
"""Sampling of a ray; half the voxel of a good CT."""
REACH = 1.3
"""Rays are followed to this multiple of the free size; no balloon stretches as far."""
FACING = 0.7
"""Cosine from which a wall counts as endplate or posterior wall (within 45°)."""
PATCH = float(np.cos(np.radians(30.0)))
"""Endplate loaded by a balloon: what lies within 30° of straight above or below its middle."""
LARGE_KPA = 1e6
UPPER, LOWER, POSTERIOR, SIDE = range(4)
WALLS = ("upper endplate", "lower endplate", "posterior wall", "front or side wall")


@dataclass(frozen=True, eq=False)
class Rays:
    """A balloon's surroundings, ray by ray.

    Attributes
    ----------
    way : (n, 3) directions, LPS. centre : (3,) middle of the balloon, LPS mm.
    reach_mm : (m,) places along every ray.
    free_mm : (n,) free size. wall_mm : (n,) distance to the surface of the body. wall : (n,) which wall it is.
    bone_share : (n, m) 1 where there is bone, 0 in the instrument's channel.
    crush_kpa : (n, m) crushing stress.
    """

    way: Array
    centre: Array
    reach_mm: Array
    free_mm: Array
    wall_mm: Array
    wall: NDArray[np.int64]
    bone_share: Array
    crush_kpa: Array

    @property
    def solid_angle(self) -> float:
        """Of each ray."""
        return float(4.0 * np.pi / len(self.way))

    def patch(self, up: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Rays to the upper and to the lower endplate just above and below; `up` points toward the head."""
        rise = self.way @ up
        return (self.wall == UPPER) & (rise > PATCH), (self.wall == LOWER) & (rise < -PATCH)


def cast(shape: BalloonShape, centre: Array, axis: Array, body: Mesh, axes: Array) -> tuple[Rays, Array]:
    """Follow rays from the balloon's middle to the surface of the body.

    Parameters
    ----------
    axis : unit vector along the instrument. axes : columns to the left, back and head of the vertebra.

    Returns
    -------
    the rays without their bone, and the points (n, m, 3) at which it is to be told, LPS mm.
    """
    way = directions() @ _along(axis)
    free = shape.radii_mm(way @ axis)
    reach = np.arange(0.5 * STEP_MM, REACH * free.max() + 12.0, STEP_MM)
    points = centre + reach[None, :, None] * way[:, None, :]
    index = index_of(body)
    inside = index.inside(points.reshape(-1, 3)).reshape(points.shape[:2])
    out = np.where(inside.all(axis=1), len(reach) - 1, inside.argmin(axis=1))
    at = points[np.arange(len(way)), out]
    distance, face, _ = index.closest(at)
    corners = body.triangles[face]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = (normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)) @ axes
    slant = np.abs((normal * (way @ axes)).sum(axis=1)).clip(0.3, 1.0)
    wall_mm = np.where(inside.all(axis=1), reach[-1], np.maximum(reach[out] - distance / slant, 0.0))
    wall = np.select(
        [normal[:, 2] > FACING, normal[:, 2] < -FACING, normal[:, 1] > FACING], [UPPER, LOWER, POSTERIOR], SIDE
    )
    across = np.linalg.norm(np.cross(way, axis), axis=1)[:, None] * reach
    ahead = (way @ axis)[:, None] * reach
    channel = (across < 0.5 * shape.shaft_mm) & (ahead < 0.5 * shape.nominal_mm)
    share = np.where(channel, 0.0, 1.0)
    return Rays(way, centre, reach, free, wall_mm, wall, share, np.zeros_like(share)), points


def asked_kpa(rays: Rays, lock: float, wall_kpa_: float, hold_kpa: Array, lost_mm: Array) -> tuple[Array, Array, Array]:
    """Return for each ray the pressure (n, m) it asks for, the front b (n, m) and the place (n,) where its wall moves.

    Parameters
    ----------
    lock : share of its volume that crushed bone loses until it locks.
    wall_kpa_ : what the wall of the body bears.
    hold_kpa, lost_mm : (n, m) pressure at which a balloon of that size pushes a broken endplate away with the bone in
        between, and (n,) by how much it can.
    """
    r, m = rays.reach_mm, rays.bone_share
    mass = np.cumsum(m * r**2, axis=1) * STEP_MM
    crushed = np.cumsum(m * rays.crush_kpa * r**2, axis=1) * STEP_MM / np.maximum(mass, 1e-12)
    edge = r + 0.5 * STEP_MM  # sums reach to the outer end of a step
    hollow = np.maximum(edge**3 - 3.0 * (1.0 - lock) * mass, 0.0) ** (1.0 / 3.0)
    front, sigma, mean = (np.empty_like(m) for _ in range(3))
    for n in range(len(m)):
        front[n] = np.interp(r, np.concatenate([[0.0], hollow[n]]), np.concatenate([[0.0], edge]))
        sigma[n] = np.interp(front[n], r, rays.crush_kpa[n] * m[n])
        mean[n] = np.interp(front[n], edge, crushed[n])
    bone = sigma + 2.0 * mean * np.log(np.maximum(front / r, 1.0))
    bone = np.maximum.accumulate(bone, axis=1)
    wall = rays.wall_mm[:, None]
    touches = front >= wall
    contact = _first(r, touches)
    at = np.take_along_axis(bone, np.maximum(np.searchsorted(r, contact) - 1, 0)[:, None], axis=1)
    share = np.clip((r - contact[:, None]) / np.maximum(wall - contact[:, None], 1e-6), 0.0, 1.0)
    held = at + (np.maximum(wall_kpa_ - at, 0.0)) * share + np.where(r > wall, LARGE_KPA, 0.0)
    asked = np.where(touches, np.maximum(held, at), bone)
    start = np.where(lost_mm > 0.0, _first(r, asked >= hold_kpa), r[-1])
    for n in map(int, np.flatnonzero(lost_mm > 0.0)):  # the wall and what lies before it move off
        there = np.where(r < start[n], r, np.maximum(start[n], r - lost_mm[n]))
        asked[n], front[n] = np.interp(there, r, asked[n]), np.interp(there, r, front[n]) + (r - there)
    return asked + wall_kpa(r / rays.free_mm[:, None]), front, start


def _first(r: Array, there: NDArray[np.bool_]) -> Array:
    """First place along each ray where something holds, or its end."""
    return np.asarray(r[np.where(there.any(axis=1), there.argmax(axis=1), len(r) - 1)])


def _along(axis: Array) -> Array:
    """Rows that turn the third axis onto a direction."""
    from planner.simulate.grid import needle_axes  # noqa: PLC0415

    return np.asarray(needle_axes(axis).T)
