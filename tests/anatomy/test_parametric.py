from __future__ import annotations

from functools import cache
from itertools import combinations

import igl
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist

from planner.anatomy.parametric import ParametricLesion, ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.parametric.morphometry import LEVELS, table
from planner.geometry.mesh import Mesh

LUMBAR = LEVELS[12:]


@cache
def spine(level: str) -> ParametricSpine:
    return build_parametric(ParametricSpec(level=level, lesion=ParametricLesion(diameter_mm=18.0)))


@cache
def thoracic(level: str) -> ParametricSpine:
    return build_parametric(ParametricSpec(level=level, neighbours=False, resolution_mm=1.0))


def distance(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float64]:
    squared = igl.point_mesh_squared_distance(np.ascontiguousarray(points), mesh.vertices, mesh.faces)[0]
    return np.sqrt(squared)


def inside(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.bool_]:
    return igl.fast_winding_number(mesh.vertices, mesh.faces, np.ascontiguousarray(points)) > 0.5


def assert_closed(mesh: Mesh) -> None:
    edges = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 2).all()
    n = len(mesh.vertices)
    links = coo_array((np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(n, n))
    assert connected_components(links, directed=False)[0] == 1
    assert mesh.volume_mm3 > 0


@pytest.mark.parametrize("level", LUMBAR)
def test_dimensions_are_those_of_the_table(level):
    m, truth = table()[level], spine(level).truth
    asked = {
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

    assert {name: truth[name] for name in asked} == pytest.approx(asked, rel=0.05)


def test_canal_and_body_by_another_ruler():
    """Bounding boxes need no ray and no landmark: the canal's own section and the body's extent."""
    m, built = table()["L3"], spine("L3")
    canal, body = built.meshes["spinal_canal"].vertices, built.meshes["vertebra_L3_body"].vertices
    section = canal[np.abs(canal[:, 2]) < 4.0]

    assert np.ptp(section[:, 0]) == pytest.approx(m.canal_width, rel=0.05)
    assert np.ptp(section[:, 1]) == pytest.approx(m.canal_depth, rel=0.05)
    assert np.ptp(body[:, 0]) == pytest.approx(m.width_lower, rel=0.05)
    np.testing.assert_allclose(built.meshes["vertebra_L3_body"].bounds.mean(axis=0), 0.0, atol=1.0)


@pytest.mark.parametrize("level", LUMBAR)
def test_every_surface_is_closed_and_of_one_piece(level):
    for mesh in spine(level).meshes.values():
        assert_closed(mesh)


@pytest.mark.parametrize("level", LEVELS[:12])
def test_thoracic_levels_build(level):
    built = thoracic(level)

    for mesh in built.meshes.values():
        assert_closed(mesh)
    assert np.isfinite(list(built.truth.values())).all()


def test_names_and_reach():
    built = spine("L3")
    low, high = np.stack([built.meshes[f"vertebra_{name}"].bounds for name in ("L2", "L3", "L4")])[:, :, 2].T

    assert set(built.meshes) == {
        *(f"vertebra_{name}" for name in ("L2", "L3", "L4", "L3_body")),
        *("disc_L2_L3", "disc_L3_L4", "spinal_canal", "spinal_cord", "aorta", "inferior_vena_cava", "lesion"),
    }
    for name in ("spinal_canal", "spinal_cord", "aorta", "inferior_vena_cava"):
        bounds = built.meshes[name].bounds
        assert bounds[0, 2] < low.min() - 14.0
        assert bounds[1, 2] > high.max() + 14.0


def test_at_the_end_of_the_table_only_one_neighbour():
    assert "disc_L4_L5" in spine("L5").meshes
    assert sum(name.startswith("disc") for name in spine("L5").meshes) == 1


@pytest.mark.parametrize("name", ["vertebra_L3", "vertebra_L3_body", "vertebra_L2", "disc_L3_L4", "spinal_canal"])
def test_left_mirrors_right(name):
    points = spine("L3").meshes[name].vertices

    assert KDTree(points).query(points * [-1.0, 1.0, 1.0])[0].max() < 0.2


def test_volumes_are_those_of_real_vertebrae():
    truth = spine("L3").truth

    assert 45.0 < truth["vertebra_volume_ml"] < 66.0
    assert 27.0 < truth["body_volume_ml"] < 35.0


SLOW = pytest.mark.slow


@pytest.mark.parametrize("level", ["L3", *(pytest.param(level, marks=SLOW) for level in ("T4", "L1", "L5"))])
def test_nothing_meets(level):
    meshes = build_parametric(ParametricSpec(level=level, resolution_mm=1.0)).meshes
    apart = [name for name in meshes if name != "spinal_cord" and not name.endswith("_body")]
    for a, b in combinations(apart, 2):
        one, two = meshes[a].bounds, meshes[b].bounds
        if (one[0] > two[1] + 0.1).any() or (two[0] > one[1] + 0.1).any():
            continue
        assert not inside(meshes[a].vertices, meshes[b]).any(), (a, b)
        assert distance(meshes[a].vertices, meshes[b]).min() > 0.1, (a, b)
    assert inside(meshes["spinal_cord"].vertices, meshes["spinal_canal"]).all()
    assert distance(meshes["spinal_cord"].vertices, meshes["spinal_canal"]).min() > 0.5


def test_body_is_part_of_its_vertebra():
    meshes = spine("L3").meshes
    body, whole = meshes["vertebra_L3_body"].vertices, meshes["vertebra_L3"]
    outside = ~inside(body, whole)

    # Both are sampled on their own grids, so their common surface differs by interpolation only.
    assert distance(body[outside], whole).max() < 0.02


def test_great_vessels_lie_where_they_should():
    meshes = spine("L3").meshes
    aorta, cava, body = meshes["aorta"], meshes["inferior_vena_cava"], meshes["vertebra_L3_body"]

    assert aorta.bounds[0, 0] > 0 > cava.bounds[1, 0]
    assert 2.0 < distance(aorta.vertices, body).min() < 4.0
    assert 18.0 < np.ptp(aorta.vertices[:, 0]) < 20.0


@pytest.mark.parametrize("level", LUMBAR)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_needle_down_the_pedicle_stays_in_bone(level, side):
    m, built = table()[level], spine(level)
    bone = built.meshes[f"vertebra_{level}"]
    entry, end = built.pedicle_axes[side]
    path = entry + np.linspace(0.02, 1.0, 60)[:, None] * (end - entry)
    wall = m.depth_upper / 2
    pedicle = path[(path[:, 1] > wall) & (path[:, 1] < wall + 0.4 * m.canal_depth)]
    least = min(m.pedicle_width, m.pedicle_height) / 2 - 0.6

    assert (entry[0] > 0) == (side == "left")
    assert distance(entry[None], bone)[0] < 0.01
    assert inside(path, bone).all()
    assert distance(pedicle, bone).min() >= max(1.5, least)
    assert -m.depth_upper / 2 < end[1] < -m.depth_upper / 6


@pytest.mark.parametrize("diameter_mm", [6.0, 12.0, 18.0])
def test_lesion_is_true_to_size_and_inside_the_body(diameter_mm):
    built = build_parametric(
        ParametricSpec(lesion=ParametricLesion(diameter_mm=diameter_mm), neighbours=False, resolution_mm=1.2)
    )
    lesion = built.lesion
    assert lesion is not None

    assert pdist(lesion.vertices).max() == pytest.approx(diameter_mm, rel=1e-6)
    assert built.truth["lesion_volume_ml"] == pytest.approx(lesion.volume_mm3 / 1e3)
    # Less than the sphere of that diameter, but not by much: irregular, not spiky.
    assert 0.6 < lesion.volume_mm3 / (np.pi / 6.0 * diameter_mm**3) < 0.95
    assert inside(lesion.vertices, built.meshes["vertebra_L3_body"]).all()
    assert built.truth["lesion_to_posterior_wall_mm"] == pytest.approx(5.0)
    assert lesion.centroid[0] > 1.0


@SLOW
def test_lesion_volume_does_not_depend_on_the_grid():
    coarse, fine = (
        build_parametric(
            ParametricSpec(level="L3", lesion=ParametricLesion(diameter_mm=15.0), neighbours=False, resolution_mm=step)
        ).truth["lesion_volume_ml"]
        for step in (1.2, 0.5)
    )

    assert coarse == pytest.approx(fine, rel=0.01)


def test_lesion_goes_where_it_is_put():
    lesion = ParametricLesion(diameter_mm=10.0, centre_lps_mm=(-8.0, -3.0, 1.0))
    built = build_parametric(ParametricSpec(lesion=lesion, neighbours=False, resolution_mm=1.2))

    assert built.lesion is not None
    np.testing.assert_allclose(built.lesion.centroid, [-8.0, -3.0, 1.0], atol=0.8)


def test_a_lesion_too_large_for_the_body_is_refused():
    with pytest.raises(ValueError, match="expected one inside the body"):
        build_parametric(ParametricSpec(lesion=ParametricLesion(diameter_mm=30.0), neighbours=False))


def test_an_unknown_level_is_refused():
    with pytest.raises(ValidationError, match="got level 'C7'"):
        ParametricSpec(level="C7")


def test_the_same_spec_gives_the_same_bytes():
    spec = ParametricSpec(level="L4", neighbours=False, resolution_mm=1.2)
    one, two = build_parametric(spec), build_parametric(spec)

    for name, mesh in one.meshes.items():
        assert mesh.vertices.tobytes() == two.meshes[name].vertices.tobytes()
        assert mesh.faces.tobytes() == two.meshes[name].faces.tobytes()
