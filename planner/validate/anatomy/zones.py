"""An ablation zone beside the cord and a wall, and over a ball-shaped lesion; the lesion through a whole plan."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import pi, sqrt

import numpy as np

from planner.geometry.bodies import Capsule, Spheroid
from planner.geometry.clearance import body_clearance
from planner.geometry.mesh import Mesh
from planner.validate.anatomy.instruments import CORD_MM, TOLERANCE_MM, cord
from planner.validate.models import Case, Row
from planner.validate.patients import COARSE_L3, access, measured, plan

COVERAGE_TOLERANCE = 0.002
"""Two surfaces of 5120 faces each, both of exact volume, share a volume right to about 0.1 %."""
LEVEL, X = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])


def _beside_the_cord(away_mm: float) -> Iterable[Row]:
    zone = Spheroid(np.array([away_mm, 0.0, 0.0]), LEVEL, 13.0, 8.0)
    form = "distance of the axes − short half-axis − radius of the cord"
    got = body_clearance(zone, cord()).distance_mm
    yield Row("zone_cord_clearance_mm", "closed_form", away_mm - 8.0 - CORD_MM, got, TOLERANCE_MM, form)


def _tilted_at_a_wall() -> Iterable[Row]:
    corners = np.array([[x, y, z] for x in (0, 40) for y in (-40, 40) for z in (-40, 40)], dtype=float)
    faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6)]
    wall = Mesh.of(corners, [*faces, (0, 6, 4), (1, 5, 7), (1, 7, 3)])
    axis = np.array([0.6, 0.8, 0.0])
    got = body_clearance(Spheroid(np.array([-18.0, 3.0, 2.0]), axis, 13.0, 8.0), wall).distance_mm
    form = "half-extent of a spheroid across a wall is √((a·n₁)² + (b·n₂)²)"
    expected = 18.0 - sqrt((13.0 * 0.6) ** 2 + (8.0 * 0.8) ** 2)
    yield Row("zone_clearance_mm", "closed_form", expected, got, TOLERANCE_MM, form)


def _as_a_needle() -> Iterable[Row]:
    at = np.array([11.0, 2.0, 4.0])
    ball = body_clearance(Spheroid(at, LEVEL, 3.0, 3.0), cord()).distance_mm
    needle = body_clearance(Capsule(at, at, 3.0), cord()).distance_mm
    form = "a round zone and a needle without length are the same ball"
    yield Row("zone_minus_needle_mm", "closed_form", 0.0, ball - needle, TOLERANCE_MM, form)


def _lesion(long_mm: float, short_mm: float, diameter_mm: float, along_mm: float) -> dict[str, float]:
    """Measure a ball whose centre lies `along_mm` from the zone's, along its axis, through a whole plan."""
    # The needle runs along −y; its tip is 10 mm beyond the zone's centre, which is the origin.
    step = {
        "kind": "radiofrequency_ablation",
        "device": "generic_monopolar_20mm",
        "access": access((0, 80, 0), (0, -10, 0)),
        "zone": {"long_axis_mm": long_mm, "short_axis_mm": short_mm, "centre_from_tip_mm": 10},
    }
    ball = {"sphere": {"centre": [0.0, along_mm, 0.0], "diameter_mm": diameter_mm}}
    return measured(plan(COARSE_L3 | {"lesions": {"tumour": ball}}, step, lesion="tumour"))


def _margin(sizes: tuple[float, float, float], along_mm: float, expected: float, form: str) -> Iterable[Row]:
    got = _lesion(*sizes, along_mm)
    yield Row("ablation_margin_mm", "closed_form", expected, got["ablation_margin_mm"], TOLERANCE_MM, form)
    size = got["lesion_diameter_mm"]
    yield Row("lesion_diameter_mm", "closed_form", sizes[2], size, TOLERANCE_MM, "largest Feret diameter of a ball")


def _covered_by_a_spheroid() -> Iterable[Row]:
    a, b, r = 13.0, 7.0, 9.0
    # Where the ball is thinner than the spheroid, beyond ±z, its caps are covered; between them the spheroid decides.
    z = sqrt((r * r - b * b) / (1.0 - (b / a) ** 2))
    shared = 2 * pi * (b * b * (z - z**3 / (3 * a * a)) + r * r * (r - z) - (r**3 - z**3) / 3)
    expected = shared / (4 / 3 * pi * r**3)
    got = _lesion(2 * a, 2 * b, 2 * r, 0.0)["lesion_coverage_fraction"]
    form = "∫ min(b²(1 − z²/a²), r² − z²) dz over the ball, both about one centre"
    yield Row("lesion_coverage_fraction", "closed_form", expected, got, COVERAGE_TOLERANCE, form)


def _covered_as_a_lens() -> Iterable[Row]:
    big, small, d = 9.0, 7.0, 8.0
    lens = pi * (big + small - d) ** 2 * (d * d + 2 * d * (big + small) - 3 * (big - small) ** 2) / (12 * d)
    got = _lesion(2 * big, 2 * big, 2 * small, d)["lesion_coverage_fraction"]
    form = "volume of the lens that two balls share, π(R+r−d)²(d²+2d(R+r)−3(R−r)²)/12d"
    expected = lens / (4 / 3 * pi * small**3)
    yield Row("lesion_coverage_fraction", "closed_form", expected, got, COVERAGE_TOLERANCE, form)


CASES = (
    Case("zone beside the cord", partial(_beside_the_cord, 22.0)),
    Case("cord reaching into the zone", partial(_beside_the_cord, 10.0)),
    Case("zone tilted before a wall", _tilted_at_a_wall),
    Case("round zone against needle tip", _as_a_needle),
    Case("ball in the middle of the zone", partial(_margin, (30.0, 20.0, 12.0), 0.0, 4.0, "short half-axis − radius")),
    Case(
        "ball beyond the end of the zone",
        partial(
            _margin, (30.0, 20.0, 16.0), 10.0, -3.0, "long half-axis − (offset + radius), within the tip's curvature"
        ),
    ),
    Case("ball wider than a slim zone", _covered_by_a_spheroid),
    Case("ball half out of a round zone", _covered_as_a_lens),
)
