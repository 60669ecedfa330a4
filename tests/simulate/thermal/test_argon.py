"""What an argon probe can draw, and that it draws no more."""

from __future__ import annotations

from math import pi

import pytest

import planner as pl
from planner.anatomy.calibration import calibration
from planner.core.sourced import references
from planner.simulate.thermal.argon import ArgonCooling


def test_power_goes_with_the_metal_and_the_maker():
    thin, long, thick = ArgonCooling.of(1.47, 20.0), ArgonCooling.of(1.47, 40.0), ArgonCooling.of(2.4, 40.0)
    assert long.power_w == pytest.approx(2.0 * thin.power_w)
    assert thick.power_w / (pi * 2.4 * 40.0) == pytest.approx(calibration("cryoprobe")["flux_w_mm2"])
    assert ArgonCooling.of(2.4, 40.0, share=0.8).power_w == pytest.approx(0.8 * thick.power_w)
    assert thin.coldest_c == calibration("cryoprobe")["coldest_c"] == -150.0


def test_every_figure_of_the_probe_says_where_it_is_from():
    for name, figure in calibration("cryoprobe").figures.items():
        assert figure.source.ref in references(), name
        assert figure.source.flag in {"V", "E"}, name
        assert name == "coldest_c" or not figure.source.verified, "a fitted figure is not a read one"


def test_a_probe_stays_at_its_power_until_its_metal_is_coldest():
    """In wet gel a short probe never gets as cold as it may; in dry tissue it does, and draws less."""
    cooling = ArgonCooling.of(2.4, 9.0)
    drawn = {}
    for water, k in ((0.9, 0.6), (0.0, 0.15)):
        probe = pl.Cryoprobe((10.2, 9.9, 5.0), (10.2, 9.9, 40.0), 2.4, 9.0, program=(cooling.phase(60.0),))
        ran = pl.freeze(k, 3.6e6, 0.0, water, [probe], 1.0, [60.0], shape=(20, 20, 20))
        drawn[water] = ran.probe_power_w[-1, 0], ran.probe_c[-1, 0]
    assert drawn[0.9][0] == pytest.approx(cooling.power_w, rel=1e-3)
    assert drawn[0.9][1] > cooling.coldest_c
    assert drawn[0.0][0] < 0.9 * cooling.power_w
    assert drawn[0.0][1] == pytest.approx(cooling.coldest_c)
