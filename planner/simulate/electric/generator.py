"""Radio-frequency generators: from what they measure to the power they deliver, step by step, without side effects.

A generator holds settings only. Its memory is handed in and out, so that a treatment can be repeated, branched or
replayed from a log. A reading that is no number ends the delivery: a broken thermocouple never heats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True)
class Reading:
    """What a generator sees at one moment.

    Attributes
    ----------
    time_s : since the start of the delivery; it grows from reading to reading.
    temperature_c : of the thermocouple that it controls by; unused where the mode has none.
    impedance_ohm : between its poles.
    stop_c : of the thermocouple that may end the delivery, where the device has one away from the metal.
    """

    time_s: float
    temperature_c: float
    impedance_ohm: float
    stop_c: float | None = None


@dataclass(frozen=True)
class Memory:
    """What a generator carries from one reading to the next."""

    time_s: float | None = None
    integral_w: float = 0.0
    error_k: float | None = None
    reached_s: float | None = None
    lowest_ohm: float = math.inf
    paused_until_s: float = -math.inf
    pauses: int = 0
    ended: str | None = None


@dataclass(frozen=True)
class Command:
    """Power until the next reading; `ended` tells why there is none any more."""

    power_w: float
    ended: str | None = None


class Generator(Protocol):
    """Settings that turn a reading into a command."""

    def step(self, memory: Memory, reading: Reading) -> tuple[Memory, Command]:
        """Return the new memory and what to deliver."""
        ...


@dataclass(frozen=True)
class ConstantPower:
    """The same power for a time."""

    power_w: float
    duration_s: float

    def step(self, memory: Memory, reading: Reading) -> tuple[Memory, Command]:
        """Return the new memory and what to deliver."""
        if memory.ended is None and not reading.time_s < self.duration_s:
            memory = replace(memory, ended="time is over")
        return _answer(replace(memory, time_s=reading.time_s), self.power_w)


@dataclass(frozen=True)
class TemperatureControlled:
    """A thermocouple is led along a ramp to the set-point and held there (proportional–integral–derivative control).

    Attributes
    ----------
    setpoint_c : what is held. start_c : where the ramp begins.
    hold_s : how long, counted from when the set-point is first reached within `near_k`.
    ramp_k_s : rise of the wanted temperature; generators take one to two minutes to 90 °C.
    max_power_w : never exceeded; the integral waits meanwhile.
    most_s : the delivery ends by then even if the set-point was never reached.
    proportional_w_k, integral_w_k_s, derivative_w_s_k : gains, our own for a needle in bone (a few watts for 50 K).
    """

    setpoint_c: float
    hold_s: float
    max_power_w: float
    start_c: float = 37.0
    ramp_k_s: float = 1.0
    near_k: float = 2.0
    most_s: float = 1800.0
    proportional_w_k: float = 0.8
    integral_w_k_s: float = 0.01
    derivative_w_s_k: float = 0.0

    def step(self, memory: Memory, reading: Reading) -> tuple[Memory, Command]:
        """Return the new memory and what to deliver."""
        if not math.isfinite(reading.temperature_c):
            return _answer(replace(memory, ended=memory.ended or "the thermocouple gives no number"), 0.0)
        wanted = min(self.setpoint_c, self.start_c + self.ramp_k_s * reading.time_s)
        error = wanted - reading.temperature_c
        passed = 0.0 if memory.time_s is None else reading.time_s - memory.time_s
        change = 0.0 if memory.error_k is None or passed <= 0.0 else (error - memory.error_k) / passed
        direct = self.proportional_w_k * error + self.derivative_w_s_k * change
        integral = memory.integral_w + self.integral_w_k_s * error * passed
        power = direct + integral
        if not 0.0 <= power <= self.max_power_w:  # what cannot be delivered is not saved up for later
            integral, power = memory.integral_w, min(max(power, 0.0), self.max_power_w)
        reached = memory.reached_s
        if reached is None and reading.temperature_c >= self.setpoint_c - self.near_k:
            reached = reading.time_s
        ended = memory.ended
        if ended is None and reached is not None and reading.time_s - reached >= self.hold_s:
            ended = "held long enough"
        elif ended is None and reading.time_s >= self.most_s:
            ended = "time is over before the set-point was held"
        memory = replace(
            memory, time_s=reading.time_s, integral_w=integral, error_k=error, reached_s=reached, ended=ended
        )
        return _answer(memory, power)


@dataclass(frozen=True)
class ImpedanceLimited:
    """Constant power that pauses when impedance rises: tissue at the metal boils and insulates (roll-off).

    Attributes
    ----------
    rise : of the lowest impedance so far, at which delivery pauses. limit_ohm : where it pauses in any case.
    pause_s : how long vapour is given to settle. most_pauses : the roll-off after this many ends the delivery.
    """

    power_w: float
    duration_s: float
    rise: float = 0.3
    limit_ohm: float = math.inf
    pause_s: float = 15.0
    most_pauses: int = 50

    def step(self, memory: Memory, reading: Reading) -> tuple[Memory, Command]:
        """Return the new memory and what to deliver."""
        if math.isnan(reading.impedance_ohm):
            return _answer(replace(memory, ended=memory.ended or "the impedance is no number"), 0.0)
        ended = memory.ended
        if ended is None and not reading.time_s < self.duration_s:
            ended = "time is over"
        memory = replace(memory, time_s=reading.time_s, ended=ended)
        if reading.time_s < memory.paused_until_s:
            return _answer(memory, 0.0)
        memory = replace(memory, lowest_ohm=min(memory.lowest_ohm, reading.impedance_ohm))
        if reading.impedance_ohm <= min(self.limit_ohm, (1.0 + self.rise) * memory.lowest_ohm):
            return _answer(memory, self.power_w)
        if memory.pauses == self.most_pauses:
            return _answer(replace(memory, ended=ended or "roll-off"), 0.0)
        paused = replace(memory, paused_until_s=reading.time_s + self.pause_s, pauses=memory.pauses + 1)
        return _answer(paused, 0.0)


@dataclass(frozen=True)
class StopAt:
    """Any mode, ended when the thermocouple away from the metal reaches `stop_c`."""

    generator: Generator
    stop_c: float

    def step(self, memory: Memory, reading: Reading) -> tuple[Memory, Command]:
        """Return the new memory and what to deliver."""
        if reading.stop_c is None or not math.isfinite(reading.stop_c):
            return _answer(replace(memory, ended=memory.ended or "the stop thermocouple gives no number"), 0.0)
        if memory.ended is None and reading.stop_c >= self.stop_c:
            memory = replace(memory, ended=f"{self.stop_c:g} °C reached")
        if memory.ended is not None:
            return _answer(memory, 0.0)
        return self.generator.step(memory, reading)


def _answer(memory: Memory, power_w: float) -> tuple[Memory, Command]:
    return memory, Command(0.0 if memory.ended is not None else power_w, memory.ended)
