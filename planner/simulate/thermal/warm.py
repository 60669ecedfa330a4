"""Compiles every kernel of heat before the first step, so that whoever waits is told why, once."""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.simulate.compiled import announced


@cache
def warm_up(precision: str = "float32") -> None:
    """Run each kernel on a few cells; later calls do nothing."""
    with announced("the heat solver"):
        from planner.simulate.thermal.kernels import adi, dose, operator  # noqa: PLC0415 - numba

        cells = [np.ones((2, 2, 2), dtype=precision) for _ in range(8)]
        u, d, q, cap, sink, gx, gy, gz = cells
        w = np.ones(2, dtype=precision)
        operator.face_conductances(u, u, u, w, w, w, gx, gy, gz)
        operator.fastest_rates(u, d, gx, gy, gz, w, w, w, w.copy())
        adi.first_sweep(u, d, q, cap, sink, gx, gy, gz, w, w, w, 1.0, 0.5)
        adi.other_sweeps(u, d, cap, sink, gy, gz, w, w, 1.0, 0.5)
        dose.extremes(u, q, sink)
        dose.cem43(u, d, np.zeros((2, 2, 2), dtype=np.float32), 37.0, 1.0, 2.0, 39.0, 1.0)


@cache
def warm_up_freezing(precision: str = "float32") -> None:
    """Run each kernel of cold on a few cells; later calls do nothing."""
    with announced("the solver of cold"):
        from planner.simulate.thermal.kernels import dose, freezing  # noqa: PLC0415 - numba

        u, d, k, more, sink, source, e, e2 = (np.ones((2, 2, 2), dtype=precision) for _ in range(8))
        w, none = np.ones(2, dtype=precision), np.zeros(0, dtype=np.int64)
        operator = (k, more, sink, source, w, w.copy(), w.copy(), 1.0, 7.0)
        freezing.rate(u, *operator, d)
        freezing.euler(u, d, 1.0, k, k, k, 7.0, e, e2)
        freezing.stage(u, *operator, k, e, e2, d, k, k, k, 1.0, 0.0, 1.0, 0.0, source.copy())
        freezing.fastest_rates(k, sink, w, w, w, more, np.zeros(k.shape, dtype=np.bool_), w.copy())
        flat, lists = tuple(a.reshape(-1) for a in (u, k, more)), (none, np.zeros(1, dtype=np.int64), none)
        empty = np.zeros(0, dtype=precision)
        freezing.flow_to_probes(*flat, *lists, empty, np.zeros(0), empty, empty, 7.0, np.zeros(0))
        freezing.beside_probes(
            *flat, np.ones((0, 6, 2), dtype=precision), none, np.zeros((0, 6), dtype=np.int64),
            np.zeros((0, 6), dtype=precision), *lists[1:], empty, empty, empty, 7.0, np.zeros(0),
        )  # fmt: skip
        freezing.add_beside_probes(none, np.zeros(0), 1.0, *flat, 7.0, e.reshape(-1), e2.reshape(-1))
        dose.extremes(u, source, sink)
