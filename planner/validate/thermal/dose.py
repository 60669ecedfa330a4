"""Thermal dose and damage at constant and rising temperature."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import log

import numpy as np
from numpy.typing import NDArray

from planner.simulate.thermal.bioheat import BioheatResult, bioheat
from planner.simulate.thermal.damage import arrhenius_laws
from planner.validate.models import Case, Row
from planner.validate.thermal.setups import CAPACITY

SAPARETO = "CEM43 = Σ R^(43 − T) Δt, R = 0.5 and 0.25; Sapareto and Dewey 1984"
DOSE_TOLERANCE = 2e-4
"""Relative. The dose of a step is exact for a linear temperature; what is left is single precision."""
DAMAGE_TOLERANCE = 1e-3
"""Relative; the asked 0.1 %."""
KWAVE = "unit test of k-Wave (ucl-bug/k-wave@0f1a70f, kWaveDiffusion_compare_cem_with_exact.m)"


def _at(temperature_c: float, seconds: float, **keywords: object) -> BioheatResult:
    """Keep tissue at a temperature: no blood flow, no conduction, no source."""
    still = np.zeros((2, 1, 1))
    return bioheat(0.0, CAPACITY, 0.0, still, 1.0, [seconds], temperature_c, boundary="insulated", **keywords)  # type: ignore[arg-type]


def _first(field: NDArray[np.float64] | None) -> float:
    return float("nan") if field is None else float(field[0, 0, 0])


def _constant(temperature_c: float, seconds: float, expected: float) -> Iterable[Row]:
    dose = _at(temperature_c, seconds).cem43_min
    yield Row("cem43_min", "closed_form", expected, _first(dose), DOSE_TOLERANCE * expected, SAPARETO)


def _cord() -> Iterable[Row]:
    dose = _at(45.0, 648.0, cem43_factor=2.25).cem43_min
    expected = 10.8 * 2.25**2
    source = "a degree is worth 2.25 in the cord; Froese et al. 1991"
    yield Row("cem43_min", "closed_form", expected, _first(dose), DOSE_TOLERANCE * expected, source)


def _kwave(seconds: float, minutes: float) -> Iterable[Row]:
    dose = _at(50.0, seconds).cem43_min
    yield Row("cem43_min", "published", minutes, _first(dose), DOSE_TOLERANCE * minutes, KWAVE)


def _ramp() -> Iterable[Row]:
    """From 37 to 57 °C at a constant rate: the integral of an exponential, from 39 °C on."""
    seconds, rise = 200.0, 20.0
    heat = np.full((2, 1, 1), CAPACITY * rise / seconds)
    ran = bioheat(0.0, CAPACITY, 0.0, heat, 1.0, [seconds], boundary="insulated")
    a_minute = 60.0 * rise / seconds
    expected = ((1.0 - 4.0**-4.0) / log(4.0) + (2.0**14.0 - 1.0) / log(2.0)) / a_minute
    form = "∫ of 4^(T−43) from 39 and of 2^(T−43) from 43 to 57 °C, over the rate of heating"
    yield Row("cem43_min", "closed_form", expected, _first(ran.cem43_min), 1e-3 * expected, form)


def _arrhenius(law: str, temperature_c: float, seconds: float, rounding: float) -> Iterable[Row]:
    omega = _at(temperature_c, seconds, damage=law).damage
    form = "Ω = A·exp(−Ea/RT)·t, the time to Ω = 1 as usually stated"
    yield Row("damage_omega", "worked_example", 1.0, _first(omega), rounding + DAMAGE_TOLERANCE, form)
    exact = arrhenius_laws()[law].rate(temperature_c) * seconds
    form = "Ω = A·exp(−Ea/RT)·t with R = 8.314"
    yield Row("damage_over_its_law", "closed_form", 1.0, _first(omega) / exact, DAMAGE_TOLERANCE, form)


_DOSES = (
    (45.0, 648.0, 43.2), (43.1, 3600.0, 64.3064), (44.0, 1800.0, 60.0), (42.5, 1800.0, 15.0),
    (50.0, 112.5, 240.0), (55.0, 3.515625, 240.0), (48.0, 18.75, 10.0), (50.0, 4.6875, 10.0), (38.9, 3600.0, 0.0),
)  # fmt: skip
_DAMAGES = (("cell_kill", 50.0, 61.4, 1e-3), ("cell_kill", 55.0, 14.2, 4e-3), ("cell_kill", 60.0, 3.45, 3e-3))
"""Law, °C, s, and half a unit of the last digit of the time, relative."""

CASES = (
    *(Case(f"dose, {s:g} s at {t:g} °C", partial(_constant, t, s, d)) for t, s, d in _DOSES),
    Case("dose of the cord, 10.8 min at 45 °C", _cord),
    Case("dose of a steady rise to 57 °C", _ramp),
    *(Case(f"k-Wave, {s:g} s at 50 °C", partial(_kwave, s, m)) for s, m in ((93.75, 200.0), (140.625, 300.0))),
    *(Case(f"damage, {law} at {t:g} °C", partial(_arrhenius, law, t, s, r)) for law, t, s, r in _DAMAGES),
)
