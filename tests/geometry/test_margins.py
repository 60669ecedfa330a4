"""Ablation margins against closed forms: balls, spheroids and unions over a lesion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.geometry.bodies import Capsule, Ellipsoid, Spheroid
from planner.geometry.clearance import clearance_along, covering_margin
from planner.geometry.mesh import Mesh

PROMISED_MM = 0.01
"""Error the layer allows itself."""

FACET_MM = 0.005
"""How far the lesion of 20 480 faces and 9 mm lies from its ball: 2.6e-4 of the radius."""

LAWS = settings(max_examples=20, deadline=None, derandomize=True)
Z = np.array([0.0, 0.0, 1.0])
LESION = Spheroid(np.zeros(3), Z, 9.0, 9.0).surface(5)


def ball(centre, radius):
    return Spheroid(np.asarray(centre, dtype=float), Z, radius, radius)


def bare(*bodies):
    """A union as nothing but a function, so that only its Lipschitz bound is known."""
    return lambda p: np.min([b.distance(p) for b in bodies], axis=0)


@pytest.mark.parametrize("offset", [0.0, 1.0, 3.0, 5.0, 20.0])
def test_ball_in_ball(offset):
    margin, place = covering_margin(LESION, ball((offset, 0, 0), 12.0))
    assert margin == pytest.approx(12.0 - 9.0 - offset, abs=FACET_MM)
    if offset:
        np.testing.assert_allclose(place, [-9.0, 0.0, 0.0], atol=0.5)  # a face of this lesion is 0.5 mm


def test_ball_in_spheroid_is_limited_by_the_short_axis_and_by_the_offset_along_the_long_one():
    assert covering_margin(LESION, Spheroid(np.zeros(3), Z, 15.0, 11.0))[0] == pytest.approx(2.0, abs=FACET_MM)
    tip = Spheroid(np.array([0.0, 0.0, 5.0]), Z, 15.0, 14.0)
    margin, place = covering_margin(LESION, tip)
    # By brute force over the round lesion.
    fine = 9.0 * np.stack([np.sin(t := np.linspace(0, np.pi, 100_001)), 0 * t, np.cos(t)], axis=1)
    assert margin == pytest.approx(-tip.distance(fine).max(), abs=FACET_MM)
    assert place[2] < -8.0


def test_ellipsoid_lesion_against_its_own_axes():
    lesion = Ellipsoid(np.zeros(3), np.eye(3), np.array([10.0, 7.0, 5.0])).surface(5)
    assert covering_margin(lesion, ball((0, 0, 0), 12.0))[0] == pytest.approx(2.0, abs=FACET_MM)


def test_body_its_method_and_a_bare_function_agree():
    zone = Spheroid(np.array([2.0, 1.0, 0.0]), Z, 15.0, 11.0)
    body, method = covering_margin(LESION, zone)[0], covering_margin(LESION, zone.distance)[0]
    general = covering_margin(LESION, bare(zone))[0]
    assert body == method
    assert general == pytest.approx(body, abs=PROMISED_MM)


def test_concentric_bare_function_ends_and_is_right():
    zone = ball((0, 0, 0), 12.0)
    margin, _ = covering_margin(LESION, bare(zone))
    assert margin == pytest.approx(3.0, abs=FACET_MM)


def test_zone_given_as_a_surface():
    zone = ball((1, 0, 0), 12.0).surface(4)
    margin, _ = covering_margin(ball((0, 0, 0), 9.0).surface(3), lambda p: clearance_along(p, zone)[0])
    # 1280 faces of 9 mm and 5120 of 12 mm stand off by 0.04 and 0.01 mm.
    assert margin == pytest.approx(2.0, abs=0.06)


def test_union_is_judged_where_its_bodies_meet():
    """Two balls side by side leave a waist: sqrt(r² - a²) wide, nearer than either ball's own reach."""
    a, r = 5.0, 10.0
    lesion = Capsule(np.zeros(3), np.zeros(3), 6.0).surface(192, 48)
    bodies = [ball((-a, 0, 0), r), ball((a, 0, 0), r)]
    margin, place = covering_margin(lesion, bodies)
    # On the lesion's equator x = 0 both distances are sqrt(36 + 25) - 10, and that is the largest.
    assert margin == pytest.approx(10.0 - np.hypot(6.0, 5.0), abs=PROMISED_MM + FACET_MM)
    assert abs(place[0]) < 0.3
    general = covering_margin(lesion, bare(*bodies))[0]
    assert general == pytest.approx(margin, abs=PROMISED_MM)


def test_peak_inside_a_large_face_is_found():
    """A cube's face of two triangles: the waist of the union runs through their interiors."""
    cube = Mesh.of(
        np.array([[x, y, z] for x in (-6, 6) for y in (-1, 1) for z in (-1, 1)], dtype=float),
        [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4),
         (1, 5, 7), (1, 7, 3)],
    )  # fmt: skip
    bodies = [ball((-5, 0, 0), 4.5), ball((5, 0, 0), 4.5)]
    want = 4.5 - np.sqrt(5**2 + 1 + 1)  # at the long edges' middles, no corner of the mesh
    assert covering_margin(cube, bodies)[0] == pytest.approx(want, abs=PROMISED_MM)
    general = covering_margin(cube, bare(*bodies))[0]
    assert general == pytest.approx(want, abs=PROMISED_MM)


@LAWS
@given(st.floats(6, 16), st.floats(6, 16), st.floats(-8, 8), st.floats(0, 4))
def test_a_larger_zone_never_covers_less(long, short, shift, grow):
    small = Spheroid(np.array([shift, 0.0, 2.0]), Z, long, short)
    large = Spheroid(np.array([shift, 0.0, 2.0]), Z, long + grow, short + grow)
    assert covering_margin(LESION, large)[0] >= covering_margin(LESION, small)[0] - 1e-9


@LAWS
@given(st.floats(-8, 8), st.floats(-8, 8))
def test_one_more_zone_never_covers_less(x, y):
    one = ball((x, 0, 0), 10.0)
    both = [one, ball((0, y, 0), 10.0)]
    assert covering_margin(LESION, both)[0] >= covering_margin(LESION, one)[0] - PROMISED_MM


def test_what_is_no_zone_is_refused():
    with pytest.raises(ValueError, match="no bodies"):
        covering_margin(LESION, [])
    with pytest.raises(TypeError, match="a zone is"):
        covering_margin(LESION, 3.0)
    with pytest.raises(ValueError, match="not a number"):
        covering_margin(LESION, lambda p: np.full(len(p), np.nan))
