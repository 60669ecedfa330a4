"""Kernels whose planes cores share out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import TypingError

from planner.simulate.compiled import cores_in_use, on_cores
from planner.simulate.electric.kernels.vectors import product
from planner.simulate.thermal.kernels.dose import extremes

SHAPE = (37, 5, 6)  # more planes than pieces, and not a multiple of them


def _field(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


@pytest.mark.parametrize("cores", [1, None])
def test_every_plane_is_done_once(cores: int | None) -> None:
    u, hottest, coldest = _field(1), _field(2), _field(3)
    expected = np.maximum(hottest, u), np.minimum(coldest, u)
    with on_cores(cores):
        extremes(u, hottest, coldest)
    np.testing.assert_array_equal(hottest, expected[0])
    np.testing.assert_array_equal(coldest, expected[1])


def test_sums_do_not_depend_on_how_many_cores_there_are() -> None:
    a, b, one, all_of_them = _field(4), _field(5), np.empty(SHAPE[0]), np.empty(SHAPE[0])
    with on_cores(1):
        product(a, b, one)
    product(a, b, all_of_them)
    np.testing.assert_array_equal(one, all_of_them)
    assert one.sum() == pytest.approx(float((a * b).sum(dtype=np.float64)), rel=1e-5)


def test_many_threads_may_run_kernels_at_once() -> None:
    def run(seed: int) -> bool:
        u, low = _field(seed), np.full(SHAPE, np.inf, np.float32)
        high = -low
        for _ in range(20):
            extremes(u, high, low)
        return bool((high == u).all() and (low == u).all())

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(run, range(24)))


def test_a_limit_holds_inside_a_wider_one_and_in_its_own_thread_alone() -> None:
    whole = cores_in_use()
    with on_cores(1):
        with on_cores(None):
            assert cores_in_use() == 1
        with on_cores(8):
            assert cores_in_use() == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(cores_in_use).result() == whole
    assert cores_in_use() == whole


def test_what_a_plane_raises_reaches_the_caller() -> None:
    with pytest.raises(TypingError, match="extremes"):
        extremes(_field(1), "no array", _field(2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_runs_kernels_too() -> None:
    u = _field(6)
    extremes(u, u.copy(), u.copy())  # threads are there before
    child = os.fork()
    if child == 0:
        high = np.full(SHAPE, -np.inf, np.float32)
        extremes(u, high, u.copy())
        os._exit(0 if (high == u).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
