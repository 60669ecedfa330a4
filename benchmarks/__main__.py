"""`python -m benchmarks`: one table of times and memory, each beside a baseline measured in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from benchmarks.job import run_as_child
from benchmarks.jobs import JOBS
from benchmarks.printing import print_table
from benchmarks.timing import Timing, noise, timed

COLUMNS = ("job", "n", "min", "median", "CPU", "goal", "memory", "× baseline", "goal", "baseline", "min")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help=f"one job, or all of a group (heat: also heat-…), may be repeated: {', '.join(JOBS)}",
    )
    parser.add_argument(
        "--repeat", metavar="N", type=int, help="runs of each job and baseline; by default each job's own"
    )
    parser.add_argument("--json", action="store_true", help="print the rows for machines")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to try that every job runs")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.repeat is not None and asked.repeat < 1:
        parser.error(f"--repeat: got {asked.repeat}; expected 1 or more")
    chosen = [job for job in JOBS if asked.only is None or any(job == n or job.startswith(f"{n}-") for n in asked.only)]
    unknown = sorted(n for n in asked.only or () if not any(job == n or job.startswith(f"{n}-") for job in JOBS))
    if unknown:
        parser.error(f"--only: got {', '.join(unknown)}; expected one of {', '.join(JOBS)}")
    if asked.child:
        run_as_child(JOBS[asked.child], asked.repeat, tiny=asked.tiny)
        return 0
    rows = []
    before = noise()
    for name in chosen:
        if sys.stderr.isatty():
            print(f"\r\033[K{name} …", end="", file=sys.stderr, flush=True)
        rows.append(timed(JOBS[name], asked.repeat, tiny=asked.tiny))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if asked.json:
        print(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=2, ensure_ascii=False))
    else:
        print_table(COLUMNS, _cells(rows), left=("job", "baseline"))
        print(f"\nmachine before: {before}\nmachine after:  {noise()}\nratios are of the shortest runs")
    return 0


def _cells(rows: list[Timing]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            row.title, str(len(row.seconds)), _time(row.shortest), _time(row.median), _time(min(row.cpu)),
            "" if row.goal_s is None else f"{row.goal_s:g} s", f"{row.peak_mb:.0f} MB", f"{row.ratio:.3g}",
            "" if row.goal_ratio is None else f"{row.goal_ratio:.3g}", row.baseline, _time(min(row.baseline_seconds)),
        )  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


if __name__ == "__main__":
    sys.exit(main())
