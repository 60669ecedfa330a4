"""The GLB holds what was shown: names, places, colours, units."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh

from planner.geometry.mesh import Mesh
from planner.show import Marker, Scene, SceneItem, scene_glb
from planner.show.frame import GLTF_FROM_LPS, gltf_points, lps_points
from planner.show.reduce import reduced
from planner.show.shading import creased


def _json(data: bytes) -> dict:
    (length,) = struct.unpack("<I", data[12:16])
    return json.loads(data[20 : 20 + length])


def test_parses_back_with_names_and_places(scene):
    """Left, head and front of the patient lie on +X, +Y and +Z, in metres."""
    back = trimesh.load(io.BytesIO(scene_glb(scene)), file_type="glb")

    assert set(back.graph.nodes_geometry) == {item.name for item in scene.items}
    for item in scene.items:
        transform, name = back.graph[item.name]
        bounds = trimesh.transform_points(back.geometry[name].vertices, transform)
        low, high = item.mesh.bounds
        expected = np.array([[low[0], low[2], -high[1]], [high[0], high[2], -low[1]]]) / 1000
        np.testing.assert_allclose([bounds.min(axis=0), bounds.max(axis=0)], expected, atol=2e-6)


def test_tells_frame_unit_and_look(scene):
    tree = _json(scene_glb(scene))

    assert tree["asset"]["extras"]["unit"] == "m"
    assert "Y up" in tree["asset"]["extras"]["frame"]
    node = next(n for n in tree["nodes"] if n.get("name") == "lesion")
    assert node["extras"] == {"label": "Lesion", "role": "lesion"}
    looks = {m["name"]: m for m in tree["materials"]}
    assert looks["zone"]["alphaMode"] == "BLEND"
    assert looks["cord"].get("alphaMode", "OPAQUE") == "OPAQUE"
    assert 0.3 < looks["zone"]["pbrMetallicRoughness"]["baseColorFactor"][3] < 0.4


def test_same_scene_same_bytes(scene):
    assert scene_glb(scene) == scene_glb(scene)


def test_frame_is_a_rotation_and_goes_both_ways():
    assert np.linalg.det(GLTF_FROM_LPS) == pytest.approx(1.0)
    np.testing.assert_allclose(gltf_points([10.0, 20.0, 30.0]), [0.010, 0.030, -0.020])
    np.testing.assert_allclose(lps_points(gltf_points([10.0, 20.0, 30.0])), [10.0, 20.0, 30.0])


def test_crease_keeps_a_cube_sharp_and_a_sphere_smooth():
    box = trimesh.creation.box(extents=(10, 10, 10))
    cube = creased(Mesh.of(box.vertices, box.faces))
    ball = trimesh.creation.icosphere(subdivisions=3, radius=10)
    sphere = creased(Mesh.of(ball.vertices, ball.faces))

    assert len(cube.vertices) == 24  # three normals at each of eight corners
    assert np.all(np.isclose(np.abs(cube.normals).max(axis=1), 1.0))
    assert len(sphere.vertices) == len(ball.vertices)
    np.testing.assert_allclose(sphere.normals, sphere.vertices / 10, atol=0.02)


def test_large_scenes_are_thinned_within_the_stated_distance():
    ball = trimesh.creation.icosphere(subdivisions=6, radius=20)
    mesh = Mesh.of(ball.vertices, ball.faces)
    (less,), moved = reduced([mesh], faces=40_000)

    assert moved > 0
    assert len(less.faces) <= 40_000 < len(mesh.faces)
    assert np.abs(np.linalg.norm(less.vertices, axis=1) - 20).max() <= moved
    assert reduced([mesh])[1] == 0


def test_scene_refuses_what_cannot_be_drawn(scene):
    item = scene.items[0]
    with pytest.raises(ValueError, match="repeated: vertebra_L3"):
        Scene("x", (item, item), (), (0.0, 0.0, 0.0), 10.0)
    with pytest.raises(ValueError, match="expected one of"):
        SceneItem("x", "x", "brain", item.mesh)
    with pytest.raises(ValueError, match="finite"):
        Scene("x", (item,), (Marker((0.0, 0.0, 0.0), "", "fail"),), (0.0, float("nan"), 0.0), 10.0)
