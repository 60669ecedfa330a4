"""A machine without graphics or fonts still gets the verdict, the page and the reason."""

from __future__ import annotations

import sys

import pytest

import planner.report.trials as trials_module
import planner.show.png as png_module
from planner.check.verdict import check_plan
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.report.trials import trials
from planner.report.write import write_files
from planner.show.fonts import FontError

DIE = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
PLAN = {
    "planner": 1,
    "frame": "LPS",
    "title": "Cement in L3",
    "anatomy": {"parametric": {"level": "L3", "levels": "only", "tissues": False, "resolution_mm": 1.5}},
    "target": {"level": "L3"},
    "steps": [
        {
            "kind": "vertebroplasty",
            "access": {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13},
            "cement": {"material": "pmma_generic", "volume": "4 mL"},
        }
    ],
}


@pytest.fixture(scope="module")
def verdict():
    case = load_plan(PLAN)
    return check_plan(case, simulate_plan(case, simulate=False))


def test_without_graphics_all_but_the_picture(verdict, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)
    (tmp_path / "scene.png").write_bytes(b"of another plan")
    missing = write_files(verdict, tmp_path)

    assert len(missing) == 1
    assert "scene.png was not made" in missing[0]
    assert "SIGSEGV" in missing[0]
    assert "apt-get install" in missing[0]
    assert {f.name for f in tmp_path.iterdir()} == {"result.json", "report.html", "report.pdf", "scene.glb"}
    assert "There is no still picture" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_without_the_font_all_but_the_pdf(verdict, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)

    def lacking(known, path):
        raise FontError("no font. Way out: pip install it")

    monkeypatch.setattr("planner.report.printed.report_pdf", lacking)
    (tmp_path / "report.pdf").write_bytes(b"of another plan")
    missing = write_files(verdict, tmp_path)

    assert any("report.pdf was not made: no font. Way out: pip install it" in words for words in missing)
    assert not (tmp_path / "report.pdf").exists()
    assert (tmp_path / "report.html").exists()


def test_page_does_not_grow_beyond_its_size(verdict, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)
    write_files(verdict, tmp_path, verdict)

    assert (tmp_path / "report.html").stat().st_size < 10e6


def test_doctor_tries_each_part_and_tells_the_way_out(monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    found = {trial.part: trial for trial in trials()}

    assert set(found) == {"display", "rendering", "GPU", "fonts", "PDF"}
    assert "apt-get install" in found["rendering"].mend
    assert found["rendering"].needed
    assert "--png" in found["display"].mend
    assert not found["display"].needed
    assert found["fonts"].mend is None
    assert found["PDF"].mend is None


def test_a_part_that_ends_its_process_ends_no_other(monkeypatch):
    monkeypatch.setattr(trials_module.sys, "executable", "/bin/false")

    assert trials_module._fonts().mend == trials_module.FONT_MEND
    assert "pip install reportlab" in trials_module._pdf().mend
