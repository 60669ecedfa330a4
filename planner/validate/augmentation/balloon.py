"""A balloon in even bone against the closed form of a cavity in crushable material, and unit conversions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial

import numpy as np

from planner.anatomy.calibration import calibration
from planner.core.units import to_unit
from planner.geometry.bodies import Spheroid
from planner.simulate.balloon.inflate import Inflation, inflate
from planner.simulate.balloon.rays import Rays, cast
from planner.simulate.balloon.shape import BalloonShape, wall_kpa
from planner.simulate.spongiosa import crushing_kpa
from planner.validate.models import Case, Row

SHAPE = BalloonShape(4.0, 16.0, 21.0, 15.0, 3.1)
PLATEAU_SHARE = 0.02
"""Samples of half a millimetre along the rays, and the channel of the instrument, which holds no bone."""
UP = np.array([0.0, 0.0, 1.0])
FORM = "cavity in crushable bone: σ (1 + ⅔ ln 1/ε), and the balloon's own wall"


def in_even_bone(density: float, volume_ml: float, radius_mm: float = 60.0) -> Inflation:
    """Inflate in a ball of bone of one density whose wall is far away."""
    rays = _rays(radius_mm)
    rays = replace(rays, crush_kpa=np.full_like(rays.crush_kpa, float(crushing_kpa(density))))
    return inflate(rays, UP, volume_ml=volume_ml, planned_kpa=None)


@cache
def _rays(radius_mm: float) -> Rays:
    ball = Spheroid(np.zeros(3), UP, radius_mm, radius_mm).surface()
    return cast(SHAPE, np.zeros(3), np.array([0.0, 1.0, 0.0]), ball, np.eye(3))[0]


def _plateau(density: float) -> Iterable[Row]:
    found = in_even_bone(density, 3.0)
    sigma, lock = float(crushing_kpa(density)), calibration("bone_mechanics")["lock_fraction"]
    bone = sigma * (1.0 + 2.0 / 3.0 * np.log(1.0 / lock))
    # Most rays stand where bone and the balloon's own wall share the pressure.
    wall = float(np.median(wall_kpa(found.radii_mm / found.rays.free_mm)))
    got = float(found.pressure_kpa[-1])
    yield Row("pressure_kpa", "closed_form", round(bone + wall, 3), got, PLATEAU_SHARE * (bone + wall), FORM)
    ratio = float(np.median(found.front_mm / found.radii_mm))
    tolerance = 0.5 / float(np.median(found.radii_mm))  # one sample of the ray
    yield Row("front_over_radius", "closed_form", lock ** (-1.0 / 3.0), ratio, tolerance, "b = r ε^(−1/3)")
    volume = found.rays.solid_angle * float((found.radii_mm**3).sum()) / 3000.0
    yield Row("volume_ml", "closed_form", 3.0, volume, 0.01 * 3.0, "the volume asked for; rays stand for equal angles")


def _psi() -> Iterable[Row]:
    for psi, kpa in ((50, 344.7), (175, 1206.6), (300, 2068.4), (400, 2757.9), (700, 4826.3)):
        yield Row(
            f"{psi}_psi_in_kpa", "worked_example", kpa, to_unit(f"{psi} psi", "kPa"), 0.05, "1 psi = 6.894757 kPa"
        )


CASES = (
    Case("balloon in even osteoporotic bone", partial(_plateau, 50.0)),
    Case("balloon in even normal bone", partial(_plateau, 120.0)),
    Case("psi of the balloon figures", _psi),
)
