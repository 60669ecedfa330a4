"""Runs a job in a process of its own, so that its memory is its own, and times it beside its baseline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from benchmarks.job import Job

PROBE_BYTES, PROBES = 64 * 2**20, 40
SAMPLING_S = 0.005
"""How often memory is looked at; a peak shorter than this can be missed."""


@dataclass(frozen=True)
class Timing:
    """What a job took."""

    job: str
    title: str
    seconds: list[float]
    cpu: list[float]
    peak_mb: float
    goal_s: float | None
    goal_ratio: float | None
    baseline: str
    baseline_seconds: list[float]

    @property
    def shortest(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def ratio(self) -> float:
        """Of the shortest runs, which a busy machine lengthens least."""
        return self.shortest / min(self.baseline_seconds)


def timed(job: Job, repeat: int | None = None, *, tiny: bool = False) -> Timing:
    """Run a job in its own process and watch that process's memory until its baseline begins."""
    command = [sys.executable, "-m", "benchmarks", "--child", job.name]
    command += ["--repeat", str(repeat)] if repeat else []
    command += ["--tiny"] if tiny else []
    with psutil.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as child:
        watch = _Watch(child, job.whole_process)
        first = child.stdout.readline()
        peak = watch.stop()
        second = child.stdout.readline()
    if child.returncode or not second:
        raise RuntimeError(f"the job {job.name!r} failed with exit code {child.returncode}; its error stands above")
    done, base = json.loads(first), json.loads(second)
    return Timing(
        job.name, done["title"], done["seconds"], done["cpu"], peak / 1e6, job.goal_s, job.goal_ratio, job.baseline,
        base["seconds"],
    )  # fmt: skip


def noise() -> str:
    """How much the machine's own speed varied just now, by one copy of memory made again and again."""
    source = np.ones(PROBE_BYTES, np.uint8)
    target, taken = np.empty_like(source), []
    for _ in range(PROBES):
        start = time.perf_counter()
        np.copyto(target, source)
        taken.append(1e3 * (time.perf_counter() - start))
    taken.sort()
    return (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; a copy of 64 MB took {taken[0]:.0f} ms at best, "
        f"{median(taken):.0f} by median, {taken[-1]:.0f} at worst"
    )


class _Watch:
    """Remembers the largest resident size that any one of a process and its descendants had."""

    def __init__(self, process: object, descendants_only: bool) -> None:
        self.process, self.descendants_only, self.peak = process, descendants_only, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        while not self.ended.wait(SAMPLING_S):
            try:
                found = self.process.children(recursive=True)
                found += [] if self.descendants_only else [self.process]
            except psutil.Error:
                return
            for one in found:
                try:
                    self.peak = max(self.peak, one.memory_info().rss)
                except psutil.Error:
                    continue  # it ended between the list and the look

    def stop(self) -> int:
        self.ended.set()
        self.thread.join()
        return self.peak
