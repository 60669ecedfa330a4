"""Two integrators of the same equations that share nothing but the operator: one for use, one to check it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from planner.simulate.thermal.fast import FastCells
from planner.simulate.thermal.rkl2 import coefficients, stages_needed

Method = Literal["adi", "rkl2"]
Floats = NDArray[np.floating]
THETA = 0.5
"""Of second order in time; 0.6 is ten times and 1 fifty times less accurate at steps of 10 s."""

THETA_FAST = 0.5
"""Of the fast cells: they follow their surroundings at once and must not ring."""


@dataclass(eq=False)
class System:
    """The discrete equations: cap du/dt = conduction + source − sink·u, with u above the base temperature.

    Attributes
    ----------
    u, rise : temperature and its last increment, K.
    cap, sink, source : J/(m³·K), W/(m³·K), W/m³.
    faces : conductances of the faces to the next cell of each axis, W/(m²·K).
    inverse_widths : for each axis 1/width of its cells, 1/m.
    fast : what alternating directions cannot carry and `faces` and `sink` therefore lack.
    """

    u: Floats
    rise: Floats
    cap: Floats
    sink: Floats
    source: Floats
    faces: tuple[Floats, Floats, Floats]
    inverse_widths: tuple[Floats, Floats, Floats]
    fast: FastCells | None = None


class Integrator(Protocol):
    """Advances a system."""

    def step(self, system: System, step_s: float) -> None:
        """Advance `u` by a step and leave its increment in `rise`."""


class Adi:
    """Douglas–Gunn alternating directions: three sweeps a step, and a fourth factor where heat runs fast."""

    def step(self, system: System, step_s: float) -> None:
        """Advance by one step."""
        from planner.simulate.thermal.kernels import adi, fast  # noqa: PLC0415 - numba

        s, (gx, gy, gz), (ix, iy, iz), few = system, system.faces, system.inverse_widths, system.fast
        if few is not None:
            network = (few.cells, few.first, few.other, few.conductance, few.sink, few.volume)
            source, gained = s.source.reshape(-1), np.empty(len(few.cells))
            given = source[few.cells]
            fast.gain(s.u.reshape(-1), *network, gained)
            source[few.cells] += gained.astype(source.dtype)
        adi.first_sweep(s.u, s.rise, s.source, s.cap, s.sink, gx, gy, gz, ix, iy, iz, step_s, THETA)
        adi.other_sweeps(s.u, s.rise, s.cap, s.sink, gy, gz, iy, iz, step_s, THETA)
        if few is not None:
            source[few.cells] = given
            fast.implicit(s.u.reshape(-1), s.rise.reshape(-1), s.cap.reshape(-1), *network, THETA_FAST * step_s)


class Rkl2:
    """Runge–Kutta–Legendre super-steps: explicit, with as many stages as the step needs."""

    def __init__(self) -> None:
        self._work: list[Floats] = []

    def step(self, system: System, step_s: float) -> None:
        """Advance by one step."""
        from planner.simulate.thermal.kernels import rkl2  # noqa: PLC0415 - numba

        s = system
        operator: tuple[Any, ...] = (s.source, s.cap, s.sink, *s.faces, *s.inverse_widths)
        if not self._work:
            self._work = [np.empty_like(s.u) for _ in range(3)]
        before, last, rate = self._work
        first, stages = coefficients(stages_needed(step_s, explicit_step_s(s)))
        rkl2.rate(s.u, *operator, rate)
        before[...] = s.u
        np.multiply(rate, s.u.dtype.type(first * step_s), out=last)
        last += s.u
        for c in stages:
            rkl2.stage(s.u, before, last, rate, *operator, c.mu, c.nu, c.mu_rate * step_s, c.first * step_s, before)
            before, last = last, before
        np.subtract(last, s.u, out=s.rise)
        s.u[...] = last


def explicit_step_s(system: System) -> float:
    """Return the largest stable step of Euler's explicit method (Gershgorin's bound), s."""
    from planner.simulate.thermal.kernels.operator import fastest_rates  # noqa: PLC0415 - numba

    of_plane = np.empty(system.u.shape[0], dtype=system.u.dtype)
    fastest_rates(system.cap, system.sink, *system.faces, *system.inverse_widths, of_plane)
    fastest = float(of_plane.max())
    return 2.0 / fastest if fastest > 0.0 else float("inf")


def integrator(method: Method) -> Integrator:
    """Return a fresh integrator."""
    return Adi() if method == "adi" else Rkl2()
