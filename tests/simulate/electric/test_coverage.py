from __future__ import annotations

import numpy as np
import pytest
from axisymmetric import contact_currents
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.simulate.electric.coverage import covered
from planner.simulate.electric.electrodes import Contact, Electrode
from planner.simulate.electric.solver import FieldSolver
from planner.simulate.grid import TensorGrid

STEP = 0.75
N = 40
WIDTHS = (np.full(N, STEP),) * 3
MIDDLE = np.full(3, N * STEP / 2)
RESISTANCE = 0.03
"""What the product promises at 0.75 mm for any place and direction."""
TYPICAL = 0.012
"""What it reaches for one contact; the promise leaves room for the ends of short bands."""

places = st.tuples(*[st.floats(-0.5, 0.5)] * 3).map(np.array)
directions = (
    st.tuples(*[st.floats(-1, 1)] * 3)
    .filter(lambda v: np.linalg.norm(v) > 0.1)
    .map(lambda v: np.array(v) / np.linalg.norm(v))
)


@settings(max_examples=12, deadline=None)
@given(places, directions, st.floats(0.8, 3.4))
def test_a_needle_covers_its_volume(shift, axis, diameter):
    """A capsule has π r²(L − 2r) + 4π r³/3; six samples along the edge of a cell give 2 % of it."""
    tip = MIDDLE + shift * STEP - 8.0 * axis
    needle = Electrode(
        tuple(tip), tuple(tip + 16.0 * axis), diameter, (Contact(0.0, 6.0, 1.0), Contact(8.0, 16.0, 0.0))
    )
    one = covered(needle, WIDTHS)
    r = diameter / 2
    volume = float((1.0 - one.open_part).sum()) * STEP**3

    assert volume == pytest.approx(np.pi * r**2 * (16.0 - 2 * r) + 4 / 3 * np.pi * r**3, rel=0.02)
    assert all((w > 0).all() for w in one.wall_mm)
    assert all((f >= 0).all() for f in one.factor)


def resistance(electrode, boundary):
    grid = TensorGrid.graded([(-11.0, 11.0)] * 3, [(-80.0, 80.0)] * 3, STEP)
    shift = np.array([0.5 * w.sum() for w in grid.widths_mm])
    moved = Electrode(
        tuple(shift + electrode.tip_mm), tuple(shift + electrode.entry_mm), electrode.diameter_mm, electrode.contacts
    )
    return FieldSolver(grid.widths_mm, [moved], boundary).solved(np.ones(grid.shape, np.float32)).resistance_ohm


@pytest.mark.parametrize(("diameter", "active"), [(1.0, 10.0), (1.47, 20.0), (2.4, 12.0)])
def test_a_needle_has_one_resistance_wherever_it_lies(diameter, active):
    """Against the fine axisymmetric solution: along the grid, where a staircase is worst, and across it."""
    exact = 1.0 / contact_currents(diameter / 2, [(0.0, active, 1.0)], decay=1)[0]
    rng = np.random.default_rng(4)
    for axis in ((0.0, 0.0, 1.0), (0.6, 0.64, 0.48)):
        tip = rng.uniform(-0.5, 0.5, 3) * STEP - active / 2 * np.array(axis)
        found = resistance(Electrode.monopolar(tip, tip + 300.0 * np.array(axis), diameter, active), "infinity")
        assert found == pytest.approx(exact, rel=TYPICAL)


@pytest.mark.parametrize(("diameter", "gap"), [(1.47, 3.0), (3.4, 4.0)])
def test_two_bands_on_a_needle(diameter, gap):
    """Bipolar: no net current, and ends of contacts that face each other."""
    contacts = [(0.0, 8.0, 0.5), (8.0 + gap, 16.0 + gap, -0.5)]
    first, second = contact_currents(diameter / 2, contacts, decay=2)
    exact = 2.0 / (first - second)
    rng = np.random.default_rng(5)
    for axis in ((0.0, 0.0, 1.0), (-0.36, 0.48, 0.8)):
        tip = rng.uniform(-0.5, 0.5, 3) * STEP - 9.5 * np.array(axis)
        needle = Electrode.bipolar(
            tip, tip + 300.0 * np.array(axis), diameter, distal_mm=8.0, gap_mm=gap, proximal_mm=8.0
        )
        assert resistance(needle, "insulated") == pytest.approx(exact, rel=RESISTANCE)


@settings(max_examples=8, deadline=None)
@given(places, st.floats(1.0, 5.0))
def test_a_sphere_anywhere(shift, diameter):
    """R = 1/(4πσa), at radii from 0.7 cells on."""
    found = resistance(Electrode.sphere(shift * STEP, diameter), "infinity")

    assert found == pytest.approx(1e3 / (4 * np.pi * diameter / 2), rel=TYPICAL)
