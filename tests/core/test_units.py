"""Units at the door: what people write becomes one number inside, or is refused with a way out."""

from __future__ import annotations

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.core.errors import InputError
from planner.core.units import UnitModel, measure, measure_of, registry, to_unit, triple
from planner.core.validation import validated

# Conversions by hand: 1 psi = 6.894757293 kPa, 1 bar = 100 kPa, 1 atm = 101.325 kPa, F = 9/5 C + 32.
WRITTEN = [
    ("200 psi", "kPa", 1378.951), ("200 PSI", "kPa", 1378.951), ("200psi", "kPa", 1378.951), ("200 Psi", "kPa", 1378.951),
    ("13.8 bar", "kPa", 1380.0), ("14 atm", "kPa", 1418.55), ("1.4 MPa", "kPa", 1400.0), ("1400 kpa", "kPa", 1400.0),
    ("90 degC", "degC", 90.0), ("90 °C", "degC", 90.0), ("90 C", "degC", 90.0), ("90°C", "degC", 90.0), ("90 celsius", "degC", 90.0),
    ("194 degF", "degC", 90.0), ("194 F", "degC", 90.0), ("194 °F", "degC", 90.0), ("-40 degC", "degC", -40.0), ("363.15 K", "degC", 90.0),
    ("4 mL", "mL", 4.0), ("4 ml", "mL", 4.0), ("4 cc", "mL", 4.0), ("4 cm^3", "mL", 4.0), ("0.004 L", "mL", 4.0),
    ("6 min", "s", 360.0), ("6 mins", "s", 360.0), ("360 s", "s", 360.0), ("0.1 h", "s", 360.0),
    ("9 months", "month", 9.0), ("1 year", "month", 12.0), ("18 mm", "mm", 18.0), ("1.8 cm", "mm", 18.0),
    ("30 Gy", "Gy", 30.0), ("30 gy", "Gy", 30.0), ("3000 cGy", "Gy", 30.0), ("1e3 mm", "mm", 1000.0), ("+2.5 mm", "mm", 2.5), (".5 mm", "mm", 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit", "value"), WRITTEN)
def test_what_people_write(text, unit, value):
    assert to_unit(text, unit) == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("90", "degC", "no number with a unit"), ("degC", "degC", "no number"), ("", "mm", "no number"), ("4,5 mL", "mL", "unknown"),
        ("1.000,5 mL", "mL", "unknown"), ("90 mm", "degC", "does not measure"), ("400 F", "kPa", "does not measure"), ("4 mL", "mm", "does not measure"),
        ("6 fortnightz", "s", "unknown"), ("nan mm", "mm", "no number"), ("inf mm", "mm", "no number"), ("1 2 mm", "mm", "unknown"),
        ("4 mL; 5 mL", "mL", "unknown"), ("4 mL ** 9", "mL", "unknown|measure"), ("- 4 mm", "mm", "no number"), ("4 __import__('os')", "mm", "unknown"),
        ("4 5", "mm", "unknown"), ("1,379 kPa", "kPa", "unknown"), ("1'379 kPa", "kPa", "unknown"), ("1 379 kPa", "kPa", "unknown"),
        ("6 m", "s", "does not measure"), ("90 deg", "degC", "does not measure"), ("4 mm*2", "mm", "unknown"), ("4 2 mm", "mm", "unknown"),
    ],
)  # fmt: skip
def test_what_is_refused(text, unit, told):
    with pytest.raises(ValueError, match=told):
        to_unit(text, unit)


numbers = st.floats(0.01, 5000, allow_nan=False)
SAME = {
    "kPa": ["psi", "PSI", "bar", "atm", "MPa", "Pa", "mmHg"],
    "mL": ["cc", "ml", "L", "mm^3"],
    "s": ["min", "h", "ms"],
    "mm": ["cm", "m", "um", "inch"],
}


@given(numbers, st.sampled_from([(unit, other) for unit, others in SAME.items() for other in others]))
def test_the_unit_of_writing_never_changes_the_value(number, units):
    unit, other = units
    spelled = {"PSI": "psi", "cc": "mL", "ml": "mL"}.get(other, other)
    written = registry().Quantity(number, unit).to(spelled).magnitude
    assert to_unit(f"{written!r} {other}", unit) == pytest.approx(number, rel=1e-9)


@given(st.floats(-190, 150))
def test_temperatures_have_an_offset(celsius):
    assert to_unit(f"{celsius * 9 / 5 + 32:.9f} degF", "degC") == pytest.approx(celsius, abs=1e-6)
    assert to_unit(f"{celsius + 273.15:.9f} K", "degC") == pytest.approx(celsius, abs=1e-6)


def test_one_registry_for_all():
    assert registry() is registry()
    assert pint.get_application_registry().get() is registry()


class Sheet(UnitModel):
    pressure_kpa: measure_of("balloon_pressure_kpa")
    setpoint_c: measure("degC", "c", 30, 150, optional=True) = None
    sizes_mm: triple("mm", "mm", 0.5, 200) = (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "raw", [{"pressure": "200 psi"}, {"pressure_kpa": 1378.9514586336725}, {"pressure": " 200 PSI "}]
)
def test_both_doors_lead_to_the_same(raw):
    assert validated(Sheet, raw).pressure_kpa == pytest.approx(1378.951, abs=1e-3)


@pytest.mark.parametrize(
    ("raw", "path", "told"),
    [
        ({"pressure": 200}, "pressure", "the unit is missing"),
        ({"pressure": "200"}, "pressure", "no number with a unit"),
        ({"pressure_kpa": "200 psi"}, "pressure_kpa", "a number in kPa"),
        ({"pressure": "4,5 psi"}, "pressure", "unknown"),
        ({"pressure": "400 F"}, "pressure", "does not measure"),
        ({"pressure": "200 psi", "pressure_kpa": 1379}, "pressure", "given with and without the suffix"),
        ({"pressure": True}, "pressure", "with its unit"),
        ({"pressure_kpa": float("nan")}, "pressure_kpa", "finite"),
        ({"pressure_kpa": float("inf")}, "pressure_kpa", "finite"),
        ({"pressure": "1e999 psi"}, "pressure", "finite"),
        ({"pressure": "2000 psi", "setpoint": "90 psi"}, "setpoint", "does not measure"),
        ({"pressure": "2e5 psi"}, "pressure", "between 0 and 10000 kPa"),
        ({"pressure": None}, "pressure", "with its unit"),
        ({}, "pressure_kpa", "add this key"),
        ({"pressure": "1 psi", "sizes": ["1 mm", "2 mm"]}, "sizes", "three values"),
        ({"pressure": "1 psi", "sizes": [1, 2, 3]}, "sizes", "unit is missing"),
        ({"pressure": "1 psi", "sizes_mm": [1, 2, 900]}, "sizes_mm", "between"),
    ],
)
def test_a_wrong_value_is_told_at_the_key_as_written(raw, path, told):
    with pytest.raises(InputError, match=told) as caught:
        validated(Sheet, raw)
    assert any(problem.path == f"$.{path}" for problem in caught.value.problems)


def test_triples_take_units_each():
    assert validated(Sheet, {"pressure": "1 psi", "sizes": ["1 cm", "12 mm", "0.01 m"]}).sizes_mm == pytest.approx(
        (10.0, 12.0, 10.0)
    )


def test_nothing_is_nothing_where_a_value_is_optional():
    assert validated(Sheet, {"pressure": "1 psi", "setpoint_c": None}).setpoint_c is None
    assert validated(Sheet, {"pressure": "1 psi", "setpoint": "104 F"}).setpoint_c == pytest.approx(40.0)


def test_schema_knows_both_doors():
    schema = Sheet.model_json_schema()
    assert schema["properties"]["pressure"]["type"] == "string"
    assert schema["properties"]["pressure_kpa"] == schema["properties"]["pressure_kpa"] | {
        "type": "number",
        "minimum": 0,
        "maximum": 10000,
    }
    assert {"oneOf": [{"required": ["pressure"]}, {"required": ["pressure_kpa"]}]} in schema["allOf"]
