"""`planner anatomy import`, `info` and `segment`, as a user runs them."""

from __future__ import annotations

import json
import re
import shutil
import sys
import types

import cases
import nibabel
import numpy as np
import pytest

from planner.anatomy.load import load_anatomy
from planner.anatomy.segment import ROI
from planner.anatomy.spec import AnatomySpec
from planner.cli.app import run
from planner.core.errors import Problems
from planner.core.yamlio import read_mapping
from planner.plan.case import load_plan
from planner.plan.skeleton import skeleton_text

TOTAL = "totalsegmentator/example_seg_fast_force_split.nii.gz"
CT = "totalsegmentator/example_ct.nii.gz"


@pytest.fixture
def cli(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as stopped:
            run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return stopped.value.code, out, err

    return call


@pytest.fixture(scope="module")
def imported(shared_data, tmp_path_factory):
    """A case made of the real label map and its CT."""
    out = tmp_path_factory.mktemp("cases") / "case"
    with pytest.raises(SystemExit) as stopped:
        run(
            [
                "anatomy",
                "import",
                str(shared_data / TOTAL),
                "--labels",
                "totalsegmentator",
                "--ct",
                str(shared_data / CT),
                "--out",
                str(out),
            ]
        )
    assert stopped.value.code == 0
    return out


def lps_voxels(path):
    """Label of each voxel by its place, whatever the order on disk."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.asanyarray(image.dataobj), image.affine


# import


def test_labels_are_kept_voxel_by_voxel(imported, shared_data):
    before, placed = lps_voxels(shared_data / TOTAL)
    after, placed_now = lps_voxels(imported / "labels.nii.gz")
    assert np.array_equal(before, after)
    assert np.abs(placed - placed_now).max() <= 0.01


def test_facts_are_those_of_the_source(imported):
    facts = json.loads((imported / "anatomy.json").read_text())
    rows = {row["name"]: row for row in facts["structures"]}
    for name, volume in {
        "vertebra_S1": 48.49,
        "vertebra_L5": 67.72,
        "vertebra_L3": 66.04,
        "aorta": 49.65,
        "spinal_cord": 41.93,
    }.items():
        assert rows[name]["volume_ml"] == pytest.approx(volume, abs=0.01)
    cut = {name for name, row in rows.items() if row["cut"]}
    assert {"vertebra_T12", "vertebra_T11", "spinal_cord", "aorta"} <= cut
    assert not cut & {f"vertebra_L{n}" for n in range(1, 6)}
    assert len(facts["ct"]) == len(facts["files"]["labels.nii.gz"]) == 64


def test_check_tells_what_is_missing(imported, cli):
    code, _, err = cli("check", imported / "case.yaml")
    assert code == 3
    assert "$.target.level" in err
    assert "$.steps" in err
    assert err.count("got") == 2


def test_completed_case_loads(imported):
    raw = read_mapping(imported / "case.yaml")
    raw["target"]["level"] = "L3"
    raw["steps"] = [
        {
            "kind": "vertebroplasty",
            "access": {"entry": [40, -60, 320], "target": [3.7, -140, 315], "gauge": 13},
            "cement": {"material": "pmma_generic", "volume": "3 mL"},
        }
    ]
    case = load_plan(raw, folder=imported)
    assert case.anatomy.get("vertebra_L3").volume_ml == pytest.approx(66.04, abs=0.01)


def test_case_moves_with_its_data(imported, tmp_path, cli):
    shutil.copytree(imported, tmp_path / "moved")
    text = (tmp_path / "moved/case.yaml").read_text()
    assert "labelmap: labels.nii.gz" in text
    without = re.sub(r"\n  ct:.*", "", text)
    assert without != text
    (tmp_path / "moved/case.yaml").write_text(without)
    assert cli("check", tmp_path / "moved/case.yaml")[2].count("got") == 2


def test_long_paths_stay_on_one_line(patient):
    anatomy = load_anatomy(AnatomySpec(parametric={"level": "L3"}), patient, "LPS", Problems())
    path = " a folder of patients" * 20 + "/ct.nii.gz"
    assert f"  ct: {path.strip()}\n" in skeleton_text({"ct": path.strip()}, anatomy)


LABELS = ",".join(f"{number}={name}" for number, name in cases.LABELS.items())


def test_a_full_folder_is_not_touched(patient, tmp_path, cli):
    (tmp_path / "mine.txt").write_text("mine")
    asked = ("anatomy", "import", patient / "seg.nii.gz", "--labels", LABELS, "--out", tmp_path)
    code, _, err = cli(*asked)
    assert code == 3
    assert "--force" in err
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    assert cli(*asked, "--force")[0] == 0
    assert {p.name for p in tmp_path.iterdir()} == {"mine.txt", "labels.nii.gz", "case.yaml", "anatomy.json"}


def test_nothing_is_left_where_a_source_is_bad(patient, tmp_path, cli):
    (tmp_path / "bad.stl").write_bytes(b"solid")
    code, _, err = cli(
        "anatomy",
        "import",
        patient / "bodies.nii.gz",
        tmp_path / "bad.stl",
        tmp_path / "no.nii.gz",
        "--frame",
        "LPS",
        "--units",
        "inch",
        "--out",
        tmp_path / "case",
    )
    assert code == 3
    for said in ("bad.stl", "no.nii.gz", "--units", "--labels totalsegmentator"):
        assert said in err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.stl"]


def test_meshes_become_ply_in_one_frame(shared_data, tmp_path, cli):
    folder = shared_data / "slicerigt_vertebrae"
    code, out, _ = cli("anatomy", "import", folder, "--frame", "RAS", "--units", "mm", "--out", tmp_path / "case")
    assert code == 0
    assert "vertebrae T7, T10, T11, T12, L1, L2, L3" in out
    assert "3 open edges" in out
    rows = {row["name"]: row for row in json.loads((tmp_path / "case/anatomy.json").read_text())["structures"]}
    assert rows["vertebra_L3"]["volume_ml"] == pytest.approx(45.61, abs=0.01)
    assert rows["vertebra_L3"]["extent_mm"] == pytest.approx([84.0, 80.1, 46.1], abs=0.06)
    assert rows["vertebra_L3"]["cut"] is None
    spec = read_mapping(tmp_path / "case/case.yaml")["anatomy"]
    assert spec["meshes"]["vertebra_L3"] == "meshes/vertebra_L3.ply"
    assert (spec["mesh_frame"], spec["mesh_units"]) == ("LPS", "mm")


def test_mesh_frame_and_metres_are_asked_for(shared_data, tmp_path, cli):
    source = f"vertebra_L1={shared_data}/opensim_creator/lumbar1.vtp"
    assert "--frame" in cli("anatomy", "import", source, "--out", tmp_path / "c")[2]
    code, _, err = cli("anatomy", "import", source, "--frame", "RAS", "--out", tmp_path / "c")
    assert code == 3
    assert "units: m`" in err
    code, out, _ = cli("anatomy", "import", source, "--frame", "RAS", "--units", "m", "--out", tmp_path / "c")
    assert code == 0
    assert "L1" in out


def test_mesh_and_label_map_in_one_case(shared_data, tmp_path, cli, patient):
    from planner.anatomy.mesh_files import write_mesh  # noqa: PLC0415

    write_mesh(load_plan(cases.plan(), folder=patient).anatomy.get("lesion").mesh, tmp_path / "lesion.stl")
    labels = ",".join(f"{n}={name}" for n, name in cases.LABELS.items() if name != "lesion")
    code, out, _ = cli(
        "anatomy",
        "import",
        patient / "seg.nii.gz",
        tmp_path / "lesion.stl",
        "--labels",
        labels,
        "--frame",
        "LPS",
        "--units",
        "mm",
        "--out",
        tmp_path / "c",
    )
    assert code == 0
    assert "labels 4 have no name" in out
    assert "lesion: lesion" in (tmp_path / "c/case.yaml").read_text()


def test_one_file_a_structure(tmp_path, cli):
    (tmp_path / "seg").mkdir()
    points, affine = cases.grid(2.0)
    labels = cases.labels_at(points)
    for number, name in {1: "vertebrae_L3", 2: "spinal_cord"}.items():
        cases.write(tmp_path / f"seg/{name}.nii.gz", (labels == number).astype(np.uint8), affine, "PIR")
    cases.write(tmp_path / "seg/esophagus.nii.gz", np.zeros_like(labels), affine)
    cases.write(tmp_path / "seg/vertebrae_body.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    code, out, _ = cli("anatomy", "import", tmp_path / "seg", "--out", tmp_path / "c")
    assert code == 0
    assert "oesophagus has no voxel" in out
    rows = {row["name"]: row for row in json.loads((tmp_path / "c/anatomy.json").read_text())["structures"]}
    assert {"vertebra_L3", "vertebra_L3_body", "spinal_cord"} <= set(rows)
    assert rows["spinal_cord"]["volume_ml"] == pytest.approx((labels == 2).sum() * 0.008, abs=0.01)


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", ".hidden", ""])
def test_no_name_leads_out_of_the_folder(name, tmp_path, cli, patient):
    from planner.anatomy.mesh_files import write_mesh  # noqa: PLC0415

    write_mesh(load_plan(cases.plan(), folder=patient).anatomy.get("lesion").mesh, tmp_path / "a.stl")
    code, _, err = cli("anatomy", "import", f"{name}={tmp_path}/a.stl", "--frame", "LPS", "--out", tmp_path / "x/y/c")
    assert code == 3
    assert "bad input" in err
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.stl"]


def test_a_name_in_the_labels_never_becomes_yaml_or_a_path(tmp_path, cli, patient):
    mapping = tmp_path / "labels.yaml"
    mapping.write_text(json.dumps({"1": "vertebra_L3", "2": "../../evil\nsteps: [1]", "3": "a: {b: &c [*c]}"}))
    assert cli("anatomy", "import", patient / "seg.nii.gz", "--labels", mapping, "--out", tmp_path / "c")[0] == 0
    raw = read_mapping(tmp_path / "c/case.yaml")
    assert raw["steps"] == []
    assert raw["anatomy"]["labels"][3] == "a: {b: &c [*c]}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c", "labels.yaml"]


@pytest.mark.parametrize("labels", ["totalsegmentor", "1=vertebra_L3,1=aorta", "x=aorta", "1="])
def test_wrong_labels_are_told(labels, tmp_path, cli, patient):
    code, _, err = cli("anatomy", "import", patient / "seg.nii.gz", "--labels", labels, "--out", tmp_path / "c")
    assert code == 3
    assert "--labels" in err


def test_overlapping_segments_come_through_as_they_are(shared_data, tmp_path, cli):
    assert (
        cli("anatomy", "import", shared_data / "highdicom/seg_image_ct_binary_overlap.dcm", "--out", tmp_path / "c")[0]
        == 0
    )
    assert {p.name for p in (tmp_path / "c").iterdir()} == {
        "labels_1.nii.gz",
        "labels_2.nii.gz",
        "case.yaml",
        "anatomy.json",
    }


def test_another_patients_ct_is_bad_input(shared_data, tmp_path, cli):
    segments, ct = shared_data / "dcmqi/liver.dcm", shared_data / "highdicom/ct_image.dcm"
    code, _, err = cli("anatomy", "import", segments, "--ct", ct, "--out", tmp_path / "c")
    assert code == 3
    assert "of another patient" in err or "of another study" in err
    assert not list(tmp_path.iterdir())


# info


def test_info_of_plan_case_and_source_agree(tmp_path, cli):
    cases.write_patient(tmp_path, 2.0, axes="PIR")
    source = tmp_path / "seg.nii.gz"
    assert cli("anatomy", "import", source, "--labels", LABELS, "--out", tmp_path / "c")[0] == 0
    of_case = json.loads(cli("anatomy", "info", tmp_path / "c", "--json")[1])
    of_plan = json.loads(cli("anatomy", "info", tmp_path / "c/case.yaml", "--json")[1])
    of_source = json.loads(cli("anatomy", "info", source, "--labels", LABELS, "--json")[1])
    assert of_case["structures"] == of_plan["structures"] == of_source["structures"]
    assert of_case["missing"] == of_plan["missing"] == of_source["missing"]
    assert of_source["stored_axes"] == {"seg.nii.gz": "PIR"}
    assert of_source["images"][0]["spacing_mm"] == [2.0, 2.0, 2.0]


def test_info_tells_which_rules_a_missing_structure_disables(shared_data, cli):
    source = (shared_data / "tptbox/sub-ct_seg-vert_label-22_msk.nii.gz", "--labels", "verse")
    held = json.loads(cli("anatomy", "info", *source, "--json")[1])
    rules = {tuple(gap["any_of"]): gap["rules"] for gap in held["missing"]}
    assert rules["skin",] == ["ACC-LENGTH"]
    assert "ACC-CORD-CLEAR" in rules["spinal_cord", "thecal_sac", "spinal_canal"]
    assert any("ACC-VESSEL" in ids for key, ids in rules.items() if "aorta" in key)
    rows = {row["name"]: row for row in held["structures"]}
    assert rows["vertebra_L3"]["volume_ml"] == pytest.approx(59.73, abs=0.01)
    assert [rows[f"vertebra_L{n}"]["cut"] for n in (2, 3, 4)] == [True, False, True]


def test_info_in_words(shared_data, cli):
    text = cli("anatomy", "info", f"L3={shared_data}/slicerigt_vertebrae/L03.vtp", "--frame", "RAS", "--units", "mm")[1]
    assert "not there: skin; cannot be judged: ACC-LENGTH" in text
    assert re.search(r"vertebra_L3 +segmented +45\.6 +84 × 80 × 46", text)


def test_a_disabled_rule_is_one_that_check_does_not_evaluate(patient, cli, tmp_path):
    from planner.check.gaps import gaps  # noqa: PLC0415
    from planner.check.verdict import check_plan  # noqa: PLC0415
    from planner.protocol.load import load_protocol  # noqa: PLC0415

    verdict = check_plan(load_plan(cases.plan(), folder=patient))
    missing = gaps(verdict.result.case.anatomy, load_protocol(), levels=("L3",), lesion="lesion")
    disabled = {rule for gap in missing for rule in gap.rules}
    outcomes = {finding.rule: finding.outcome for finding in verdict.findings if finding.rule in disabled}
    assert outcomes
    assert set(outcomes.values()) <= {"not_evaluated", "not_applicable"}


def test_info_of_a_plan_without_a_frame_is_bad_input(tmp_path, cli):
    (tmp_path / "p.yaml").write_text("planner: 1\nanatomy: {parametric: {level: L3}}\n")
    code, _, err = cli("anatomy", "info", tmp_path / "p.yaml")
    assert code == 3
    assert "$.frame" in err


# segment


def fake_model(monkeypatch, result):
    """Put a module in TotalSegmentator's place; `result` is what it returns or raises."""
    asked = {}

    def totalsegmentator(image, output=None, **options):
        asked.update(options, image=image, output=output)
        sys.stdout.write("chatter")
        if isinstance(result, BaseException):
            raise result
        return result(image)

    module = types.ModuleType("totalsegmentator.python_api")
    module.totalsegmentator = totalsegmentator
    monkeypatch.setitem(sys.modules, "totalsegmentator", types.ModuleType("totalsegmentator"))
    monkeypatch.setitem(sys.modules, "totalsegmentator.python_api", module)
    return asked


def test_segment_without_the_extra_names_it(shared_data, tmp_path, cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "totalsegmentator", None)
    code, _, err = cli("anatomy", "segment", shared_data / CT, "--out", tmp_path / "c")
    assert code == 3
    assert "vertebral-planner[segment]" in err
    assert not list(tmp_path.iterdir())


def test_segment_hands_the_ct_over_and_writes_a_case(shared_data, tmp_path, cli, monkeypatch):
    labels = nibabel.load(shared_data / TOTAL)

    def segmented(image):
        """The reference labels on the grid of what was handed over: they fit only if it kept its place."""
        back = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(labels.affine), nibabel.io_orientation(image.affine)
        )
        turned = labels.as_reoriented(back)
        assert turned.shape == image.shape
        assert np.abs(turned.affine - image.affine).max() < 0.01
        return turned

    asked = fake_model(monkeypatch, segmented)
    code, out, _ = cli("anatomy", "segment", shared_data / CT, "--out", tmp_path / "c", "--fast")
    assert code == 0
    assert "chatter" not in out
    assert asked["task"] == "total"
    assert asked["ml"] is True
    assert asked["fast"] is True
    assert asked["output"] is None
    assert {"vertebrae_L3", "spinal_cord", "aorta", "inferior_vena_cava"} <= set(asked["roi_subset"])
    ct = np.asanyarray(asked["image"].dataobj)
    assert (ct.min(), ct.max()) == (-1207, 3382)
    rows = {row["name"]: row for row in json.loads((tmp_path / "c/anatomy.json").read_text())["structures"]}
    assert rows["vertebra_L3"]["volume_ml"] == pytest.approx(66.04, abs=0.01)
    assert "ct:" in (tmp_path / "c/case.yaml").read_text()


def test_segment_asks_by_the_names_of_its_table():
    assert len(set(ROI)) == len(ROI)
    assert all(name.isidentifier() for name in ROI)


class OutOfMemoryError(RuntimeError):
    pass


FAILURES = {
    "no network": (ConnectionError("Max retries exceeded with url"), "TOTALSEG_WEIGHTS_PATH"),
    "no weights": (FileNotFoundError("nnunet/results/Dataset291"), "TOTALSEG_WEIGHTS_PATH"),
    "memory": (OutOfMemoryError("CUDA out of memory"), "--fast"),
    "it exits": (SystemExit(1), "anatomy import"),
    "anything": (ValueError("odd"), "anatomy import"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_segment_tells_what_failed(name, shared_data, tmp_path, cli, monkeypatch):
    error, way_out = FAILURES[name]
    fake_model(monkeypatch, error)
    code, _, err = cli("anatomy", "segment", shared_data / CT, "--out", tmp_path / "c")
    assert code == 3
    assert way_out in err
    assert not list(tmp_path.iterdir())


def test_segment_that_finds_no_spine_is_bad_input(shared_data, tmp_path, cli, monkeypatch):
    fake_model(monkeypatch, lambda image: nibabel.Nifti1Image(np.zeros(image.shape, np.uint8), image.affine))
    code, _, err = cli("anatomy", "segment", shared_data / CT, "--out", tmp_path / "c")
    assert code == 3
    assert "no vertebra" in err
