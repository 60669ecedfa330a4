"""Which number means what: tables are named, never guessed."""

from __future__ import annotations

import cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.anatomy.labels import BODY_MAP, TABLES, structure_name, table_of
from planner.anatomy.load import load_anatomy
from planner.anatomy.spec import AnatomySpec
from planner.core.errors import InputError, Problems
from planner.core.names import LEVELS
from planner.plan.case import load_plan

# Read in TotalSegmentator's class map of v2, task `total`; shared/data/MANIFEST.md names the same for the real map.
V2 = {
    15: "oesophagus", 25: "sacrum", 26: "vertebra_S1", 27: "vertebra_L5", 29: "vertebra_L3", 31: "vertebra_L1",
    32: "vertebra_T12", 43: "vertebra_T1", 44: "vertebra_C7", 50: "vertebra_C1", 52: "aorta",
    63: "inferior_vena_cava", 65: "iliac_artery_left", 79: "spinal_cord", 92: "rib_left_1", 104: "rib_right_1",
    115: "rib_right_12", 117: "costal_cartilages",
}  # fmt: skip
V1 = {
    3: "kidney_left",
    7: "aorta",
    8: "inferior_vena_cava",
    18: "vertebra_L5",
    22: "vertebra_L1",
    25: "vertebra_T10",
    41: "vertebra_C1",
    42: "oesophagus",
    52: "iliac_artery_right",
    57: "colon",
    79: "rib_right_10",
    104: "urinary_bladder",
}
"""Read in TotalSegmentator's class map `total_v1`; some must not be read out of a map of version 2."""
SAME = {3}
"""Numbers that mean the same in both."""


@pytest.mark.parametrize("number", V2)
def test_totalsegmentator_is_version_2(number):
    assert TABLES["totalsegmentator"][number] == V2[number]


@pytest.mark.parametrize("number", V1)
def test_version_1_is_another_table(number):
    assert TABLES["totalsegmentator_v1"][number] == V1[number]
    assert (TABLES["totalsegmentator"].get(number) == V1[number]) == (number in SAME)


@pytest.mark.parametrize(
    ("table", "left", "right"),
    [("totalsegmentator", (10, 11), (12, 13, 14)), ("totalsegmentator_v1", (13, 14), (15, 16, 17))],
)
def test_lobes_are_one_lung(table, left, right):
    named = TABLES[table]
    assert {number for number, name in named.items() if name == "lung_left"} == set(left)
    assert {number for number, name in named.items() if name == "lung_right"} == set(right)


def test_lobes_of_a_label_map_become_one_structure(tmp_path):
    points, affine = cases.grid(4.0)
    labels = np.where(points[..., 2] < 0, 10, 11).astype(np.uint8)
    labels[np.abs(points[..., 0]) > 20] = 29
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    spec = AnatomySpec(labelmap="seg.nii.gz", labels="totalsegmentator")
    lung = load_anatomy(spec, tmp_path, "LPS", Problems()).get("lung_left")
    assert lung.volume_ml == pytest.approx(np.isin(labels, (10, 11)).sum() * 0.064)


@pytest.mark.parametrize(
    ("number", "level"), [(1, "C1"), (7, "C7"), (8, "T1"), (19, "T12"), (20, "L1"), (22, "L3"), (24, "L5"), (28, "T13")]
)
def test_verse_numbers(number, level):
    assert TABLES["verse"][number] == f"vertebra_{level}"


def test_body_is_cortex_and_core_in_tptbox():
    table = TABLES["tptbox_subregions"]
    assert {number for number, name in table.items() if name == BODY_MAP} == {49, 50}
    assert table[41] == "arcus"
    assert (table[60], table[61]) == ("spinal_cord", "spinal_canal")
    assert (table[43], table[44]) == ("transverse_process_left", "transverse_process_right")


@pytest.mark.parametrize("table", ["totalsegmentator", "totalsegmentator_v1", "verse"])
def test_every_level_stands_once(table):
    names = [name for name in TABLES[table].values() if not name.startswith("lung_")]
    assert all(names.count(f"vertebra_{level}") == 1 for level in LEVELS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("vertebrae_L3", "vertebra_L3"), ("L3", "vertebra_L3"), ("vertebra_l3_body", "vertebra_L3_body"), ("esophagus", "oesophagus"),
        ("Spinal Cord", "spinal_cord"), ("cord", "spinal_cord"), ("IVC", "inferior_vena_cava"), ("nerve_root_l3_left", "nerve_root_L3_left"),
        ("lung_upper_lobe_left", "lung_left"), ("lung_middle_lobe_right", "lung_right"), ("Lung_L", "lung_left"), ("Lt Lung", "lung_left"),
        ("left kidney", "kidney_left"), ("Kidney_R", "kidney_right"), ("pleura_right", "lung_right"), ("kidney_cyst_left", "kidney_cyst_left"),
        ("iliac_vena_left", "iliac_vein_left"), ("SpinalCord", "spinal_cord"), ("Bowel_Large", "colon"), ("lung", "lung"),
        ("vertebrae_body", BODY_MAP), ("My Tumour", "My Tumour"),
    ],
)  # fmt: skip
def test_other_spellings_are_known(written, name):
    assert structure_name(written) == name


@given(st.sampled_from(sorted({n for t in TABLES.values() for n in t.values()})))
def test_our_own_names_stay(name):
    assert structure_name(name) == name


def test_free_mapping_is_read_by_name():
    assert table_of({7: "cord", 9: "Left hand"}) == {7: "spinal_cord", 9: "Left hand"}


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coarse")
    cases.write_patient(folder, 3.0)
    return folder


def with_labels(labels):
    return cases.plan(anatomy__labelmap__0__labels=labels)


def test_keys_may_be_text(coarse):
    named = load_plan(with_labels({str(number): name for number, name in cases.LABELS.items()}), folder=coarse)
    assert set(named.anatomy.names) == set(load_plan(cases.plan(), folder=coarse).anatomy.names)


@pytest.mark.parametrize(
    "labels",
    [
        {"1": "vertebra_L3", 1: "lesion"},
        {"one": "lesion"},
        {0: "lesion"},
        {1: ""},
        {1.5: "lesion"},
        {True: "lesion"},
        {},
        3,
    ],
)
def test_senseless_mapping_is_refused(labels, coarse):
    with pytest.raises(InputError, match=r"\$\.anatomy\.labelmap\[0\]\.labels.*expected"):
        load_plan(with_labels(labels), folder=coarse)


def test_number_without_a_name_is_a_warning(coarse):
    known = {number: name for number, name in cases.LABELS.items() if number not in (3, 6)}
    case = load_plan(with_labels(known), folder=coarse)
    assert any("labels 3, 6 have no name" in warning for warning in case.warnings)
    assert "aorta" not in case.anatomy.names


def test_name_without_a_voxel_is_an_absent_structure(coarse):
    case = load_plan(with_labels(cases.LABELS | {77: "skin"}), folder=coarse)
    assert "skin" not in case.anatomy.names
    assert case.warnings == ()


def test_two_numbers_of_one_name_are_one_structure(coarse):
    case = load_plan(with_labels(cases.LABELS | {6: "aorta"}), folder=coarse)
    alone = load_plan(cases.plan(), folder=coarse).anatomy
    assert case.anatomy.get("aorta").volume_ml == pytest.approx(
        alone.get("aorta").volume_ml + alone.get("inferior_vena_cava").volume_ml
    )
