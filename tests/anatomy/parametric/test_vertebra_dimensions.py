"""What callipers read on the finished surfaces against what was asked, and the callipers against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import vertebrae as v

from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.measure import bone_truth, dimensions, gap_mm, hits_mm
from planner.anatomy.parametric.morphometry import LEVELS, table
from planner.anatomy.parametric.pedicle import isthmus
from planner.anatomy.parametric.sections import loops
from planner.geometry.mesh import Mesh

RELATIVE = 0.03
ANGLE_DEG = 0.5
"""A share means nothing near 0°; the centroids of a pedicle's sections on a grid of 0.6 to 0.8 mm tell its direction to
about a third of a degree, over a run of only 4 mm."""


def asked(m) -> tuple[dict[str, float], dict[str, float]]:
    lengths = {
        "body_width_upper_mm": m.width_upper,
        "body_width_lower_mm": m.width_lower,
        "body_depth_upper_mm": m.depth_upper,
        "body_depth_lower_mm": m.depth_lower,
        "body_height_posterior_mm": m.height,
        "body_height_anterior_mm": m.height * m.height_ratio,
        "pedicle_width_mm": m.pedicle_width,
        "pedicle_height_mm": m.pedicle_height,
        "canal_width_mm": m.canal_width,
        "canal_depth_mm": m.canal_depth,
    }
    angles = {
        "pedicle_transverse_angle_deg": m.pedicle_transverse_deg,
        "pedicle_sagittal_angle_deg": m.pedicle_sagittal_deg,
    }
    return lengths, angles


def assert_as_asked(level: str, step_mm: float) -> None:
    m = table()[level]
    truth = dimensions(m, v.vertebra(level, step_mm), v.body(level, step_mm))
    lengths, angles = asked(m)
    assert {name: truth[name] for name in lengths} == pytest.approx(lengths, rel=RELATIVE)
    for name, value in angles.items():
        assert truth[name] == pytest.approx(value, rel=RELATIVE, abs=ANGLE_DEG), name


@pytest.mark.parametrize("level", LEVELS)
def test_every_dimension_of_every_level_is_the_one_asked(level):
    assert_as_asked(level, v.COARSE_MM)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_every_dimension_of_every_level_on_a_finer_grid(level):
    assert_as_asked(level, 0.5)


@pytest.mark.parametrize("level", ["T2", "T8", "L3"])
def test_body_by_its_bounding_box(level):
    """Another ruler: no ray, no section, no landmark."""
    m, extent = table()[level], np.ptp(v.body(level).vertices, axis=0)

    assert extent[0] == pytest.approx(max(m.width_upper, m.width_lower), rel=RELATIVE)
    assert extent[1] == pytest.approx(max(m.depth_upper, m.depth_lower), rel=0.06)
    assert extent[2] == pytest.approx(m.height * max(1.0, m.height_ratio), rel=0.05)


def test_a_needle_as_wide_as_the_pedicle_just_fits():
    """Another ruler for the width: the largest ball that goes through."""
    m = table()["L2"]
    found = isthmus(v.vertebra("L2"), 0.25 * (m.depth_upper + m.depth_lower), m.canal_depth, 40.0)
    path = found.centre + np.linspace(-1.0, 1.0, 9)[:, None] * found.axis

    assert 2.0 * v.distance(path, v.vertebra("L2")).min() == pytest.approx(m.pedicle_width, rel=0.05)


def test_truth_follows_the_vertebra_wherever_it_stands():
    pose = Pose(12.0, -30.0, 0.3, 4.0, 0.1, -0.2)
    meshes = {"vertebra_L2": v.vertebra("L2"), "vertebra_L2_body": v.body("L2")}
    moved = {name: Mesh.of(pose.to_world(mesh.vertices), mesh.faces) for name, mesh in meshes.items()}
    here, there = (bone_truth(table()["L2"], *arguments) for arguments in ((meshes,), (moved, pose)))

    assert there == pytest.approx(here, rel=1e-4, abs=1e-3)


def tube(half_width: float, half_height: float, turn_deg: float, fall_deg: float) -> Mesh:
    """An elliptic tube through (15, 10, 2) between two plates, as a pedicle between body and arch."""
    turn, fall = np.radians([turn_deg, fall_deg])
    axis = np.array([-np.sin(turn) * np.cos(fall), -np.cos(turn) * np.cos(fall), -np.sin(fall)])
    across = np.cross(axis, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    upright = np.cross(across, axis)
    t = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
    along = np.linspace(-14.0, 14.0, 57)
    grown = 1.0 + 0.6 * (np.abs(along) > 6.0)
    rings = (
        np.array([15.0, 10.0, 2.0])
        + along[:, None, None] * axis
        + grown[:, None, None] * (half_width * np.cos(t)[:, None] * across + half_height * np.sin(t)[:, None] * upright)
    )
    k, n = rings.shape[:2]
    a = np.arange(k * n).reshape(k, n)[:-1]
    b, c, d = np.roll(a, -1, axis=1), a + n, np.roll(a, -1, axis=1) + n
    sides = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return Mesh.of(rings.reshape(-1, 3), sides)


@pytest.mark.parametrize(("turn", "fall"), [(0.0, 0.0), (14.0, -3.0), (27.0, 13.0), (-5.0, 15.0)])
def test_the_pedicle_ruler_reads_a_tube(turn, fall):
    found = isthmus(tube(3.0, 6.0, turn, fall), 3.0, 16.0, 40.0)

    assert found.width_mm == pytest.approx(6.0, rel=0.005)
    assert found.height_mm == pytest.approx(12.0, rel=0.005)
    assert found.transverse_deg == pytest.approx(turn, abs=0.1)
    assert found.sagittal_deg == pytest.approx(fall, abs=0.1)


def test_no_pedicle_no_figure():
    assert isthmus(v.body("L3"), 17.0, 17.0, 40.0) is None


def box(low, high) -> Mesh:
    import trimesh  # noqa: PLC0415

    made = trimesh.creation.box(bounds=[low, high])
    return Mesh.of(made.vertices, made.faces)


def test_sections_of_a_box_with_a_hole():
    inner = box([-1, -1, -9], [1, 1, 9])
    outer = box([-4, -3, -5], [6, 3, 5])
    both = Mesh.of(
        np.concatenate([outer.vertices, inner.vertices]),
        np.concatenate([outer.faces, inner.faces[:, ::-1] + len(outer.vertices)]),
    )
    found = sorted(loops(both, np.array([0.0, 0.0, 0.3]), np.array([0.0, 0.0, 2.0])), key=lambda one: one.area_mm2)

    assert [one.area_mm2 for one in found] == pytest.approx([-4.0, 60.0])
    np.testing.assert_allclose(found[1].centroid, [1.0, 0.0, 0.3], atol=1e-9)
    assert all(one.closed for one in found)
    assert found[1].width(np.array([1.0, 0.0, 0.0])) == pytest.approx(10.0)
    assert loops(both, np.array([0.0, 0.0, 20.0]), np.array([0.0, 0.0, 1.0])) == []


def test_rays_through_a_box():
    mesh = box([-4, -3, -5], [6, 3, 5])

    np.testing.assert_allclose(hits_mm(mesh, np.array([0.1, 0.2, 0.3]), np.array([3.0, 0.0, 0.0])), [-4.1, 5.9])
    assert gap_mm(mesh, np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0])) == pytest.approx(6.0)
    assert np.isnan(gap_mm(mesh, np.array([20.0, 0.2, 0.3]), np.array([0.0, 1.0, 0.0])))
