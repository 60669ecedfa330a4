"""Surfaces from files: facts of real ones, frame and unit never guessed, closing without changing, hostile bytes."""

from __future__ import annotations

import re
import struct

import cases
import numpy as np
import pytest
import trimesh

from planner.anatomy.mesh_closing import NotClosedError, closed_surface
from planner.anatomy.mesh_files import read_triangles, write_mesh
from planner.anatomy.meshes import read_mesh, read_mesh_file
from planner.core.errors import InputError
from planner.geometry.frames import flip_ras_lps
from planner.geometry.levelset import is_closed
from planner.geometry.mesh import Mesh
from planner.plan.case import load_plan
from planner.plan.markups import read_markups

SLICERIGT = {
    "L01": (38413, (67.5, 75.1, 44.8), (0.94, 0.82)),
    "L02": (41913, (78.3, 78.4, 47.8), (1.31, 1.02)),
    "L03": (45611, (84.0, 80.1, 46.1), (1.17, 0.20)),
    "T10": (26681, (60.2, 57.7, 57.6), (0.58, 1.33)),
    "T11": (28736, (50.8, 59.4, 50.3), (0.46, 0.83)),
    "T12": (32341, (47.2, 67.0, 46.0), (0.96, 0.85)),
}
"""File → volume mm³, extent mm, distance of the left and right landmark to the nearest vertex."""


def real(shared_data, file, **asked):
    return read_mesh_file(shared_data / file, place="$", **({"frame": "RAS", "units": "mm"} | asked))


@pytest.mark.parametrize("level", SLICERIGT)
def test_vertebra_keeps_volume_extent_and_landmarks(level, shared_data):
    volume, extent, apart = SLICERIGT[level]
    read = real(shared_data, f"slicerigt_vertebrae/{level}.vtp", name="vertebra_L3")
    assert read.mesh.volume_mm3 == pytest.approx(volume, abs=1)
    assert np.ptp(read.mesh.bounds, axis=0) == pytest.approx(extent, abs=0.06)
    assert read.warnings == ()
    assert is_closed(read.mesh.faces)
    points = dict(read_markups(shared_data / "slicerigt_vertebrae/ModelLandmarks.fcsv", place="$").points)
    short = f"{level[0]}{int(level[1:])}"
    for side, expected in zip("LR", apart, strict=True):
        near = np.linalg.norm(read.mesh.vertices - points[f"{short}{side}"], axis=1).min()
        assert near == pytest.approx(expected, abs=0.006)


def test_left_landmarks_lie_to_the_left(shared_data):
    points = dict(read_markups(shared_data / "slicerigt_vertebrae/ModelLandmarks.fcsv", place="$").points)
    assert len(points) == 34
    assert all(points[f"L{n}L"][0] > points[f"L{n}R"][0] for n in range(1, 6))  # LPS: x grows to the left


def test_a_missing_triangle_is_filled_and_said(shared_data):
    read = real(shared_data, "slicerigt_vertebrae/T07.vtp", name="vertebra_T7")
    assert is_closed(read.mesh.faces)
    assert len(read.mesh.faces) == 1850
    assert read.mesh.volume_mm3 == pytest.approx(22261, rel=0.01)
    assert "3 open edges" in read.warnings[0]


OPENSIM = {"lumbar1": 53.4, "lumbar2": 51.5, "lumbar3": 57.1, "lumbar4": 57.6, "lumbar5": 50.4}


@pytest.mark.parametrize("file", OPENSIM)
@pytest.mark.parametrize("units", [None, "mm", "cm"])
def test_metres_are_told_and_not_scaled(file, units, shared_data):
    path = f"opensim_creator/{file}.vtp"
    with pytest.raises(InputError, match=r"0\.07.*20 to 150 mm.*units: m`"):
        real(shared_data, path, units=units, name="vertebra_L3")
    whole = real(shared_data, path, units="m", name="vertebra_L3").mesh
    assert whole.volume_mm3 / 1000 == pytest.approx(OPENSIM[file], abs=0.05)


def test_polygons_of_four_are_cut_up(shared_data):
    read = real(shared_data, "opensim_creator/sacrum.vtp", units="m", name="sacrum")
    assert len(read.mesh.faces) == 380
    assert read.mesh.volume_mm3 / 1000 == pytest.approx(274.4, abs=0.05)


def ball(centre=(10.0, 20.0, 30.0), radius=20.0):
    made = trimesh.creation.icosphere(subdivisions=3, radius=radius)
    return Mesh.of(np.asarray(made.vertices) + centre, made.faces)


def pair(*meshes):
    starts = np.cumsum([0] + [len(m.vertices) for m in meshes])
    faces = [m.faces + s for m, s in zip(meshes, starts, strict=False)]
    return np.concatenate([m.vertices for m in meshes]), np.concatenate(faces)


@pytest.mark.parametrize("ending", ["stl", "ply", "obj", "glb"])
@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_round_trip(ending, frame, tmp_path):
    mesh, path = ball(centre=(-812.3, 77.7, 1034.9)), tmp_path / f"a.{ending}"
    write_mesh(mesh, path, frame=frame)
    back = read_mesh(path, frame=frame, units="mm", place="$")
    assert back.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-4)
    assert len(back.vertices) == len(mesh.vertices)
    apart = np.linalg.norm(back.vertices[:, None] - mesh.vertices[None], axis=2).min(axis=1)
    assert apart.max() <= 0.01


def test_the_frame_mirrors_left_and_right(tmp_path):
    path = tmp_path / "a.stl"
    write_mesh(ball(), path)
    ras = read_mesh(path, frame="RAS", units="mm", place="$")
    assert ras.centroid == pytest.approx([-10, -20, 30], abs=1e-3)
    assert ras.volume_mm3 > 0  # two axes turn: the faces keep looking outward


def test_cell_arrays_of_any_unit(tmp_path):
    mesh, path = ball(), tmp_path / "a.ply"
    write_mesh(Mesh.of(mesh.vertices / 10.0, mesh.faces), path)
    assert read_mesh(path, frame="LPS", units="cm", place="$").volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-4)


def test_unit_unsaid_is_read_as_mm_with_a_warning(tmp_path):
    path = tmp_path / "a.stl"
    write_mesh(ball(), path)
    read = read_mesh_file(path, frame="LPS", units=None, place="$", name="vertebra_L3")
    assert "unsaid" in read.warnings[0]


def test_inward_faces_are_turned():
    mesh = ball()
    turned, notes = closed_surface(mesh.vertices, mesh.faces[:, ::-1])
    assert turned.volume_mm3 == pytest.approx(mesh.volume_mm3)
    assert "inward" in notes[0]


def test_one_inward_shell_of_two_is_turned():
    other = ball(centre=(100, 0, 0), radius=10)
    made, notes = closed_surface(*pair(ball(), Mesh.of(other.vertices, other.faces[:, ::-1])))
    assert made.volume_mm3 == pytest.approx(ball().volume_mm3 + other.volume_mm3)
    assert any("turned" in note for note in notes)
    assert any("2 separate shells" in note for note in notes)


@pytest.mark.parametrize("inside_out", [False, True])
def test_a_cavity_stays_one(inside_out):
    hole = ball(radius=10)
    vertices, faces = pair(ball(), Mesh.of(hole.vertices, hole.faces[:, ::-1]))
    made, _ = closed_surface(vertices, faces[:, ::-1] if inside_out else faces)
    assert made.volume_mm3 == pytest.approx(ball().volume_mm3 - hole.volume_mm3)


def test_mixed_winding_is_mended():
    mesh = ball()
    faces = mesh.faces.copy()
    faces[::3] = faces[::3, ::-1]
    made, notes = closed_surface(mesh.vertices, faces)
    assert made.volume_mm3 == pytest.approx(mesh.volume_mm3)
    assert notes


def test_corners_written_with_their_own_rounding_are_joined():
    mesh = ball()
    loose = mesh.triangles.reshape(-1, 3) + np.random.default_rng(0).normal(0, 1e-6, (3 * len(mesh.faces), 3))
    made, _ = closed_surface(loose, np.arange(len(loose)).reshape(-1, 3))
    assert made.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-6)


def test_a_large_hole_is_refused():
    mesh = ball()
    kept = mesh.triangles.mean(axis=1)[:, 2] < 45
    with pytest.raises(NotClosedError, match="open edges"):
        closed_surface(mesh.vertices, mesh.faces[kept])


def test_a_coarse_hole_whose_filling_changes_the_volume_is_refused():
    box = trimesh.creation.box(extents=(30, 30, 30))
    with pytest.raises(NotClosedError, match="changes the volume"):
        closed_surface(np.asarray(box.vertices), np.asarray(box.faces)[1:])


def test_edges_of_three_faces_are_refused():
    mesh = ball()
    fin = np.array([[*mesh.faces[0][:2], len(mesh.vertices)]])
    with pytest.raises(NotClosedError, match="more than two"):
        closed_surface(np.vstack([mesh.vertices, [200, 0, 0]]), np.vstack([mesh.faces, fin]))


def test_a_sheet_encloses_nothing():
    flat = np.array([[0, 0, 0], [50, 0, 0], [0, 50, 0]], dtype=float)
    with pytest.raises(NotClosedError, match="no volume"):
        closed_surface(flat, np.array([[0, 1, 2], [2, 1, 0]]))


def glb_with(text):
    body = text.encode() + b" " * (-len(text) % 4)
    return b"glTF" + struct.pack("<III", 2, 20 + len(body), len(body)) + b"JSON" + body


def hostile():
    box = trimesh.creation.box(extents=(60, 60, 60))
    stl, ply = box.export(file_type="stl"), box.export(file_type="ply")
    ascii_stl = box.export(file_type="stl_ascii").encode()
    corner = b"v 0 0 0\nv 60 0 0\nv 0 60 0\n"
    ply_head = b"ply\nformat %s 1.0\nelement vertex 99999999999\nproperty float x\nproperty float y\nproperty float z\nelement face 9\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n"
    vtp = '<?xml version="1.0"?><VTKFile type="PolyData" version="0.1"><PolyData><Piece NumberOfPoints="{0}" NumberOfPolys="1"><Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 60 0 0 0 60 0</DataArray></Points><Polys><DataArray type="Int64" Name="connectivity" format="ascii">{1}</DataArray><DataArray type="Int64" Name="offsets" format="ascii">{2}</DataArray></Polys></Piece></PolyData></VTKFile>'
    return {
        "empty.stl": b"",
        "truncated.stl": stl[:300],
        "claims.stl": b"\0" * 80 + struct.pack("<I", 0xFFFFFFFF) + b"\0" * 500,
        "half.stl": ascii_stl[: len(ascii_stl) // 2],
        "nan.stl": stl[:96] + struct.pack("<f", np.nan) + stl[100:],
        "truncated.ply": ply[:-40],
        "claims_text.ply": ply_head % b"ascii",
        "claims.ply": ply_head % b"binary_little_endian",
        "text.obj": b"hello world\n",
        "absent_vertex.obj": corner + b"f 1 2 999999999\n",
        "negative_vertex.obj": corner + b"f 1 2 -9\n",
        "nan.obj": b"v nan 0 0\nv 60 0 0\nv 0 60 0\nf 1 2 3\n",
        "bomb.obj": corner + b"f " + b"1 2 3 " * 2_000_000 + b"\n",
        "other_file.obj": b"mtllib ../../../../etc/passwd\n" + corner + b"usemtl x\nf 1 2 3\n",
        "truncated.glb": box.export(file_type="glb")[:-100],
        "other_file.glb": glb_with(
            '{"asset":{"version":"2.0"},"buffers":[{"uri":"../../../../etc/passwd","byteLength":36}]}'
        ),
        "deep.glb": glb_with('{"asset":' * 50000),
        "text.vtp": b"hello",
        "claims.vtp": vtp.format(99999999999, "0 1 2", "3").encode(),
        "absent_point.vtp": vtp.format(3, "0 1 99999999", "3").encode(),
        "negative_point.vtp": vtp.format(3, "0 1 -7", "3").encode(),
        "offsets.vtp": vtp.format(3, "0 1 2", "999999").encode(),
        "few_points.vtp": vtp.format(3000, "0 1 2", "3").encode(),
        "picture.png": b"\x89PNG",
    }


@pytest.mark.parametrize("name", list(hostile()))
def test_hostile_file_is_refused(name, tmp_path, capfd):
    (tmp_path / name).write_bytes(hostile()[name])
    with pytest.raises(InputError, match="expected") as caught:
        read_mesh(tmp_path / name, frame="LPS", units="mm", place="$.here", name="vertebra_L3")
    assert caught.value.problems[0].path == "$.here"
    assert "passwd" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_damaged_vtp_never_crashes(shared_data, tmp_path):
    whole = (shared_data / "slicerigt_vertebrae/L03.vtp").read_bytes()
    rng, path = np.random.default_rng(3), tmp_path / "a.vtp"
    for _ in range(40):
        raw = bytearray(whole[: rng.integers(1, len(whole))] if rng.random() < 0.3 else whole)
        for at in rng.integers(0, len(raw), 8):
            raw[at] = rng.integers(256)
        path.write_bytes(bytes(raw))
        try:
            read_triangles(path, place="$")
        except InputError:
            continue


# in a plan


@pytest.fixture(scope="module")
def surfaces(tmp_path_factory, patient):
    """The closed-form patient's L3 and cord as files, beside its label maps."""
    folder = tmp_path_factory.mktemp("surfaces")
    anatomy = load_plan(cases.plan(), folder=patient).anatomy
    for name in ("vertebra_L3", "spinal_cord", "lesion"):
        write_mesh(anatomy.get(name).mesh, folder / f"{name}.stl")
        write_mesh(anatomy.get(name).mesh, folder / f"{name}_ras.ply", frame="RAS")
    for file in patient.iterdir():
        (folder / file.name).symlink_to(file)
    return folder


MESHES = {"vertebra_L3": "vertebra_L3.stl", "spinal_cord": "spinal_cord.stl", "lesion": "lesion.stl"}


def only_meshes(**changes):
    return cases.plan(anatomy={"meshes": MESHES, "mesh_frame": "LPS", "mesh_units": "mm"} | changes)


def test_a_patient_of_meshes_alone_measures_as_the_labels_do(surfaces):
    by_labels, by_meshes = cases.measured(cases.plan(), surfaces)[0], cases.measured(only_meshes(), surfaces)[0]
    for name in ("cord_clearance_mm", "ablation_margin_mm", "lesion_coverage_fraction", "lesion_diameter_mm"):
        assert by_meshes[name].value == pytest.approx(by_labels[name].value, abs=0.01)


def test_each_mesh_may_have_its_own_frame(surfaces):
    mixed = MESHES | {"spinal_cord": {"file": "spinal_cord_ras.ply", "frame": "RAS", "units": "mm"}}
    raw = only_meshes(meshes=mixed)
    assert cases.measured(raw, surfaces)[0]["cord_clearance_mm"].value == pytest.approx(
        cases.measured(only_meshes(), surfaces)[0]["cord_clearance_mm"].value, abs=0.01
    )


def test_beside_labels_the_mesh_wins_and_it_is_said(surfaces):
    raw = cases.plan()
    raw["anatomy"] |= {"meshes": {"spinal_cord": "spinal_cord.stl"}, "mesh_frame": "LPS", "mesh_units": "mm"}
    case = load_plan(raw, folder=surfaces)
    assert case.anatomy.get("spinal_cord").affine_lps is None
    assert case.anatomy.get("aorta").affine_lps is not None
    assert any("also a label" in warning for warning in case.warnings)
    assert "$.anatomy.meshes.spinal_cord" in {entry["role"] for entry in case.anatomy.inputs}


FAULTS = {
    "frame unsaid": ({"mesh_frame": ...}, "$.anatomy.meshes.vertebra_L3", "LPS or RAS"),
    "unknown frame": ({"mesh_frame": "LAS"}, "$.anatomy.mesh_frame", "LPS or RAS"),
    "unknown unit": ({"mesh_units": "inch"}, "$.anatomy.mesh_units", "mm, cm or m"),
    "no mesh": ({"meshes": {}}, "$.anatomy.meshes", "at least one"),
    "missing file": ({"meshes": {"vertebra_L3": "no.stl"}}, "$.anatomy.meshes.vertebra_L3", "mesh file"),
    "name leading out": ({"meshes": {"../../evil": "vertebra_L3.stl"}}, "$.anatomy.meshes", "name of a structure"),
    "the same twice": ({"meshes": {"L3": "vertebra_L3.stl", "vertebra_L3": "lesion.stl"}}, "$.anatomy.meshes", "once"),
    "wrong unit": ({"mesh_units": "m"}, "$.anatomy.meshes.vertebra_L3", "20 to 150"),
    "beside a parametric patient": ({"parametric": {"level": "L3"}}, "$.anatomy", "meshes"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_told_at_its_place(name, surfaces):
    changes, path, expected = FAULTS[name]
    raw = only_meshes(**changes)
    raw["anatomy"] = {key: value for key, value in raw["anatomy"].items() if value is not ...}
    with pytest.raises(InputError) as caught:
        load_plan(raw, folder=surfaces)
    found = {problem.path: problem for problem in caught.value.problems}
    assert path in found, f"told instead: {list(found)}"
    assert re.search(expected, found[path].expected)


def test_a_mesh_in_the_wrong_frame_lies_outside_the_labels(surfaces, tmp_path):
    far = ball(centre=(0.0, 400.0, 0.0), radius=40)
    write_mesh(far, tmp_path / "a.stl")
    raw = cases.plan()
    raw["anatomy"] |= {"meshes": {"kidney_left": str(tmp_path / "a.stl")}, "mesh_frame": "RAS", "mesh_units": "mm"}
    with pytest.raises(InputError, match="outside the image"):
        load_plan(raw, folder=surfaces)


def test_flip_is_its_own_inverse():
    assert flip_ras_lps(flip_ras_lps(ball().vertices)) == pytest.approx(ball().vertices)
