"""Clearances against closed forms: needles and zones beside and inside cylinders, balls and walls."""

from __future__ import annotations

import igl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planner.geometry.bodies import Capsule, Ellipsoid, Spheroid
from planner.geometry.clearance import body_clearance, capsule_clearance, clearance_along, contains
from planner.geometry.mesh import Mesh

PROMISED_MM = 0.01
"""Error the layer allows itself."""

FACET_MM = 0.002
"""How far the 192-sided cord of radius 5 mm lies from the round one: r (1 - cos(π / 192)) = 0.0007 mm, and the
ball of 20 480 faces from its sphere, twice that for the two of a pair."""

LAWS = settings(max_examples=25, deadline=None, derandomize=True)

CORD = Capsule(np.array([0.0, 0.0, -60.0]), np.array([0.0, 0.0, 60.0]), 5.0)
CORD_MESH = CORD.surface(192, 24)
BALL_MESH = Spheroid(np.zeros(3), np.array([0.0, 0.0, 1.0]), 5.0, 5.0).surface(5)
BOX_MESH = Mesh.of(
    np.array([[x, y, z] for x in (0, 40) for y in (-20, 20) for z in (-20, 20)], dtype=float),
    [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4),
     (1, 5, 7), (1, 7, 3)],
)  # fmt: skip


def axis_distance(start, end):
    """Distance between a segment and the cord's axis by dense sampling of the convex function."""
    t = np.linspace(0, 1, 200_001)[:, None]
    return np.linalg.norm((start + t * (np.subtract(end, start)))[:, :2], axis=1).min()


@pytest.mark.parametrize(
    ("start", "end", "want"),
    [
        ((9, 0, -30), (9, 0, 30), 9 - 5 - 1.2),  # parallel
        ((9, -20, -20), (9, 25, 20), 9 - 5 - 1.2),  # tilted, passing by
        ((40, 3, 5), (8, 3, 5), np.hypot(8, 3) - 5 - 1.2),  # the tip is nearest
        ((6.2, -30, 0), (6.2, 30, 0), 0.0),  # tangent
        ((5.5, -30, 0), (5.5, 30, 0), 0.5 - 1.2),  # the wall is breached, the axis not in
        ((2, -30, 0), (2, 30, 0), -(5 - 2) - 1.2),  # straight through
        ((3, 0, -20), (3, 0, 20), -(5 - 3) - 1.2),  # along, wholly inside
        ((30, 0, 0), (1, 0, 0), -(5 - 1) - 1.2),  # the tip ends inside
        ((0, 0, 0), (0, 0, 0), -5 - 1.2),  # a ball on the axis
        ((0, 9, 0), (0, 9, 0), 9 - 5 - 1.2),  # a ball beside it
    ],
)
def test_needle_and_cord(start, end, want):
    got = capsule_clearance(start, end, 1.2, CORD_MESH)
    assert got.distance_mm == pytest.approx(want, abs=PROMISED_MM + FACET_MM)
    assert np.linalg.norm(got.on_tool - got.on_structure) == pytest.approx(abs(want), abs=PROMISED_MM + FACET_MM)
    tool = Capsule(np.array(start, dtype=float), np.array(end, dtype=float), 1.2)
    assert abs(tool.distance(got.on_tool[None])[0]) < 1.2 + FACET_MM
    assert abs(CORD.distance(got.on_structure[None])[0]) < FACET_MM


def test_outside_the_distance_is_exact_against_a_wall():
    # Box faces are exact planes, so rounding is all that is left.
    assert capsule_clearance((-3, 5, 5), (-7, 2, -9), 1.0, BOX_MESH).distance_mm == pytest.approx(2.0, abs=1e-12)
    edge = capsule_clearance((-3, -40, -24), (-3, 40, -24), 1.0, BOX_MESH)
    assert edge.distance_mm == pytest.approx(4.0, abs=1e-12)
    skew = capsule_clearance((-10, 0, -10), (10, 0, -30), 0.5, BOX_MESH)
    assert skew.distance_mm == pytest.approx(0.0 - 0.5, abs=1e-12)  # meets the edge itself, enters nothing


def test_needle_between_large_faces_is_not_missed():
    # Corner distances are all above 20 mm here; only the faces' interiors are near.
    got = capsule_clearance((20, 0, 0), (20, 0, 0), 1.0, BOX_MESH)
    assert got.distance_mm == pytest.approx(-21.0, abs=1e-12)


points = st.tuples(*[st.floats(-25, 25)] * 3).map(np.array)


@LAWS
@given(points, points)
def test_needle_and_cord_against_the_closed_form(start, end):
    rho = axis_distance(start, end)
    got = capsule_clearance(start, end, 0.75, CORD_MESH).distance_mm
    # Depth inside is 5 - rho for the infinite cord, outside the gap is rho - 5: one formula.
    assert got == pytest.approx(rho - 5.0 - 0.75, abs=PROMISED_MM + FACET_MM)


@LAWS
@given(points, points, st.integers(0, 2**31))
def test_rigid_motion_changes_nothing(start, end, seed):
    move = np.eye(4)
    move[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    move[:3, 3] = (31.0, -12.0, 150.0)
    here = capsule_clearance(start, end, 1.0, BALL_MESH).distance_mm
    there = capsule_clearance(
        move[:3, :3] @ start + move[:3, 3], move[:3, :3] @ end + move[:3, 3], 1.0, BALL_MESH.transformed(move)
    ).distance_mm
    # Outside it is rounding; inside the search may stop at another point within its tolerance.
    assert there == pytest.approx(here, abs=1e-9 if here > -1.0 else PROMISED_MM)


@LAWS
@given(points, points)
def test_mirroring_changes_nothing(start, end):
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    here = capsule_clearance(start, end, 1.0, BALL_MESH).distance_mm
    there = capsule_clearance(start * [-1, 1, 1], end * [-1, 1, 1], 1.0, BALL_MESH.transformed(mirror))
    assert there.distance_mm == pytest.approx(here, abs=1e-9 if here > -1.0 else PROMISED_MM)


@LAWS
@given(points, points, st.floats(0, 5), st.floats(0, 5))
def test_a_thicker_needle_is_nearer_by_just_that(start, end, radius, more):
    thin = capsule_clearance(start, end, radius, BALL_MESH).distance_mm
    thick = capsule_clearance(start, end, radius + more, BALL_MESH).distance_mm
    assert thick == pytest.approx(thin - more, abs=1e-12)


@LAWS
@given(points, points, st.floats(0.05, 0.95))
def test_a_shorter_needle_is_never_nearer(start, end, part):
    whole = capsule_clearance(start, end, 1.0, BALL_MESH).distance_mm
    piece = capsule_clearance(start, start + part * (end - start), 1.0, BALL_MESH).distance_mm
    assert piece >= whole - PROMISED_MM


def test_sampled_points_agree_with_the_pseudonormal_and_the_ball():
    p = np.random.default_rng(3).normal(size=(4000, 3)) * 5.0
    got, near = clearance_along(p, BALL_MESH)
    want = igl.signed_distance(
        p, BALL_MESH.vertices, BALL_MESH.faces, igl.SignedDistanceType.SIGNED_DISTANCE_TYPE_PSEUDONORMAL
    )[0]
    np.testing.assert_allclose(got, want, atol=1e-9)
    np.testing.assert_allclose(got, np.linalg.norm(p, axis=1) - 5.0, atol=2 * FACET_MM)
    np.testing.assert_allclose(np.linalg.norm(p - near, axis=1), np.abs(got), atol=1e-9)


def test_contains():
    p = np.random.default_rng(3).normal(size=(4000, 3)) * 4.0
    radius = np.linalg.norm(p, axis=1)
    clear = np.abs(radius - 5.0) > 2 * FACET_MM
    np.testing.assert_array_equal(contains(BALL_MESH, p[clear]), radius[clear] < 5.0)


ZONE = Spheroid(np.array([22.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 13.0, 8.0)


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (ZONE, 22 - 8 - 5),
        (Spheroid(np.array([22.0, 3.0, 0.0]), np.array([1.0, 0.0, 0.0]), 13.0, 8.0), None),
        (Ellipsoid(np.array([0.0, -30.0, 4.0]), np.eye(3), np.array([6.0, 9.0, 12.0])), 30 - 9 - 5),
        (Spheroid(np.array([10.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 13.0, 8.0), 10 - 8 - 5),  # cord enters
        (Spheroid(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 3.0, 2.0), -4 - 2),  # wholly inside
        (Capsule(np.array([9.0, 0, -30]), np.array([9.0, 0, 30]), 1.2), 9 - 5 - 1.2),
    ],
)
def test_zone_and_cord(body, want):
    got = body_clearance(body, CORD_MESH)
    if want is None:  # lying across: the gap by sampling the zone's own fine surface against the round cord
        want = CORD.distance(body.surface(7).vertices).min()
    assert got.distance_mm == pytest.approx(want, abs=PROMISED_MM + FACET_MM)
    assert np.linalg.norm(got.on_tool - got.on_structure) == pytest.approx(abs(got.distance_mm), abs=1e-9)
    if got.distance_mm > 0:
        assert abs(body.distance(got.on_tool[None])[0]) < 1e-9


@LAWS
@given(st.floats(-20, 30), st.floats(0, np.pi), st.floats(2, 10), st.floats(2, 10))
def test_ellipsoid_and_wall(x, tilt, long, short):
    """Closed form: the extent of a spheroid along the wall's normal is sqrt(Σ (semi · n)²)."""
    axis = np.array([np.cos(tilt), np.sin(tilt), 0.0])
    body = Spheroid(np.array([-x, 0.0, 0.0]), axis, long, short)
    reach = np.hypot(long * axis[0], short * axis[1])
    got = body_clearance(body, BOX_MESH).distance_mm
    if x > reach:
        assert got == pytest.approx(x - reach, abs=PROMISED_MM)
    else:
        assert got <= PROMISED_MM
    if -20 < x < 0:
        assert got == pytest.approx(x - min(long, short), abs=PROMISED_MM)


@LAWS
@given(st.floats(-12, 25), st.floats(-12, 25), st.floats(0, 3))
def test_a_larger_zone_is_never_farther(x, y, grow):
    small = Spheroid(np.array([x, y, 0.0]), np.array([0.0, 0.0, 1.0]), 9.0, 6.0)
    large = Spheroid(np.array([x, y, 0.0]), np.array([0.0, 0.0, 1.0]), 9.0 + grow, 6.0 + grow)
    assert body_clearance(large, BALL_MESH).distance_mm <= body_clearance(small, BALL_MESH).distance_mm + PROMISED_MM


@LAWS
@given(points)
def test_a_round_zone_and_a_ball_of_a_needle_agree_outside_and_deep_inside(centre):
    zone = body_clearance(Spheroid(centre, np.array([0.0, 0.0, 1.0]), 3.0, 3.0), BALL_MESH).distance_mm
    needle = capsule_clearance(centre, centre, 3.0, BALL_MESH).distance_mm
    assert zone == pytest.approx(needle, abs=PROMISED_MM)


@pytest.mark.parametrize(
    "call",
    [
        lambda: capsule_clearance((np.nan, 0, 0), (1, 1, 1), 1.0, BALL_MESH),
        lambda: capsule_clearance((0, 0, 0), (1, np.inf, 1), 1.0, BALL_MESH),
        lambda: capsule_clearance((0, 0, 0), (1, 1, 1), np.nan, BALL_MESH),
        lambda: capsule_clearance((0, 0, 0), (1, 1, 1), -1.0, BALL_MESH),
        lambda: clearance_along([[0, 0, np.nan]], BALL_MESH),
        lambda: contains(BALL_MESH, [[0, 0, np.nan]]),
        lambda: contains(Mesh.of(np.zeros((0, 3)), np.zeros((0, 3))), [[0, 0, 0]]),
        lambda: contains(Mesh.of(BALL_MESH.vertices * np.nan, BALL_MESH.faces), [[0, 0, 0]]),
    ],
)
def test_nonsense_is_refused_not_answered(call):
    with pytest.raises(ValueError, match=r"NaN|number|no faces|finite"):
        call()
