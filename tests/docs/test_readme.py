"""Every block of the README does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planner.check.verdict import ResultFile
from planner.core.yamlio import parse_mapping
from planner.plan.case import load_plan
from planner.show.png import probe_rendering

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.M | re.S)


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


PROMISED = re.search(r"print\(verdict\)\s+# (.+)", blocks("python")[0])[1]


def planner(arguments, folder):
    done = subprocess.run(
        [sys.executable, "-m", "planner", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readme")
    done = planner(["demo"], folder)
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def test_every_block_is_of_a_kind_that_is_run_here():
    assert [name for name, _ in BLOCKS] == ["sh", "sh", "yaml", "python"]


def test_first_block_is_two_lines_and_ci_takes_them_from_here():
    lines = blocks("sh")[0].strip().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("planner demo")
    assert "/pytest " in lines[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'bash -c "${lines[0]}"' in script
    assert 'bash -c "${lines[1]}"' in script


@pytest.mark.slow
def test_first_line_runs_in_a_fresh_copy(tmp_path):
    kept = shutil.ignore_patterns(".git", ".venv", "planner-demo", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, tmp_path / "copy", ignore=kept)
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    line = blocks("sh")[0].splitlines()[0]
    subprocess.run(
        ["bash", "-c", line], cwd=tmp_path / "copy", env=environment, check=True, capture_output=True, timeout=900
    )
    assert (tmp_path / "copy" / "planner-demo" / "report.html").stat().st_size > 100_000


def test_demo_writes_what_the_text_promises(demo):
    names = {"report.html", "report.pdf", "scene.glb", "result.json", "plan.yaml"}
    if probe_rendering() is None:
        names |= {"scene.png"}
    assert names <= {path.name for path in (demo / "planner-demo").iterdir()}


def test_demo_tells_what_was_simulated(demo):
    text = (demo / "planner-demo" / "result.json").read_text(encoding="utf-8")
    read = ResultFile.model_validate_json(text)
    assert read.model_dump(mode="json") == json.loads(text)
    values = [value for step in (read.quantities, *read.quantities_by_step) for value in step.values()]
    assert {value.origin for value in values if value.value is not None} == {"planned", "measured", "simulated"}
    assert all((value.value is None) == (value.not_evaluated is not None) for value in values)


@pytest.mark.slow
def test_checking_the_demo_again_gives_the_same_verdict(demo):
    command = blocks("sh")[1].split()
    assert command[0] == "planner"
    done = planner(command[1:], demo)
    assert done.returncode == 1
    assert done.stdout.startswith("VIOLATION")


def test_plan_block_is_a_whole_plan_on_the_real_images(shared_data, tmp_path):
    raw = parse_mapping(blocks("yaml")[0])
    folder = shared_data / "totalsegmentator"
    shutil.copy(folder / "example_seg_fast_force_split.nii.gz", tmp_path / "seg.nii.gz")
    shutil.copy(folder / "spine_report_totalseg_vertebrae_body.nii.gz", tmp_path / "bodies.nii.gz")
    assert [step.kind for step in load_plan(raw, folder=tmp_path).steps] == ["radiofrequency_ablation", "kyphoplasty"]


def run_script(demo, script):
    done = subprocess.run([sys.executable, "-c", script], cwd=demo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (demo / "planner-demo" / "mine.html").stat().st_size > 100_000
    assert (demo / "planner-demo" / "mine.glb").stat().st_size > 10_000
    return done.stdout.splitlines()


def test_script_runs_and_shows_the_verdict_of_the_demo(demo):
    """Without a second simulation of the same plan, which is slow and the next test."""
    script = blocks("python")[0]
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    assert (demo / "said.txt").read_text(encoding="utf-8").startswith(PROMISED)
    assert "pl.simulate_plan(case)" in script
    lines = run_script(demo, script.replace("pl.simulate_plan(case)", "pl.simulate_plan(case, simulate=False)"))
    assert lines[0].startswith("VIOLATION ")


@pytest.mark.slow
def test_script_prints_the_verdict_it_shows(demo):
    assert run_script(demo, blocks("python")[0])[0] == PROMISED


def test_every_file_the_text_links_to_is_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
