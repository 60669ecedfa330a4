"""Runs side by side: order, progress, errors."""

from __future__ import annotations

import time
from contextvars import ContextVar

import pytest

from planner.simulate.compiled import cores_in_use, on_cores
from planner.simulate.runs import side_by_side


@pytest.mark.parametrize("cores", [1, None])
def test_results_come_in_the_order_of_the_runs_and_progress_ends_at_one(cores):
    seen = []

    def run(number):
        def work(tell):
            time.sleep(0.02 * (4 - number))
            tell(0.5)
            tell(1.0)
            return number

        return work

    with on_cores(cores):
        assert side_by_side([run(n) for n in range(5)], seen.append) == [0, 1, 2, 3, 4]
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    assert side_by_side([], seen.append) == []


def test_each_run_has_one_core_and_what_its_caller_has_set():
    setting = ContextVar("setting", default="none")
    setting.set("mine")
    found = side_by_side([lambda _: (cores_in_use(), setting.get())] * 4)
    assert found == [(1 if cores_in_use() > 1 else cores_in_use(), "mine")] * 4


@pytest.mark.parametrize("cores", [1, None])
def test_what_a_run_or_its_progress_raises_stops_the_others(cores):
    begun = []

    def fails(_):
        raise ValueError("broken run")

    def long(tell):
        begun.append(1)
        for n in range(500):
            time.sleep(0.01)
            tell(n / 500)

    started = time.monotonic()
    with on_cores(cores), pytest.raises(ValueError, match="broken run"):
        side_by_side([fails, *[long] * 6])
    assert time.monotonic() - started < 3.0  # one run alone takes 5 s
    assert len(begun) <= cores_in_use()

    def cancel(share):
        raise KeyboardInterrupt

    with on_cores(cores), pytest.raises(KeyboardInterrupt):
        side_by_side([long, long], cancel)
