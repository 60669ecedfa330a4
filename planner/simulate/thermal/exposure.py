"""What a treatment leaves in each cell: extremes, doses, time above a threshold.

Each of these is told of every step by the temperature after it and its rise, both as arrays; so they serve heat and
cold
and any integrator.
"""

from __future__ import annotations

from math import log2
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.simulate.thermal.damage import Arrhenius, Cem43

Floats = NDArray[np.floating]
Single = NDArray[np.float32]
Cells = NDArray[np.int64]


class Exposure(Protocol):
    """Something that gathers over time."""

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step: the temperature after it above `base_c`, and its rise during the step, which runs linearly."""


class Extremes:
    """Highest and lowest temperature above the base, the initial one included."""

    def __init__(self, above_c: Floats) -> None:
        self.highest, self.lowest = above_c.copy(), above_c.copy()

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:  # noqa: ARG002 - its protocol
        """Take a step."""
        from planner.simulate.thermal.kernels.dose import extremes  # noqa: PLC0415 - numba

        extremes(above_c, self.highest, self.lowest)


class Cem43Dose:
    """Thermal dose, equivalent minutes at 43 °C; saturates near 1e30."""

    def __init__(self, shape: tuple[int, int, int], law: Cem43 | None = None) -> None:
        self.law = law or Cem43()
        self.minutes: Single = np.zeros(shape, dtype=np.float32)

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step."""
        from planner.simulate.thermal.kernels.dose import cem43  # noqa: PLC0415 - numba

        law = self.law
        cem43(above_c, rise_c, self.minutes, base_c, log2(law.above), log2(law.below), law.from_c, step_s)


class ArrheniusDamage:
    """Damage Ω of one law."""

    def __init__(self, shape: tuple[int, int, int], law: Arrhenius) -> None:
        self.law = law
        self.omega: Single = np.zeros(shape, dtype=np.float32)

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step."""
        from planner.simulate.thermal.kernels.dose import arrhenius  # noqa: PLC0415 - numba

        law = self.law
        arrhenius(above_c, rise_c, self.omega, base_c, law.log2_a, law.activation_k, law.from_c, step_s)


class TimeAbove:
    """Seconds above a temperature."""

    def __init__(self, shape: tuple[int, int, int], threshold_c: float) -> None:
        self.threshold_c = threshold_c
        self.seconds: Single = np.zeros(shape, dtype=np.float32)

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step."""
        _count(above_c, rise_c, self.seconds, self.threshold_c - base_c, step_s, sign=1.0)


class TimeBelow:
    """Seconds below a temperature."""

    def __init__(self, shape: tuple[int, int, int], threshold_c: float) -> None:
        self.threshold_c = threshold_c
        self.seconds: Single = np.zeros(shape, dtype=np.float32)

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step."""
        _count(above_c, rise_c, self.seconds, self.threshold_c - base_c, step_s, sign=-1.0)

    def copy(self, cells: Cells, to: Cells) -> None:
        """Let some cells, by flat indices, have what others have."""
        flat = self.seconds.reshape(-1)
        flat[to] = flat[cells]


class ThawRate:
    """How fast tissue thawed from one temperature to another, K/min, the last time that it did; NaN where it did not.

    Where the second was not reached, the rate until then.
    """

    def __init__(self, shape: tuple[int, int, int], from_c: float, to_c: float) -> None:
        self.from_c, self.to_c = from_c, to_c
        self._seconds, self._reached = np.full(shape, np.nan, np.float32), np.full(shape, from_c, np.float32)
        self._cold = np.zeros(shape, np.bool_)

    def copy(self, cells: Cells, to: Cells) -> None:
        """Let some cells, by flat indices, have what others have."""
        for field in (self._seconds, self._reached, self._cold):
            flat = field.reshape(-1)
            flat[to] = flat[cells]

    @property
    def k_min(self) -> Single:
        """(nx, ny, nz)."""
        rate: Single = np.full(self._seconds.shape, np.nan, np.float32)
        np.divide(60.0 * (self._reached - self.from_c), self._seconds, out=rate, where=self._seconds > 0.0)
        return rate

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:
        """Take a step."""
        low, high = self.from_c - base_c, self.to_c - base_c
        self._cold |= above_c < low
        at = np.flatnonzero(self._cold)
        if not len(at):
            return
        now, rise = above_c.reshape(-1)[at], rise_c.reshape(-1)[at]
        seconds, reached = self._seconds.reshape(-1), self._reached.reshape(-1)
        before = now - rise
        again = now < low  # also where it froze once more
        seconds[at[again]], reached[at[again]] = np.nan, self.from_c
        leaves = (before < low) & (now >= low)
        seconds[at[leaves]] = 0.0
        thaws = ~again & (reached[at] < self.to_c)
        where, after, from_ = at[thaws], now[thaws], before[thaws]
        slope = np.maximum(np.abs(rise[thaws]), np.float32(1e-9))
        span = np.clip(np.minimum(after, high), low, None) - np.clip(from_, low, high)
        within = np.where((from_ < low) | (after > high), np.abs(span) / slope, 1.0)
        seconds[where] += np.float32(step_s) * np.minimum(within, 1.0)
        reached[where] = np.minimum(after, high) + base_c


def _count(above_c: Floats, rise_c: Floats, seconds: Single, threshold: float, step_s: float, *, sign: float) -> None:
    from planner.simulate.thermal.kernels.dose import time_beyond  # noqa: PLC0415 - numba

    time_beyond(above_c, rise_c, seconds, threshold, step_s, sign)
