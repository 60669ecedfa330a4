from __future__ import annotations

import math
from itertools import pairwise

import pytest

from planner.simulate.electric.generator import (
    ConstantPower,
    ImpedanceLimited,
    Memory,
    Reading,
    StopAt,
    TemperatureControlled,
)

CAPACITY_J_K, LOSS_W_K = 6.0, 0.09
"""A lump about as slow and as lossy as bone around a 10 mm tip."""


def run(generator, seconds, *, impedance=lambda t, w: 200.0, stop=None, step=1.0):
    """Drive a lumped body; return rows (time, temperature, power) and the reason of the end."""
    memory, temperature, rows, time, power = Memory(), 37.0, [], 0.0, 0.0
    while time <= seconds:
        reading = Reading(time, temperature, impedance(time, power), None if stop is None else stop(temperature))
        memory, command = generator.step(memory, reading)
        power = command.power_w
        rows.append((time, temperature, power))
        if command.ended:
            return rows, command.ended
        temperature += step * (power - LOSS_W_K * (temperature - 37.0)) / CAPACITY_J_K
        time += step
    return rows, None


def test_constant_power_lasts_its_time():
    rows, ended = run(ConstantPower(3.0, 60.0), 100)

    assert ended == "time is over"
    assert [p for _, _, p in rows] == [3.0] * 60 + [0.0]


def test_the_set_point_is_reached_along_the_ramp_and_held():
    """Within 2 K of the ramp's end, no overshoot beyond 2 K, held for its time within 1 K."""
    rows, ended = run(TemperatureControlled(90.0, hold_s=360.0, max_power_w=20.0), 900)
    reached = next(t for t, temperature, _ in rows if temperature >= 88.0)

    assert ended == "held long enough"
    assert 50.0 <= reached <= 130.0
    assert max(temperature for _, temperature, _ in rows) < 92.0
    assert rows[-1][0] == pytest.approx(reached + 360.0, abs=1.0)
    assert all(abs(temperature - 90.0) < 1.0 for t, temperature, _ in rows if t > reached + 60.0)


def test_power_stays_within_what_the_generator_has():
    """Weaker than the losses: it never gets there, does not wind up, and gives up in time."""
    rows, ended = run(TemperatureControlled(90.0, 60.0, max_power_w=3.0, most_s=600.0), 900)

    assert ended == "time is over before the set-point was held"
    assert max(p for _, _, p in rows) == 3.0
    assert min(p for _, _, p in rows) == 0.0
    assert rows[-1][1] == pytest.approx(37.0 + 3.0 / LOSS_W_K, abs=0.5)


def test_roll_off_pauses_and_then_ends():
    """Impedance doubles after each 10 s of delivery and recovers in the pause."""
    state = {"on": 0.0}

    def impedance(_, power):
        state["on"] = state["on"] + 1.0 if power > 0.0 else 0.0
        return 100.0 if state["on"] < 10.0 else 220.0

    rows, ended = run(ImpedanceLimited(30.0, 720.0, most_pauses=3), 900, impedance=impedance)
    power = [p for _, _, p in rows]
    pauses = sum(1 for a, b in pairwise(power) if a > 0.0 and b == 0.0)

    assert ended == "roll-off"
    assert pauses == 4
    assert power.count(0.0) == 3 * 15 + 1


def test_an_open_circuit_pauses_at_once():
    _, command = ImpedanceLimited(30.0, 720.0, limit_ohm=500.0).step(Memory(), Reading(0.0, 37.0, math.inf))

    assert (command.power_w, command.ended) == (0.0, None)


def test_the_far_thermocouple_ends_the_delivery():
    """50 °C at 15 mm: there a third of the rise arrives."""
    mode = StopAt(ConstantPower(5.0, 900.0), 50.0)
    rows, ended = run(mode, 900, stop=lambda t: 37.0 + (t - 37.0) / 3.0)

    assert ended == "50 °C reached"
    assert rows[-1][1] >= 37.0 + 3 * 13.0 > rows[-2][1]
    assert rows[-1][2] == 0.0


@pytest.mark.parametrize(
    ("mode", "reading", "reason"),
    [
        (TemperatureControlled(90, 60, 20), Reading(0, math.nan, 200), "thermocouple"),
        (ImpedanceLimited(30, 60), Reading(0, 37, math.nan), "impedance"),
        (StopAt(ConstantPower(5, 60), 50), Reading(0, 37, 200), "stop thermocouple"),
        (StopAt(ConstantPower(5, 60), 50), Reading(0, 37, 200, math.nan), "stop thermocouple"),
        (ConstantPower(5, 60), Reading(math.nan, 37, 200), "time"),
    ],
)
def test_what_is_no_number_ends_the_delivery(mode, reading, reason):
    memory, command = mode.step(Memory(), reading)
    _, after = mode.step(memory, Reading(1, 37, 200, 37.0))

    assert command.power_w == 0.0
    assert reason in command.ended
    assert after.power_w == 0.0
