"""Diameters, extents, shared volumes and crossings against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from planner.geometry import measures
from planner.geometry.bodies import Ellipsoid, Spheroid
from planner.geometry.mesh import Mesh

LAWS = settings(max_examples=30, deadline=None, derandomize=True)
Z = np.array([0.0, 0.0, 1.0])
BALL = Spheroid(np.zeros(3), Z, 10.0, 10.0).surface(5)
FACET_MM = 0.01
"""Faces of a 10 mm ball of 20 480 triangles lie up to 0.003 mm off it, its corners likewise."""
CUBE = Mesh.of(
    np.array([[x, y, z] for x in (0, 10) for y in (0, 10) for z in (0, 10)], dtype=float),
    [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4),
     (1, 5, 7), (1, 7, 3)],
)  # fmt: skip


def test_feret_of_a_box_is_its_diagonal():
    size, p, q = measures.feret_diameter(CUBE.vertices)
    assert size == pytest.approx(10 * np.sqrt(3), abs=1e-12)
    assert np.linalg.norm(p - q) == pytest.approx(size, abs=1e-12)


def test_feret_of_an_ellipsoid_is_its_long_axis():
    mesh = Ellipsoid(np.array([5.0, 6.0, 700.0]), np.eye(3), np.array([9.0, 6.0, 4.0])).surface(5)
    assert measures.feret_diameter(mesh.vertices)[0] == pytest.approx(18.0, abs=FACET_MM)


@LAWS
@given(st.integers(0, 2**31), st.integers(1, 300), st.integers(1, 3))
def test_feret_against_all_pairs(seed, count, dimensions):
    p = np.random.default_rng(seed).normal(size=(count, 3)) * 20.0 + 300.0
    p[:, dimensions:] = 4.0  # also flat and collinear sets
    want = pdist(p).max(initial=0.0)
    assert measures.feret_diameter(p)[0] == pytest.approx(want, abs=1e-9)


def test_feret_needs_points():
    with pytest.raises(ValueError, match="at least one"):
        measures.feret_diameter(np.zeros((0, 3)))


def test_extent_along():
    assert measures.extent_along(CUBE.vertices, (0, 0, -7)) == pytest.approx((-10, 0))
    low, high = measures.extent_along(CUBE.vertices, (1, 1, 1))
    assert high - low == pytest.approx(10 * np.sqrt(3))
    with pytest.raises(ValueError, match="length"):
        measures.extent_along(CUBE.vertices, (0, 0, 0))


@pytest.mark.parametrize("gap", [0.0, 5.0, 12.0, 25.0])
def test_shared_volume_of_two_balls_is_a_lens(gap):
    other = Spheroid(np.array([gap, 0.0, 0.0]), Z, 10.0, 10.0).surface(5)
    want = np.pi * (40 + gap) * max(20 - gap, 0.0) ** 2 / 12
    # The rim of the lens runs across facets: a ten-thousandth of it.
    assert measures.intersection_volume_mm3(BALL, other) == pytest.approx(want, rel=2e-4, abs=1e-9)


def test_shared_volume_takes_a_triangle_soup_and_refuses_what_is_open_or_inside_out():
    soup = Mesh.of(CUBE.triangles.reshape(-1, 3), np.arange(36).reshape(-1, 3))
    half = CUBE.transformed([[1, 0, 0, 5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert measures.intersection_volume_mm3(soup, half) == pytest.approx(500.0, abs=1e-6)
    with pytest.raises(ValueError, match="not a closed manifold"):
        measures.intersection_volume_mm3(Mesh.of(CUBE.vertices, CUBE.faces[1:]), half)
    with pytest.raises(ValueError, match="inside out"):
        measures.intersection_volume_mm3(Mesh.of(CUBE.vertices, CUBE.faces[:, ::-1]), half)


@pytest.mark.parametrize(
    ("start", "end", "want"),
    [
        ((-5, 5, 3), (20, 5, 3), [5, 15]),  # through two faces
        ((-5, 5, 5), (20, 5, 5), [5, 15]),  # through the diagonal shared by two triangles
        ((5, 5, 5), (20, 5, 5), [5]),  # from inside
        ((-5, 5, 5), (5, 5, 5), [5]),  # ends inside
        ((-5, -5, -5), (15, 15, 15), [5 * 3**0.5, 15 * 3**0.5]),  # through two corners
        ((-5, -5, 5), (5, 5, 5), [5 * 2**0.5]),  # through an edge
        ((-5, 5, 5), (5, -5, 5), []),  # touches an edge from outside
        ((0, 5, 5), (20, 5, 5), [0, 10]),  # starts on the surface
        ((-5, 5, 5), (0, 5, 5), [5]),  # ends on the surface, about to enter
        ((5, 5, 3), (10, 5, 3), [5]),  # ends on the surface, about to leave
        ((20, 5, 5), (30, 5, 5), []),
        ((5, 5, 5), (5, 5, 5), []),
    ],
)
def test_crossings_of_a_cube(start, end, want):
    np.testing.assert_allclose(measures.line_crossings(start, end, CUBE), want, atol=1e-9)


@LAWS
@given(st.floats(-12, 12), st.floats(-12, 12))
def test_crossings_of_a_ball_are_its_chord(x, y):
    got = measures.line_crossings((x, y, -30), (x, y, 30), BALL)
    rho = np.hypot(x, y)
    if rho < 9.9:
        half = np.sqrt(100 - rho**2)
        # Grazing, the chord is steeper than the surface by half / 10.
        np.testing.assert_allclose(got, [30 - half, 30 + half], atol=FACET_MM * 10 / half)
    elif rho > 10.1:
        assert got.size == 0


def test_no_ray_slips_between_triangles():
    targets = np.concatenate([BALL.vertices[:150], BALL.vertices[BALL.faces[:150, :2]].mean(axis=1)])
    for target in targets:
        start = target * 3.0
        assert len(measures.line_crossings(start, -start, BALL)) == 2
