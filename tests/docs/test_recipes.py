"""The recipes of CONTRIBUTING, followed to the letter."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from planner.check.verdict import check_plan
from planner.core.bibliography import Reference
from planner.core.sourced import references
from planner.core.validation import validated
from planner.core.yamlio import parse_mapping
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.plan.devices import DeviceSheet
from planner.protocol.load import load_protocol

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ACCESS = {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13}


def blocks(kind):
    found = re.findall(rf"^( *)```{kind}\n(.*?)^\1```$", TEXT, flags=re.M | re.S)
    return [textwrap.dedent(text) for _, text in found]


def plan(*steps):
    anatomy = {"parametric": {"level": "L3", "neighbours": False, "resolution_mm": 1.5}}
    return {"planner": 1, "anatomy": anatomy, "frame": "LPS", "target": {"level": "L3"}, "steps": list(steps)}


def cement(volume_ml):
    return {"kind": "vertebroplasty", "access": ACCESS, "cement": {"material": "pmma_generic", "volume_ml": volume_ml}}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    file = tmp_path_factory.mktemp("site") / "our_department.yaml"
    file.write_text(blocks("yaml")[0], encoding="utf-8")
    return load_protocol(file)


@pytest.mark.parametrize(("volume_ml", "outcome"), [(3.0, "pass"), (5.0, "warn"), (6.0, "fail")])
def test_the_rule_of_the_recipe_judges(book, volume_ml, outcome):
    case = load_plan(plan(cement(volume_ml)))
    (finding,) = [
        f for f in check_plan(case, simulate_plan(case, simulate=False), book).findings if f.rule == "OUR-CEMENT-LEVEL"
    ]
    assert finding.outcome == outcome
    assert finding.severity == "warn"
    assert finding.limit == {"kind": "at_most", "low": None, "high": 5.0}
    assert finding.margin == pytest.approx(5.0 - volume_ml)


def test_the_recipe_keeps_the_shipped_rules(book):
    assert {rule.id for rule in load_protocol("augmentation").rules} < {rule.id for rule in book.rules}


def test_the_device_of_the_recipe_is_a_sheet():
    sheet = validated(DeviceSheet, parse_mapping(blocks("yaml")[1]))
    assert sheet.value("active_length_mm") == 15


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the source in which the recipes for a device and a quantity were followed."""
    root = tmp_path_factory.mktemp("copy")
    for folder in ("planner", "protocols", "meshes"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    table = root / "planner" / "core" / "quantity.py"
    (row,), (function,) = blocks("python row"), blocks("python function")
    text = table.read_text(encoding="utf-8")
    mark = "    q = Quantity\n    return (\n"
    assert text.count(mark) == 1
    table.write_text(text.replace(mark, mark + textwrap.indent(row, " " * 8)), encoding="utf-8")
    home = root / "planner" / "measure" / "instrument.py"
    home.write_text(home.read_text(encoding="utf-8") + "\n\n" + function, encoding="utf-8")
    sheet = blocks("yaml")[1]
    (root / "protocols" / "devices" / "our_probe_15mm.yaml").write_text(sheet, encoding="utf-8")
    return root


SCRIPT = """
import json, pathlib, sys
import planner as pl
assert pathlib.Path(pl.__file__).is_relative_to(sys.argv[1]), pl.__file__
raw, rule = json.loads(sys.argv[2]), json.loads(sys.argv[3])
book = pathlib.Path(sys.argv[1], "site.yaml")
book.write_text(json.dumps({"protocol": "site", "version": "1", "title": "Site", "rules": [rule]}))
case = pl.load_plan(raw)
verdict = pl.check_plan(case, pl.simulate_plan(case, simulate=False), book)
(finding,) = verdict.findings
print(json.dumps([finding.outcome, finding.value, case.steps[0].sheet.value("zone_long_axis_mm")]))
"""


def test_the_quantity_and_the_device_of_the_recipes_work(copy):
    step = {
        "kind": "cooled_radiofrequency_ablation",
        "device": "our_probe_15mm",
        "access": ACCESS,
        "target": {"level": "L3", "lesion": "tumour"},
    }
    raw = plan(step)
    raw["anatomy"]["lesions"] = {"tumour": {"sphere": {"centre": [2, -2, 1], "diameter_mm": 8}}}
    rule = {
        "id": "SITE-LENGTH", "title": "Instrument is in stock", "quantity": "instrument_length_mm", "unit": "mm",
        "severity": "note", "purpose": "benchmark", "limit": {"at_most": 100}, "because": "Longer ones are ordered.",
        "remedy": "Order it.", "source": {"ref": "house", "grade": "assumed", "flag": "E"},
    }  # fmt: skip
    command = [sys.executable, "-c", SCRIPT, str(copy), json.dumps(raw), json.dumps(rule)]
    done = subprocess.run(command, env={"PYTHONPATH": str(copy)}, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcome, value, long_axis = json.loads(done.stdout)
    assert outcome == "pass"
    assert value == pytest.approx(((45.7 - 0.7) ** 2 + (77.5 + 5.9) ** 2 + (6.8 - 0.5) ** 2) ** 0.5, abs=1e-6)
    assert long_axis == 24


def test_commands_are_those_that_exist():
    lines = [line.split("#")[0].strip() for line in blocks("sh")[0].splitlines()]
    assert {
        "pytest",
        "mypy",
        "lint-imports",
        "planner validate",
        "python -m benchmarks",
        "python docs/build.py",
    } <= set(lines)


def test_the_reference_of_the_recipe_is_the_files_own_form():
    (text,) = blocks("yaml reference")
    (made,) = parse_mapping(f"references:\n{textwrap.indent(text, '  ')}")["references"]
    assert validated(Reference, made).link == references()["fisher2010"].link
