"""The quantity table: names that other programs rely on, units, ranges, folds."""

from __future__ import annotations

import re

import cases
import pytest

from planner.core.names import KINDS
from planner.core.quantity import QUANTITIES
from planner.measure import registry
from planner.measure.models import Measured
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan

CONTRACT = [
    "cord_clearance_mm",
    "canal_clearance_mm",
    "vessel_clearance_mm",
    "nerve_root_clearance_mm",
    "pedicle_wall_margin_mm",
    "needle_angle_deg",
    "skin_to_target_mm",
    "zone_long_axis_mm",
    "zone_short_axis_mm",
    "zone_radius_mm",
    "zone_cord_clearance_mm",
    "ablation_margin_mm",
    "lesion_coverage_fraction",
    "lesion_diameter_mm",
    "setpoint_c",
    "lesion_edge_temperature_c",
    "tissue_temperature_max_c",
    "tissue_temperature_min_c",
    "cord_temperature_max_c",
    "cord_temperature_min_c",
    "cord_cem43_min",
    "ablation_duration_s",
    "balloon_pressure_kpa",
    "balloon_pressure_predicted_kpa",
    "balloon_volume_ml",
    "endplate_stress_ratio",
    "cement_volume_ml",
    "cement_session_volume_ml",
    "cement_fill_fraction",
    "cement_leaked_predicted_ml",
    "cement_leak_probability",
    "cement_temperature_max_c",
    "screw_breach_mm",
    "vertebral_levels",
]  # fmt: skip
"""DESIGN §3, copied; these names cannot move."""
UNIT_OF_ENDING = {"mm": "mm", "deg": "deg", "c": "degC", "s": "s", "kpa": "kPa", "ml": "mL", "min": "min", "gy": "Gy"}
UNIT_OF_LONG_ENDING = {
    "_mg_cm3": "mg/cm3", "_ml_min": "mL/min", "_mmol_l": "mmol/L", "_per_nl": "1/nL", "_mg": "mg", "_weeks": "week",
    "_months": "month", "_days": "day", "_pa_s": "Pa·s",
}  # fmt: skip
MIN_FOLDED = {n for n in CONTRACT if re.search(r"clearance|margin|coverage|_min_c$", n)} | {"lesion_edge_temperature_c"}
SIMULATED = re.compile(
    r"^(tissue_temperature_|cord_temperature_|cord_cem43_min|lesion_edge_temperature_c|.*_predicted_|cement_leak_probability)"
)


@pytest.mark.parametrize("name", CONTRACT)
def test_every_name_of_the_contract_is_there(name):
    assert QUANTITIES[name].name == name


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_row_is_sound(name):
    row = QUANTITIES[name]
    assert row.low < row.high
    ending = next((e for e in UNIT_OF_LONG_ENDING if name.endswith(e)), None)
    told = UNIT_OF_LONG_ENDING[ending] if ending else UNIT_OF_ENDING.get(name.rsplit("_", 1)[-1], "1")
    assert row.unit == told or (told == "1" and row.unit == "yes/no")
    assert row.label
    assert row.decimals in range(4)
    assert set(row.kinds) <= set(KINDS)
    assert row.kinds


@pytest.mark.parametrize("name", QUANTITIES)
def test_the_worse_side_decides(name):
    row = QUANTITIES[name]
    if name in MIN_FOLDED:
        assert (row.over_steps, row.over_levels) == ("min", "min")
    if name.endswith(("_max_c", "_kpa", "_ratio", "breach_mm")) or name in {"cord_cem43_min", "balloon_volume_ml"}:
        assert (row.over_steps, row.over_levels) == ("max", "max")


def test_cement_adds_up():
    assert (QUANTITIES["cement_volume_ml"].over_steps, QUANTITIES["cement_volume_ml"].over_levels) == ("sum", "max")
    assert (QUANTITIES["cement_session_volume_ml"].over_steps, QUANTITIES["cement_session_volume_ml"].over_levels) == (
        "sum",
        "sum",
    )


@pytest.mark.parametrize("name", QUANTITIES)
def test_what_comes_from_simulation_says_so(name):
    if SIMULATED.match(name):
        assert QUANTITIES[name].origin == "simulated"


def test_what_comes_from_simulation_is_never_filled_from_a_plan(patient):
    """DESIGN decision 5: a set-point or a planned volume never stands in for what physics would say."""
    found = simulate_plan(load_plan(cases.plan(), folder=patient), simulate=False)
    for step in found.by_step:
        assert all(not isinstance(o, Measured) for name, o in step.items() if QUANTITIES[name].origin == "simulated")


def test_no_other_name_is_measured():
    with pytest.raises(KeyError, match="no row of the quantity table"):
        registry.quantity("cord_distance_mm")
    with pytest.raises(KeyError, match="is measured already"):
        registry.quantity("cord_clearance_mm")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("cord_clearance_mm", 5.34, "5.3 mm"),
        ("setpoint_c", 90.0, "90 °C"),
        ("needle_angle_deg", 14.3, "14°"),
        ("lesion_coverage_fraction", 0.914, "0.91"),
        ("balloon_pressure_kpa", 1378.95, "1379 kPa"),
    ],
)
def test_text_for_people(name, value, text):
    assert QUANTITIES[name].text(value) == text
