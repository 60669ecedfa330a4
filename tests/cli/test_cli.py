"""What a user types: exit codes, what goes to stdout and stderr, which files lie there afterwards."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version

import cases
import pytest

from planner.check.verdict import ResultFile
from planner.cli.app import run
from planner.protocol.language import page_word
from planner.protocol.load import load_protocol

COMMAND = [sys.executable, "-m", "planner"]


def problem_paths(told):
    return re.findall(r"^  (\$\S*|--\S+|RULE|WHAT)$", told, flags=re.MULTILINE)


# ---- exit codes -------------------------------------------------------------------------------------------------


def test_nothing_blocks_exits_0(cli, cement_plan):
    ran = cli("check", cement_plan)
    assert ran.code == 0
    assert ran.out.startswith(("COMPLIANT", "WARNING"))
    assert ran.err == ""


def test_violation_exits_1(cli, plan_file):
    ran = cli("check", plan_file("over.yaml", steps__1__balloon__pressure="450 psi"))
    assert ran.code == 1
    assert ran.out.startswith("VIOLATION")
    assert "Balloon pressure stays within the balloon's own rating" in ran.out
    assert ran.err == ""


def test_incomplete_exits_2(cli, plan_file):
    raw = cases.plan(
        steps__0__access={"entry": [28, 66, 4], "target": [2, -14, 0], "gauge": 13},
        steps__0__protection=["thermocouple"],
    )
    raw["steps"] = raw["steps"][:1]
    ran = cli("check", plan_file("incomplete.yaml", raw))
    assert ran.code == 2
    assert ran.out.startswith("INCOMPLETE")
    assert "simulation" in ran.out, "it says what it waits for"


def test_bad_input_exits_3_with_every_problem_on_stderr(cli, plan_file, tmp_path):
    bad = plan_file(
        "bad.yaml", frame=..., steps__0__setpoint="90 psi", steps__1__balloon__pressure=200, target__level="T3"
    )
    ran = cli("check", bad, "--protocol", "nosuch", "--out", tmp_path / "out")
    assert ran.code == 3
    assert ran.out == ""
    assert {"$.frame", "$.steps[0].setpoint", "$.steps[1].balloon.pressure", "$.target.level", "--protocol"} <= set(
        problem_paths(ran.err)
    )
    assert ran.err.startswith(f"bad input: {len(problem_paths(ran.err))} problems")
    count = len(problem_paths(ran.err))
    assert [ran.err.count(f"    {word}") for word in ("got ", "expected ", "way out ")] == [count] * 3
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out").exists(), "nothing half-written, not even the folder"


@pytest.mark.parametrize("text", ["", "a: [", "planner: !!python/name:os.system x", "a: &a [*a]", "\x00"])
def test_hostile_plan_is_bad_input(text, cli, tmp_path):
    (tmp_path / "plan.yaml").write_text(text)
    ran = cli("check", tmp_path / "plan.yaml", "--out", tmp_path / "out")
    assert ran.code == 3
    assert "bad input: 1 problem\n" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_bad_input_prints_nothing_on_stdout(json_too, cli, tmp_path):
    ran = cli("check", tmp_path / "nothere.yaml", *json_too)
    assert (ran.code, ran.out) == (3, "")


WRONG = [
    (["chek", "plan.yaml"], "No such command"), (["check"], "Missing argument"), (["check", "plan.yaml", "--jsn"], "No such option"),
    (["check", "a.yaml", "b.yaml"], "unexpected extra argument"), (["--jsn"], "No such option"), (["protocol", "explain"], "Missing argument"),
    (["schema"], "Missing argument"), (["check", "plan.yaml", "--out"], "requires an argument"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_command_line_exits_3(arguments, told, cli):
    ran = cli(*arguments)
    assert ran.code == 3
    assert ran.out == ""
    assert "bad input" in ran.err
    assert told.lower() in ran.err.lower()
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("arguments", [[], ["protocol"], ["anatomy"]])
def test_nothing_asked_shows_the_help(arguments, cli):
    ran = cli(*arguments)
    assert ran.code == 3
    assert "Usage" in ran.out + ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["-h"],
        ["check", "--help"],
        ["demo", "-h"],
        ["show", "-h"],
        ["schema", "-h"],
        ["doctor", "-h"],
        ["protocol", "list", "-h"],
        ["protocol", "explain", "-h"],
        ["protocol", "lint", "-h"],
        ["anatomy", "info", "-h"],
    ],
)
def test_every_command_has_help(arguments, cli):
    ran = cli(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage" in ran.out


def test_version(cli):
    assert cli("--version").out.strip() == version("vertebral-planner")


# ---- where to write ---------------------------------------------------------------------------------------------


def test_out_that_is_a_file_exits_3(cli, cement_plan, tmp_path):
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        ran = cli("check", cement_plan, "--out", out)
        assert (ran.code, problem_paths(ran.err)) == (3, ["--out"])
    assert (tmp_path / "out").read_text() == "mine"


def test_out_that_cannot_be_written_exits_3(cli, cement_plan):
    ran = cli("check", cement_plan, "--out", "/proc/planner-out")  # not even root writes there
    assert (ran.code, problem_paths(ran.err)) == (3, ["--out"])
    assert "Traceback" not in ran.err


def test_out_is_told_beside_the_plans_problems(cli, plan_file, tmp_path):
    (tmp_path / "out").write_text("mine")
    ran = cli("check", plan_file("bad.yaml", planner=2), "--out", tmp_path / "out")
    assert {"$.planner", "--out"} <= set(problem_paths(ran.err))


def test_demo_into_a_file_exits_3(cli, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert cli("demo", "--out", tmp_path / "out").code == 3


# ---- what is written --------------------------------------------------------------------------------------------

CONTRACT = {"planner", "verdict", "findings", "quantities", "quantities_by_step", "provenance"}
FINDING = {
    "rule", "outcome", "severity", "step", "quantity", "value", "unit", "limit", "margin", "interval",
    "p_violation", "where_lps_mm", "because", "remedy", "source", "evidence", "verified",
}  # fmt: skip
BESIDES = (
    {"plan", "warnings", "lang", "overrides"},
    {"title", "declared_severity", "level", "other_lps_mm", "label", "override"},
)
"""Keys beyond the contract's, which reports use; a new one is added here on purpose."""


@pytest.fixture(scope="module")
def written(plan_file, tmp_path_factory):
    """One plan checked by a process of its own, as a user does; the demo of the README simulates as well."""
    out = tmp_path_factory.mktemp("written") / "new" / "folder"
    plan = plan_file("written.yaml")
    ran = subprocess.run(
        [*COMMAND, "check", plan, "--no-simulate", "--out", out, "--json"], capture_output=True, text=True, check=False
    )
    return out, ran


def test_the_files_are_there_and_nothing_else(written):
    out, ran = written
    assert ran.returncode == 1
    assert {f.name for f in out.iterdir()} - {"scene.png"} == {"result.json", "report.html", "report.pdf", "scene.glb"}
    assert (out / "scene.png").is_file() == ("scene.png was not made" not in ran.stderr)
    assert (out / "scene.glb").read_bytes()[:4] == b"glTF"


@pytest.mark.gl
def test_the_picture_is_there_where_the_machine_renders(written, renders):
    out, ran = written
    assert (out / "scene.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    # A machine that is new to the solvers is told that they are compiled, and nothing else.
    assert [line for line in ran.stderr.splitlines() if not line.startswith("compil")] == []


def test_json_on_stdout_is_the_file(written):
    out, ran = written
    assert json.loads(ran.stdout) == json.loads((out / "result.json").read_text())


def test_result_has_the_contracts_keys(written):
    result = json.loads((written[0] / "result.json").read_text())
    assert set(result) == CONTRACT | BESIDES[0]
    assert result["planner"] == 1
    for finding in result["findings"]:
        assert set(finding) == FINDING | BESIDES[1]
        assert finding["limit"] is None or set(finding["limit"]) == {"kind", "low", "high"}
        assert finding["limit"] is None or finding["limit"]["kind"] in {"at_least", "at_most", "between", "equals"}
        assert finding["outcome"] in {"pass", "warn", "fail", "not_applicable", "not_evaluated", "error"}
    for values in (result["quantities"], *result["quantities_by_step"]):
        for quantity in values.values():
            assert set(quantity) == {"value", "unit", "origin", "not_evaluated"}
            assert quantity["origin"] in {"planned", "measured", "simulated"}
            assert (quantity["value"] is None) == (quantity["not_evaluated"] is not None)
    assert len(result["quantities_by_step"]) == 2
    assert {"versions", "protocol", "inputs", "settings", "seed", "created"} == set(result["provenance"])


def test_result_reads_back(written):
    text = (written[0] / "result.json").read_text()
    read = ResultFile.model_validate_json(text)
    assert read.model_dump(mode="json") == json.loads(text)


def test_result_names_no_file_of_the_patient(written, patient):
    text = (written[0] / "result.json").read_text()
    assert "nii" not in text
    assert str(patient) not in text


@pytest.mark.slow
def test_same_inputs_give_the_same_bytes_but_for_the_time(plan_file, tmp_path):
    """Another process, another order of hashes, another folder of the same files."""
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    command = [*COMMAND, "check", plan_file("written.yaml"), "--json"]
    first = subprocess.run(command, capture_output=True, check=False)
    ran = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, check=False)

    def but_time(raw):
        return re.sub(rb'"created": "[^"]*"', b"", raw)

    assert b'"simulated"' in ran.stdout
    assert ran.stderr == b""
    assert but_time(ran.stdout) == but_time(first.stdout)


def test_other_inputs_have_another_stamp(cli, plan_file, cement_plan):
    first, second = (json.loads(cli("check", plan, "--json").out)["provenance"] for plan in (plan_file(), cement_plan))
    assert first["inputs"][0] != second["inputs"][0]
    assert first["inputs"][1:] == second["inputs"][1:], "the same patient"


def test_piped_text_is_plain(cli, cement_plan):
    ran = cli("check", cement_plan)
    assert "\x1b" not in ran.out
    assert ran.err == "", "no progress bar where nobody sees it"


# ---- no simulation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["spine_tumour", "thermal"])
def test_geometry_alone_is_never_compliant_where_heat_matters(protocol, cli, plan_file):
    raw = cases.plan(
        steps__0__access={"entry": [28, 66, 4], "target": [2, -14, 0], "gauge": 13},
        steps__0__protection=["thermocouple"],
    )
    raw["steps"] = raw["steps"][:1]
    ran = cli("check", plan_file("heat.yaml", raw), "--no-simulate", "--json", "--protocol", protocol)
    result = json.loads(ran.out)
    assert (ran.code, result["verdict"]) == (2, "incomplete")
    assert "switched off" in result["quantities"]["cord_temperature_max_c"]["not_evaluated"]
    assert result["provenance"]["settings"] == {"simulate": False}


# ---- schema, protocol, anatomy, doctor, demo --------------------------------------------------------------------


@pytest.mark.parametrize("what", ["plan", "protocol", "result"])
def test_schema_is_a_json_schema(what, cli):
    ran = cli("schema", what)
    assert ran.code == 0
    assert json.loads(ran.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_schema_of_a_plan_takes_units_and_suffixes(cli):
    definitions = json.loads(cli("schema", "plan").out)["$defs"]
    balloon = definitions["Balloon"]["properties"]
    assert balloon["pressure"]["type"] == "string"
    assert "number" in json.dumps(balloon["pressure_kpa"])
    assert {"volume", "volume_ml"} <= set(balloon)
    assert {"setpoint", "setpoint_c", "duration", "duration_s"} <= set(
        definitions["RadiofrequencyAblation"]["properties"]
    )


@pytest.mark.parametrize(("given", "value"), [({"pressure": "200 psi"}, 1378.951), ({"pressure_kpa": 1379}, 1379.0)])
def test_both_spellings_check_alike(given, value, cli, plan_file):
    ran = cli("check", plan_file("spelt.yaml", steps__1__balloon={"volume": "4 mL", **given}), "--json")
    assert json.loads(ran.out)["quantities"]["balloon_pressure_kpa"]["value"] == pytest.approx(value, abs=1e-3)


def test_unknown_schema_exits_3(cli):
    assert cli("schema", "everything").code == 3


def test_protocol_list_names_every_rule(cli):
    told, machine = cli("protocol", "list"), json.loads(cli("protocol", "list", "--json").out)
    ids = [rule.id for rule in load_protocol().rules]
    assert told.code == 0
    assert [rule["id"] for rule in machine["rules"]] == ids
    assert all(rule_id in told.out for rule_id in ids)


@pytest.mark.parametrize("rule", ["ABL-DIST-CORD", "ibt-p-rated", "AUG-VOL-LEVEL"])
def test_protocol_explain_prints_limit_reason_source_and_grade(rule, cli):
    ran = cli("protocol", "explain", rule)
    assert ran.code == 0
    for word in ("limit", "because", "source", "evidence", "severity", "remedy"):
        assert re.search(rf"^{word}\s+\S", ran.out, flags=re.MULTILINE), word
    assert json.loads(cli("protocol", "explain", rule, "--json").out)["id"] == rule.upper()


@pytest.mark.parametrize(("rule", "meant"), [("ABL-DIST-CHORD", "ABL-DIST-CORD"), ("XYZ", "protocol list")])
def test_unknown_rule_exits_3(rule, meant, cli):
    ran = cli("protocol", "explain", rule)
    assert (ran.code, ran.out) == (3, "")
    assert meant in ran.err


def test_protocol_lint_tells_every_malformed_rule(cli, tmp_path):
    good = json.loads(cli("protocol", "explain", "ABL-DIST-CORD", "--json").out)
    good = {key: value for key, value in good.items() if key not in {"effective_severity", "references"}}
    site = {"protocol": "site", "version": "1", "title": "Ours", "rules": [good]}
    (tmp_path / "site.yaml").write_text(json.dumps(site))
    assert cli("protocol", "lint", tmp_path / "site.yaml").code == 0
    site["rules"] += [
        good | {"id": "B-1", "unit": "cm"},
        {k: v for k, v in good.items() if k != "source"} | {"id": "B-2"},
    ]
    (tmp_path / "site.yaml").write_text(json.dumps(site))
    ran = cli("protocol", "lint", tmp_path / "site.yaml")
    assert ran.code == 3
    assert any("rules[1]" in path for path in problem_paths(ran.err))
    assert any("rules[2]" in path for path in problem_paths(ran.err))


def test_own_protocol_file_judges(cli, cement_plan, tmp_path):
    rule = json.loads(cli("protocol", "explain", "ACC-CORD-INSIDE", "--json").out)
    rule = {key: value for key, value in rule.items() if key not in {"effective_severity", "references"}}
    (tmp_path / "mine.yaml").write_text(
        json.dumps({"protocol": "mine", "version": "1", "title": "Mine", "rules": [rule]})
    )
    ran = cli("check", cement_plan, "--protocol", tmp_path / "mine.yaml", "--json")
    result = json.loads(ran.out)
    assert (ran.code, result["verdict"], len(result["findings"])) == (0, "compliant", 1)
    assert result["provenance"]["protocol"]["name"] == "mine"


def test_anatomy_info(cli, plan_file):
    ran = cli("anatomy", "info", plan_file())
    assert ran.code == 0
    assert "spinal_cord" in ran.out
    rows = {row["name"]: row for row in json.loads(cli("anatomy", "info", plan_file(), "--json").out)["structures"]}
    assert {n for n, row in rows.items() if row["origin"] == "segmented"} == {
        *cases.LABELS.values(),
        "vertebra_L3_body",
    }
    assert rows["spinal_canal"]["origin"] == "modelled"
    assert rows["lesion"]["volume_ml"] == pytest.approx(4 / 3 * 3.14159 * 7**3 / 1000, rel=0.03)  # counted voxels
    assert rows["spinal_cord"]["cut"]
    assert not rows["lesion"]["cut"]
    assert rows["lesion"]["reach_z_mm"] == [-7.0, 7.0]
    assert cli("anatomy", "info", "nothere.yaml").code == 3


def test_show_into_a_folder_that_is_not_there_exits_3(cli, cement_plan, tmp_path):
    ran = cli("show", cement_plan, "--glb", tmp_path / "nothere" / "a.glb")
    assert (ran.code, problem_paths(ran.err)) == (3, ["--glb"])


@pytest.mark.parametrize(("lang", "cord"), [("en", "Spinal cord"), ("zh", "脊髓")])
def test_show_speaks_the_language_that_is_asked(cli, cement_plan, tmp_path, lang, cord):
    page, folder = tmp_path / "page.html", tmp_path / "slices"
    ran = cli("show", cement_plan, "--no-simulate", "--html", page, "--slices", folder, "--lang", lang)
    assert ran.code == 0
    foot = page_word(lang, "Not a medical device. For rehearsal, teaching and quality work.")
    for file, words in ((page, (cord, foot)), (folder / "slices.html", (page_word(lang, "Position"),))):
        text = file.read_text()
        assert f'<html lang="{lang}">' in text
        assert all(each in text for each in words)
        assert ('"Planner Chinese"; unicode-range' in text) is (lang == "zh")


def test_show_refuses_a_language_it_lacks(cli, cement_plan, tmp_path):
    ran = cli("show", cement_plan, "--html", tmp_path / "page.html", "--lang", "xx")
    assert (ran.code, list(tmp_path.iterdir())) == (3, [])


def test_doctor_speaks_json(cli):
    ran = cli("doctor", "--json")
    rows = json.loads(ran.out)
    assert ran.code == int(any(row["needed"] and not row["works"] for row in rows))
    assert all(row["works"] or row["mend"] for row in rows)


def test_demo_exits_0_whatever_its_verdict(cli, tmp_path, monkeypatch):
    """Without its picture, which takes long; the README's test runs the whole."""
    written = []
    monkeypatch.setattr(
        "planner.report.write.write_files", lambda verdict, folder, other: written.append((verdict, folder))
    )
    ran = cli("demo", "--out", tmp_path / "demo", "--json")
    result = json.loads(ran.out)
    assert ran.code == 0
    assert result["verdict"] in {"violation", "incomplete"}, "a verdict that `check` would not exit 0 on"
    assert [folder for _, folder in written] == [tmp_path / "demo"]
    again = cli("check", tmp_path / "demo" / "plan.yaml", "--json")
    assert again.code == {"violation": 1, "incomplete": 2}[result["verdict"]]
    assert json.loads(again.out)["findings"] == result["findings"]


# ---- start ------------------------------------------------------------------------------------------------------

HEAVY = [
    "vtk", "vtkmodules", "pyvista", "numba", "nibabel", "trimesh", "igl", "manifold3d", "scipy", "skimage",
    "pydantic", "pint", "numpy", "matplotlib", "jinja2", "ruamel",
]  # fmt: skip
WATCH = """
import sys
from planner.__main__ import main
try:
    main()
except SystemExit:
    pass
print(*[m for m in {heavy!r} if m in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["protocol", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    """Typer itself imports pydantic for the help of a command, never for that of the whole."""
    ran = subprocess.run(
        [sys.executable, "-c", WATCH.format(heavy=HEAVY), *arguments], capture_output=True, text=True, check=True
    )
    assert "Usage" in ran.stdout
    assert set(ran.stderr.split()) <= ({"pydantic"} if len(arguments) > 1 else set())


def test_importing_the_package_is_light():
    code = f"import sys, planner; dir(planner); print(*[m for m in {HEAVY!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_closed_pipe_ends_quietly():
    pipe = f"{sys.executable} -m planner protocol list --json | head -c 10"
    ran = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=True)
    assert "Traceback" not in ran.stderr


def test_run_exits_by_itself(cement_plan):
    with pytest.raises(SystemExit, match="0"):
        run(["check", str(cement_plan), "--no-simulate"])
