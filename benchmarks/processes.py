"""Whole processes: from the command to its end, start of Python included."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.job import Prepared, Run
from benchmarks.scan import reading, scan_patient
from planner.check.verdict import check_plan
from planner.cli.run_demo import PLAN
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan


def _python(*arguments: str, cache: Path | None = None) -> Run:
    """Return a run of a whole Python process; a verdict other than compliant is no failure here."""
    environment = os.environ | ({} if cache is None else {"XDG_CACHE_HOME": str(cache), "NUMBA_CACHE_DIR": str(cache)})

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            env=environment,
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


def simulate(folder: Path, tiny: bool) -> Prepared:
    if tiny:
        return "planner simulate --help", _python("-m", "planner", "simulate", "--help"), _python("-c", "pass")
    ours = _python("-m", "planner", "simulate", str(PLAN), "--out", str(folder / "fields"))
    return "planner simulate, the demo's plan", ours, _python("-m", "planner", "check", str(PLAN), "--no-simulate")


def compile_heat(folder: Path, tiny: bool) -> Prepared:
    """Compile all that a burn needs into an empty cache, and read it back."""
    return _compiled(
        "field and heat",
        "from planner.simulate.electric.warm import warm_up as field\n"
        "from planner.simulate.thermal.warm import warm_up_treatment as heat\n"
        "field(), heat()",
        folder,
        tiny,
    )


def compile_cold(folder: Path, tiny: bool) -> Prepared:
    """Compile all that a freeze needs into an empty cache, and read it back."""
    freeze = "from planner.simulate.thermal.warm import warm_up_freezing\nwarm_up_freezing()"
    return _compiled("freezing", freeze, folder, tiny)


def _compiled(what: str, program: str, folder: Path, tiny: bool) -> Prepared:
    cache = folder / "kernels"
    first = _python("-c", "pass" if tiny else program, cache=cache)

    def cold() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        first()

    return f"first compile, {what}", cold, first


def scan(folder: Path, tiny: bool) -> Prepared:
    """Check a patient of a scanner's size that was never read before."""
    patient, cache = scan_patient(folder, tiny=tiny), folder / "cache"
    check = _python("-m", "planner", "check", str(patient.plan), "--no-simulate", cache=cache)

    def first() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        check()

    return f"first check, {patient.title}", first, reading(patient)


def scan_again(folder: Path, tiny: bool) -> Prepared:
    """Check it once more: what was made of it lies in the cache."""
    patient = scan_patient(folder, tiny=tiny)
    check = _python("-m", "planner", "check", str(patient.plan), "--no-simulate", cache=folder / "cache")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # in this process, whose memory is not the one that is told
    case = load_plan(patient.plan)
    check_plan(case, simulate_plan(case, simulate=False))
    return f"check again, {patient.title}", check, reading(patient)
