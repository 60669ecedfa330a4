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
    warm_up(precision)
    with announced("the solver of cold"):
        from planner.simulate.thermal.kernels import cryoprobes, dose, fast, freezing, region  # noqa: PLC0415 - numba

        n = 4
        u, k, e, sink, source, warm, gx, gy, gz, q, last, rate, t, t2, through = (
            np.ones((n, n, n), dtype=precision) for _ in range(15)
        )
        w, none, empty = np.ones(n, dtype=precision), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=precision)
        found, rows = np.zeros((n, n, 2), dtype=np.int32), np.zeros((5, n, n, 2), dtype=np.int32)
        beside = (
            none, np.zeros((0, 6), dtype=np.int64), np.zeros((0, 6), dtype=precision),
            np.ones((0, 6, 2), dtype=precision), np.zeros(1, dtype=np.int64), none, empty, np.zeros(0),
        )  # fmt: skip
        surfaces, nothing = (empty, empty, np.zeros(0), np.zeros(0), np.zeros(0)), np.zeros(0)
        freezing.fastest_rates(k, sink, w, w, w, warm, rate)
        fast.mark_fast(u, gx, gy, gz, w, w, w, 1.0, np.zeros((n, n, n), dtype=np.bool_))
        region.cold_rows(u, 2.0, found, found.copy())
        region.set_rows(found, 1, 1, n, rows)
        region.leave_to_sweeps(k, sink, source, w, w, w, 1.0, rows, rows.copy(), gx, gy, gz, sink.copy(), q)
        region.enter(u, e, warm, rate, rows, rows.copy(), t, t2, through, w.copy())
        cryoprobes.flow_to_probes(
            u.reshape(-1),
            k.reshape(-1),
            e.reshape(-1),
            none,
            beside[4],
            none,
            empty,
            nothing,
            empty,
            empty,
            7.0,
            nothing,
        )
        flat = (u.reshape(-1), k.reshape(-1), e.reshape(-1))
        cryoprobes.meet_probes(*flat, beside, surfaces, 7.0, nothing, nothing)
        freezing.stage(
            True, u, k, e, sink, source, w, w, w, 1.0, 7.0, rows, np.zeros(2, dtype=np.int64), through, e, e, e, rate,
            warm, warm, warm, 1.0, 0.0, 1.0, 0.0, 1.0, last, t,
        )  # fmt: skip
        cryoprobes.add_beside_probes(none, nothing, 1.0, *flat, 7.0, flat[0], flat[1])
        region.hand_over(e, last, through, 1.0, rows, q)
        region.take_back(t, rows, u, through)
        dose.extremes(u, source, sink)
