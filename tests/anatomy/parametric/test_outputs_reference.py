"""The reference column: its files are those of the index, small, and the same when they are made again."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from planner.anatomy.mesh_files import read_triangles, write_mesh
from planner.anatomy.parametric import ParametricSpec, reference
from planner.anatomy.parametric.sidecar import QUANTUM_MM, surface_hash
from planner.core.files import content_hash, sha256_of
from planner.core.resources import data_folder
from planner.geometry.bodies import Ellipsoid
from planner.geometry.levelset import is_closed
from planner.geometry.mesh import Mesh

SMALL = {"level": "L3", "levels": "only", "tissues": False, "resolution_mm": 1.5}
MOST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def kept():
    folder = data_folder("meshes")
    return folder, json.loads((folder / reference.INDEX).read_text(encoding="utf-8"))


def test_the_index_says_what_its_files_are(kept):
    folder, index = kept
    assert (index["unit"], index["frame"], index["licence"]) == ("mm", "LPS", "Apache-2.0")
    assert {p.name for p in folder.glob("*.ply")} == {row["file"] for row in index["structures"].values()}
    assert sum(p.stat().st_size for p in folder.iterdir()) <= MOST_BYTES
    for row in index["structures"].values():
        assert sha256_of(folder / row["file"]) == row["sha256"], row["file"]
    assert index["spec_sha256"] == content_hash(ParametricSpec(**reference.SPEC).model_dump(mode="json"))
    assert {
        f"vertebra_{level}" for level in (*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)))
    } <= set(index["structures"])


@pytest.mark.parametrize("name", ["vertebra_T1", "vertebra_L3", "spinal_canal"])
def test_a_kept_surface_is_whole_and_the_one_of_its_row(kept, name):
    folder, index = kept
    row = index["structures"][name]
    mesh = Mesh.of(*read_triangles(folder / row["file"], place=name))
    assert is_closed(mesh.faces)
    assert len(mesh.faces) == row["triangles"]
    assert mesh.volume_mm3 / 1e3 == pytest.approx(row["volume_ml"], abs=1e-3)


@pytest.mark.slow
def test_the_column_is_the_one_that_is_built_now(kept, tmp_path):
    reference.write_reference(tmp_path)
    assert reference.compare(kept[0], tmp_path) == []


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A little column, made twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SPEC", SMALL)
        folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
        for folder in folders:
            reference.write_reference(folder)
    return folders


def test_making_it_twice_gives_the_same_bytes(small):
    one, two = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in small)
    assert one == two
    assert reference.compare(*small) == []


def changed(folder, tmp_path, name, move):
    """A copy in which one surface was moved, and its index goes with it."""
    shutil.copytree(folder, tmp_path / "changed")
    file = tmp_path / "changed" / f"{name}.ply"
    vertices, faces = read_triangles(file, place=name)
    mesh = Mesh.of((vertices + move).astype(np.float32), faces)
    write_mesh(mesh, file)
    index = json.loads((tmp_path / "changed" / reference.INDEX).read_text())
    index["structures"][name] |= {"sha256": sha256_of(file), "surface_sha256": surface_hash(mesh)}
    (tmp_path / "changed" / reference.INDEX).write_text(json.dumps(index))
    return tmp_path / "changed"


def test_a_changed_shape_is_told_and_another_rounding_is_not(small, tmp_path):
    assert reference.compare(small[0], changed(small[1], tmp_path / "a", "vertebra_L3", [0.0, 0.0, 0.4])) != []
    (tmp_path / "b").mkdir()
    assert reference.compare(small[0], changed(small[1], tmp_path / "b", "vertebra_L3", [0.0006, 0.0, 0.0])) == []


def test_a_damaged_a_missing_and_a_new_file_are_told(small, tmp_path):
    shutil.copytree(small[0], tmp_path / "kept")
    with (tmp_path / "kept" / "vertebra_L3.ply").open("ab") as file:
        file.write(b"x")
    (tmp_path / "kept" / "spinal_canal.ply").unlink()
    index = json.loads((tmp_path / "kept" / reference.INDEX).read_text())
    index["structures"]["old"] = index["structures"].pop("vertebra_L3_body")
    (tmp_path / "kept" / reference.INDEX).write_text(json.dumps(index))
    said = "\n".join(reference.compare(tmp_path / "kept", small[1]))
    for told in ("vertebra_L3: the file", "spinal_canal: the file", "old: not built", "vertebra_L3_body: not kept"):
        assert told in said


def test_the_command_checks(small, monkeypatch, capsys):
    monkeypatch.setattr(reference, "SPEC", SMALL)
    assert reference.main(["--check", "--out", str(small[0])]) == 0
    assert "is the one" in capsys.readouterr().out
    monkeypatch.setattr(reference, "SPEC", SMALL | {"level": "L2"})
    assert reference.main(["--check", "--out", str(small[0])]) == 1
    assert "another now" in capsys.readouterr().out


def test_the_hash_knows_a_micrometre():
    ball = Ellipsoid(np.zeros(3), np.eye(3), np.full(3, 5.0)).surface(2)
    snapped = Mesh.of(np.rint(ball.vertices / QUANTUM_MM) * QUANTUM_MM, ball.faces)
    noisy = Mesh.of(snapped.vertices + 0.3 * QUANTUM_MM, snapped.faces)
    moved = Mesh.of(snapped.vertices + np.array([0.0, 0.0, 2.0 * QUANTUM_MM]), snapped.faces)
    assert surface_hash(snapped) == surface_hash(noisy) != surface_hash(moved)
    assert surface_hash(snapped) != surface_hash(Mesh.of(snapped.vertices, snapped.faces[:, [1, 2, 0]]))
