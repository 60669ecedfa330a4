"""What is let through: a slab of water and of bone, a needle across the beam, a balloon of contrast medium."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, pi

import numpy as np

from planner.geometry.bodies import Capsule, Spheroid
from planner.show.fluoro.beam import attenuation_grid, figures
from planner.show.fluoro.carm import CArm, Machine
from planner.show.fluoro.chords import chords
from planner.show.grey import Grey
from planner.validate.models import Case, Row

MACHINE = Machine(pixels=257)
FINE = Machine(pixels=1537)
"""Ten pixels to a millimetre at the isocentre, to count a needle's width by."""
AP = CArm.angled(MACHINE, (0.0, 0.0, 0.0))
ROUNDING = 1e-6


def _slab() -> Iterable[Row]:
    """100 mm of a CT number between air: what is left of the middle ray."""
    f = figures()
    for name, hu, per_mm in (
        ("water", 0.0, f["water_per_mm"]),
        ("bone_1000_hu", 1000.0, f["water_per_mm"] * (1.0 + f["bone_gain"])),
        ("fat", -100.0, 0.9 * f["water_per_mm"]),
    ):
        image = np.full((60, 110, 60), -1000.0, dtype=np.float32)
        image[:, 5:105] = hu
        affine = np.eye(4)
        affine[:3, 3] = [-29.5, -54.5, -29.5]
        grid = attenuation_grid(Grey(image, affine, "ct", -1000.0), np.zeros(3), 200.0)
        middle = MACHINE.pixels // 2
        got = exp(-float(grid.integrals(AP)[middle, middle]))
        form = "exp(−attenuation × 100 mm)"
        yield Row(f"transmission_{name}", "closed_form", exp(-per_mm * 100.0), got, 0.005 * exp(-per_mm * 100.0), form)


def _needle() -> Iterable[Row]:
    """A needle of 13G across the beam at the isocentre."""
    radius = 2.413 / 2.0
    carm = CArm.angled(FINE, (0.0, 0.0, 0.0))
    seen = chords(Capsule(np.array([-60.0, 0.0, 0.0]), np.array([20.0, 0.0, 0.0]), radius), carm)
    middle = FINE.pixels // 2
    got = float(seen[middle, middle])
    yield Row("deepest_mm", "closed_form", 2.0 * radius, got, ROUNDING, "its diameter, across the beam")
    area = pi * radius**2
    width = float(seen[:, middle].sum()) * carm.pixel_mm / FINE.magnification
    yield Row("shadow_mm2", "closed_form", area, width, 0.01 * area, "sum across the shadow: its cross-section")
    scale = FINE.pixels * FINE.magnification / FINE.detector_mm
    (tip,) = np.flatnonzero(np.diff((seen[middle] > 0.0).astype(int)) == 1)
    expected = middle - (20.0 + radius) * scale
    form = "length × magnification; the picture is seen from behind, left is left"
    yield Row("tip_column_pixels", "closed_form", expected, float(tip) + 0.5, 1.0, form)


def _balloon() -> Iterable[Row]:
    """A balloon of 4 mL: the sum over its shadow is its volume."""
    short = (4000.0 * 3.0 / (4.0 * pi * 1.6)) ** (1.0 / 3.0)
    axis = np.array([0.6, 0.64, 0.48])
    seen = chords(Spheroid(np.zeros(3), axis, 1.6 * short, short), AP)
    pixel = AP.pixel_mm / MACHINE.magnification
    got = float(seen.sum()) * pixel**2 / 1000.0
    form = "chords × area of a pixel at the isocentre; the depth of the balloon changes the scale by 0.1 %"
    yield Row("volume_ml", "closed_form", 4.0, got, 0.02, form)
    ball = chords(Spheroid(np.zeros(3), axis, 9.0, 9.0), AP)
    middle = MACHINE.pixels // 2
    yield Row("ball_diameter_mm", "closed_form", 18.0, float(ball[middle, middle]), ROUNDING, "2 × radius")


CASES = (
    Case("slab in the beam", _slab),
    Case("needle across the beam", _needle),
    Case("balloon in the beam", _balloon),
)
