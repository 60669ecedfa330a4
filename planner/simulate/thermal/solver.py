"""The engine: Pennes' equation on a grid, advanced through whatever a treatment does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.core.errors import PlannerError
from planner.simulate.compiled import on_cores
from planner.simulate.grid import MM, TensorGrid
from planner.simulate.thermal.exposure import ArrheniusDamage, Cem43Dose, Exposure
from planner.simulate.thermal.fast import FASTEST, ordinary_rate, split_fast
from planner.simulate.thermal.integrators import Method, System, explicit_step_s, integrator
from planner.simulate.thermal.steps import GROWTH, GROWTH_BESIDE_METAL, LONGEST_S, Stepper
from planner.simulate.thermal.warm import warm_up

Floats = NDArray[np.floating]
HELD_CAPACITY = 1e25
"""J/(m³·K) of a cell whose temperature is held: no treatment moves it by what a float can show."""
REFERENCE_C = 37.0
"""Conductivities are stated at this temperature."""
FACTOR_RANGE = (0.5, 2.0)
"""Conductivity is scaled by temperature within these; the laws are linear fits from 20 to 90 °C."""
CELLS_FOR_ALL_CORES = 100_000
"""A step over fewer cells takes less than a millisecond on one core."""
CELLS_FOR_EXPOSURES = 4_000_000
"""Exposures pass over fewer cells on one core: that takes milliseconds, and waiting for another core can take eight."""
JUMP_K = 1e-3
"""A held temperature that differs by less from what was there is no jump."""
LETHAL_CEM43_MIN = 240.0
"""Equivalent minutes that count as Ω = 1 where perfusion is stopped by thermal dose."""


class SimulationError(PlannerError):
    """The computation left the range of numbers; what it was given lies beyond what it describes."""


@dataclass(frozen=True)
class Response:
    """How tissue answers to heat; by default it does not.

    Attributes
    ----------
    conductivity_slope : relative change of conductivity a kelvin, a number or (nx, ny, nz), from 37 °C.
    stops_perfusion : the exposure whose damage Ω stops perfusion as exp(−Ω); thermal dose counts as Ω = CEM43 / 240.
    """

    conductivity_slope: ArrayLike = 0.0
    stops_perfusion: ArrheniusDamage | Cem43Dose | None = None

    @property
    def is_linear(self) -> bool:
        """Whether nothing depends on temperature."""
        return self.stops_perfusion is None and not np.any(self.conductivity_slope)


class HeatSolver:
    """Temperature in tissue, step by step.

    Parameters
    ----------
    grid : the cells.
    conductivity : W/(m·K); a number, (nx, ny, nz), or three such for the three axes, where a thin layer conducts
        otherwise along than across.
    heat_capacity : J/(m³·K).
    perfusion : W/(m³·K), rate of blood flow times the blood's heat capacity.
    arterial_c : temperature of the blood.
    initial_c : a number or (nx, ny, nz).
    exchange, exchange_c : heat exchange with something of a stated temperature that is thinner than a cell, such as a
        cooled shaft or a vessel: W/(m³·K) (coefficient × wetted area / volume of the cell) and °C. Not stopped by
        damage.
    exposures : what is told of every step.
    response : how properties follow the temperature.
    method, longest_step_s : integrator and the longest step.
    precision : `np.float32`, right to about 1e-4 °C, or `np.float64`.
    """

    def __init__(
        self,
        grid: TensorGrid,
        conductivity: ArrayLike | Sequence[ArrayLike],
        heat_capacity: ArrayLike,
        perfusion: ArrayLike = 0.0,
        *,
        arterial_c: float = 37.0,
        initial_c: ArrayLike = 37.0,
        exchange: ArrayLike = 0.0,
        exchange_c: ArrayLike = 0.0,
        exposures: Sequence[Exposure] = (),
        response: Response | None = None,
        method: Method = "adi",
        longest_step_s: float = LONGEST_S,
        precision: type[np.floating] = np.float32,
    ) -> None:
        self.grid, self.arterial_c, self.time_s, self.steps = grid, float(arterial_c), 0.0, 0
        self.exposures, self.response = tuple(exposures), response or Response()
        self._type = precision
        warm_up(np.dtype(precision).name)
        start = self._full(np.asarray(initial_c, dtype=np.float64) - self.arterial_c)
        widths = tuple((w * MM).astype(precision) for w in grid.widths_mm)
        inverse = tuple((1.0 / (w * MM)).astype(precision) for w in grid.widths_mm)
        self._exchange: Floats | None = None
        self._exchange_source: Floats | None = None
        sink = self._full(perfusion)
        self._perfusion = sink if np.any(exchange) or self.response.stops_perfusion is not None else None
        if np.any(exchange):
            self._exchange = self._full(exchange)
            self._exchange_source = self._exchange * self._full(np.asarray(exchange_c) - self.arterial_c)
            sink = sink + self._exchange
        elif self._perfusion is not None:
            sink = sink.copy()
        self.system = System(
            start, np.zeros_like(start), self._full(heat_capacity), sink, np.zeros_like(start),
            self._conductances(conductivity, widths), (inverse[0], inverse[1], inverse[2]),
        )  # fmt: skip
        longest = longest_step_s
        if method == "adi":
            longest = self._leave_fast_ones_out(longest_step_s)
        self._faces0: tuple[Floats, Floats, Floats] | None = None
        if np.any(self.response.conductivity_slope):
            self._slope = self._full(self.response.conductivity_slope)
            self._faces0 = self.system.faces
            x, y, z = (g.copy() for g in self._faces0)
            self.system.faces, self._factor = (x, y, z), np.empty_like(start)
        self._damage_before: Floats | None = None
        self._held: tuple[NDArray[np.bool_], Floats] | None = None
        self._integrator = integrator(method)
        self._stepper, self._last_step_s = (
            Stepper(longest, GROWTH if self.system.fast is None else GROWTH_BESIDE_METAL),
            0.0,
        )
        if np.ptp(start) > 0.0:
            self._sharp_start()

    @property
    def temperature_c(self) -> NDArray[np.float64]:
        """(nx, ny, nz) present temperature, °C."""
        return self.system.u.astype(np.float64) + self.arterial_c

    def hold(self, where: NDArray[np.bool_], temperature_c: ArrayLike) -> None:
        """Hold cells at a temperature (a number or (nx, ny, nz)) until :meth:`release`, such as those of a coolant."""
        self.release()
        s = self.system
        self._held = (where, s.cap[where].copy())
        s.cap[where] = HELD_CAPACITY
        before, now = s.u[where], np.broadcast_to(np.asarray(temperature_c) - self.arterial_c, s.u.shape)[where]
        s.u[where] = now
        if not np.allclose(before, now, rtol=0.0, atol=JUMP_K):
            self._sharp_start()

    def release(self) -> None:
        """Let held cells go."""
        if self._held is not None:
            where, capacity = self._held
            self.system.cap[where] = capacity
            self._held = None
            self.restart()

    def heat(self, source: ArrayLike | None, power: float = 1.0, *, switched: bool = True) -> None:
        """Set the source, W/m³ (None: none), times `power`.

        `switched` says that it jumps, and makes the next steps short; a controller that follows a field by small
        changes
        says False.
        """
        s = self.system
        if source is None:
            s.source[...] = 0.0
        else:
            np.multiply(np.asarray(source), power, out=s.source, casting="unsafe")
        if self._exchange_source is not None:
            s.source += self._exchange_source
        if switched:
            self.restart()

    def restart(self) -> None:
        """Make the next steps short: what drives the temperature has jumped."""
        self._stepper.restart()

    def _leave_fast_ones_out(self, longest_s: float) -> float:
        """Split off what alternating directions cannot carry; return the longest step for what they keep."""
        s = self.system
        rate = ordinary_rate(s.cap, s.faces, s.inverse_widths)
        if rate == 0.0:
            return longest_s
        longest = min(longest_s, FASTEST / rate)
        sink = s.sink if self.response.stops_perfusion is None else self._exchange
        with self._running():
            s.fast = split_fast(s.cap, sink, s.faces, s.inverse_widths, FASTEST / longest)
        return longest

    def _sharp_start(self) -> None:
        with self._running():
            self._stepper.restart(explicit_step_s(self.system))

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Kernels run here: on one core where starting more takes longer than the work."""
        with on_cores(1 if self.grid.cells < CELLS_FOR_ALL_CORES else None):
            yield

    def advance(
        self,
        until_s: float,
        *,
        before_step: Callable[[float], None] | None = None,
        after_step: Callable[[float], None] | None = None,
    ) -> None:
        """Compute on to a time, exactly.

        `before_step` is told the middle of each step and may call :meth:`heat` with ``switched=False``; `after_step` is
        told the time reached; either may raise to stop the run.

        Raises
        ------
        SimulationError
            When a temperature is no longer a number.
        """
        with self._running():
            for step in self._stepper.steps(until_s - self.time_s):
                if before_step is not None:
                    before_step(self.time_s + 0.5 * step)
                self._follow_temperature(step)
                self._integrator.step(self.system, step)
                with on_cores(1 if self.grid.cells < CELLS_FOR_EXPOSURES else None):
                    for exposure in self.exposures:
                        exposure.add(self.system.u, self.system.rise, self.arterial_c, step)
                self.time_s, self.steps, self._last_step_s = self.time_s + step, self.steps + 1, step
                if after_step is not None:
                    after_step(self.time_s)
            self.time_s = until_s
        if not np.isfinite(self.system.u.max() - self.system.u.min()):
            raise SimulationError(f"temperatures are no longer numbers {until_s:g} s after the start")

    def _follow_temperature(self, step: float) -> None:
        """Set what depends on temperature to its value in the middle of the coming step."""
        if self.response.is_linear:
            return
        from planner.simulate.thermal.kernels import operator  # noqa: PLC0415 - numba

        s, ahead = self.system, 0.5 * step / self._last_step_s if self._last_step_s else 0.0
        if self._faces0 is not None:
            reference = REFERENCE_C - self.arterial_c
            operator.conductivity_factor(s.u, s.rise, ahead, self._slope, reference, *FACTOR_RANGE, self._factor)
            operator.scaled_conductances(*self._faces0, self._factor, *s.faces)
        law = self.response.stops_perfusion
        if law is not None:
            damage, worth = (
                (law.omega, 1.0) if isinstance(law, ArrheniusDamage) else (law.minutes, 1.0 / LETHAL_CEM43_MIN)
            )
            if self._damage_before is None:
                self._damage_before = damage.copy()
            if self._exchange is None:
                self._exchange = np.zeros_like(s.u)
            operator.surviving_perfusion(
                self._perfusion, self._exchange, damage, self._damage_before, ahead, worth, s.sink
            )

    def _full(self, value: Any) -> Floats:
        """Return a contiguous array of its own over all cells."""
        return np.array(np.broadcast_to(value, self.grid.shape), dtype=self._type, order="C")

    def _conductances(self, conductivity: Any, widths: tuple[Floats, ...]) -> tuple[Floats, Floats, Floats]:
        from planner.simulate.thermal.kernels.operator import face_conductances  # noqa: PLC0415 - numba

        three = isinstance(conductivity, tuple | list)
        along = [self._full(k) for k in conductivity] if three else [self._full(conductivity)] * 3
        x, y, z = (np.empty(self.grid.shape, dtype=self._type) for _ in range(3))
        with self._running():
            face_conductances(*along, *widths, x, y, z)
        return x, y, z
