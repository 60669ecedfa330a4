"""Distance fields against closed forms and against the exact distance that a report prints."""

from __future__ import annotations

import numpy as np
import pytest

from planner.anatomy.fields import cached_field
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.core import cache
from planner.geometry.bodies import Capsule, Ellipsoid
from planner.geometry.clearance import capsule_clearance, clearance_along
from planner.geometry.fields import BAND_MM, distance_field
from planner.geometry.mesh import Mesh

PROMISED_MM = 0.05  # at 0.5 mm, outside one voxel of an edge of the distance
TESSELLATION_MM = 0.02  # a ball of triangles lies this far inside the ball


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "planner"


def box(half):
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return Mesh.of(corners, [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])


def box_distance(p, half):
    q = np.abs(p) - half
    return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(axis=1), 0)


def random_points(low, high, n=20000, seed=1):
    return np.random.default_rng(seed).uniform(low, high, (n, 3))


@pytest.mark.parametrize("radius", [4.0, 9.0])
def test_ball(radius):
    mesh = Ellipsoid(np.array([1.3, -2.1, 0.7]), np.eye(3), np.full(3, radius)).surface()
    field = distance_field(mesh, spacing_mm=0.5, pad_mm=12.0)
    points = random_points(*(mesh.bounds + np.array([[-11.0], [11.0]])))
    truth = np.linalg.norm(points - [1.3, -2.1, 0.7], axis=1) - radius
    far_from_centre = truth > -radius + 1.0
    assert np.abs(field.sample(points) - truth)[far_from_centre].max() < PROMISED_MM + TESSELLATION_MM


@pytest.mark.parametrize("semi", [(4.0, 4.0, 4.0), (9.0, 9.0, 9.0), (13.0, 8.0, 6.0)])
def test_finely_tessellated_body_keeps_the_promise_alone(semi):
    """Faces a thousandth of a millimetre off: nothing is left to allow for but the grid itself."""
    body = Ellipsoid(
        np.array([1.3, -2.1, 0.7]), np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0], np.array(semi)
    )
    field = distance_field(body.surface(5), spacing_mm=0.5, pad_mm=5.0)
    points = random_points(*(body.bounds + np.array([[-4.5], [4.5]])), n=6000)
    truth = body.distance(points)
    # Between nodes h apart, distance at ρ from where it bends is off by up to h²/4ρ: the promise holds from ρ = 1.25 mm on.
    # In an ellipsoid it bends no nearer to its surface than its least radius of curvature.
    core = truth < -(min(semi) ** 2 / max(semi)) + 0.5**2 / 4.0 / PROMISED_MM
    assert core.mean() < 0.25
    assert np.abs(field.sample(points) - truth)[~core].max() < PROMISED_MM


def test_box_away_from_its_edges():
    half = np.array([8.0, 6.0, 11.0])
    field = distance_field(box(half), spacing_mm=0.5, pad_mm=15.0)
    points = random_points(-half - 14.0, half + 14.0)
    truth = box_distance(points, half)
    q = np.sort(np.abs(points) - half, axis=1)
    inside = (q[:, 2] <= 0) & (q[:, 2] - q[:, 1] > 1.0)  # off the planes on which two faces are as near
    near_edge = (q[:, 2] > 0) & ((np.abs(q[:, 1]) < 1.0) | ((q[:, 0] > -1.0) & (q[:, 0] < 1.0)))
    chosen = inside | ((q[:, 2] > 0) & ~near_edge)
    assert chosen.mean() > 0.5
    assert np.abs(field.sample(points) - truth)[chosen].max() < PROMISED_MM


def test_beyond_the_band_every_other_node_suffices():
    mesh = Ellipsoid(np.zeros(3), np.eye(3), np.full(3, 3.0)).surface()
    field = distance_field(mesh, spacing_mm=0.5, pad_mm=25.0)
    points = random_points([-25] * 3, [25] * 3)
    truth = np.linalg.norm(points, axis=1) - 3.0
    far = truth > BAND_MM
    assert np.abs(field.sample(points) - truth)[far].max() < PROMISED_MM + TESSELLATION_MM


def test_outside_the_grid_it_is_a_lower_bound():
    mesh = Ellipsoid(np.zeros(3), np.eye(3), np.full(3, 5.0)).surface()
    field = distance_field(mesh, pad_mm=10.0)
    points = random_points([-60] * 3, [60] * 3)
    outside = np.abs(points).max(axis=1) > 16.0
    truth = np.linalg.norm(points, axis=1) - 5.0
    found = field.sample(points)
    assert (found - truth)[outside].max() < PROMISED_MM
    assert (found / truth)[outside].min() > 0.7


@pytest.fixture(scope="module")
def spine():
    return build_parametric(ParametricSpec(level="L3", neighbours=False))


@pytest.fixture(scope="module")
def cord(spine):
    return spine.meshes["thecal_sac"], distance_field(spine.meshes["thecal_sac"], pad_mm=12.0)


def test_field_agrees_with_the_exact_distance(cord):
    mesh, field = cord
    points = random_points(*(mesh.bounds + np.array([[-9.0], [9.0]])), n=5000)
    exact, _ = clearance_along(points, mesh)
    error = np.abs(field.sample(points) - exact)
    assert np.percentile(error, 99) < PROMISED_MM  # the rest lies on the cord's middle line or off its end caps
    assert error[exact > 0].max() < 0.2


def test_search_on_the_field_finds_the_reports_clearance(cord):
    """A capsule's clearance by sampling its axis, against the exact one."""
    mesh, field = cord
    rng = np.random.default_rng(4)
    for _ in range(20):
        start = np.array([rng.uniform(10, 30), rng.uniform(30, 50), rng.uniform(-8, 8)])
        end = np.array([rng.uniform(5, 12), rng.uniform(-5, 5), rng.uniform(-5, 5)])
        along = np.linspace(0.0, 1.0, 400)[:, None]
        found = field.sample(start + along * (end - start)).min() - 1.2
        assert found == pytest.approx(capsule_clearance(start, end, 1.2, mesh).distance_mm, abs=PROMISED_MM)


@pytest.mark.parametrize(("spacing", "pad"), [(0.0, 5.0), (-1.0, 5.0), (np.nan, 5.0), (0.5, -1.0), (np.inf, 5.0)])
def test_senseless_grids_are_refused(spacing, pad):
    with pytest.raises(ValueError, match="must be positive"):
        distance_field(box(np.ones(3)), spacing_mm=spacing, pad_mm=pad)


def test_not_a_number_is_refused():
    field = distance_field(box(np.full(3, 3.0)), pad_mm=2.0)
    with pytest.raises(ValueError, match="NaN"):
        field.sample([[np.nan, 0, 0]])


def test_turned_structure_has_the_turned_field():
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.sign(np.linalg.det(turn))
    matrix[:3, 3] = [10.0, -4.0, 3.0]
    mesh = Capsule(np.zeros(3), np.array([12.0, 0, 0]), 4.0).surface()
    points = random_points([-8, -10, -10], [20, 10, 10], n=3000)
    moved = points @ matrix[:3, :3].T + matrix[:3, 3]
    exact = Capsule(np.zeros(3), np.array([12.0, 0, 0]), 4.0).distance(points)
    off_axis = exact > -2.5  # the axis is an edge of the field, and the voxel's diagonal 0.9 mm
    error = np.abs(distance_field(mesh.transformed(matrix), pad_mm=16.0).sample(moved) - exact)[off_axis]
    assert error.max() < PROMISED_MM + TESSELLATION_MM


# ---- cache -------------------------------------------------------------------------------------------------------


def test_second_time_from_the_cache(own_cache, monkeypatch):
    mesh = box(np.full(3, 4.0))
    first = cached_field(mesh, pad_mm=3.0)
    assert len(list(own_cache.glob("field-*.npz"))) == 1
    monkeypatch.setattr("planner.anatomy.fields.distance_field", lambda *_a, **_k: pytest.fail("was made again"))
    second = cached_field(mesh, pad_mm=3.0)
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.origin, second.origin)
    assert first.values.dtype == second.values.dtype


def test_other_content_has_another_key():
    mesh = box(np.full(3, 4.0))
    moved = Mesh.of(mesh.vertices + 1e-9, mesh.faces)
    keys = {cache.key_of("field", m.vertices, m.faces, s) for m in (mesh, moved) for s in (0.5, 0.6)}
    assert len(keys) == 4
    assert cache.key_of("other", mesh.vertices) != cache.key_of("field", mesh.vertices)


def test_new_version_forgets_the_old(monkeypatch):
    old = cache.key_of("field", "x")
    monkeypatch.setattr(cache, "VERSION", "next")
    assert cache.key_of("field", "x") != old


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torso", b"\x80\x04pickle"])
def test_damaged_file_is_made_again(own_cache, content):
    mesh = box(np.full(3, 4.0))
    first = cached_field(mesh, pad_mm=3.0)
    [held] = own_cache.glob("field-*.npz")
    held.write_bytes(content)
    np.testing.assert_array_equal(cached_field(mesh, pad_mm=3.0).values, first.values)
    np.testing.assert_array_equal(np.load(held)["values"], first.values)


def test_folder_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cached_field(box(np.full(3, 4.0)), pad_mm=3.0).values.size > 0
    monkeypatch.setattr(cache, "cache_folder", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert cached_field(box(np.full(3, 4.0)), pad_mm=3.0).values.size > 0


def test_relative_cache_home_is_not_used(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder().is_absolute()
