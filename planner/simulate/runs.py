"""Runs of one simulation: independent ones side by side on one core each, and those that must not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Event, Lock
from typing import TypeVar

from planner.core.errors import PlannerError
from planner.simulate.compiled import cores_in_use, on_cores

T = TypeVar("T")
Told = Callable[[float], None]
Run = Callable[[Told], T]
"""What is run; it tells how much of it is done, 0 to 1."""


def tried(part: Callable[[], T]) -> T | str:
    """Return the reason in place of a part that fails: it must not hide what else is known."""
    try:
        return part()
    except Exception as error:  # noqa: BLE001 - whatever broke, the others go on
        return f"the simulation failed ({type(error).__name__}: {error})"


class StoppedError(PlannerError):
    """Another run failed or was stopped, and the result of this one would be of no use."""


def side_by_side(runs: Sequence[Run[T]], progress: Told | None = None) -> list[T]:
    """Return the results in the order of the runs.

    Parameters
    ----------
    progress : told the share of all, 0 to 1, by one thread at a time; what it raises stops the work.
    """
    shares, stop, lock = [0.0] * len(runs), Event(), Lock()

    def told(number: int) -> Told:
        def tell(share: float) -> None:
            if stop.is_set():
                raise StoppedError("stopped")
            if progress is not None:
                with lock:
                    shares[number] = share
                    progress(sum(shares) / len(runs))

        return tell

    def alone(run: Run[T], tell: Told) -> T:
        with on_cores(1):
            return run(tell)

    threads = min(cores_in_use(), len(runs))
    if threads < 2:
        return [run(told(number)) for number, run in enumerate(runs)]
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(copy_context().run, alone, run, told(number)) for number, run in enumerate(runs)]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            stop.set()
            for one in waiting:
                one.cancel()
            raise


def base_and_ends(base: Run[T], ends: Sequence[Run[T]], progress: Told | None = None) -> tuple[T, tuple[T, ...]]:
    """Return the result of a base on all cores, then those of `ends` side by side; told alike for each run."""
    each = 1.0 / (1 + len(ends))

    def tell(done: float) -> None:
        if progress is not None:
            progress(done)

    found = base(lambda share: tell(each * share))
    rest = side_by_side(ends, lambda share: tell(each + (1.0 - each) * share)) if ends else []
    return found, tuple(rest)
