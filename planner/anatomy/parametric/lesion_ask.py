"""A lesion that was asked for: how large, where, and what does not go together there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.feret import feret_diameter_mm
from planner.anatomy.parametric.host import body_at, bone_at, columns_of
from planner.anatomy.parametric.irregular import Star
from planner.anatomy.parametric.places import pedicle, place_of
from planner.core.errors import InputError, Problem
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.lesion_spec import ParametricLesion

Vector = NDArray[np.float64]

WALL_GAP_MM = 5.0
"""Bone left between the default lesion and the posterior wall."""
RIND_MM = 0.7
"""Bone left between a lesion and the outside of the bone: the cortex as CT shows it, about twice its true 0.35 mm."""
FAR_MM = 120.0
"""Further from a body's centre than any of its bone."""
WALL_LEFT_MM = {"intact": RIND_MM, "thinned": 0.35, "breached": 0.05}
"""Bone left at the posterior wall, by its state."""
REACHED_MM = 0.2
"""How near to that a lesion must come for the wall to count as thinned or breached."""
PAST_WAIST_MM = 1.5
"""How far past a pedicle's narrowest section a lesion reaches that involves the pedicle."""


@dataclass(frozen=True, eq=False)
class Ask:
    """A lesion and where it goes, while it is being built."""

    lesion: ParametricLesion
    column: Column
    level: str
    step_mm: float
    path: str
    star: Star = field(init=False)
    radius: float = field(init=False)

    def __post_init__(self) -> None:
        lesion = self.lesion
        calm = 0.3 if lesion.kind == "osteoid_osteoma" else 1.0
        star = Star.seeded(lesion.seed, calm * lesion.irregularity)
        object.__setattr__(self, "star", star)
        if lesion.diameter_mm is not None:
            radius = lesion.diameter_mm / feret_diameter_mm(star.surface())
        else:
            radius = float(np.cbrt(1e3 * lesion.volume_ml / star.volume()))
        object.__setattr__(self, "radius", radius)

    def size(self, mesh: Mesh) -> float:
        """Return what was asked for, as a length relative to it."""
        if self.lesion.diameter_mm is not None:
            return feret_diameter_mm(mesh.vertices) / float(self.lesion.diameter_mm)
        return float(np.cbrt(mesh.volume_mm3 / 1e3 / self.lesion.volume_ml))

    @property
    def said(self) -> tuple[str, str]:
        """The key of the size and its value as text."""
        lesion = self.lesion
        if lesion.diameter_mm is not None:
            return "diameter", f"{lesion.diameter_mm:g} mm"
        return "volume", f"{lesion.volume_ml:g} mL"

    @cached_property
    def in_body(self) -> bool:
        """Whether its main part belongs to the body."""
        if self.lesion.centre_lps_mm is None:
            return (self.lesion.place or "body").startswith("body")
        own = self.column.poses[self.level].to_local(self.lesion.centre_lps_mm)
        return bool(body_at(self.column, self.level)(columns_of(own[None]))[0] < 0.0)

    def refuse(self, second: str, got: str, expected: str, way_out: str) -> InputError:
        """Return the error that names the size's path and another's."""
        key, size = self.said
        return InputError(
            [
                Problem(f"{self.path}.{key}", f"{size}, {got}", expected, way_out),
                Problem(f"{self.path}.{second}", got, expected, way_out),
            ]
        )


def check_centre(ask: Ask) -> None:
    """Refuse a centre that was given outside the bone, or in the arch for what only the body has."""
    lesion = ask.lesion
    if lesion.centre_lps_mm is None:
        return
    where, key = list(lesion.centre_lps_mm), "centre_lps_mm"
    if not ask.in_body:
        centre = centre_of(ask)
        far = bool(np.abs(centre).max() > FAR_MM)
        off = (
            FAR_MM
            if far
            else float(bone_at(ask.column, ask.level, centre - 4.0, centre + 4.0, 0.6)(columns_of(centre[None]))[0])
        )
        if off > 0.0:
            raise ask.refuse(
                key,
                f"around {where}, outside the bone of {ask.level}",
                "one inside bone",
                "move its centre into the bone",
            )
        for other, value in (("posterior_wall", lesion.posterior_wall), ("pedicles", lesion.pedicles)):
            if value is not None and value != "intact":
                raise ask.refuse(
                    other,
                    f"`{other}: {value}` around {where}, in the arch of {ask.level}",
                    "a lesion of the body",
                    "move its centre into the body or drop this",
                )


def centre_of(ask: Ask) -> Vector:
    """Return the centre in the vertebra's frame."""
    lesion, m = ask.lesion, ask.column.rows[ask.level]
    if lesion.centre_lps_mm is not None:
        return ask.column.poses[ask.level].to_local(lesion.centre_lps_mm)
    shape = ask.star.surface() * ask.radius
    low, high = shape.min(axis=0), shape.max(axis=0)
    wall = 0.5 * depth(m)
    if lesion.place is None:
        if lesion.pedicles in {"left", "right"} and lesion.wall == "intact":
            # From behind the pedicle's narrowest section it fills its own length into the body.
            waist, axis = pedicle(m, lesion.pedicles)
            return waist + max(ask.radius - PAST_WAIST_MM, 0.0) * axis
        if lesion.pedicles == "both" and lesion.wall == "intact":
            return place_of(m, "body_posterior")
        # Left of the midline, as near to the posterior wall as makes the distance to the canal matter. The lower
        # endplate is dished more deeply, so the widest place lies a little above the middle.
        side = {None: 0.09, "left": 0.2, "right": -0.2, "both": 0.0}[lesion.pedicles] * m.width_upper
        centre = np.array([side, wall - WALL_GAP_MM - high[1], 0.4 - 0.5 * (low[2] + high[2])])
    else:
        centre = place_of(m, lesion.place)
        if not ask.in_body:
            return _deepest(ask, centre)
    if lesion.wall != "intact":
        centre[1] = wall - high[1] + max(1.0, 0.06 * (high[1] - low[1]))
    return centre


def _deepest(ask: Ask, near: Vector) -> Vector:
    """Return the place around `near` that lies deepest in bone: the parts of the arch are thin."""
    span = 5.0
    bone = bone_at(ask.column, ask.level, near - span - 1.0, near + span + 1.0, 0.6)
    axis = np.linspace(-span, span, 17, dtype=np.float32)
    x, y, z = (axis + np.float32(c) for c in near)
    if near[0] == 0.0:
        x = np.zeros(1, dtype=np.float32)
    at = x[:, None, None], y[None, :, None], z[None, None, :]
    away = sum(((c - np.float32(n)) ** 2 for c, n in zip(at, near, strict=True)), np.float32(0.0))
    cost = bone(at) + np.float32(0.06) * away
    i, j, k = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return np.array([x[i], y[j], z[k]], dtype=np.float64)


def wall_left(ask: Ask, bone: Mesh) -> float:
    """Return the least bone between the lesion and the posterior wall, mm."""
    m = ask.column.rows[ask.level]
    wall = 0.5 * depth(m)
    near = bone.vertices[(bone.vertices[:, 1] > wall - 6.0) & (np.abs(bone.vertices[:, 0]) < 0.5 * m.canal_width)]
    if not len(near):
        return wall - float(bone.vertices[:, 1].max())
    return max(0.0, -float(body_at(ask.column, ask.level)(columns_of(near)).max()))


def check_wall(ask: Ask, bone: Mesh) -> None:
    """Refuse a wall that the lesion was to thin or breach and does not reach."""
    asked = ask.lesion.wall
    if asked == "intact":
        return
    left = wall_left(ask, bone)
    if left > WALL_LEFT_MM[asked] + REACHED_MM:
        key = "epidural" if ask.lesion.posterior_wall is None else "posterior_wall"
        value = ask.lesion.epidural if key == "epidural" else asked
        if ask.in_body:
            raise ask.refuse(
                key,
                f"`{key}: {value}`, but {left:.1f} mm of bone are left at the posterior wall",
                "a lesion that reaches the posterior wall",
                "make it larger or move it to the rear",
            )
