"""The command line in this process, a plan file to run it on, and whether this machine renders."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import cases
import pytest

from planner.cli.app import run
from planner.show import probe_rendering


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys):
    """Arguments → exit code, stdout, stderr."""

    def called(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            run([str(a) for a in arguments])
        told = capsys.readouterr()
        return Ran(stop.value.code, told.out, told.err)

    return called


@pytest.fixture(scope="session")
def plan_file(patient):
    """Changes → a plan file beside the patient's images."""

    def written(name="plan.yaml", raw=None, **changes):
        file = patient / name
        file.write_text(json.dumps(cases.plan(**changes) if raw is None else raw))
        return file

    return written


@pytest.fixture(scope="session")
def cement_plan(plan_file):
    """A plan that nothing blocks."""
    access = {"entry": [26.0, 60.0, 6.0], "target": [12.0, 0.0, 2.0], "gauge": 13}
    step = {"kind": "vertebroplasty", "access": access, "cement": {"material": "pmma_generic", "volume": "4 mL"}}
    return plan_file("cement.yaml", target__lesion=..., steps=[step])


@pytest.fixture(scope="session")
def renders():
    """This machine renders; else skip, or fail where the environment says that it must."""
    if (problem := probe_rendering()) is not None:
        if os.environ.get("PLANNER_REQUIRE_GL") == "1":
            pytest.fail(f"{problem} (PLANNER_REQUIRE_GL=1 asks for it)")
        pytest.skip(problem)
