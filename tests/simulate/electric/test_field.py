from __future__ import annotations

import numpy as np
import pytest

import planner as pl
from planner.simulate.electric.solver import FieldSolver

STEP = 0.8
SHAPE = (40, 36, 38)
MIDDLE = np.array(SHAPE) * STEP / 2
WIDTHS = tuple(np.full(n, STEP) for n in SHAPE)


def bipolar(volt=20.0, axis=(0.48, 0.6, 0.64)):
    tip = MIDDLE - 8.0 * np.array(axis)
    return pl.Electrode.bipolar(
        tip, tip + 90.0 * np.array(axis), 1.8, distal_mm=6.0, gap_mm=3.0, proximal_mm=6.0, voltage_v=volt
    )


def mixed(seed=0):
    return np.exp(np.random.default_rng(seed).uniform(np.log(0.004), np.log(2.0), SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def field():
    return pl.electric_field(mixed(), [bipolar()], STEP)


def test_charge_and_energy_are_kept(field):
    """Kirchhoff and Joule, to 1e-4 as promised, in tissue that jumps from cell to cell."""
    heat = float(field.heat_w_m3.astype(float).sum()) * (STEP * 1e-3) ** 3

    assert field.imbalance < 1e-4
    assert sum(field.current_a) == pytest.approx(0.0, abs=1e-4 * abs(field.current_a[0]))
    assert field.power_w == pytest.approx(10.0 * (field.current_a[0] - field.current_a[1]), rel=1e-12)
    assert heat == pytest.approx(field.power_w, rel=1e-4)
    assert field.heat_w == pytest.approx(field.power_w, rel=1e-4)
    assert field.resistance_ohm == pytest.approx(20.0**2 / field.power_w)


def test_potentials_stay_between_those_of_the_contacts(field):
    """The maximum principle; heat is never negative."""
    assert field.potential_v.min() >= -10.0 - 1e-5
    assert field.potential_v.max() <= 10.0 + 1e-5
    assert field.heat_w_m3.min() >= 0.0


def test_the_field_scales(field):
    """Power with σ and with V², resistance with neither V nor the wanted power."""
    stronger = pl.electric_field(3.0 * mixed(), [bipolar(40.0)], STEP)
    wanted = pl.electric_field(mixed(), [bipolar()], STEP, power_w=7.0)

    assert stronger.power_w == pytest.approx(12.0 * field.power_w, rel=1e-4)
    assert wanted.power_w == pytest.approx(7.0)
    assert float(wanted.heat_w_m3.astype(float).sum()) * (STEP * 1e-3) ** 3 == pytest.approx(7.0, rel=1e-4)
    assert wanted.resistance_ohm == pytest.approx(field.resistance_ohm, rel=1e-6)
    assert wanted.potential_v[3, 3, 3] == pytest.approx(field.potential_v[3, 3, 3] * (7.0 / field.power_w) ** 0.5)


def test_a_mirrored_world_has_a_mirrored_field():
    sigma, axis = mixed(2), np.array([0.48, 0.6, 0.64])
    there = pl.electric_field(sigma, [bipolar()], STEP)
    tip = MIDDLE - 8.0 * axis
    flipped, way = tip.copy(), axis.copy()
    flipped[0], way[0] = SHAPE[0] * STEP - tip[0], -axis[0]
    needle = pl.Electrode.bipolar(
        flipped, flipped + 90 * way, 1.8, distal_mm=6.0, gap_mm=3.0, proximal_mm=6.0, voltage_v=20.0
    )
    back = pl.electric_field(sigma[::-1], [needle], STEP)

    assert back.resistance_ohm == pytest.approx(there.resistance_ohm, rel=2e-3)
    # Samples of the needle's surface are not mirrored: it shows in cells of which the needle leaves next to nothing.
    apart = np.abs(back.potential_v[::-1] - there.potential_v)
    assert np.quantile(apart, 0.999) < 0.05
    assert apart.max() < 1.0


def test_two_needles_are_reciprocal():
    """The current that A's volt drives into B is the one that B's volt drives into A."""

    def pair(one, other):
        a = pl.Electrode.monopolar(MIDDLE + np.array([-4, 0, 0]), MIDDLE + np.array([-4, 0, 60]), 1.5, 8.0, one)
        b = pl.Electrode.monopolar(MIDDLE + np.array([4, 1, 2]), MIDDLE + np.array([20, 1, 60]), 2.0, 6.0, other)
        return pl.electric_field(mixed(4), [a, b], STEP, boundary="ground").current_a

    assert pair(1.0, 0.0)[1] == pytest.approx(pair(0.0, 1.0)[0], rel=1e-3)


def test_metal_is_at_one_potential():
    """A titanium block beside the needle, a million times better than bone."""
    sigma = np.full(SHAPE, 0.087, np.float32)
    sigma[5:10, 8:28, 8:30] = 5.9e5
    found = pl.electric_field(sigma, [bipolar()], STEP)

    assert np.ptp(found.potential_v[5:10, 8:28, 8:30]) < 1e-3
    assert found.imbalance < 1e-4
    assert found.iterations <= 12


def test_gas_carries_no_current():
    """A slab of gas between two needles leaves nothing to flow; the field says so instead of dividing by it."""
    sigma = np.full(SHAPE, 0.1, np.float32)
    sigma[18:22] = 0.0
    a = pl.Electrode.monopolar(MIDDLE + np.array([-8, 0, 0]), MIDDLE + np.array([-8, 0, 60]), 1.5, 8.0, 1.0)
    b = pl.Electrode.monopolar(MIDDLE + np.array([8, 0, 0]), MIDDLE + np.array([8, 0, 60]), 1.5, 8.0, -1.0)
    found = pl.electric_field(sigma, [a, b], STEP)

    assert found.resistance_ohm > 1e6
    assert np.abs(found.potential_v[:18] - 1.0).max() < 1e-3


def test_a_start_shortens_the_work_and_changes_nothing(field):
    warm = FieldSolver(WIDTHS, [bipolar()])
    sigma = mixed() * np.float32(1.02)
    sigma[20:] *= np.float32(1.01)
    cold, again = warm.solved(sigma), warm.solved(sigma, field.scaled_to(3.0))

    assert again.iterations <= cold.iterations - 2
    assert again.resistance_ohm == pytest.approx(cold.resistance_ohm, rel=1e-5)


def test_a_far_return_is_far():
    """The same monopolar needle in a small and in a larger box."""

    def ohm(cells):
        middle = np.full(3, cells * STEP / 2)
        needle = pl.Electrode.monopolar(middle - np.array([0, 0, 5]), middle + np.array([0, 0, 200]), 1.5, 10.0)
        return pl.electric_field(0.1, [needle], STEP, shape=(cells,) * 3, boundary="infinity").resistance_ohm

    assert ohm(32) == pytest.approx(ohm(56), rel=0.01)
