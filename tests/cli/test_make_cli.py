"""`planner anatomy make`: the folder, what `check` says of it, refusals all at once, the same bytes twice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from planner.cli import make_options as options
from planner.geometry.clearance import clearance_along
from planner.geometry.measures import feret_diameter
from planner.measure.models import Measured
from planner.measure.result import simulate_plan
from planner.plan import made_case
from planner.plan.case import load_plan

SMALL = ("--levels", "only", "--no-tissues", "--spacing", "1.5mm", "--spec")


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """A spec file: what has no option of its own."""
    file = tmp_path_factory.mktemp("spec") / "coarse.yaml"
    file.write_text("resolution_mm: 1.2\nlevel: T9\n")
    return file


def written(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_case_is_made_and_can_be_checked(cli, coarse, tmp_path):
    out = tmp_path / "case"
    ran = cli("anatomy", "make", "--level", "L3", "--lesion", "lytic:18mm", *SMALL, coarse, "--seed", 4, "--out", out)
    assert ran.code == 0, ran.err
    assert f"planner check {out / 'case.yaml'}" in ran.out
    files = {name.split("/")[0] for name in written(out)}
    assert files == {
        "case.yaml",
        "truth.json",
        "labels.nii.gz",
        "whole_1.nii.gz",
        "whole_2.nii.gz",
        "ct.nii.gz",
        "meshes",
    }
    truth = json.loads((out / "truth.json").read_text())
    assert truth["target"] == "L3"
    assert truth["seed"] == 4
    assert truth["measured"]["lesion_diameter_mm"] == pytest.approx(18.0, abs=0.05)
    assert set(truth["files"]) == set(written(out)) - {"truth.json"}
    assert cli("check", out / "case.yaml", "--no-simulate").code in {0, 1, 2}


def test_what_is_measured_on_the_case_is_what_is_true(cli, coarse, tmp_path):
    out = tmp_path / "case"
    assert (
        cli(
            "anatomy",
            "make",
            "--level",
            "L3",
            "--lesion",
            "lytic:18mm",
            *SMALL[:3],
            "--spacing",
            "0.8mm",
            "--orientation",
            "PIR",
            "--spec",
            coarse,
            "--format",
            "nifti",
            "--out",
            out,
        ).code
        == 0
    )
    truth = json.loads((out / "truth.json").read_text())
    case = load_plan(out / "case.yaml")
    anatomy, measured = case.anatomy, truth["measured"]
    whole = {n: m.value for n, m in simulate_plan(case, simulate=False).whole.items() if isinstance(m, Measured)}
    body, lesion = anatomy.get("vertebra_L3_body"), anatomy.get("lesion")
    assert feret_diameter(lesion.mesh.vertices)[0] == pytest.approx(measured["lesion_diameter_mm"], abs=0.8)
    assert lesion.volume_ml == pytest.approx(measured["lesion_volume_ml"], rel=0.02)
    assert body.volume_ml == pytest.approx(measured["body_volume_ml"], rel=0.02)
    # The needle runs along the pedicle's axis: what it leaves on either side is known.
    assert whole["pedicle_wall_margin_mm"] == pytest.approx(0.5 * (measured["pedicle_width_mm"] - 2.413), abs=0.9)
    assert whole["cement_fill_fraction"] == pytest.approx(
        whole["cement_volume_ml"] / measured["body_volume_ml"], rel=0.02
    )
    # Two surfaces made of 0.8 mm voxels, 0.35 voxel each.
    to_canal = clearance_along(lesion.mesh.vertices, anatomy.get("spinal_canal").mesh)[0].min()
    assert to_canal == pytest.approx(truth["distances_mm"]["lesion"]["spinal_canal"], abs=0.56)


def test_dicom_goes_through_the_whole_import(cli, coarse, tmp_path):
    out, again = tmp_path / "case", tmp_path / "again"
    asked = (
        "anatomy",
        "make",
        "--level",
        "L1",
        "--lesion",
        "lytic:14mm",
        *SMALL,
        coarse,
        "--format",
        "dicom",
        "--out",
        out,
    )
    assert cli(*asked).code == 0
    assert YAML(typ="safe").load(out / "case.yaml")["anatomy"] == {"dicom_seg": "dicom/seg.dcm", "ct": "dicom/ct"}
    assert cli("check", out / "case.yaml", "--no-simulate").code in {0, 1, 2}
    ran = cli("anatomy", "import", out / "dicom" / "seg.dcm", "--ct", out / "dicom" / "ct", "--out", again)
    assert ran.code == 0, ran.err
    assert "another" not in ran.out, "patient, study and frame agree"
    truth = json.loads((out / "truth.json").read_text())["structures"]
    rows = {row["name"]: row for row in json.loads((again / "anatomy.json").read_text())["structures"]}
    for name in ("vertebra_L1", "vertebra_L1_body", "lesion"):
        assert rows[name]["volume_ml"] == pytest.approx(truth[name]["volume_ml"], rel=0.03), name


def test_the_same_options_give_the_same_bytes(cli, coarse, tmp_path):
    asked = ("anatomy", "make", "--level", "L4", "--lesion", "mixed:15mm", "--levels", "only", "--no-tissues")
    asked += ("--spacing", "3mm", "--spec", coarse, "--format", "nifti,dicom,meshes", "--seed", 9)
    for name in ("one", "two"):
        assert cli(*asked, "--out", tmp_path / name).code == 0
    one, two = written(tmp_path / "one"), written(tmp_path / "two")
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_meshes_alone_make_a_case(cli, coarse, tmp_path):
    ran = cli(
        "anatomy", "make", "--level", "T12", *SMALL, coarse, "--format", "meshes", "--json", "--out", tmp_path / "c"
    )
    told = json.loads(ran.out)
    assert ran.code == 0
    assert "meshes/vertebra_T12.ply" in told["files"]
    assert told["truth"]["image"] is None
    assert cli("check", tmp_path / "c" / "case.yaml", "--no-simulate").code in {0, 1, 2}


def test_every_slip_is_told_at_once_and_nothing_is_written(cli, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    ran = cli(
        "anatomy", "make", "--level", "L9", "--lesion", "litic:18mm", "--lesion", "lytic:18mm:foo=1", "--fracture", "L1-wedge",
        "--bone", "soft", "--spacing", "1", "--orientation", "LRS", "--tilt", "1,2", "--view", "all", "--noise", "-3", "--slice-thickness", "thick",
        "--format", "stl", "--scoliosis", "T9", "--cement", "L2", "--screw", "left", "--defect", "L3", "--spec", tmp_path / "no.yaml", "--out", tmp_path,
    )  # fmt: skip
    assert ran.code == 3
    for said in (
        "--out", "--lesion", "--fracture", "--spacing", "--orientation", "--tilt", "--view", "--noise", "--slice-thickness",
        "--format", "--scoliosis", "--cement", "--screw", "--defect", "no.yaml", "$.level", "$.bone", "foo",
    ):  # fmt: skip
        assert said in ran.err, said
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_full_folder_needs_force_and_keeps_its_other_files(cli, coarse, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    asked = ("anatomy", "make", *SMALL, coarse, "--format", "meshes", "--out", tmp_path)
    ran = cli(*asked)
    assert ran.code == 3
    assert "--force" in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    assert cli(*asked, "--force").code == 0
    assert {"mine.txt", "case.yaml", "truth.json", "meshes"} == {p.name for p in tmp_path.iterdir()}


def test_a_grid_too_large_is_refused_before_the_work(cli, coarse, tmp_path):
    ran = cli("anatomy", "make", *SMALL[:3], "--spacing", "0.1mm", "--spec", coarse, "--out", tmp_path / "c")
    assert ran.code == 3
    assert "--spacing" in ran.err
    assert "at most" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_where_the_work_breaks(cli, coarse, tmp_path, monkeypatch):
    monkeypatch.setattr(
        made_case, "label_map", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    ran = cli("anatomy", "make", *SMALL, coarse, "--format", "nifti", "--no-ct", "--out", tmp_path / "c")
    assert ran.code == 3
    assert "No space left" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("read", "text", "found"),
    [
        (options.lesion, "blastic:4mL:L2", {"kind": "blastic", "volume": "4mL", "level": "L2"}),
        (options.lesion, "mixed:22mm:epidural=1b", {"kind": "mixed", "diameter": "22mm", "epidural": "1b"}),
        (options.lesion, "lytic:22mm:epidural=2:seed=3", {"kind": "lytic", "diameter": "22mm", "epidural": "2", "seed": 3}),
        (options.fracture, "L1:crush:40%:retropulsion=4mm", ("L1", {"shape": "crush", "height_loss": 0.4, "retropulsion": "4mm"})),
        (options.cement, "L2:3mL:left", ("L2", {"volume": "3mL", "side": "left"})),
        (options.screw, "L4:left:length=45mm", ("L4", {"side": "left", "length": "45mm"})),
        (options.defect, "L3:posterior_wall:8mm", ("L3", {"surface": "posterior_wall", "diameter": "8mm"})),
        (options.spacing, "0.5,0.5,1 mm", (0.5, 0.5, 1.0)),
        (options.spacing, "0.1cm", (1.0, 1.0, 1.0)),
        (options.tilt, "10,0,-5", (10.0, 0.0, -5.0)),
    ],
)  # fmt: skip
def test_short_forms(read, text, found):
    got = read(text)
    assert got == found or np.allclose(got, found)


@pytest.mark.parametrize("text", ["lytic::18mm", "18mm:lytic", "", "lump:3mm"])
def test_short_forms_that_are_wrong(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the option's own text is told with it
        options.lesion(text)
