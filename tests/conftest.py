from __future__ import annotations

import getpass
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

for folder in (Path(__file__).parent, Path(__file__).parent / "check"):
    sys.path.insert(0, str(folder))  # tests share `cases.py` and `rule_cases.py`, whatever the import mode

import cases  # noqa: E402

# A busy machine is no fault of the code, and a run that failed must fail again.
settings.register_profile("planner", deadline=None, derandomize=True)
settings.load_profile("planner")

os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="planner-cache-")  # tests leave the user's own cache alone
# Machine code is named by its source, so runs may share it; compiling it anew takes longer than the tests do.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"planner-kernels-{getpass.getuser()}"))

SOLVERS = {"heat": "_heated", "cold": "_frozen", "cement": "_augmented"}
"""Marks of tests, and what of `planner.simulate.run` runs only under them."""

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def patient(tmp_path_factory):
    """Folder with the closed-form patient at 1 mm."""
    folder = tmp_path_factory.mktemp("patient")
    cases.write_patient(folder)
    return folder


@pytest.fixture
def no_picture(monkeypatch):
    """Rendering takes seconds: as on a machine without graphics, the files lack the pictures alone."""
    monkeypatch.setattr("planner.show.png._worker_command", lambda: ["false"])


@pytest.fixture(scope="session")
def shared_data():
    """The real images; their licences do not let them into the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"real images are not at {SHARED}")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _solvers_left_out():
    """What takes seconds is left out of tests that do not look at it, as in a version without the solver."""
    from planner.simulate import run  # noqa: PLC0415 - most tests need none of it

    real = {mark: getattr(run, function) for mark, function in SOLVERS.items()}
    for function in SOLVERS.values():
        setattr(run, function, lambda *_: run.NO_SOLVER)
    yield real
    for mark, function in SOLVERS.items():
        setattr(run, function, real[mark])


@pytest.fixture(autouse=True)
def _solvers_where_asked(request, monkeypatch, _solvers_left_out):
    """Tests marked `heat`, `cold` or `cement` simulate that."""
    for mark, function in SOLVERS.items():
        if request.node.get_closest_marker(mark) is not None:
            monkeypatch.setattr(f"planner.simulate.run.{function}", _solvers_left_out[mark])
