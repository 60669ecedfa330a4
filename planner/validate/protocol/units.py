"""Units as clinics write them, read alone and through a plan."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from planner.core.units import to_unit
from planner.validate.models import Case, Row
from planner.validate.patients import COARSE_L3, access, measured, plan

ROUNDED_KPA = 0.06
"""The worked figures are rounded to a tenth of a kilopascal."""
EXACT = 1e-6
"""A conversion by definition; what is left is rounding of floats."""
PSI_KPA = 6.894757293168
"""One pound-force per square inch, by definition of pound, standard gravity and inch."""
NEEDLE = access((42, 88, 12), (6, 0, 2))


def _worked(psi: int, kpa: float) -> Iterable[Row]:
    got = to_unit(f"{psi} psi", "kPa")
    yield Row("pressure_kpa", "worked_example", kpa, got, ROUNDED_KPA, "ratings and working pressures of balloons")


def _defined(text: str, unit: str, name: str, expected: float) -> Iterable[Row]:
    yield Row(name, "closed_form", expected, to_unit(text, unit), EXACT, "definition of the unit")


def _balloon_in_psi() -> Iterable[Row]:
    step = {
        "kind": "kyphoplasty",
        "device": "generic_balloon_15mm",
        "access": NEEDLE,
        "balloon": {"pressure": "200 psi", "volume": "4 cc"},
    }
    got = measured(plan(COARSE_L3, step))
    pressure = got["balloon_pressure_kpa"]
    yield Row("balloon_pressure_kpa", "closed_form", 200 * PSI_KPA, pressure, EXACT, "1 psi = 6.894757… kPa")
    yield Row("balloon_volume_ml", "closed_form", 4.0, got["balloon_volume_ml"], EXACT, "1 cm³ = 1 mL")


def _probe_in_fahrenheit() -> Iterable[Row]:
    step = {
        "kind": "radiofrequency_ablation",
        "device": "generic_monopolar_20mm",
        "access": NEEDLE,
        "setpoint": "194 °F",
        "duration": "0.1 h",
    }
    lesions = {"lesions": {"tumour": {"sphere": {"centre": [0, 0, 0], "diameter": "0.6 inch"}}}}
    got = measured(plan(COARSE_L3 | lesions, step, lesion="tumour"))
    yield Row("setpoint_c", "closed_form", 90.0, got["setpoint_c"], EXACT, "(194 − 32) · 5/9")
    yield Row("ablation_duration_s", "closed_form", 360.0, got["ablation_duration_s"], EXACT, "a tenth of an hour")
    diameter, form = got["lesion_diameter_mm"], "0.6 · 25.4 mm; the ball is a surface of 5120 faces"
    yield Row("lesion_diameter_mm", "closed_form", 15.24, diameter, 0.05, form)


_PRESSURES = {50: 344.7, 175: 1206.6, 300: 2068.4, 400: 2757.9, 700: 4826.3}
_OTHERS = (
    ("27 atm", "kPa", "pressure_kpa", 27 * 101.325),
    ("27 bar", "kPa", "pressure_kpa", 2700.0),
    ("300 cGy", "Gy", "dose_gy", 3.0),
)

CASES = (
    *(Case(f"{psi} psi", partial(_worked, psi, kpa)) for psi, kpa in _PRESSURES.items()),
    *(Case(text, partial(_defined, text, unit, name, expected)) for text, unit, name, expected in _OTHERS),
    Case("balloon planned in psi and cc", _balloon_in_psi),
    Case("probe planned in °F and hours", _probe_in_fahrenheit),
)
