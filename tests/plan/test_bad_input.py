"""Bad input: all problems at once, each with path, got, expected and way out; never a traceback."""

from __future__ import annotations

import gzip
import json
import math

import cases
import nibabel
import numpy as np
import pytest

from planner.core.errors import InputError
from planner.core.yamlio import parse_mapping
from planner.plan.case import load_plan

A = "steps__0__access"


def problems_of(raw, folder):
    with pytest.raises(InputError, match=r"got .+ expected") as caught:
        load_plan(raw, folder=folder)
    for problem in caught.value.problems:
        assert problem.path.startswith("$")
        assert problem.got
        assert problem.expected
        assert problem.way_out
    return {problem.path: problem for problem in caught.value.problems}


ONE_FAULT = {
    "wrong unit": ({"steps__0__setpoint": "90 mm"}, "$.steps[0].setpoint", "degC"),
    "unknown unit": ({"steps__0__duration": "6 fortnightz"}, "$.steps[0].duration", "convert"),
    "missing unit": ({"steps__1__balloon__pressure": 200}, "$.steps[1].balloon.pressure", "with its unit"),
    "number as text": ({"steps__0__setpoint": "90"}, "$.steps[0].setpoint", "unit"),
    "unit where a number belongs": (
        {"steps__1__balloon__pressure": ..., "steps__1__balloon__pressure_kpa": "200 psi"},
        "$.steps[1].balloon.pressure_kpa", "number in kPa",
    ),
    "twice, with and without suffix": ({"steps__0__setpoint_c": 80.0}, "$.steps[0].setpoint", "once"),
    "implausible value": ({"steps__1__balloon__pressure": "200000 psi"}, "$.steps[1].balloon.pressure", "between"),
    "negative volume": ({"steps__1__cement__volume": "-4 mL"}, "$.steps[1].cement.volume", "between"),
    "frame unsaid": ({"frame": ...}, "$.frame", "frame"),
    "frame unknown": ({"frame": "LAS"}, "$.frame", "LPS or RAS"),
    "unknown device": ({"steps__0__device": "generic_monopolar_2mm"}, "$.steps[0].device", "device sheet"),
    "device of another kind": ({"steps__0__device": "generic_balloon_15mm"}, "$.steps[0].device", "device for"),
    "unknown kind": ({"steps__0__kind": "radiofrequenzy_ablation"}, "$.steps[0]", "radiofrequency_ablation"),
    "unknown key": ({"steps__0__setpiont": "90 degC"}, "$.steps[0].setpiont", "key"),
    "unknown key at the top": ({"stepz": []}, "$.stepz", "key"),
    "unknown material": ({"steps__1__cement__material": "pmma"}, "$.steps[1].cement.material", "material"),
    "unknown gauge": ({"steps__0__access__gauge": 12.5}, "$.steps[0].access.gauge", "gauge"),
    "unknown protection": ({"steps__0__protection": ["thermocuple"]}, "$.steps[0].protection[0]", "protection"),
    "NaN": ({"steps__0__access__entry": [math.nan, 1.0, 2.0]}, "$.steps[0].access.entry[0]", "finite"),
    "infinite": ({"steps__0__setpoint": ..., "steps__0__setpoint_c": math.inf}, "$.steps[0].setpoint_c", "finite"),
    "infinite as text": ({"steps__0__setpoint": "inf degC"}, "$.steps[0].setpoint", "number"),
    "two coordinates": ({"steps__0__access__target": [1.0, 2.0]}, "$.steps[0].access.target", "three numbers"),
    "equal entry and target": ({"steps__0__access__entry": cases.TIP}, "$.steps[0].access", "apart"),
    "unknown format version": ({"planner": 2}, "$.planner", "version 1"),
    "format version as text": ({"planner": "1"}, "$.planner", "version 1"),
    "no steps": ({"steps": []}, "$.steps", "at least one"),
    "steps as mapping": ({"steps": {"kind": "vertebroplasty"}}, "$.steps", "list"),
    "no access": ({"steps__0__access": ...}, "$.steps[0].access", "access"),
    "absent level": ({"target__level": "T7"}, "$.target.level", "vertebra"),
    "no such level": ({"target__level": "L9"}, "$.target.level", "vertebra"),
    "absent lesion": ({"target__lesion": "lesoin"}, "$.target.lesion", "lesion"),
    "ablation without lesion": ({"target__lesion": ...}, "$.target.lesion", "lesion to ablate"),
    "no target": ({"target": ...}, "$.steps[0].target", "target"),
    "target outside the image": ({"steps__0__access__target": [4.0, -8.0, 400.0]}, "$.steps[0].access.target", "inside the image"),
    "no anatomy": ({"anatomy": ...}, "$.anatomy", "anatomy"),
    "no source of anatomy": ({"anatomy": {}}, "$.anatomy", "labelmap"),
    "labels unsaid": ({"anatomy": {"labelmap": "seg.nii.gz"}}, "$.anatomy", "labels"),
    "unknown table": ({"anatomy": {"labelmap": "seg.nii.gz", "labels": "totalsegmentor"}}, "$.anatomy.labels", "totalsegmentator"),
    "missing image": ({"anatomy__labelmap__0__file": "nothere.nii.gz"}, "$.anatomy.labelmap[0].file", "image file"),
    "missing CT": ({"anatomy__ct": "nothere.nii.gz"}, "$.anatomy.ct", "image file"),
    "missing structure set": ({"anatomy": {"rtstruct": "rs.dcm"}}, "$.anatomy.rtstruct", "image file"),
    "lesion said twice": ({"anatomy__lesions": {"lesion": {"sphere": {"centre": [0, 0, 0], "diameter": "9 mm"}}}}, "$.anatomy.lesions.lesion", "one of them"),
    "lesion in no way": ({"anatomy__lesions": {"b": {}}}, "$.anatomy.lesions.b", "one of sphere"),
    "lesion of no size": ({"anatomy__lesions": {"b": {"sphere": {"centre": [0, 0, 0], "diameter": "0 mm"}}}}, "$.anatomy.lesions.b.sphere.diameter", "between"),
    "flat ellipsoid": (
        {"anatomy__lesions": {"b": {"ellipsoid": {"centre": [0, 0, 0], "diameters": ["9 mm", "9 mm", "8 mm"], "directions": [[1, 0, 0], [1, 0, 0], [0, 0, 1]]}}}},
        "$.anatomy.lesions.b.ellipsoid.directions", "apart",
    ),
    "wrong cycle": (
        {"steps__0": {"kind": "cryoablation", "device": "generic_cryo_17g", "access": {"entry": cases.ENTRY, "target": cases.TIP}, "cycle": ["freze 10 min"]}},
        "$.steps[0].cycle[0]", "phase",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_FAULT)
def test_one_fault_is_told_at_its_place(name, patient):
    changes, path, expected = ONE_FAULT[name]
    found = problems_of(cases.plan(**changes), patient)
    assert path in found, f"told instead: {list(found)}"
    assert expected in found[path].expected


@pytest.mark.parametrize(("got", "meant"), [("stop_temprature", "stop_temperature"), ("protecton", "protection")])
def test_misspelt_key_is_guessed(got, meant, patient):
    found = problems_of(cases.plan(**{f"steps__0__{got}": 1}), patient)
    assert meant in found[f"$.steps[0].{got}"].way_out


def test_every_problem_is_told_at_once(patient):
    raw = cases.plan(
        frame=..., planner=3, steps__0__setpoint="90 psi", steps__0__device="nosuch", steps__1__balloon__pressure=7,
        target__level="T3", steps__1__access__gauge=99, anatomy__ct="nothere.nii.gz",
    )  # fmt: skip
    found = problems_of(raw, patient)
    assert {
        "$.frame", "$.planner", "$.steps[0].setpoint", "$.steps[1].balloon.pressure", "$.target.level",
        "$.steps[1].access.gauge", "$.anatomy.ct",
    } <= set(found)  # fmt: skip


def test_device_is_told_beside_a_schema_problem_elsewhere(patient):
    found = problems_of(cases.plan(planner=3, steps__0__device="nosuch"), patient)
    assert {"$.planner", "$.steps[0].device"} <= set(found)


TEXTS = {
    "not closed": "a: [1, 2",
    "duplicate key": "planner: 1\nplanner: 1\n",
    "duplicate key in JSON": '{"planner": 1, "planner": 1}',
    "tag": "planner: !!python/object/apply:os.system ['true']",
    "plain tag": "planner: !!int 1",
    "own tag": "planner: !device x",
    "cycle": "planner: &a [*a]",
    "bomb": "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)),
    "endless nesting": "[" * 5000,
    "endless nesting in JSON": '{"a":' * 5000,
    "control character": "planner: \x01",
    "two documents": "planner: 1\n---\nplanner: 1\n",
    "a list": "- 1\n- 2\n",
    "empty": "",
    "a word": "hello",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_refused(name):
    with pytest.raises(InputError, match="expected"):
        parse_mapping(TEXTS[name])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04zip", bytes(range(256))])
def test_hostile_file_is_refused(content, tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_bytes(content)
    with pytest.raises(InputError, match="expected"):
        load_plan(file)


def test_json_with_nan_is_refused_at_its_place(patient, tmp_path):
    file = tmp_path / "plan.json"
    raw = cases.plan(steps__0__access__entry=[math.nan, 0.0, 0.0])
    file.write_text(json.dumps(raw))
    with pytest.raises(InputError, match=r"steps\[0\]\.access\.entry\[0\].*finite"):
        load_plan(file, folder=patient)


def _nifti(path, array, affine):
    nibabel.save(nibabel.Nifti1Image(array, affine), path)
    return path


def broken_images(folder):
    """Yield name → maker of a file that is no whole, placed, integer label map."""
    good = cases.labels_at(cases.grid(3.0)[0])
    affine = np.diag([-3.0, -3.0, 3.0, 1.0])

    def truncated(path):
        _nifti(path, good, affine)
        path.write_bytes(path.read_bytes()[:400])

    def truncated_inside(path):
        plain = path.with_suffix("")
        _nifti(plain, np.random.default_rng(0).integers(0, 5, (40, 40, 40)).astype(np.uint8), affine)
        path.write_bytes(gzip.compress(plain.read_bytes()[:20000]))

    def patched(offset, values, kind):
        """Write the good image with raw header bytes replaced: nibabel itself would repair them."""

        def make(path):
            raw = bytearray(nibabel.Nifti1Image(good, affine).to_bytes())
            new = np.asarray(values, dtype=kind).tobytes()
            raw[offset : offset + len(new)] = new
            path.write_bytes(gzip.compress(bytes(raw)))

        return make

    return {
        "text": lambda path: path.write_text("no image"),
        "empty": lambda path: path.write_bytes(b""),
        "truncated": truncated,
        "truncated inside": truncated_inside,
        "singular affine": patched(280, [0.0] * 4, "<f4"),
        "affine with NaN": patched(296, [np.nan] * 4, "<f4"),
        "no orientation": patched(252, [0, 0], "<i2"),
        "absurd dimensions": patched(42, [30000] * 3, "<i2"),
        "fractions": lambda path: _nifti(path, good.astype(np.float32) + 0.25, affine),
        "a CT": lambda path: _nifti(path, good.astype(np.int16) - 1000, affine),
        "four dimensions": lambda path: _nifti(path, np.stack([good, good], axis=-1), affine),
        "a folder": lambda path: path.mkdir(),
    }


@pytest.mark.parametrize("name", list(broken_images(None)))
def test_broken_image_is_refused(name, tmp_path):
    cases.write_patient(tmp_path, 3.0)
    file = tmp_path / "broken.nii.gz"
    broken_images(tmp_path)[name](file)
    found = problems_of(cases.plan(anatomy__labelmap__0__file="broken.nii.gz"), tmp_path)
    assert "$.anatomy.labelmap[0].file" in found


def test_empty_lesion_mask_is_refused(patient, tmp_path):
    points, affine = cases.grid(2.0)
    cases.write(tmp_path / "empty.nii.gz", np.zeros(points.shape[:-1], dtype=np.uint8), affine)
    raw = cases.plan(anatomy__lesions={"other": {"mask": str(tmp_path / "empty.nii.gz")}})
    assert "$.anatomy.lesions.other.mask" in problems_of(raw, patient)


def test_label_of_the_lesion_without_a_voxel_is_an_absent_lesion(tmp_path):
    cases.write_patient(tmp_path, 3.0, lesion=False)
    assert "$.target.lesion" in problems_of(cases.plan(), tmp_path)


def test_ct_of_another_place_is_refused(patient, tmp_path):
    cases.write(
        tmp_path / "ct.nii.gz",
        np.zeros((4, 4, 4), dtype=np.int16),
        np.diag([1.0, 1.0, 1.0, 1.0]) + np.eye(4, k=3) * 900,
    )
    assert "$.anatomy.ct" in problems_of(cases.plan(anatomy__ct=str(tmp_path / "ct.nii.gz")), patient)


def test_cement_screw_and_radiotherapy_need_no_lesion(patient):
    raw = cases.plan(target__lesion=...)
    raw["steps"] = [raw["steps"][1], {"kind": "radiotherapy", "dose": "30 Gy", "fractions": 10}]
    assert len(load_plan(raw, folder=patient).steps) == 2


def test_entry_outside_the_image_is_no_fault(patient):
    assert load_plan(cases.plan(steps__0__access__entry=[23.0, 266.0, 8.0]), folder=patient)
