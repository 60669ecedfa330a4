"""Compiles every kernel of heat before the first step, so that whoever waits is told why, once."""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.simulate.compiled import announced


@cache
def warm_up(precision: str = "float32") -> None:
    """Run each kernel on a few cells; later calls do nothing."""
    with announced("the heat solver"):
        from planner.simulate.thermal.kernels import adi, dose, fast, operator  # noqa: PLC0415 - numba

        cells = [np.ones((2, 2, 2), dtype=precision) for _ in range(8)]
        u, d, q, cap, sink, gx, gy, gz = cells
        w = np.ones(2, dtype=precision)
        operator.face_conductances(u, u, u, w, w, w, gx, gy, gz)
        operator.fastest_rates(u, d, gx, gy, gz, w, w, w, w.copy())
        adi.first_sweep(u, d, q, cap, sink, gx, gy, gz, w, w, w, 1.0, 0.5)
        adi.other_sweeps(u, d, cap, sink, gy, gz, w, w, 1.0, 0.5)
        fast.mark_fast(cap, gx, gy, gz, w, w, w, 1.0, np.zeros(u.shape, dtype=np.bool_))
        dose.extremes(u, q, sink)
        dose.cem43(u, d, np.zeros((2, 2, 2), dtype=np.float32), 37.0, 1.0, 2.0, 39.0, 1.0)


@cache
def warm_up_treatment() -> None:
    """Run what a treatment needs besides: tissue that answers to heat, needles that outrun it, doses of all kinds."""
    warm_up()
    with announced("the answer of tissue to heat"):
        from planner.simulate.thermal.kernels import dose, fast, operator  # noqa: PLC0415 - numba

        u, d, a, b, c, e, f = (np.ones((2, 2, 2), dtype=np.float32) for _ in range(7))
        operator.conductivity_factor(u, d, 0.5, a, 0.0, 0.5, 2.0, b)
        operator.scaled_conductances(a, b, c, d, e, f, u)
        operator.surviving_perfusion(a, b, c, d, 0.5, 1.0, e)
        dose.arrhenius(u, d, a, 37.0, 1.0, 1.0, 43.0, 1.0)
        dose.time_beyond(u, d, a, 8.0, 1.0, 1.0)
        cells, first, none = np.zeros(1, np.int64), np.zeros(2, np.int64), np.zeros(0)
        network = (cells, first, cells[:0], none, np.ones(1), np.ones(1))
        fast.gain(u.reshape(-1), *network, np.empty(1))
        fast.implicit(u.reshape(-1), d.reshape(-1), a.reshape(-1), *network, 1.0)


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
