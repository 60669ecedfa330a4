from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.simulate.electric.warming import Warming, warmed


def test_it_rises_two_percent_a_kelvin_and_drops_when_water_is_gone():
    got = Warming().relative([37.0, 47.0, 100.0, 100.0, 100.0, 140.0], [0.0, 0.0, 0.0, 0.5, 1.0, 1.0])

    assert got == pytest.approx([1.0, 1.2, 2.26, np.sqrt(2.26 * 0.01), 0.01, 0.01], rel=1e-6)


@given(st.floats(-60, 200), st.floats(0, 40))
def test_it_rises_up_to_boiling_and_never_reaches_zero(at, more):
    low, high = Warming().relative([at, at + more])

    assert high >= low > 0.0


def test_metal_and_unknown_temperature():
    """Metal keeps its conductivity; a NaN is not made into a number."""
    sigma = np.array([[[0.1, 1e4]]], np.float32)
    got = warmed(sigma, np.array([[[87.0, 87.0]]]), tissue=np.array([[[True, False]]]))

    assert got == pytest.approx(np.array([[[0.2, 1e4]]]))
    assert np.isnan(Warming().relative(np.nan))
