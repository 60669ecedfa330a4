"""Pressure against volume: at one pressure every ray stands where the bone asks for just so much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.geometry.mesh import Mesh
from planner.simulate.balloon.rays import LARGE_KPA, UPPER, Rays, asked_kpa

Array = NDArray[np.float64]
STEP_ML = 0.25
"""Steps of the curve: what technique guides ask of an operator."""
PRESSURES = 400
HALVINGS = 40
"""A pressure of 20 MPa is then found to better than a pascal."""


@dataclass(frozen=True, eq=False)
class Inflation:
    """A balloon at its planned volume.

    Attributes
    ----------
    volume_ml, pressure_kpa : (k,) the curve; pressure is what the bone asks for at that volume.
    radii_mm : (n,) how far it reaches along each ray at the end.
    front_mm : (n,) how far along each ray bone was crushed.
    gap_mm : (n,) bone left between it and the wall.
    stress_kpa : stress on the upper and on the lower endplate.
    lift_mm : how far the upper and the lower endplate were pushed.
    """

    rays: Rays
    volume_ml: Array
    pressure_kpa: Array
    radii_mm: Array
    front_mm: Array
    gap_mm: Array
    stress_kpa: tuple[float, float]
    lift_mm: tuple[float, float]

    def cavity(self) -> Mesh:
        """Surface of the cavity it leaves, LPS mm."""
        from scipy.spatial import ConvexHull  # noqa: PLC0415

        faces = ConvexHull(self.rays.way).simplices
        corners = self.rays.way[faces]
        outward = np.einsum("ij,ij->i", np.cross(corners[:, 1], corners[:, 2]), corners[:, 0]) > 0.0
        faces = np.where(outward[:, None], faces, faces[:, ::-1])
        return Mesh.of(self.rays.centre + self.radii_mm[:, None] * self.rays.way, faces)


def inflate(
    rays: Rays,
    up: Array,
    *,
    volume_ml: float | None,
    planned_kpa: float | None,
    lost_mm: float = 0.0,
    preload_n: float | None = None,
) -> Inflation:
    """Inflate to a volume, or to a pressure where no volume is planned.

    Parameters
    ----------
    up : unit vector toward the head. lost_mm : height the body has lost, which its endplates can regain.
    planned_kpa : endplates bear this pressure where it exceeds what the volume asks for.
    """
    c = calibration("bone_mechanics")
    patches = rays.patch(up)
    load = c["endplate_preload_n"] if preload_n is None else preload_n
    spread = np.pi / 4.0 * float(np.median(rays.free_mm) * rays.free_mm.max()) * 4.0  # mm², seen from above
    hold = 1000.0 * load / (spread * (rays.reach_mm / rays.free_mm[:, None]) ** 2)
    lost = np.where(rays.wall <= UPPER + 1, 0.5 * lost_mm, 0.0)
    asked, front, start = asked_kpa(rays, c["lock_fraction"], c["endplate_strength_kpa"], hold, lost)
    asked = np.maximum.accumulate(asked, axis=1)
    top = max(20_000.0, planned_kpa or 0.0)
    levels = np.concatenate([[0.0], np.geomspace(5.0, top, PRESSURES)])
    reached = np.stack([_reached(asked, rays.reach_mm, level) for level in levels])
    volumes = np.maximum.accumulate(rays.solid_angle * (reached**3).sum(axis=1) / 3000.0)
    end = float(np.interp(planned_kpa or 0.0, levels, volumes)) if volume_ml is None else volume_ml
    steps = np.unique(np.append(np.arange(STEP_ML, end, STEP_ML), end))
    curve = np.interp(steps, volumes, levels)
    final = _pressure_for(rays, asked, end, top)
    radii = _reached(asked, rays.reach_mm, final)
    pressure = max(final, planned_kpa or 0.0)
    moved = np.clip(radii - start, 0.0, lost)
    wall = rays.wall_mm + moved
    stress = [_stress(replace(rays, wall_mm=wall), radii, front, pressure, patch) for patch in patches]
    lift = [float(moved[p].mean()) if p.any() else 0.0 for p in patches]
    place = np.clip(np.searchsorted(rays.reach_mm, radii), 0, len(rays.reach_mm) - 1)
    crushed = np.minimum(np.maximum(front[np.arange(len(radii)), place], radii), wall)
    return Inflation(
        rays, steps, np.append(curve[:-1], final), radii, crushed, wall - radii,
        (stress[0], stress[1]), (lift[0], lift[1]),
    )  # fmt: skip


def _pressure_for(rays: Rays, asked: Array, volume_ml: float, top: float) -> float:
    """Find the pressure of a volume; in even bone it hardly changes with volume, so that a table would miss it."""
    low, high = 0.0, top
    if _volume_ml(rays, _reached(asked, rays.reach_mm, high)) < volume_ml:
        return LARGE_KPA
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _volume_ml(rays, _reached(asked, rays.reach_mm, middle)) < volume_ml:
            low = middle
        else:
            high = middle
    return high


def _volume_ml(rays: Rays, radii: Array) -> float:
    return float(rays.solid_angle * (radii**3).sum() / 3000.0)


def _reached(asked: Array, reach: Array, pressure: float) -> Array:
    """How far each ray goes at a pressure, linear between its places."""
    below = asked <= pressure
    count = np.where(below.all(axis=1), len(reach), below.argmin(axis=1))
    low = np.clip(count - 1, 0, len(reach) - 1)
    high = np.minimum(low + 1, len(reach) - 1)
    n = np.arange(len(asked))
    a, b = asked[n, low], asked[n, high]
    part = np.clip((pressure - a) / np.where(b > a, b - a, np.inf), 0.0, 1.0)
    here = reach[low] + part * (reach[high] - reach[low])
    first = reach[0] * np.clip(pressure / np.maximum(asked[:, 0], 1e-9), 0.0, 1.0)
    return np.asarray(np.where(count == 0, first, here))


def _stress(rays: Rays, radii: Array, front: Array, pressure: float, patch: NDArray[np.bool_]) -> float:
    """Mean stress on an endplate above or below: of debris up to the front, of an elastic ball beyond it."""
    if not patch.any():
        return 0.0
    r, d = np.maximum(radii[patch], 0.1), np.maximum(rays.wall_mm[patch], 0.1)
    place = np.clip(np.searchsorted(rays.reach_mm, r), 0, len(rays.reach_mm) - 1)
    b = front[patch][np.arange(len(r)), place]
    at = np.clip(np.searchsorted(rays.reach_mm, b), 0, len(rays.reach_mm) - 1)
    sigma = np.maximum(rays.crush_kpa[patch][np.arange(len(r)), at], 1.0)
    reach = r * np.exp(np.minimum(np.maximum(pressure - sigma, 0.0) / (2.0 * sigma), 5.0))
    debris = np.maximum(pressure - 2.0 * sigma * np.log(np.maximum(d / r, 1.0)), 0.0)
    elastic = np.minimum(sigma, pressure) * (np.minimum(reach, d) / d) ** 3
    return float(np.where(reach >= d, debris, elastic).mean())
