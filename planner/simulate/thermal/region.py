"""The part of a grid that freezes or thaws, advanced by explicit stages; the sweeps of heat carry the rest."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.simulate.compiled import cores_in_use, on_cores
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.fast import FASTEST, ordinary_rate
from planner.simulate.thermal.integrators import System, integrator
from planner.simulate.thermal.probes import ProbeCells
from planner.simulate.thermal.rkl2 import coefficients, stages_needed

Floats = NDArray[np.floating]
Three = tuple[Floats, Floats, Floats]
MARGIN_K, GUARD, OVERLAP = 3.0, 1, 2
"""Cells less than this above freezing belong to the region, and those within so many of them. Its step is computed on
so many cells more, beyond which temperature is held; without them long steps grow errors at its surface."""
SLABS_A_CORE = 2
CELLS_FOR_ALL_CORES = 8_000
"""A stage over fewer cells takes less time than to wake another core."""


class Region:
    """Steps of enthalpy where water may freeze, and of heat around it; each face belongs to one of the two.

    The region takes a step by Runge–Kutta–Legendre stages while what it exchanges with the rest is held; what the
    cells around gained from it is then a source of an alternating-direction step of the rest. Both are of second
    order, and a steady state stays as it is.

    Parameters
    ----------
    lines, blood, range_k : widths in m, temperature of the blood above freezing, and the range of freezing.
    k, more, sink, source, warm, cold, latent : as the kernels of cold take them.
    rates : bound of the rate of each cell, 1/s.
    """

    def __init__(  # noqa: PLR0917 - its solver alone
        self, grid: TensorGrid, beside: ProbeCells, lines: Three, blood: float, range_k: float,
        operator: tuple[Floats, ...], state: tuple[Floats, ...], rates: Floats, theta: Floats, longest_s: float,
    ) -> None:  # fmt: skip
        from planner.simulate.thermal.kernels.fast import mark_fast  # noqa: PLC0415 - numba
        from planner.simulate.thermal.kernels.operator import face_conductances  # noqa: PLC0415

        self.lines, self.blood, self.range_k = lines, blood, range_k
        (self.k, self.more, self.sink, self.source), self.state, self.rates = operator, state, rates
        self._beside = (
            beside.cells, beside.others, beside.extra, beside.widths, beside.first, beside.probe, beside.wall,
            beside.volume,
        )  # fmt: skip
        real, shape = theta.dtype.type, grid.shape
        inverse = (1.0 / lines[0], 1.0 / lines[1], 1.0 / lines[2])
        faces = (np.empty_like(theta), np.empty_like(theta), np.empty_like(theta))
        face_conductances(*[self.k] * 3, *lines, *faces)
        cap = 1.0 / state[0]
        always = beside.open_part < 1.0
        always.reshape(-1)[beside.cells] = always.reshape(-1)[beside.others] = True
        rate = ordinary_rate(cap, faces, inverse)
        self.longest_s = longest_s
        if rate > 0.0:
            self.longest_s = min(longest_s, FASTEST / rate)
            fast = np.empty(shape, dtype=np.bool_)
            mark_fast(cap, *faces, *inverse, FASTEST / self.longest_s, fast)
            always |= fast | (self.sink > FASTEST / self.longest_s * cap)
        self._always = _rows_of(always)
        self._rows = np.zeros((5, *shape[:2], 2), dtype=np.int32)
        self._rows[..., 1] = shape[2]
        self._before, self._found = self._rows.copy(), np.empty_like(self._always)
        for g in faces:
            g[...] = 0.0
        self.system = System(
            theta, np.empty_like(theta), cap, np.zeros_like(theta), np.zeros_like(theta), faces, inverse
        )
        self._through = np.empty_like(theta)
        self._work = tuple(np.zeros_like(theta) for _ in range(5))
        self._of_plane = np.zeros(shape[0], dtype=real)
        self._integrator = integrator("adi")

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(nx, ny, nz) where the region was in the last step; elsewhere enthalpy is temperature times capacity."""
        z = np.arange(self.system.u.shape[2])
        low, high = self._rows[0, ..., :1], self._rows[0, ..., 1:]
        return (z >= low) & (z < high)

    def step(self, tau: float, enthalpy: Floats, surfaces: tuple[Any, ...], energy: NDArray[np.float64]) -> int:
        """Advance temperature and enthalpy; return the number of stages. `energy` becomes what probes gave, J."""
        from planner.simulate.thermal.kernels import region  # noqa: PLC0415 - numba

        s = self.system
        nz = s.u.shape[2]
        self._rows, self._before = self._before, self._rows
        rows, before = self._rows, self._before
        region.cold_rows(s.u, MARGIN_K, self._always, self._found)
        region.set_rows(self._found, GUARD, OVERLAP, nz, rows)
        region.leave_to_sweeps(
            self.k, self.sink, self.source, *self.lines, self.blood, rows, before, *s.faces, s.sink, s.source
        )
        region.enter(
            s.u, enthalpy, self.state[0], self.rates, rows, before, *self._work[-2:], self._through,
            self._of_plane,
        )  # fmt: skip
        per_plane = (rows[1, ..., 1] - rows[1, ..., 0]).sum(axis=1)
        cells = int(per_plane.sum())
        stages = 0
        if cells:
            stages = stages_needed(tau, 2.0 / max(float(self._of_plane.max()), 1e-12))
            with on_cores(1 if cells < CELLS_FOR_ALL_CORES else None):
                field = self._stages(tau, stages, per_plane, enthalpy, surfaces, energy)
            self._integrator.step(s, tau)
            region.take_back(field, rows, s.u, s.rise)
        else:
            energy[:] = 0.0
            self._integrator.step(s, tau)
        return stages

    def _stages(  # noqa: PLR0917 - its caller alone
        self, tau: float, stages: int, per_plane: NDArray[np.int64], enthalpy: Floats, surfaces: tuple[Any, ...],
        energy: NDArray[np.float64],
    ) -> Floats:  # fmt: skip
        from planner.simulate.thermal.kernels import cryoprobes, freezing, region  # noqa: PLC0415 - numba

        s, rows, flat = self.system, self._rows, tuple(a.reshape(-1) for a in (self.k, self.more, *self.state))
        cores = cores_in_use()
        count = SLABS_A_CORE * cores if cores > 1 else 1
        done = np.concatenate([[0], np.cumsum(per_plane)])
        slabs = np.searchsorted(done, np.linspace(0, done[-1], count + 1)).astype(np.int64)
        slabs[0], slabs[-1] = 0, len(per_plane)
        out, spare, rate, t, t2 = self._work
        cells, flow, gained = self._beside[0], np.zeros(len(energy)), np.zeros(len(self._beside[0]))
        energy[:] = 0.0
        before, now, field = enthalpy, enthalpy, s.u
        for n, (mu, nu, share, first, weight) in enumerate(_table(stages).tolist()):
            cryoprobes.meet_probes(field.reshape(-1), *flat[:2], self._beside, surfaces, self.range_k, flow, gained)
            freezing.stage(
                n == 0, field, self.k, self.more, self.sink, self.source, *self.lines, self.blood, self.range_k, rows,
                slabs, self._through, enthalpy, before, now, rate, *self.state, mu, nu, share * tau, first * tau,
                weight * tau, out, t,
            )  # fmt: skip
            if n == 0:
                rate.reshape(-1)[cells] += gained.astype(rate.dtype)
            cryoprobes.add_beside_probes(
                cells, gained, share * tau, *flat[2:], self.range_k, out.reshape(-1), t.reshape(-1)
            )
            energy += weight * tau * flow
            # The enthalpy before the last is overwritten, unless it is that of the start.
            before, now, out = now, out, spare if n == 0 else now
            field, t = t, t2 if n == 0 else field
        region.hand_over(enthalpy, now, self._through, tau, rows, s.source)
        return field


def _rows_of(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Range of each row that holds its marked cells."""
    any_ = mask.any(axis=2)
    low = np.where(any_, mask.argmax(axis=2), 0)
    high = np.where(any_, mask.shape[2] - mask[..., ::-1].argmax(axis=2), 0)
    return np.stack([low, high], axis=-1).astype(np.int32)


@lru_cache(maxsize=64)
def _table(stages: int) -> NDArray[np.float64]:
    """Rows of μ, ν, the weights of the rate and of the first one, and what the rate counts in the whole step."""
    first, later = coefficients(stages)
    table = np.array([(1.0, 0.0, first, 0.0, 0.0), *((c.mu, c.nu, c.mu_rate, c.first, 0.0) for c in later)])
    before, now = np.zeros(stages), np.zeros(stages)
    for n, (mu, nu, share, of_first, _) in enumerate(table):
        after = mu * now + nu * before
        after[n] += share
        after[0] += of_first
        before, now = now, after
    table[:, 4] = now
    return table
