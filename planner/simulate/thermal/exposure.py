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


def _count(above_c: Floats, rise_c: Floats, seconds: Single, threshold: float, step_s: float, *, sign: float) -> None:
    from planner.simulate.thermal.kernels.dose import time_beyond  # noqa: PLC0415 - numba

    time_beyond(above_c, rise_c, seconds, threshold, step_s, sign)
