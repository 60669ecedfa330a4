"""Surfaces of label maps against the closed shapes that were voxelised."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planner.geometry.bodies import Capsule, Spheroid
from planner.geometry.clearance import capsule_clearance, clearance_along, contains, covering_margin
from planner.geometry.frames import apply_affine
from planner.geometry.levelset import is_closed
from planner.geometry.measures import line_crossings
from planner.geometry.surface import SURFACE_ERROR_VOXELS, WIDEST_MM, surface_of_mask, surface_uncertainty_mm

WORST_VOXELS = 0.5
"""A label cannot tell a wall's place between two voxel centres, half a voxel to each side: the pole of a ball
in line with the grid may be anywhere there. `SURFACE_ERROR_VOXELS` holds for 99 of 100 directions."""

OBLIQUE = Rotation.from_euler("xyz", [21, -33, 40], degrees=True).as_matrix()
SPACINGS = [
    ((0.5, 0.5, 0.5), np.eye(3)),
    ((1.0, 1.0, 1.0), np.eye(3)),
    ((3.0, 3.0, 3.0), np.eye(3)),
    ((0.5, 0.5, 0.8), np.eye(3)),
    ((0.8, 0.8, 3.0), np.eye(3)),
    ((0.5, 0.5, 0.5), OBLIQUE),
    ((0.8, 0.5, 0.5), OBLIQUE @ np.diag([1.0, -1.0, 1.0])),
]
each_spacing = pytest.mark.parametrize(("spacing", "rotation"), SPACINGS, ids=lambda v: str(np.shape(v)))


def image(spacing, rotation, half):
    """Voxel centres (n, 3) of a cube of half-width `half` about the origin, its shape and affine."""
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(spacing)
    shape = tuple(np.ceil(2 * half / np.array(spacing)).astype(int) + 1)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return apply_affine(affine, np.indices(shape).reshape(3, -1).T), shape, affine


def error_in_voxels(affine, directions, errors):
    unit = [surface_uncertainty_mm(affine, d) / SURFACE_ERROR_VOXELS for d in directions]
    return np.abs(errors) / unit


@each_spacing
def test_needle_to_cord(spacing, rotation):
    rng = np.random.default_rng(11)
    for tilt in ([0.0, 0.0, 1.0], [0.3, -0.2, 1.0], [1.0, 0.6, 0.9]):
        d = np.array(tilt) / np.linalg.norm(tilt)
        off = rng.uniform(-0.5, 0.5, 3) * spacing
        centres, shape, affine = image(spacing, rotation, 20.0)
        mask = Capsule(off - 90 * d, off + 90 * d, 5.0).distance(centres).reshape(shape) < 0
        made = surface_of_mask(mask, affine)
        assert is_closed(made.mesh.faces)
        assert abs(made.volume_error) < 0.01
        for gap in (0.5, 2.0, 4.0):
            side = np.cross(d, rng.normal(size=3))
            side /= np.linalg.norm(side)
            along = np.cross(d, side) + rng.uniform(-1, 1) * d
            tip = off + (5.0 + gap + 1.2) * side
            got = capsule_clearance(tip - 8 * along, tip + 8 * along, 1.2, made.mesh).distance_mm
            # 3 mm voxels see this cord three across: fewer than the six the bound is for.
            allowed = SURFACE_ERROR_VOXELS if max(spacing) < 1.5 else WORST_VOXELS
            assert error_in_voxels(affine, [side], [got - gap])[0] <= allowed


@each_spacing
def test_ball_from_every_side(spacing, rotation):
    rng = np.random.default_rng(12)
    off = rng.uniform(-0.5, 0.5, 3) * spacing
    centres, shape, affine = image(spacing, rotation, 14.0)
    body = Spheroid(off, np.array([0.0, 0.0, 1.0]), 9.0, 9.0)
    mask = body.distance(centres).reshape(shape) < 0
    made = surface_of_mask(mask, affine)
    assert made.mesh.volume_mm3 == pytest.approx(mask.sum() * np.prod(spacing), rel=0.002)
    assert made.parts == 1
    assert made.smoothing == min(1.0, WIDEST_MM / min(spacing))
    away = rng.normal(size=(400, 3))
    away /= np.linalg.norm(away, axis=1)[:, None]
    errors = clearance_along(off + 14.0 * away, made.mesh)[0] - 5.0
    off_by = error_in_voxels(affine, away, errors)
    assert np.quantile(off_by, 0.95) <= SURFACE_ERROR_VOXELS
    assert off_by.max() <= WORST_VOXELS
    zone = Spheroid(off + np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.6, 0.8]), 15.0, 13.0)
    want, _ = covering_margin(body.surface(5), zone)
    got, place = covering_margin(made.mesh, zone)
    assert error_in_voxels(affine, [place - off], [got - want])[0] <= SURFACE_ERROR_VOXELS


def test_a_label_that_leaves_the_image_gets_no_cap_there():
    centres, shape, affine = image((1.0, 1.0, 1.0), np.eye(3), 12.0)
    mask = (np.hypot(centres[:, 0], centres[:, 1]) < 5.0).reshape(shape)
    open_ended = surface_of_mask(mask, affine)
    capped = surface_of_mask(mask, affine, border="cap")
    assert is_closed(open_ended.mesh.faces)
    assert is_closed(capped.mesh.faces)
    edge = 12.5  # the outer face of the last voxel
    assert open_ended.mesh.bounds[1, 2] == pytest.approx(edge + 3.0, abs=0.5)
    assert capped.mesh.bounds[1, 2] == pytest.approx(edge, abs=0.5)
    # At the border itself the wall is where it is elsewhere: the cap is out of the gaussian's reach.
    last = [[8.0, 0.0, 12.0], [8.0, 0.0, 0.0]]
    at_border, within = clearance_along(last, open_ended.mesh)[0]
    assert at_border == pytest.approx(within, abs=0.05)
    # A label in the corner touches three borders.
    corner = np.zeros((9, 9, 9), dtype=bool)
    corner[:4, :4, 5:] = True
    made = surface_of_mask(corner, np.eye(4))
    assert is_closed(made.mesh.faces)
    assert abs(made.volume_error) < 0.01


@pytest.mark.parametrize("where", [(0, 4, 9), (5, 0, 0), (12, 11, 10), (4, 5, 6)])
def test_a_mask_cut_out_of_its_image_is_the_same_surface(where):
    """In corners, at borders and inside: the border of the cut is none of the image's."""
    mask = np.zeros((22, 21, 20), dtype=bool)
    low = np.array(where)
    box = tuple(slice(k, k + 10) for k in low)
    mask[box] = np.random.default_rng(4).random((10, 10, 10)) < 0.8
    affine = np.array([[0.7, 0.1, 0, 3.3], [0, -0.9, 0, 8.1], [0, 0.2, 2.0, -40], [0, 0, 0, 1]])
    whole = surface_of_mask(mask, affine)
    cut = surface_of_mask(mask[box], affine, at=low, image=mask.shape)
    np.testing.assert_array_equal(cut.mesh.vertices, whole.mesh.vertices)
    np.testing.assert_array_equal(cut.mesh.faces, whole.mesh.faces)


def test_every_part_is_kept():
    mask = np.zeros((40, 40, 40), dtype=bool)
    mask[5:25, 5:25, 5:25] = True
    mask[32, 32, 32] = True  # a single voxel
    mask[5:25, 27, 5:25] = True  # a sheet one voxel thick
    mask[30:38, 10, 10] = True  # a thread
    made = surface_of_mask(mask, np.eye(4))
    assert made.parts == 4
    assert is_closed(made.mesh.faces)
    assert abs(made.volume_error) < 0.01
    assert made.mesh.volume_mm3 == pytest.approx(mask.sum(), rel=0.01)
    assert contains(made.mesh, [[32, 32, 32], [15, 27, 15], [34, 10, 10], [15, 15, 15]]).all()
    assert made.smoothing == 1.0  # the small ones do not roughen the large one


def test_a_thin_process_on_a_thick_body_is_kept():
    mask = np.zeros((50, 30, 30), dtype=bool)
    mask[5:25, 5:25, 5:25] = True
    mask[25:45, 14, 14] = True
    made = surface_of_mask(mask, np.eye(4))
    # Smoothed by one voxel the thread would vanish and a needle could pass where bone or vessel is.
    assert contains(made.mesh, [[k, 14, 14] for k in range(26, 45)]).all()
    assert made.unsmoothed_voxels >= 18
    # The body stays smooth: its walls are where they are without the process.
    plain = surface_of_mask(mask & (np.indices(mask.shape)[0] < 25), np.eye(4))
    assert made.smoothing == plain.smoothing == 1.0
    assert plain.unsmoothed_voxels == 0
    far = [[2.0, 14.0, 14.0], [14.0, 28.0, 14.0]]
    # The level gives the body back what the thread now keeps of its own volume.
    np.testing.assert_allclose(clearance_along(far, made.mesh)[0], clearance_along(far, plain.mesh)[0], atol=0.02)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.3, 0.6, 0.9])
def test_any_label_becomes_closed_and_keeps_its_volume(density):
    mask = np.random.default_rng(1).random((14, 13, 12)) < density
    made = surface_of_mask(mask, np.diag([0.5, 0.7, 2.0, 1.0]), border="cap")
    assert is_closed(made.mesh.faces)
    assert made.mesh.volume_mm3 == pytest.approx(mask.sum() * 0.7, rel=0.01)


def test_sheared_and_mirroring_affines_place_the_same_index_surface():
    mask = np.zeros((20, 20, 20), dtype=bool)
    mask[4:16, 6:14, 5:15] = True
    plain = surface_of_mask(mask, np.eye(4))
    shear = np.array([[-1.0, 0.2, 0, 5], [0, 1.0, 0.1, -8], [0, 0, 1.0, 100], [0, 0, 0, 1]])
    made = surface_of_mask(mask, shear)
    assert made.mesh.volume_mm3 > 0
    assert made.mesh.volume_mm3 == pytest.approx(mask.sum(), rel=0.01)
    centre = apply_affine(shear, plain.mesh.centroid)
    np.testing.assert_allclose(made.mesh.centroid, centre, atol=0.02)  # column lengths differ by 2 %


def test_bias_is_that_of_a_flat_wall():
    mask = np.zeros((60, 60, 40), dtype=bool)
    mask[5:55, 5:55, 10:30] = True
    made = surface_of_mask(mask, np.diag([1.0, 1.0, 1.0, 1.0]))
    wall = contains_to(made.mesh, np.array([30.0, 30.0, 20.0]), 2)
    assert wall - 29.5 == pytest.approx(made.bias_mm, abs=0.01)
    assert 0.0 < made.bias_mm < 0.2  # outward: what rounded edges lost is given to the walls


def contains_to(mesh, inside, axis):
    """Where a ray from inside leaves along an axis."""
    far = inside.copy()
    far[axis] += 100.0
    return inside[axis] + line_crossings(inside, far, mesh)[0]


def test_uncertainty_follows_the_voxel():
    affine = np.eye(4)
    affine[:3, :3] = OBLIQUE @ np.diag([0.5, 0.5, 3.0])
    for axis, spacing in enumerate((0.5, 0.5, 3.0)):
        assert surface_uncertainty_mm(affine, 7 * OBLIQUE[:, axis]) == pytest.approx(0.35 * spacing)
    between = OBLIQUE @ np.array([1.0, 0.0, 1.0])
    assert surface_uncertainty_mm(affine, between) == pytest.approx(0.35 * np.sqrt((0.25 + 9.0) / 2))
    with pytest.raises(ValueError, match="length"):
        surface_uncertainty_mm(affine, (0, 0, 0))
    with pytest.raises(ValueError, match="singular"):
        surface_uncertainty_mm(np.zeros((4, 4)), (0, 0, 1))


def test_nothing_to_make_a_surface_of():
    with pytest.raises(ValueError, match="at least one voxel"):
        surface_of_mask(np.zeros((3, 3, 3), dtype=bool), np.eye(4))
    with pytest.raises(ValueError, match="three-dimensional"):
        surface_of_mask(np.ones((3, 3), dtype=bool), np.eye(4))
    with pytest.raises(ValueError, match="singular"):
        surface_of_mask(np.ones((3, 3, 3), dtype=bool), np.zeros((4, 4)))
