"""How the thecal sac and the neural tissue in it give way to a mass in the canal.

The sac is dented where the mass stands. The neural tissue is pushed ahead of it into the fluid behind, then flattened,
which spreads it sideways by as much as its section allows; above and below it comes back to its own course.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.epidural import DURA_MM, GAP_MM, Dural, FieldOf, Mass
from planner.anatomy.parametric.fields import Coordinates, Field, intersection
from planner.anatomy.parametric.layout import WORLD, Pose

Vector = NDArray[np.float64]
_Change = Callable[[Coordinates, Field], Field]

STEP_MM = 0.75
"""Spacing of the points at which a section is read, and of sections."""
RUN_OUT_MM = 14.0
"""Height over which the neural tissue comes back to its course above and below a mass."""
SIDE_FREE_MM = 0.8
"""Fluid left beside flattened neural tissue while any is left at all."""


@dataclass(frozen=True, eq=False)
class Displacement:
    """Where the neural tissue goes, by height in the vertebra's own frame.

    Attributes
    ----------
    mass : what pushes.
    pose : the vertebra's.
    z : (n,) heights, mm, ascending.
    centre, moved : (n,) middle of the neural tissue along the mass's direction, before and after, mm from its foot.
    squeeze, spread : (n,) factors on its depth and width.
    across : (n,) its middle across that direction.
    tight : (n,) 0 where the sac keeps its own shape, 1 where it lies on the neural tissue.
    """

    mass: Mass
    pose: Pose
    z: Vector
    centre: Vector
    moved: Vector
    squeeze: Vector
    spread: Vector
    across: Vector
    tight: Vector

    @classmethod
    def of(cls, mass: Mass, dural: Dural, pose: Pose) -> Displacement:
        """Read the sections of sac, neural tissue and mass at every height, and derive what moves where."""
        z = np.arange(mass.low[2] - RUN_OUT_MM, mass.high[2] + RUN_OUT_MM, STEP_MM)
        s, t = np.arange(-1.0, 24.0, STEP_MM), np.arange(-10.5, 10.6, STEP_MM)
        at = _laid_out(mass, s[:, None, None], t[None, :, None], z[None, None, :])
        neural, sac, push = dural.neural(at), dural.sac(at), mass.field(at)
        front, back = _ends(neural, s)
        tip, rear = _ends(push, s)[1], _ends(sac, s)[1]
        known = np.asarray(np.isfinite(front).any(axis=0))
        if not known.any():
            flat = np.zeros_like(z)
            return cls(mass, pose, z, flat, flat, flat + 1.0, flat + 1.0, flat, flat)
        first, last = _outer(front, np.fmin, known, z), _outer(back, np.fmax, known, z)
        flank, other = _ends(neural.transpose(1, 0, 2), t)
        left, right = _outer(flank, np.fmin, known, z), _outer(other, np.fmax, known, z)
        # The tissue moves until the mass touches it somewhere across its width.
        needed = np.where(np.isfinite(front), tip, np.nan) + DURA_MM + GAP_MM - front
        wanted = np.fmax.reduce(needed, axis=0, initial=0.0)
        run = _run_out(wanted)
        thick = last - first
        room = np.maximum(np.fmax.reduce(rear, axis=0, initial=0.0) - last - DURA_MM, 0.0) * (1.0 - mass.rear_free)
        shift = np.minimum(run, room)
        squeeze = np.clip((thick - (run - shift)) / np.maximum(thick, 1e-3), 0.3, 1.0)
        flank, other = _ends(sac.transpose(1, 0, 2), t)
        across = np.nan_to_num(np.fmax.reduce(other, axis=0) - np.fmin.reduce(flank, axis=0), nan=0.0)
        side = SIDE_FREE_MM if mass.fluid else DURA_MM
        widest = (across - 2.0 * side) / np.maximum(right - left, 1e-3)
        spread = np.clip(1.0 / squeeze, 1.0, np.maximum(widest, 1.0))
        centre = 0.5 * (first + last)
        moved = np.minimum(first + run, last + shift - squeeze * thick) + 0.5 * squeeze * thick
        peak = float(wanted.max())
        tight = np.zeros_like(z) if mass.fluid or peak == 0.0 else np.clip(run / (0.8 * peak), 0.0, 1.0)
        return cls(mass, pose, z, centre, moved, squeeze, spread, 0.5 * (left + right), tight)

    def concerns(self, z: Vector) -> NDArray[np.bool_]:
        """Return at which heights, mm in the vertebra's own frame, anything changes."""
        changed = (np.abs(self.moved - self.centre) > 0.02) | (self.squeeze < 0.998) | (self.tight > 0.0)
        changed |= (self.z > self.mass.low[2]) & (self.z < self.mass.high[2])
        low, high = self.z[changed].min(initial=np.inf), self.z[changed].max(initial=-np.inf)
        return np.asarray((z >= low) & (z <= high))

    def middle(self, z: Vector) -> Vector:
        """Return the displaced neural tissue's middle at heights (n,), LPS mm (n, 3)."""
        a, b = self.mass.way[:2]
        s, t = np.interp(z, self.z, self.moved), np.interp(z, self.z, self.across)
        x, y = self.mass.foot[0] + s * a - t * b, self.mass.foot[1] + s * b + t * a
        return self.pose.to_world(np.stack([x, y, z], axis=1))

    def neural(self, base: FieldOf, sac: FieldOf) -> FieldOf:
        """Return the field of the displaced neural tissue; both bases and the result take world coordinates."""
        return lambda at: self._edit(at, base, lambda own, _: self._neural(own, base, sac))

    def sac(self, base: FieldOf, neural: FieldOf) -> FieldOf:
        """Return the field of the dented sac; both bases and the result take world coordinates."""

        def dented(own: Coordinates, values: Field) -> Field:
            mass = self.mass.field(own)
            sac = intersection(values, np.float32(GAP_MM) - mass, 0.6)
            if not self.tight.any():
                return sac
            tight = np.interp(own[2], self.z, self.tight).astype(np.float32)
            slack = np.float32(DURA_MM) + np.float32(12.0) * (np.float32(1.0) - tight) ** 2
            return np.asarray(np.maximum(sac, self._neural(own, neural, base) - slack), dtype=np.float32)

        return lambda at: self._edit(at, base, dented)

    def _neural(self, own: Coordinates, base: FieldOf, sac: FieldOf) -> Field:
        mass = self.mass
        a, b = (np.float32(v) for v in mass.way[:2])
        x, y = own[0] - np.float32(mass.foot[0]), own[1] - np.float32(mass.foot[1])
        s, t = x * a + y * b, x * -b + y * a
        centre, moved, squeeze, spread, across = (
            np.interp(own[2], self.z, v).astype(np.float32)
            for v in (self.centre, self.moved, self.squeeze, self.spread, self.across)
        )
        s = centre + (s - moved) / squeeze
        t = across + (t - across) / spread
        sx, sy, sz = (
            np.asarray(v, dtype=np.float32)
            for v in (mass.foot[0] + s * a - t * b, mass.foot[1] + s * b + t * a, own[2] + np.zeros_like(s))
        )
        field = base(self.pose.grid_to(WORLD, (sx, sy, sz)))
        free = np.float32(DURA_MM + GAP_MM) - mass.field(own)
        held = np.maximum(free, sac(self.pose.grid_to(WORLD, own)) + np.float32(DURA_MM))
        return intersection(field, np.asarray(held, dtype=np.float32), 0.4)

    def _edit(self, at: Coordinates, base: FieldOf, change: _Change) -> Field:
        """Evaluate `base`, and `change` only in the planes that the mass concerns."""
        corners = np.array([[x, y, z] for x in (-40.0, 40.0) for y in (-60.0, 90.0) for z in (self.z[0], self.z[-1])])
        world = self.pose.to_world(corners)[:, 2]
        values = base(at)
        height = at[2].ravel()
        if at[2].size == max(at[2].shape):
            picked = np.flatnonzero((height >= world.min()) & (height <= world.max()))
            if not len(picked):
                return values
            values = np.array(np.broadcast_to(values, np.broadcast_shapes(*(c.shape for c in at))))
            axis = int(np.argmax(at[2].shape))
            slab = tuple(c if c.shape[axis] == 1 else c.take(picked, axis=axis) for c in at)
            window = tuple(picked if k == axis else slice(None) for k in range(values.ndim))
            values[window] = self._changed((slab[0], slab[1], slab[2]), values[window], change)
            return values
        return self._changed(at, values, change)

    def _changed(self, at: Coordinates, values: Field, change: _Change) -> Field:
        own = WORLD.grid_to(self.pose, at)
        near = (own[2] > self.z[0]) & (own[2] < self.z[-1])
        return np.where(near, change(own, values), values)


def _laid_out(mass: Mass, s: Vector, t: Vector, z: Vector) -> Coordinates:
    a, b = float(mass.way[0]), float(mass.way[1])
    shape = np.broadcast_shapes(s.shape, t.shape, z.shape)
    x = np.broadcast_to(mass.foot[0] + s * a - t * b, shape)
    y = np.broadcast_to(mass.foot[1] + s * b + t * a, shape)
    return x.astype(np.float32), y.astype(np.float32), np.broadcast_to(z, shape).astype(np.float32)


def _ends(field: Field, axis: Vector) -> tuple[Vector, Vector]:
    """Return where a shape begins and ends along the first axis, (m, n) over the other two; NaN where there is none."""
    inside = field <= 0
    there = inside.any(axis=0)
    before, after = field[:-1], field[1:]
    crossing = inside[:-1] != inside[1:]
    part = np.where(crossing, before / np.where(crossing, before - after, 1.0), 0.0)
    place = axis[:-1, None, None] + part * np.diff(axis)[:, None, None]
    first = np.where(inside[0], axis[0], np.where(crossing & inside[1:], place, np.inf).min(axis=0))
    last = np.where(inside[-1], axis[-1], np.where(crossing & inside[:-1], place, -np.inf).max(axis=0))
    return np.where(there, first, np.nan), np.where(there, last, np.nan)


def _outer(ends: Vector, pick: np.ufunc, known: NDArray[np.bool_], z: Vector) -> Vector:
    """Return a section's outermost end at every height; heights without a section take their neighbours'."""
    found = pick.reduce(ends, axis=0)
    return np.asarray(np.interp(z, z[known], found[known]))


def _run_out(wanted: Vector) -> Vector:
    """Return a smooth course that is nowhere below what is wanted."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d  # noqa: PLC0415

    # The filters together reach as far as the tissue takes to come back.
    wide = maximum_filter1d(wanted, 2 * int(0.25 * RUN_OUT_MM / STEP_MM) + 1)
    return np.asarray(np.maximum(gaussian_filter1d(wide, 0.22 * RUN_OUT_MM / STEP_MM, truncate=3.0), wanted))
