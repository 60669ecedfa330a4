"""Surfaces onto grids: centres inside, shares of voxels, whatever the grid's axes and where corners fall."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.geometry.bodies import Ellipsoid
from planner.geometry.clearance import contains
from planner.geometry.frames import apply_affine
from planner.geometry.mesh import Mesh
from planner.geometry.tessellate import unit_sphere
from planner.geometry.voxelise import inside, inside_graded, occupancy

SHAPE = (26, 24, 22)
CORNERS = np.array(list(product((0, 1), repeat=3)), dtype=float)
BOX_FACES = np.array(
    [
        [0, 1, 3],
        [0, 3, 2],
        [4, 6, 7],
        [4, 7, 5],
        [0, 4, 5],
        [0, 5, 1],
        [2, 3, 7],
        [2, 7, 6],
        [0, 2, 6],
        [0, 6, 4],
        [1, 5, 7],
        [1, 7, 3],
    ]
)


def box(low, high) -> Mesh:
    return Mesh.of(np.asarray(low) + CORNERS * (np.asarray(high) - np.asarray(low)), BOX_FACES)


def full(block, shape=SHAPE):
    out = np.zeros(shape, dtype=block.values.dtype)
    out[block.window] = block.values
    return out


def centres(affine, shape=SHAPE):
    return apply_affine(affine, np.argwhere(np.ones(shape, dtype=bool)))


@pytest.fixture(scope="module")
def potato() -> Mesh:
    """Not convex, smooth, of no symmetry."""
    ball = unit_sphere(4)
    x, y, z = ball.vertices.T
    radius = 7.0 + 1.5 * np.sin(2.0 * x + y) + 1.2 * np.cos(3.0 * z) * y
    return Mesh.of(ball.vertices * radius[:, None] + [12.3, 11.1, 10.4], ball.faces)


def oblique():
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
    affine = np.eye(4)
    affine[:3, :3] = turn * [0.9, 1.1, 1.3]
    affine[:3, 3] = np.array([12.0, 11.0, 10.0]) - affine[:3, :3] @ (0.5 * np.array(SHAPE))
    return affine


@pytest.mark.parametrize("affine", [np.eye(4), oblique()], ids=["straight", "oblique"])
def test_centres_are_those_that_the_winding_number_finds(potato, affine):
    assert np.array_equal(full(inside(potato, affine, SHAPE)).reshape(-1), contains(potato, centres(affine)))


def test_points_of_a_graded_grid_are_those_that_the_winding_number_finds(potato):
    turn = oblique()[:3, :3] / np.linalg.norm(oblique()[:3, :3], axis=0)  # right-handed
    rng = np.random.default_rng(5)
    places = tuple(np.sort(rng.uniform(-16.0, 16.0, n)) for n in (30, 41, 27))
    middle = np.array([12.0, 11.0, 10.0])
    block = inside_graded((potato.vertices - middle) @ turn, potato.faces, places)
    shape = tuple(len(at) for at in places)
    points = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).reshape(-1, 3) @ turn.T + middle
    assert np.linalg.det(turn) > 0.0
    assert np.array_equal(full(block, shape).reshape(-1), contains(potato, points))


def test_graded_lines_that_are_even_are_the_even_ones(potato):
    places = tuple(np.arange(float(n)) for n in SHAPE)
    block = inside_graded(potato.vertices, potato.faces, places)
    assert np.array_equal(full(block), full(inside(potato, np.eye(4), SHAPE)))
    assert not inside_graded(np.zeros((0, 3)), potato.faces[:0], places).values.size


def test_every_axis_order_and_direction_fills_the_same_places(potato):
    found = {}
    straight = full(inside(potato, np.eye(4), (24, 24, 24)), (24, 24, 24))
    for order, flips in product(permutations(range(3)), product((False, True), repeat=3)):
        affine = np.eye(4)[:, [*order, 3]]
        for axis, flip in enumerate(flips):
            if flip:
                affine[:3, 3] += affine[:3, axis] * 23
                affine[:3, axis] *= -1
        block = full(inside(potato, affine, (24, 24, 24)), (24, 24, 24))
        back = block[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)]
        found[order, flips] = np.transpose(back, np.argsort(order))
    assert len(found) == 48
    assert all(np.array_equal(one, straight) for one in found.values())


whole = st.integers(1, 18)


@given(st.tuples(whole, whole, whole), st.tuples(whole, whole, whole))
def test_corners_and_faces_on_grid_lines_are_counted_once(low, size):
    """A box of n whole units holds n centres each way, wherever its faces lie."""
    high = np.add(low, size)
    block = inside(box(low, high), np.eye(4), (40, 40, 40))
    assert int(block.values.sum()) == int(np.prod(size))
    assert float(occupancy(box(low, high), np.eye(4), (40, 40, 40)).values.sum(dtype=float)) == pytest.approx(
        np.prod(size), rel=1e-6
    )


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_no_line_leaks_from_a_surface_whose_corners_lie_on_lines(seed):
    """Corners rounded to half units fold and flatten triangles; beyond the surface's box nothing may be filled."""
    ball = unit_sphere(2)
    rng = np.random.default_rng(seed)
    corners = np.round(2.0 * (ball.vertices * rng.uniform(2.0, 6.0, 3) + rng.uniform(8.0, 12.0, 3))) / 2.0
    mesh = Mesh.of(corners, ball.faces)
    filled = full(inside(mesh, np.eye(4), SHAPE))
    places = centres(np.eye(4))[filled.reshape(-1)]
    low, high = mesh.bounds
    assert (places >= low).all()
    assert (places <= high).all()
    assert filled.sum() == pytest.approx(mesh.volume_mm3, rel=0.35)


@pytest.mark.parametrize("affine", [np.eye(4), oblique()], ids=["straight", "oblique"])
def test_shares_add_up_to_the_volume(potato, affine):
    share = occupancy(potato, affine, SHAPE, lines=4).values
    voxel = abs(np.linalg.det(affine[:3, :3]))
    assert share.min() >= 0.0
    assert share.max() <= 1.0
    assert share.sum(dtype=float) * voxel == pytest.approx(potato.volume_mm3, rel=5e-4)


def test_shares_of_a_ball_are_exact_along_the_lines():
    ball = Ellipsoid(np.full(3, 10.2), np.eye(3), np.array([7.0, 6.0, 8.0])).surface(5)
    coarse = full(occupancy(ball, np.eye(4), SHAPE, lines=8))
    fine_affine = np.diag([0.2, 0.2, 0.2, 1.0])
    fine_affine[:3, 3] = -0.4
    fine = full(inside(ball, fine_affine, tuple(5 * n for n in SHAPE)), tuple(5 * n for n in SHAPE))
    counted = fine.reshape(SHAPE[0], 5, SHAPE[1], 5, SHAPE[2], 5).mean(axis=(1, 3, 5))
    assert np.abs(coarse - counted).max() < 0.09
    assert np.abs(coarse - counted).mean() < 0.003


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("thickness", [0.05, 0.3])
def test_a_sheet_thinner_than_a_voxel_keeps_its_mass(axis, thickness):
    """Turned a little, as no wall lies along a grid; straight along it only the lines across could miss it."""
    low, high = np.full(3, 5.0), np.full(3, 17.0)
    high[axis] = low[axis] + thickness
    turn = np.array([[0.98, -0.17, 0.1], [0.17, 0.98, 0.05], [-0.1, -0.03, 0.99]])
    sheet = box(low, high)
    sheet = Mesh.of((sheet.vertices - 11.0) @ turn.T + 11.0, sheet.faces)
    got = occupancy(sheet, np.eye(4), SHAPE, lines=6).values.sum(dtype=float)
    assert got == pytest.approx(sheet.volume_mm3, rel=0.06)


def test_shells_that_overlap_are_filled_once():
    one, other = box([3, 3, 3], [9, 9, 9]), box([6, 6, 6], [12, 12, 12])
    both = Mesh.of(np.concatenate([one.vertices, other.vertices]), np.concatenate([one.faces, other.faces + 8]))
    assert inside(both, np.eye(4), SHAPE).values.sum() == 2 * 216 - 27
    assert occupancy(both, np.eye(4), SHAPE).values.max() == 1.0


def test_what_lies_beyond_the_grid_is_cut_and_what_misses_it_is_empty():
    assert inside(box([-5, -5, -5], [4, 4, 4]), np.eye(4), SHAPE).values.sum() == 64
    assert inside(box([-50, 5, 5], [100, 7, 7]), np.eye(4), SHAPE).values.sum() == 26 * 4
    for mesh in (
        box([-9, -9, -9], [-3, -3, -3]),
        box([50, 50, 50], [60, 60, 60]),
        Mesh.of(np.zeros((0, 3)), np.zeros((0, 3), dtype=int)),
    ):
        assert inside(mesh, np.eye(4), SHAPE).values.sum() == 0
        assert occupancy(mesh, np.eye(4), SHAPE).values.sum() == 0


def test_a_singular_affine_is_refused(potato):
    with pytest.raises(ValueError, match="singular"):
        inside(potato, np.diag([1.0, 0.0, 1.0, 1.0]), SHAPE)
    with pytest.raises(ValueError, match="singular"):
        occupancy(potato, np.diag([1.0, 0.0, 1.0, 1.0]), SHAPE)
