"""Whole processes: from the command to its end, start of Python included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.job import Prepared, Run
from planner.cli.run_demo import PLAN


def _python(*arguments: str) -> Run:
    """Return a run of a whole Python process; a verdict other than compliant is no failure here."""

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode not in {0, 1, 2}:
            raise RuntimeError(done.stderr.decode())

    return run


def import_planner(_folder: Path, _tiny: bool) -> Prepared:
    return "import planner", _python("-c", "import planner"), _python("-c", "pass")


def show_help(_folder: Path, _tiny: bool) -> Prepared:
    return "planner --help", _python("-m", "planner", "--help"), _python("-c", "pass")


def demo(folder: Path, tiny: bool) -> Prepared:
    if tiny:  # the demo has one size; here it is only asked whether it answers
        return "planner demo --help", _python("-m", "planner", "demo", "--help"), _python("-c", "pass")
    demo = _python("-m", "planner", "demo", "--out", str(folder / "demo"))
    return "planner demo", demo, _python("-m", "planner", "check", str(PLAN))
