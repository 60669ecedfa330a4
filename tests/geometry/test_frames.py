"""Frames against hand-made affines: every orientation, oblique and degenerate ones."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planner.geometry import frames

ROUNDING_MM = 1e-10
"""Some dozen additions of numbers below 1000 in double precision."""

ORIENTATIONS = list(product(permutations(range(3)), product((False, True), repeat=3)))


def reoriented(array, affine, order, flips):
    """The same image with its axes in another order: what another exporter would write."""
    out, m = np.transpose(array, order), affine.copy()
    m[:, :3] = affine[:, order]
    for axis, flip in enumerate(flips):
        if flip:
            m[:3, 3] += m[:3, axis] * (out.shape[axis] - 1)
            m[:3, axis] *= -1
            out = np.flip(out, axis)
    return out, m


def affine_of(rotation, spacing, origin=(-40.0, 13.0, 220.0)):
    m = np.eye(4)
    m[:3, :3] = rotation @ np.diag(spacing)
    m[:3, 3] = origin
    return m


OBLIQUE = Rotation.from_euler("xyz", [17, -24, 8], degrees=True).as_matrix()
FORTY_FIVE = Rotation.from_euler("z", 45, degrees=True).as_matrix()


@pytest.mark.parametrize("rotation", [np.eye(3), OBLIQUE, FORTY_FIVE], ids=["straight", "oblique", "tie"])
def test_all_48_orders_of_an_image_become_one(rotation):
    array = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    affine = affine_of(rotation, (0.5, 0.7, 3.0))
    want, want_affine = frames.canonical(array, affine)
    for order, flips in ORIENTATIONS:
        got, got_affine = frames.canonical(*reoriented(array, affine, order, flips))
        np.testing.assert_array_equal(got, want)
        np.testing.assert_allclose(got_affine, want_affine, atol=ROUNDING_MM)
    assert len(ORIENTATIONS) == 48


@pytest.mark.parametrize("rotation", [np.eye(3), OBLIQUE], ids=["straight", "oblique"])
def test_canonical_axes_run_to_left_back_and_head_and_nothing_moves(rotation):
    array = np.random.default_rng(0).random((4, 5, 6))
    for order, flips in ORIENTATIONS:
        was, was_affine = reoriented(array, affine_of(rotation, (1, 2, 3)), order, flips)
        now, affine = frames.canonical(was, was_affine)
        assert (np.diag(affine)[:3] > 0).all()
        assert np.shares_memory(now, array)
        for index in product((0, -1), repeat=3):
            corner = [i % n for i, n in zip(index, now.shape, strict=True)]
            place = frames.apply_affine(affine, corner)
            before = np.rint(frames.apply_affine(np.linalg.inv(was_affine), place)).astype(int)
            assert was[tuple(before)] == now[tuple(corner)]
            # The inverse of an affine with an origin of 220 mm costs some digits.
            np.testing.assert_allclose(frames.apply_affine(was_affine, before), place, atol=1e-9)


def test_canonical_keeps_further_axes_behind():
    array = np.zeros((2, 3, 4, 7))
    got, _ = frames.canonical(array, affine_of(np.eye(3)[[2, 0, 1]], (1, 1, 1)))
    assert got.shape[3] == 7
    assert sorted(got.shape[:3]) == [2, 3, 4]


def test_canonical_refuses_what_has_no_place():
    with pytest.raises(ValueError, match="three spatial axes"):
        frames.canonical(np.zeros((2, 2)), np.eye(4))
    with pytest.raises(ValueError, match="singular"):
        frames.canonical(np.zeros((2, 2, 2)), np.diag([1.0, 1.0, 0.0, 1.0]))


def test_ras_and_lps_differ_by_the_sign_of_x_and_y():
    points = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, -6.0]])
    np.testing.assert_array_equal(frames.flip_ras_lps(points), [[-1, -2, 3], [4, -5, -6]])
    np.testing.assert_array_equal(frames.flip_ras_lps(frames.flip_ras_lps(points)), points)
    np.testing.assert_array_equal(frames.flip_ras_lps(points[0]), frames.apply_affine(frames.RAS_TO_LPS, points[0]))


def test_spacing_is_the_length_of_the_columns():
    np.testing.assert_allclose(frames.spacing_mm(affine_of(OBLIQUE, (0.5, 0.8, 3.0))), [0.5, 0.8, 3.0], rtol=1e-14)


@pytest.mark.parametrize(
    ("matrix", "singular"),
    [
        (np.eye(4), False),
        (np.diag([1e-4, 1e-4, 1e-4, 1.0]), False),
        (np.diag([-0.5, 0.5, 3.0, 1.0]), False),
        (np.diag([1.0, 0.0, 1.0, 1.0]), True),
        (np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), True),
        (np.diag([1.0, np.nan, 1.0, 1.0]), True),
        (np.diag([1.0, np.inf, 1.0, 1.0]), True),
    ],
)
def test_is_singular(matrix, singular):
    assert frames.is_singular(matrix) is singular
