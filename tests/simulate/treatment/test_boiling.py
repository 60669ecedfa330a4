"""Boiling as a state of tissue: its law, its energy, and zones that do not hang on how often readings are taken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from planner.simulate.grid import TensorGrid
from planner.simulate.treatment import delivery
from planner.simulate.treatment.result import zone_of
from planner.simulate.treatment.steam import DRY_SHARE, FLOWS_BACK_S, Boiling
from planner.validate.thermal.bench import run
from planner.validate.thermal.published import BENCHES, ball_mm

pytestmark = pytest.mark.heat
MOST_MM = {"17G ex vivo": 0.3, "bipolar 0.6 A": 0.5}
"""What halving every interval may change: of one contact and of two, where heat gathers in a narrow gap."""
CAPACITY, WATER = 3.6e6, 1.8e9


def boiling():
    grid = TensorGrid.uniform((9, 9, 9), 1.0)
    return Boiling(grid, WATER, np.full(grid.shape, CAPACITY), 63.0), np.full(grid.shape, 40.0, np.float32)


def dried_after(steps, watts_m3=2e6, seconds=40.0):
    """A cell held at boiling while so much heat boils off its water."""
    state, u = boiling()
    u[4, 4, 4] = 63.0
    for _ in range(steps):
        u[4, 4, 4] += watts_m3 * seconds / steps / CAPACITY
        state.pass_time(u, seconds / steps)
    return float(state.dried[4, 4, 4])


def test_loss_and_return_of_water_follow_their_equation():
    """dw/dt = q/L − w/τ from 0: w = qτ/L·(1 − exp(−t/τ))."""
    exact = 2e6 * FLOWS_BACK_S / (DRY_SHARE * WATER) * (1.0 - math.exp(-40.0 / FLOWS_BACK_S))

    assert dried_after(1) == pytest.approx(exact, rel=1e-4)
    assert dried_after(16) == pytest.approx(exact, rel=1e-4)


def test_steam_keeps_energy_at_100_degrees_and_water_comes_back():
    state, u = boiling()
    u[4, 4, 4] = 163.0
    before = float(u.sum(dtype=np.float64))
    boiled = state.pass_time(u, 1.0)

    assert boiled is not None
    assert u.max() == pytest.approx(63.0)
    assert float(u.sum(dtype=np.float64)) == pytest.approx(before, rel=1e-5)
    dried = float(state.dried.max())
    assert state.pass_time(u, FLOWS_BACK_S) is None
    assert float(state.dried.max()) == pytest.approx(dried / math.e, rel=1e-3)


def test_more_heat_never_dries_less():
    heats = [dried_after(8, watts_m3=q) for q in (0.0, 1e5, 1e6, 1e7, 1e8)]

    assert heats == sorted(heats)
    assert heats[0] == 0.0
    assert heats[-1] <= 1.0


def axes(name):
    zone = zone_of(run(BENCHES[name]))
    return np.array([zone.long_axis_mm, zone.short_axis_mm, ball_mm(zone.mesh.volume_mm3)])


@pytest.mark.slow
@pytest.mark.parametrize("name", MOST_MM)
def test_zones_do_not_hang_on_the_interval_of_readings(name, monkeypatch):
    before = axes(name)
    for constant in ("WATCHED_EVERY_S", "DRIES_BY", "LEAST_EVERY_S"):
        monkeypatch.setattr(delivery, constant, 0.5 * getattr(delivery, constant))

    assert axes(name) == pytest.approx(before, abs=MOST_MM[name])
