"""One delivery: field, generator and temperature in turn, from where the tissue stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.generator import (
    Generator,
    ImpedanceLimited,
    Memory,
    Reading,
    StopAt,
    TemperatureControlled,
)
from planner.simulate.electric.solver import ElectricField, FieldSolver
from planner.simulate.electric.warming import Warming, warmed
from planner.simulate.grid import MM, TensorGrid
from planner.simulate.thermal.exposure import Cem43Dose, Exposure, Extremes
from planner.simulate.thermal.solver import HeatSolver, Response
from planner.simulate.thermal.thermocouples import Thermocouples
from planner.simulate.treatment.probe import Probe
from planner.simulate.treatment.properties import Properties
from planner.simulate.treatment.record import Record
from planner.simulate.treatment.shaft import solver_with_needles, walls_of
from planner.simulate.treatment.steam import BOILS_C, Boiling

Array = NDArray[np.float64]
FIELD_AGAIN_K, FIELD_AGAIN_S, FIELD_LEAST_S = 10.0, 150.0, 10.0
"""The field is solved anew when tissue has changed by so much since (its conductivity then differs by 20 %; power is
the generator's in any case), or after so long; never sooner than the last."""
FIELD_AGE_SHARE = 0.15
"""Later, the field is solved at most after so much of the time since the start: what changes, changes slowly. Where the
generator stops on impedance it is solved for each reading."""
FIELD_TOLERANCE = 1e-3
"""Residual of the field; power is scaled to the generator's, so only its shape counts."""
WATCHED_EVERY_S, DRIES_BY, LEAST_EVERY_S = 2.5, 0.05, 0.25
"""Readings of a watched impedance follow each other as closely as this, and so that no cell dries by more than this
share in between, which changes its conductivity by a fifth; never closer than the last."""
QUICK_SHARE = 0.9
"""Nine tenths of the cells at the metal warm more slowly than the one that the loop is tuned for."""
GAIN_SHARE, SETTLES_S, INTEGRAL_S = 0.5, 12.0, 80.0
"""The controller takes away so much of an error within one reading; a needle's surroundings settle in seconds."""
COOLED_INTEGRAL_S = 20.0
"""What is some millimetres from a cooled needle answers within this."""


class Delivery:
    """The state of one delivery; `start_c` is what the one before left, `from_s` when it begins."""

    def __init__(  # noqa: PLR0917 - what a delivery consists of
        self,
        probe: Probe,
        grid: TensorGrid,
        tissue: Properties,
        exposures: Sequence[Exposure],
        dose: Cem43Dose,
        start_c: NDArray[np.floating] | float,
        body_c: float,
        record: Record,
        from_s: float,
    ) -> None:
        self.probe, self.tissue, self.body_c, self.record, self.from_s = probe, tissue, body_c, record, from_s
        self.fields = FieldSolver(grid.widths_mm, probe.electrodes(grid), probe.boundary)
        self.grid, self.exposures, self.response = grid, exposures, Response(tissue.conductivity_slope, dose)
        self.heat = self.solver(probe, start_c)
        self.extremes = next(e for e in exposures if isinstance(e, Extremes))
        self.boiling = Boiling(grid, tissue.water_j_m3, tissue.heat_capacity, BOILS_C - body_c)
        self.stop = Thermocouples(grid, probe.stop_points)
        walls = walls_of(probe, tissue, self.fields)
        self.walls = tuple(np.concatenate([w.cells[a] for w in walls]) for a in range(3))
        self.law, self.memory = Warming(), Memory()
        self.field: ElectricField | None = None
        self.solved_at: NDArray[np.floating] | None = None
        self.solved_s, self.dries_per_s = 0.0, 0.0
        self.ended, self.reached, self.waited_s = "time is over", False, 0.0

    def solver(self, probe: Probe, start_c: NDArray[np.floating] | float) -> HeatSolver:
        """Return the heat solver with the needles in place."""
        return solver_with_needles(
            probe, self.grid, self.tissue, self.fields, self.exposures, self.response, start_c, self.body_c
        )

    @property
    def now_s(self) -> float:
        """Time of the whole treatment."""
        return self.from_s + self.heat.time_s

    @property
    def pauses(self) -> int:
        """How often impedance rose."""
        return self.memory.pauses

    def electrode_c(self) -> float:
        """What the generator is led by: the hottest of a plain needle's metal, a share of tissue round a cooled one."""
        u = self.heat.system.u
        if self.probe.coolant is None:
            return self.body_c + float(u[self.walls].max())
        return self.body_c + float(u.max()) / self.probe.hottest_over_read

    def resolve(self) -> ElectricField:
        """Return the field at the present temperature, at one watt."""
        u = self.heat.system.u
        if self.field is not None and not self.is_stale():
            return self.field
        now_c = u + np.float32(self.body_c)
        sigma = warmed(self.tissue.sigma, now_c, self.law, self.tissue.wet, self.boiling.dried)
        self.field = self.fields.solved(sigma, self.field, FIELD_TOLERANCE).scaled_to(1.0)
        self.solved_at, self.solved_s = u.copy(), self.heat.time_s
        return self.field

    def is_stale(self) -> bool:
        """Whether the field is to be solved again."""
        if self.solved_at is None or self.watches_impedance:
            return True
        age = self.heat.time_s - self.solved_s
        changed = float(np.abs(self.heat.system.u - self.solved_at).max()) >= FIELD_AGAIN_K
        return age >= (max(FIELD_LEAST_S, FIELD_AGE_SHARE * self.heat.time_s) if changed else FIELD_AGAIN_S)

    @property
    def watches_impedance(self) -> bool:
        """Whether the generator is led by the field."""
        return self.probe.mode != "temperature"

    def every_s(self, since_s: float) -> float:
        """Return the time to the next reading."""
        every = _every(since_s)
        if self.watches_impedance:
            every = min(every, WATCHED_EVERY_S, max(DRIES_BY / max(self.dries_per_s, 1e-9), LEAST_EVERY_S))
        return every

    def gains(self, every_s: float, field: ElectricField) -> tuple[float, float]:
        """Return W/K and the seconds of the integral, from how a watt warms what is read: no needle may swing.

        Metal warms at once, by the heat beside it; tissue round a cooled needle by what it conducts away, slowly.
        """
        probe = self.probe
        if probe.coolant is None:
            warming = field.heat_w_m3 / self.tissue.heat_capacity
            rate = float(np.quantile(warming[self.walls], QUICK_SHARE))
            return GAIN_SHARE / max(rate * min(every_s, SETTLES_S), 1e-6), INTEGRAL_S
        away = 2.0 * math.pi * float(np.mean(self.tissue.conductivity[self.walls])) * probe.active_mm * MM
        return GAIN_SHARE * away * probe.hottest_over_read, COOLED_INTEGRAL_S

    def generator(self, every_s: float, field: ElectricField) -> Generator:
        """Return the generator of this reading."""
        probe = self.probe
        if probe.mode == "temperature":
            gain, settles = self.gains(every_s, field)
            led: Generator = TemperatureControlled(
                probe.setpoint_c, math.inf, probe.max_power_w, start_c=self.body_c, most_s=math.inf,
                proportional_w_k=gain, integral_w_k_s=gain / settles,
            )  # fmt: skip
        else:
            power = probe.max_power_w
            if probe.mode == "current":
                power = min(power, probe.current_a**2 * field.resistance_ohm)
            led = ImpedanceLimited(power, math.inf, rise=probe.rise)
        return led if probe.stop_c is None else StopAt(led, probe.stop_c)

    def read(self, power: float) -> None:
        """Note what is seen now."""
        u = self.heat.system.u
        ohm = self.field.resistance_ohm if self.field else math.nan
        stop = self.body_c + float(self.stop.read(u).max())
        self.record.add((self.now_s, power, ohm, self.electrode_c(), self.body_c + float(u.max()), stop), u)

    def advance(self, to_s: float) -> None:
        """Go on to a time of this delivery; what boils condenses in its neighbours."""
        before_s, before = self.heat.time_s, self.boiling.dried
        self.reached_s = before_s
        self.heat.advance(to_s, after_step=self.boil)
        self.dries_per_s = float((self.boiling.dried - before).max()) / max(to_s - before_s, 1e-9)

    def boil(self, time_s: float) -> None:
        """Boil off what a step has heated too far."""
        boiled = self.boiling.pass_time(self.heat.system.u, time_s - self.reached_s)
        self.reached_s = time_s
        if boiled is not None:
            self.extremes.highest[boiled] = np.minimum(self.extremes.highest[boiled], self.boiling.most_k)

    def wait(self, pause_s: float, progress: Callable[[float], None] | None) -> None:
        """Let time pass without power before the delivery."""
        self.resolve()
        self.heat.heat(None)
        while self.heat.time_s < pause_s - 1e-6:
            self.read(0.0)
            self.advance(min(pause_s, self.heat.time_s + 10.0))
            if progress is not None:
                progress(self.now_s)
        self.waited_s = pause_s

    def deliver(self, progress: Callable[[float], None] | None) -> None:
        """Heat until the time is over or the stop temperature is reached."""
        first, end = True, self.waited_s + self.probe.duration_s
        before = 0.0
        while self.heat.time_s < end - 1e-6:
            since = self.heat.time_s - self.waited_s
            every = min(self.every_s(since), end - self.heat.time_s)
            field = self.resolve()
            stop = None
            if self.probe.stop_c is not None:
                stop = self.body_c + float(self.stop.read(self.heat.system.u).max())
            seen = Reading(since, self.electrode_c(), field.resistance_ohm, stop)
            self.memory, command = self.generator(every, field).step(self.memory, seen)
            if command.ended:
                self.ended = command.ended
                break
            self.read(command.power_w)
            jumps = first or (self.watches_impedance and command.power_w != before)
            self.heat.heat(field.heat_w_m3, command.power_w, switched=jumps)
            self.advance(self.heat.time_s + every)
            first, before = False, command.power_w
            if progress is not None:
                progress(self.now_s)
        self.reached = self.watches_impedance or self.memory.reached_s is not None
        self.read(0.0)

    def cool(self, residual_s: float, progress: Callable[[float], None] | None) -> None:
        """Let the heat spread, the pump off, until nothing watched grows warmer, or the time is over."""
        if self.probe.coolant is not None:
            self.from_s += self.heat.time_s
            self.heat = self.solver(replace(self.probe, coolant=None), self.heat.temperature_c)
        self.heat.heat(None)
        end, hottest = self.heat.time_s + residual_s, self.record.watched_now()
        while self.heat.time_s < end - 1e-6:
            self.advance(min(end, self.heat.time_s + 10.0))
            self.read(0.0)
            if progress is not None:
                progress(self.now_s)
            now = self.record.watched_now()
            if len(now) and (now < hottest - 0.05).all():
                break
            hottest = np.maximum(hottest, now)


def _every(time_s: float) -> float:
    """Return the time to the next reading: short while the needle warms up."""
    return 1.0 if time_s < 10.0 else 2.5 if time_s < 120.0 else 5.0 if time_s < 240.0 else 10.0
