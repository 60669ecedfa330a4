"""The surfaces of sac and neural tissue where something stands in the canal.

Away from it they are the tubes they always are. Near it each ring of the tube is drawn anew: rays from the displaced
neural tissue's middle, each ending where the displaced field does, in the ring's own plane, so that no surface can
cross itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.displace import Displacement
from planner.anatomy.parametric.epidural import FieldOf
from planner.anatomy.parametric.host import columns_of
from planner.anatomy.parametric.layout import WORLD

Vector = NDArray[np.float64]

RING_STEP_MM = 0.6
"""Distance of rings near a mass: a dent has a rim."""
_MARCH_MM = 0.8
_HALVINGS = 9
_CANAL_GAP_MM = 0.2


def given_way(name: str, rings: Vector, pushes: Sequence[Displacement], sac: FieldOf, neural: FieldOf) -> Vector:
    """Return the rings of a tube, displaced.

    Parameters
    ----------
    name : `thecal_sac`, `spinal_canal`, or else neural tissue.
    rings : (k, n, 3) LPS mm, along the column.
    sac, neural : the undisturbed fields, in world coordinates.

    Returns
    -------
    (k', 2 n, 3) LPS mm; the rings as they were where nothing pushes.
    """
    if not len(pushes):
        return rings
    rings = _doubled(rings)
    for push in pushes:
        field: FieldOf
        if name == "thecal_sac":
            field = push.sac(sac, neural)
        elif name == "spinal_canal":
            field = _cut(push)
        else:
            field = push.neural(neural, sac)
        rings = _recast(_finer(rings, push), push, field, keep=name == "spinal_canal")
        # The next mass finds them as this one left them.
        sac, neural = push.sac(sac, neural), push.neural(neural, sac)
    return rings


def _cut(push: Displacement) -> FieldOf:
    return lambda at: np.float32(_CANAL_GAP_MM) - push.mass.field(WORLD.grid_to(push.pose, at))


def _doubled(rings: Vector) -> Vector:
    """Put a corner between every two of each ring."""
    between = 0.5 * (rings + np.roll(rings, -1, axis=1))
    return np.stack([rings, between], axis=2).reshape(len(rings), -1, 3)


def _height(rings: Vector, push: Displacement) -> Vector:
    """Return each ring's height in the vertebra's own frame; NaN far from the canal behind it."""
    own = push.pose.to_local(rings.mean(axis=1))
    away = np.hypot(own[:, 0] - push.mass.foot[0], own[:, 1] - push.mass.foot[1])
    return np.where(away < 40.0, own[:, 2], np.nan)


def _finer(rings: Vector, push: Displacement) -> Vector:
    """Put rings between those near the mass."""
    z = _height(rings, push)
    middle = rings.mean(axis=1)
    drawn: list[Vector] = [rings[:1]]
    for k in range(len(rings) - 1):
        far = float(np.linalg.norm(middle[k + 1] - middle[k]))
        near = push.z[0] - 1.0 < 0.5 * (z[k] + z[k + 1]) < push.z[-1] + 1.0
        parts = max(1, int(np.ceil(far / RING_STEP_MM))) if near else 1
        share = (np.arange(1, parts + 1) / parts)[:, None, None]
        drawn.append(rings[k] * (1.0 - share) + rings[k + 1] * share)
    return np.concatenate(drawn)


def _recast(rings: Vector, push: Displacement, field: FieldOf, *, keep: bool) -> Vector:
    """Draw anew the rings that a mass concerns; `keep` only shortens their rays."""
    z = _height(rings, push)
    changed = push.concerns(np.nan_to_num(z, nan=1e9))
    near = np.flatnonzero(changed)
    if not len(near):
        return rings
    middle = rings[near].mean(axis=1)
    centre = middle
    if not keep:
        wanted = push.middle(z[near])
        edge = rings[near]
        normal = np.cross(edge[:, 0] - middle, edge[:, edge.shape[1] // 4] - middle)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        centre = wanted - ((wanted - middle) * normal).sum(axis=1, keepdims=True) * normal
    way = rings[near] - middle[:, None]
    length = np.linalg.norm(way, axis=2)
    way = way / length[..., None]
    most = length if keep else np.full_like(length, 1.6 * float(length.max()) + 4.0)
    reach = _reach(field, centre[:, None], way, most)
    drawn = rings.copy()
    drawn[near] = centre[:, None] + reach[..., None] * way
    return drawn


def _reach(field: FieldOf, start: Vector, way: Vector, most: Vector) -> Vector:
    """Return how far along each ray its shape ends first, at most `most`."""

    def outside(distance: Vector) -> NDArray[np.bool_]:
        points = start + distance[..., None] * way
        return np.asarray(field(columns_of(points.reshape(-1, 3))).reshape(distance.shape) > 0)

    low, high = np.zeros_like(most), most.copy()
    done = np.zeros(most.shape, dtype=bool)
    for distance in np.arange(_MARCH_MM, float(most.max()), _MARCH_MM):
        at = np.minimum(distance, most)
        out = outside(at) & ~done
        high[out] = at[out]
        done |= out
        low[~done] = at[~done]
        if done.all():
            break
    for _ in range(_HALVINGS):
        mid = 0.5 * (low + high)
        out = outside(mid)
        low, high = np.where(out, low, mid), np.where(out, mid, high)
    return np.asarray(np.maximum(0.5 * (low + high), 0.05))
