"""What a job is, and the clock in the process that runs it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

Run = Callable[[], object]
Prepared = tuple[str, Run, Run]
"""The title with its size, what is timed, and the baseline it is held against."""


@dataclass(frozen=True)
class Job:
    """One line of the table.

    Attributes
    ----------
    maker : `module:function`, (folder, tiny) → what is prepared; imported in the job's own process only.
    goal_s, goal_ratio : the most that the shortest run, or its quotient by that of the baseline, should take.
    repeat : runs unless told otherwise.
    whole_process : each run starts processes of its own, whose memory counts and not the runner's.
    warm_up : one run before the clock, so that compiling and reading from disk do not count.
    """

    name: str
    baseline: str
    maker: str
    goal_s: float | None = None
    goal_ratio: float | None = None
    repeat: int = 5
    whole_process: bool = False
    warm_up: bool = True

    def prepare(self, folder: Path, tiny: bool) -> Prepared:
        module, function = self.maker.split(":")
        return getattr(import_module(f"benchmarks.{module}"), function)(folder, tiny)


def run_as_child(job: Job, repeat: int | None, *, tiny: bool) -> None:
    """Time job and baseline in this process; one line of JSON each, the first when the job is done."""
    with tempfile.TemporaryDirectory() as folder:
        title, run, baseline = job.prepare(Path(folder), tiny)
        count = repeat or job.repeat
        print(json.dumps({"title": title} | _clock(run, count, warm_up=job.warm_up)), flush=True)
        print(json.dumps(_clock(baseline, count, warm_up=job.warm_up)), flush=True)


def _clock(run: Run, count: int, *, warm_up: bool) -> dict[str, list[float]]:
    """Wall and processor time of each run; the second is what others on the machine do not lengthen much."""
    if warm_up:
        run()
    taken: dict[str, list[float]] = {"seconds": [], "cpu": []}
    for _ in range(count):
        start, worked = time.perf_counter(), _worked()
        run()
        taken["seconds"].append(time.perf_counter() - start)
        taken["cpu"].append(_worked() - worked)
    return taken


def _worked() -> float:
    """Processor time of this process and of those it waited for, s."""
    return sum(os.times()[:4])
