"""3D Slicer's markups: real files, both frames, lines in a plan, and what must be refused."""

from __future__ import annotations

import json
import math
import re

import cases
import jsonschema
import numpy as np
import pytest

from planner.core.errors import InputError
from planner.geometry.frames import flip_ras_lps
from planner.plan.case import load_plan
from planner.plan.markups import line_text, read_markups


def test_lps_file(shared_data):
    held = read_markups(shared_data / "slicer_markups/docs_myexample.mrk.json", place="$")
    assert [label for label, _ in held.points] == ["F-1", "F-2", "F-3"]
    assert held.points[1][1] == pytest.approx([49.8682950191571, -88.58955938697324, 0.0], abs=1e-9)
    assert held.lines == ()


def test_lps_list(shared_data):
    points = dict(read_markups(shared_data / "slicer_markups/docs_example_lps_v4.13.fcsv", place="$").points)
    assert points["F-3"] == pytest.approx([81.73332450520303, -42.9415, 9.625586614976527], abs=1e-9)


def test_ras_ruler_of_two_points(shared_data):
    (first, a), (second, b) = read_markups(shared_data / "slicer_markups/L1.fcsv", place="$").points
    assert (first, second) == ("L1-P1", "L1-P2")
    assert np.linalg.norm(a - b) == pytest.approx(28.23, abs=0.005)
    assert a == pytest.approx([-43.3769, -23.1343, 0])  # RAS in the file


def test_slicer_3_list_is_ras(shared_data):
    points = read_markups(shared_data / "slicer_markups/slicer3.fcsv", place="$").points
    assert len(points) == 56
    assert points[0][1] == pytest.approx([-12.5, 93.5, 7.5])


def test_labels_of_another_patient(shared_data):
    points = dict(read_markups(shared_data / "slicerigt_vertebrae/TrXFiducials.fcsv", place="$").points)
    assert points["T3L"] == pytest.approx([38.4044, 27.1338, -39.4813])


def mrk(points, frame="LPS", kind="Line", name="Needle-L", **more):
    controls = [{"label": f"P{i}", "position": list(p)} for i, p in enumerate(points, start=1)]
    return {"markups": [{"type": kind, "name": name, "coordinateSystem": frame, "controlPoints": controls} | more]}


def fcsv(points, frame="LPS"):
    head = f"# Markups fiducial file version = 4.11\n# CoordinateSystem = {frame}\n# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
    return head + "".join(f"{i},{p[0]},{p[1]},{p[2]},0,0,0,1,1,1,0,{label},,\n" for i, (label, p) in enumerate(points))


@pytest.fixture
def folder(patient, tmp_path):
    for file in patient.iterdir():
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


def planned(access, **changes):
    raw = cases.plan(**changes)
    raw["steps"] = [raw["steps"][0] | {"access": access}]
    return raw


def tool_of(raw, folder):
    return load_plan(raw, folder=folder).steps[0].instruments[0]


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
@pytest.mark.parametrize("plan_frame", ["LPS", "RAS"])
@pytest.mark.parametrize("how", ["line", "the only line", "labels", "list"])
def test_a_plan_takes_entry_and_target_in_the_files_own_frame(frame, plan_frame, how, folder):
    ends = [p if frame == "LPS" else flip_ras_lps(p).tolist() for p in (cases.ENTRY, cases.TIP)]
    (folder / "n.mrk.json").write_text(json.dumps(mrk(ends, frame)))
    (folder / "n.fcsv").write_text(fcsv(zip(("P1", "P2"), ends, strict=True), {"LPS": 1, "RAS": 0}[frame]))
    access = {
        "line": {"markups": "n.mrk.json", "line": "Needle-L"},
        "the only line": {"markups": "n.mrk.json"},
        "labels": {"markups": "n.mrk.json", "entry": "P1", "target": "P2"},
        "list": {"markups": "n.fcsv", "entry": "P1", "target": "P2"},
    }[how]
    tool = tool_of(planned(access | {"gauge": 13}, frame=plan_frame), folder)
    assert tool.entry == pytest.approx(cases.ENTRY, abs=0.01)
    assert tool.tip == pytest.approx(cases.TIP, abs=0.01)
    assert 2 * tool.radius_mm == pytest.approx(2.413)


def test_a_line_measures_as_the_same_points_in_the_plan(folder):
    (folder / "n.mrk.json").write_text(line_text("Needle-L", cases.ENTRY, cases.TIP, frame="RAS"))
    by_line = cases.measured(planned({"markups": "n.mrk.json", "gauge": 13}), folder)[0]
    by_points = cases.measured(planned({"entry": cases.ENTRY, "target": cases.TIP, "gauge": 13}), folder)[0]
    assert by_line["cord_clearance_mm"].value == pytest.approx(by_points["cord_clearance_mm"].value, abs=0.01)


def test_a_line_drawn_from_the_tip_is_suspected_and_turned_on_request(folder):
    (folder / "n.mrk.json").write_text(line_text("N", cases.TIP, [23.0, 50.0, 8.0]))
    told = load_plan(planned({"markups": "n.mrk.json"}), folder=folder)
    assert any("target_first" in warning for warning in told.warnings)
    turned = load_plan(planned({"markups": "n.mrk.json", "order": "target_first"}), folder=folder)
    assert turned.steps[0].instruments[0].tip == pytest.approx(cases.TIP)
    assert not any("target_first" in warning for warning in turned.warnings)


def test_two_lines_make_two_instruments_and_the_file_is_hashed_once(folder):
    both = mrk([cases.ENTRY, cases.TIP])
    both["markups"] += mrk([[-23.0, 66.0, 8.0], [-4.0, -8.0, 0.0]], name="Needle-R")["markups"]
    (folder / "n.mrk.json").write_text(json.dumps(both))
    access = [{"markups": "n.mrk.json", "line": f"Needle-{side}"} for side in "LR"]
    case = load_plan(planned(access), folder=folder)
    assert [round(tool.tip[0]) for tool in case.steps[0].instruments] == [4, -4]
    assert [entry["role"] for entry in case.inputs] == ["$.steps[0].access[0].markups"]


def test_micrometres_are_read_as_written(tmp_path):
    (tmp_path / "n.mrk.json").write_text(json.dumps(mrk([[1000, 2000, 3000]], kind="Fiducial", coordinateUnits="um")))
    assert read_markups(tmp_path / "n.mrk.json", place="$").points[0][1] == pytest.approx([1, 2, 3])


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_written_line_holds_slicers_schema_and_comes_back(frame, shared_data, tmp_path):
    schema = json.loads((shared_data / "slicer_markups/markups-schema-v1.0.3.json").read_text())
    entry, target = np.array([12.3456789, -98.7654321, 1234.5]), np.array([1e-9, 0.0, -3.25])
    text = line_text("Needle-L", entry, target, frame=frame)
    jsonschema.Draft7Validator(schema).validate(json.loads(text))
    (tmp_path / "a.mrk.json").write_text(text)
    ((name, ends),) = read_markups(tmp_path / "a.mrk.json", place="$").lines
    assert name == "Needle-L"
    assert np.abs(np.array(ends) - [entry, target]).max() <= 0.01


AT = "$.steps[0].access"
GOOD = [cases.ENTRY, cases.TIP]
FAULTS = {
    "no such file": (None, {}, f"{AT}.markups", "markups file"),
    "no such line": (mrk(GOOD), {"line": "Needle-R"}, f"{AT}.line", "one line"),
    "no line": (mrk(GOOD, kind="Fiducial"), {}, f"{AT}.line", "one line"),
    "one point": (mrk(GOOD[:1]), {}, f"{AT}.markups", "two control points"),
    "three points": (mrk([*GOOD, [0, 0, 0]]), {}, f"{AT}.markups", "two control points"),
    "one place twice": (mrk([cases.TIP, cases.TIP]), {}, f"{AT}.markups", "apart"),
    "NaN": (mrk([cases.ENTRY, [math.nan, 0, 0]]), {}, f"{AT}.markups", "finite"),
    "beyond floats": ('{"markups": [{"type": "Line", "controlPoints": [{"position": [0, 0, 1%s]}, {"position": [0, 0, 0]}]}]}' % ("0" * 400), {}, f"{AT}.markups", "finite"),
    "voxel indices": (mrk(GOOD, "IJK"), {}, f"{AT}.markups: markups[0]", "LPS or RAS"),
    "inches": (mrk(GOOD, coordinateUnits="in"), {}, f"{AT}.markups: markups[0]", "mm or um"),
    "two coordinates": (mrk([[1, 2], [3, 4]]), {}, f"{AT}.markups: markups[0]", "three numbers"),
    "text for numbers": (mrk([["a", "b", "c"], [1, 2, 3]]), {}, f"{AT}.markups: markups[0]", "three numbers"),
    "missing label": (mrk(GOOD), {"entry": "P1", "target": "T9"}, f"{AT}.target", "one point"),
    "label twice": (mrk(GOOD) | {"markups": mrk(GOOD)["markups"] * 2}, {"entry": "P1", "target": "P2"}, f"{AT}.entry", "one point"),
    "entry without target": (mrk(GOOD), {"entry": "P1"}, AT, "entry and target"),
    "line and labels": (mrk(GOOD), {"line": "Needle-L", "entry": "P1", "target": "P2"}, AT, "entry and target"),
    "unknown order": (mrk(GOOD), {"order": "backwards"}, f"{AT}.order", "target_first"),
    "target outside": (mrk([cases.ENTRY, [0, 0, 900]]), {}, f"{AT}.markups", "inside the image"),
    "no JSON": ("{", {}, f"{AT}.markups", "JSON"),
    "endless nesting": ("[" * 100_000, {}, f"{AT}.markups", "JSON"),
    "other JSON": ("[1]", {}, f"{AT}.markups", "markups file"),
    "no list": ('{"markups": {}}', {}, f"{AT}.markups", "markups file"),
    "markup of a number": ('{"markups": [7]}', {}, f"{AT}.markups: markups[0]", "a markup"),
    "points of numbers": ('{"markups": [{"type": "Line", "controlPoints": [7]}]}', {}, f"{AT}.markups: markups[0]", "control points"),
    "bytes": (b"\xff\xfe\x00", {}, f"{AT}.markups", "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_told_at_its_place(name, folder):
    content, keys, path, expected = FAULTS[name]
    if content is not None:
        data = (
            content
            if isinstance(content, bytes)
            else (content if isinstance(content, str) else json.dumps(content)).encode()
        )
        (folder / "n.mrk.json").write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_plan(planned({"markups": "n.mrk.json"} | keys), folder=folder)
    found = {problem.path: problem for problem in caught.value.problems}
    assert path in found, f"told instead: {found}"
    assert re.search(expected, found[path].expected)
    assert found[path].way_out


LISTS = {
    "no frame": fcsv([("a", (1, 2, 3))]).replace("# CoordinateSystem = LPS\n", ""),
    "voxel indices": fcsv([("a", (1, 2, 3))], "2"),
    "no header": "a,1,2,3\n",
    "other columns": fcsv([]).replace("label", "name"),
    "text for a number": fcsv([("a", ("x", 2, 3))]),
    "short row": fcsv([]) + "0,1\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_list_is_refused(name, tmp_path):
    (tmp_path / "a.fcsv").write_text(LISTS[name])
    with pytest.raises(InputError, match="expected"):
        read_markups(tmp_path / "a.fcsv", place="$")


def test_point_not_placed_yet_is_none(tmp_path):
    held = mrk([[1, 2, 3], [0, 0, 0]])
    held["markups"][0]["controlPoints"][1]["positionStatus"] = "undefined"
    (tmp_path / "a.mrk.json").write_text(json.dumps(held))
    assert len(read_markups(tmp_path / "a.mrk.json", place="$").points) == 1


def test_plan_schema_knows_both_ways():
    from planner.cli.schemas import schema_of  # noqa: PLC0415

    schema = schema_of("plan")
    jsonschema.Draft202012Validator.check_schema(schema)
    for access in ({"markups": "n.mrk.json", "line": "N"}, {"entry": cases.ENTRY, "target": cases.TIP}):
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(planned(access))))
