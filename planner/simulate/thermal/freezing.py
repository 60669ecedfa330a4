"""The engine of cold: enthalpy of tissue on a grid, advanced through what cryoprobes do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.compiled import on_cores
from planner.simulate.grid import MM, TensorGrid
from planner.simulate.thermal.exposure import Exposure
from planner.simulate.thermal.inputs import ABSOLUTE_ZERO_C
from planner.simulate.thermal.probes import Cryoprobe, ProbeCells, ProbePhase, probe_cells
from planner.simulate.thermal.rkl2 import coefficients, stages_needed
from planner.simulate.thermal.solver import CELLS_FOR_ALL_CORES, HELD_CAPACITY, SimulationError
from planner.simulate.thermal.steps import LONGEST_S, Stepper
from planner.simulate.thermal.warm import warm_up_freezing

Floats = NDArray[np.floating]
ICE_HEAT_J_M3 = 334e6
"""Latent heat of a cubic metre of water, 1000 kg."""
ICE_OVER_WATER = 2.22 / 0.60
"""Conductivity of ice at 0 °C over that of water at 37 °C; tissue takes it to the power of its water."""
WATER_LESS_ICE_J_M3_K = 1000.0 * (4186.0 - 2050.0)
"""Heat capacity of a cubic metre of water, less that of the same mass of ice."""
FIRST_S = 0.5
"""First step after a probe is switched."""
LEAST_OPEN, STIFFER = 0.3, 1.5
"""A cell beside a probe stores at least this share of its heat, and more where it would else change faster than this
many times the rest of the grid: slivers of tissue would ask for twice the stages."""
CORRECTIONS = 2
"""Newton steps by which the surface of a probe at its power limit follows the tissue; in ice one is exact."""


@dataclass(frozen=True)
class Frozen:
    """Tissue that freezes; numbers or (nx, ny, nz).

    Attributes
    ----------
    conductivity, frozen_conductivity : W/(m·K), above and below the freezing range, linear in the frozen share between.
    heat_capacity, frozen_heat_capacity : J/(m³·K).
    latent_heat : J/m³, released evenly over the range.
    freezing_c : where the last water freezes and where the first does, °C.
    """

    conductivity: ArrayLike
    frozen_conductivity: ArrayLike
    heat_capacity: ArrayLike
    frozen_heat_capacity: ArrayLike
    latent_heat: ArrayLike
    freezing_c: tuple[float, float]

    @classmethod
    def of_water(
        cls, conductivity: ArrayLike, heat_capacity: ArrayLike, water: ArrayLike, freezing_c: tuple[float, float]
    ) -> Frozen:
        """Let the share of water by volume tell what freezing changes."""
        k, c, w = (np.asarray(v, dtype=np.float64) for v in (conductivity, heat_capacity, water))
        return cls(k, k * ICE_OVER_WATER**w, c, c - WATER_LESS_ICE_J_M3_K * w, ICE_HEAT_J_M3 * w, freezing_c)


class FreezeSolver:
    """Temperature of tissue that freezes and thaws, step by step.

    Parameters
    ----------
    grid : the cells.
    tissue : what they conduct, store and release.
    perfusion : W/(m³·K); it stops as water freezes.
    probes : cryoprobes with their programs.
    source : W/m³.
    arterial_c, initial_c : °C.
    reperfused : whether blood comes back when ice has thawed.
    exposures : what is told of every step; the temperature it is told counts from where freezing begins.
    """

    def __init__(
        self,
        grid: TensorGrid,
        tissue: Frozen,
        perfusion: ArrayLike = 0.0,
        probes: Sequence[Cryoprobe] = (),
        *,
        source: ArrayLike = 0.0,
        arterial_c: float = 37.0,
        initial_c: ArrayLike = 37.0,
        reperfused: bool = True,
        exposures: Sequence[Exposure] = (),
        longest_step_s: float = LONGEST_S,
        precision: type[np.floating] = np.float32,
    ) -> None:
        warm_up_freezing(np.dtype(precision).name)
        self.grid, self.probes, self.exposures = grid, tuple(probes), tuple(exposures)
        self.time_s, self.steps, self.stages, self.reperfused = 0.0, 0, 0, reperfused
        self.base_c = tissue.freezing_c[1]
        self.range_k, self._blood = tissue.freezing_c[1] - tissue.freezing_c[0], float(arterial_c) - self.base_c
        self._type = precision
        self._lines = tuple((w * MM).astype(precision) for w in grid.widths_mm)
        self.beside: ProbeCells = probe_cells(grid, self.probes, precision)
        self._k = self._full(tissue.conductivity)
        self._more = self._full(tissue.frozen_conductivity) - self._k
        self._sink = self._full(perfusion) * self.beside.open_part
        self._source = self._full(source) * self.beside.open_part
        self._warm = self._full(1.0 / np.asarray(tissue.heat_capacity, dtype=np.float64))
        self._cold = self._full(1.0 / np.asarray(tissue.frozen_heat_capacity, dtype=np.float64))
        self._fastest, part = self._rates()
        self._warm /= part
        self._cold /= part
        between = 0.5 * (np.asarray(tissue.heat_capacity) + np.asarray(tissue.frozen_heat_capacity))
        self._latent = self._full(np.asarray(tissue.latent_heat) + between * self.range_k) * part
        self.theta = self._full(np.asarray(initial_c, dtype=np.float64) - self.base_c)
        self._other, self._e, self._before, self._start, self._rate, self.rise = (
            np.empty_like(self.theta) for _ in range(6)
        )
        self._e[...] = self.enthalpy_of(self.theta)
        self._gained = np.empty(len(self.beside.cells))
        self._flow = np.zeros(len(self.probes))
        self.probe_energy_j, self.probe_power_w = np.zeros(len(self.probes)), np.zeros(len(self.probes))
        self.probe_c = np.full(len(self.probes), np.nan)
        self._stepper = Stepper(longest_step_s, first_s=min(FIRST_S, 0.1 * longest_step_s))

    @property
    def temperature_c(self) -> NDArray[np.float64]:
        """(nx, ny, nz) present temperature, °C; cells inside a probe have that of the tissue beside it."""
        return self.shown(self.theta)

    def shown(self, theta: Floats) -> NDArray[np.float64]:
        """Return a field of the solver in °C."""
        field = theta.astype(np.float64) + self.base_c
        field.reshape(-1)[self.beside.inside] = field.reshape(-1)[self.beside.beside]
        return field

    @property
    def enthalpy_j(self) -> float:
        """Heat in all cells above that at the freezing range, held ones left out."""
        volume = self.grid.volumes_m3
        free = self._warm > 10.0 / HELD_CAPACITY
        return float((self._e.astype(np.float64) * volume)[free].sum())

    def enthalpy_of(self, theta: Floats) -> Floats:
        """Return the enthalpy of a temperature above the freezing range's upper end, J/m³."""
        w = self._type(self.range_k)
        below = np.maximum(-theta, 0)
        mush = np.minimum(below, w)
        held: Floats = np.maximum(theta, 0) / self._warm - mush * (self._latent / w) - (below - mush) / self._cold
        return held

    def hold(self, where: NDArray[np.bool_], temperature_c: ArrayLike) -> None:
        """Hold cells at a temperature, such as those of a warmed fluid."""
        self._warm[where] = self._cold[where] = self._type(1.0 / HELD_CAPACITY)
        self._latent[where] = self._type(HELD_CAPACITY)
        self.theta[where] = np.broadcast_to(np.asarray(temperature_c) - self.base_c, self.grid.shape)[where]
        self._e[where] = self.enthalpy_of(self.theta)[where]
        self._restart()

    def advance(self, until_s: float, *, after_step: Callable[[float], None] | None = None) -> None:
        """Compute on to a time, exactly, through all switching of probes; `after_step` may raise to stop.

        Raises
        ------
        SimulationError
            When a temperature is no longer a number.
        """
        switches = sorted({t for probe in self.probes for t in probe.switch_times_s if self.time_s < t < until_s})
        with on_cores(1 if self.grid.cells < CELLS_FOR_ALL_CORES else None):
            for end in [*switches, until_s]:
                if any(abs(t - self.time_s) < 1e-9 for probe in self.probes for t in [0.0, *probe.switch_times_s]):
                    self._restart()
                for step in self._stepper.steps(end - self.time_s):
                    self._step(step)
                    self.time_s, self.steps = self.time_s + step, self.steps + 1
                    if after_step is not None:
                        after_step(self.time_s)
                self.time_s = end
        if not np.isfinite(self.theta.max() - self.theta.min()):
            raise SimulationError(f"temperatures are no longer numbers {until_s:g} s after the start")

    def _restart(self) -> None:
        self._stepper.first_s, self._stepper.elapsed_s = min(FIRST_S, 0.1 * self._stepper.longest_s), 0.0

    def _step(self, tau: float) -> None:
        """One super-step of the second-order Runge–Kutta–Legendre method; what probes give is integrated alongside."""
        from planner.simulate.thermal.kernels import freezing  # noqa: PLC0415 - numba

        b, r = self.beside, self.range_k
        held, limit = self._probe_states()
        operator = (self._k, self._more, self._sink, self._source, *self._lines, self._blood, r)
        state = (self._warm, self._cold, self._latent)
        flat = tuple(a.reshape(-1) for a in state)
        first, stages = coefficients(stages_needed(tau, 2.0 / self._fastest))
        t, t2, last, before = self.theta, self._other, self._e, self._before
        self._start[...] = last
        rise = self.rise
        rise[...] = t
        freezing.rate(t, *operator, self._rate)
        flow0 = self._beside(t, held, limit)
        self._rate.reshape(-1)[b.cells] += self._gained
        freezing.euler(self._start, self._rate, first * tau, *state, r, last, t2)
        before[...] = self._start
        given_before, given = np.zeros_like(flow0), first * tau * flow0
        t, t2 = t2, t
        for c in stages:
            share = c.mu_rate * tau
            freezing.stage(
                t, *operator, self._start, before, last, self._rate, *state, c.mu, c.nu, share, c.first * tau, t2
            )
            flow = self._beside(t, held, limit)
            freezing.add_beside_probes(b.cells, self._gained, share, *flat, r, before.reshape(-1), t2.reshape(-1))
            given, given_before = c.mu * given + c.nu * given_before + share * flow + c.first * tau * flow0, given
            before, last, t, t2 = last, before, t2, t
        self.theta, self._other, self._e, self._before = t, t2, last, before
        self.stages += len(stages) + 1
        self.probe_energy_j += given
        self.probe_power_w = given / tau
        np.subtract(t, rise, out=rise)
        if not self.reperfused:
            self._sink[t < 0.0] = 0.0
        with on_cores(1):
            for exposure in self.exposures:
                exposure.add(t, rise, self.base_c, tau)

    def _beside(self, t: Floats, held: tuple[Floats, Floats], limit: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fill in what cells beside probes gain; return what each probe gives, W."""
        from planner.simulate.thermal.kernels import freezing  # noqa: PLC0415 - numba

        b, flat = self.beside, (t.reshape(-1), self._k.reshape(-1), self._more.reshape(-1))
        theta, share = held
        if len(self.probes) and share.any():
            at = (b.cells, b.first, b.probe, b.wall, b.volume)
            limited = np.isfinite(limit)
            for _ in range(CORRECTIONS if limited.any() else 0):
                freezing.flow_to_probes(*flat, *at, theta, share, self.range_k, self._flow)
                wanted = np.sign(self._asked - theta) * np.where(limited, limit, 0.0)
                moved = theta + np.where(limited, (wanted - self._flow) / np.maximum(self._joined, 1e-30), 0.0)
                # Never beyond the temperature that was asked for.
                freezes = self._asked < theta
                moved = np.where(freezes, np.maximum(moved, self._asked), np.minimum(moved, self._asked))
                theta = np.where(limited, moved, theta).astype(self._type)
            freezing.flow_to_probes(*flat, *at, theta, share, self.range_k, self._flow)
        else:
            self._flow[:] = 0.0
        freezing.beside_probes(
            *flat, b.widths, b.cells, b.others, b.extra, b.first, b.probe, b.wall, theta, share, self.range_k,
            self._gained,
        )  # fmt: skip
        return self._flow.copy()

    def _probe_states(self) -> tuple[tuple[Floats, Floats], NDArray[np.float64]]:
        """Temperature above the range and duty of each surface for the coming step, and the power it is held at.

        That is infinite where the temperature asks for less than the probe can give.
        """
        from planner.simulate.thermal.kernels import freezing  # noqa: PLC0415 - numba

        phases: list[ProbePhase] = [probe.at(self.time_s * (1.0 + 1e-12)) for probe in self.probes]
        works = [p.temperature_c is not None for p in phases]
        asked = np.array([(p.temperature_c or 0.0) - self.base_c for p in phases])
        duty = np.array([p.duty if on else 0.0 for p, on in zip(phases, works, strict=True)])
        limit = np.array([p.power_w * p.duty if isfinite(p.power_w) else inf for p in phases])
        b, flat = self.beside, tuple(a.reshape(-1) for a in (self.theta, self._k, self._more))

        def draws(theta: NDArray[np.float64]) -> NDArray[np.float64]:
            found = np.zeros(len(phases))
            at = (b.cells, b.first, b.probe, b.wall, b.volume, theta.astype(self._type))
            freezing.flow_to_probes(*flat, *at, duty.astype(self._type), self.range_k, found)
            return found

        theta = asked.copy()
        if np.isfinite(limit).any() and any(works):
            flow = draws(asked)
            freezes, limit = flow < 0.0, np.where(np.abs(flow) > limit, limit, inf)
            # What a probe draws grows with how far its surface is from where it draws nothing.
            idle, full = np.where(freezes, self._blood + 60.0, -self.base_c + ABSOLUTE_ZERO_C), asked.copy()
            for _ in range(30):
                theta = 0.5 * (idle + full)
                flow = draws(theta)
                too_much = (np.abs(flow) > limit) & ((flow < 0.0) == freezes)
                full, idle = np.where(too_much, theta, full), np.where(too_much, idle, theta)
            theta = np.where(np.isfinite(limit), theta, asked)
        self._asked, joins = asked, b.wall * b.volume[np.repeat(np.arange(len(b.cells)), np.diff(b.first))]
        owner = b.cells[np.repeat(np.arange(len(b.cells)), np.diff(b.first))]
        through = flat[1][owner] + np.where(theta[b.probe] < 0.0, flat[2][owner], 0.0)
        self._joined = np.bincount(b.probe, joins * through, len(phases)) * duty
        self.probe_c = np.where(works, theta + self.base_c, np.nan)
        return (theta.astype(self._type), duty.astype(self._type)), limit

    def _rates(self) -> tuple[float, Floats]:
        """Bound of the fastest rate of change, 1/s, whatever is frozen and whichever probe works.

        And the part of each cell's heat capacity that counts: what probes leave open, and more where a cell beside a
        probe would else be `STIFFER` than the rest and ask for more stages.
        """
        from planner.simulate.thermal.kernels.freezing import fastest_rates  # noqa: PLC0415 - numba

        b, of_plane = self.beside, np.empty(self.grid.shape[0], dtype=self._type)
        k, slope = np.maximum(self._k, self._k + self._more), np.maximum(self._warm, self._cold)
        skip = self.beside.open_part < 1.0
        skip.reshape(-1)[b.cells] = True
        fastest_rates(k, self._sink, *self._lines, slope, skip, of_plane)
        part, most = np.maximum(self.beside.open_part, self._type(LEAST_OPEN)), float(of_plane.max())
        own, far = k.reshape(-1)[b.cells][:, None], k.reshape(-1)[b.others]
        w, w_far = b.widths[..., 0], b.widths[..., 1]
        faces = 2.0 * own * far / np.maximum(w * far + w_far * own, 1e-30) / w * (1.0 + b.extra)
        faces[b.others == b.cells[:, None]] = 0.0
        walls = np.bincount(np.repeat(np.arange(len(b.cells)), np.diff(b.first)), b.wall, len(b.cells))
        beside = (2.0 * faces.sum(axis=1) + walls * own[:, 0]) * slope.reshape(-1)[b.cells]
        most = max(most, 1e-12) if most > 0.0 or not len(beside) else float(np.median(beside))
        needed = (beside / (STIFFER * most)).astype(self._type)
        part.reshape(-1)[b.cells] = np.maximum(part.reshape(-1)[b.cells], needed)
        return STIFFER * most if len(b.cells) else most, part

    def _full(self, value: Any) -> Floats:
        return np.array(np.broadcast_to(value, self.grid.shape), dtype=self._type, order="C")
