"""Compiles every kernel of heat before the first step, so that whoever waits is told why, once."""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.simulate.compiled import ONE_AT_A_TIME, announced


@cache
def warm_up(precision: str = "float32") -> None:
    """Run each kernel on a few cells; later calls do nothing."""
    with ONE_AT_A_TIME, announced("the heat solver"):
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
