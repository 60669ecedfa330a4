"""The quantity table: one row for each number that rules judge and other programs rely on.

A row gives the unit, the label and format for people, the plausible range (outside it a value is bad
input, inside it a rule decides), how values fold, where the number comes from, and which kinds of step
have it. Adding a quantity is adding a row here and one function in ``planner.measure``.
"""

from __future__ import annotations

from planner.core.names import (
    ABLATION,
    BALLOON,
    CEMENTING,
    FREEZING,
    HEATING,
    INSTRUMENT,
    IRRADIATION,
    KINDS,
    SCREWS,
    Origin,
)
from planner.core.quantity_ablated import ABLATED
from planner.core.quantity_augmented import AUGMENTED
from planner.core.quantity_row import Fold, Quantity, row
from planner.core.quantity_stated import STATED

__all__ = ["QUANTITIES", "Fold", "Quantity"]


HEATED = (("cord", "cord"), ("root", "nerve roots"), ("skin", "skin"))
CHILLED = (("cord", "cord"), ("root", "nerve roots"), ("sac", "thecal sac"), ("skin", "skin"))


def _heated(place: str, label: str) -> tuple[Quantity, ...]:
    """What a heating step does to a structure that must be spared; the cord's maximum and dose stand with cement's."""
    simulated: Origin = "simulated"
    q = Quantity
    rows = (
        q(f"{place}_above_45_s", "s", f"time of {label} above 45 °C", 0, 0, 36000, "max", "max", simulated, HEATING),
        q(
            f"{place}_overshoot_c",
            "degC",
            f"rise at {label} after the stop",
            1,
            0,
            100,
            "max",
            "max",
            simulated,
            HEATING,
        ),
    )
    if place == "cord":
        return rows
    kinds = HEATING + CEMENTING if place == "root" else HEATING
    hottest, dose = f"hottest point of {label}", f"heat dose at {label}, CEM43"
    return (
        q(f"{place}_temperature_max_c", "degC", hottest, 1, 30, 150, "max", "max", simulated, kinds),
        q(f"{place}_cem43_min", "min", dose, 1, 0, 1e9, "max", "max", simulated, kinds),
        *rows,
    )


def _rows() -> tuple[Quantity, ...]:
    measured: Origin = "measured"
    planned: Origin = "planned"
    simulated: Origin = "simulated"
    heat_cement = HEATING + CEMENTING
    q = Quantity
    return (
        # instrument
        q("cord_clearance_mm", "mm", "instrument to cord", 1, -60, 300, "min", "min", measured, INSTRUMENT),
        q("canal_clearance_mm", "mm", "instrument to canal", 1, -60, 300, "min", "min", measured, INSTRUMENT),
        q("vessel_clearance_mm", "mm", "instrument to great vessels", 1, -60, 300, "min", "min", measured, INSTRUMENT),
        q("organ_clearance_mm", "mm", "instrument to nearest organ", 1, -100, 300, "min", "min", measured, INSTRUMENT),
        q(
            "nerve_root_clearance_mm",
            "mm",
            "instrument to nerve roots",
            1,
            -60,
            300,
            "min",
            "min",
            measured,
            INSTRUMENT,
        ),
        q(
            "pedicle_wall_margin_mm",
            "mm",
            "bone around instrument in pedicle",
            1,
            -60,
            60,
            "min",
            "min",
            measured,
            INSTRUMENT,
        ),
        q("needle_angle_deg", "deg", "needle to sagittal plane", 0, 0, 90, "max", "max", measured, INSTRUMENT),
        q("skin_to_target_mm", "mm", "skin to target", 0, 0, 400, "max", "max", measured, INSTRUMENT),
        # zone
        q("zone_long_axis_mm", "mm", "zone, long axis", 1, 1, 120, "max", "max", planned, ABLATION),
        q("zone_short_axis_mm", "mm", "zone, short axis", 1, 1, 120, "max", "max", planned, ABLATION),
        q("zone_radius_mm", "mm", "zone, radius", 1, 0.5, 60, "max", "max", planned, ABLATION),
        q("zone_cord_clearance_mm", "mm", "zone to cord", 1, -120, 300, "min", "min", measured, ABLATION),
        q("zone_canal_clearance_mm", "mm", "zone to canal", 1, -120, 300, "min", "min", measured, ABLATION),
        q("zone_vessel_clearance_mm", "mm", "zone to great vessels", 1, -120, 300, "min", "min", measured, ABLATION),
        q("zone_root_clearance_mm", "mm", "zone to nerve roots", 1, -120, 300, "min", "min", measured, ABLATION),
        q("zone_organ_clearance_mm", "mm", "zone to nearest organ", 1, -120, 300, "min", "min", measured, ABLATION),
        q("ablation_margin_mm", "mm", "margin over lesion", 1, -150, 60, "min", "min", measured, ABLATION),
        q("lesion_coverage_fraction", "1", "share of lesion covered", 2, 0, 1, "min", "min", measured, ABLATION),
        q("lesion_diameter_mm", "mm", "lesion, largest diameter", 1, 0.5, 200, "max", "max", measured, ABLATION),
        # heat and cold
        q("setpoint_c", "degC", "set-point", 0, 30, 150, "max", "max", planned, HEATING),
        q("ablation_duration_s", "s", "ablation time", 0, 1, 7200, "min", "min", planned, ABLATION),
        q(
            "lesion_edge_temperature_c",
            "degC",
            "temperature at lesion edge",
            0,
            -200,
            150,
            "min",
            "min",
            simulated,
            ABLATION,
        ),
        q("tissue_temperature_max_c", "degC", "hottest tissue", 0, 30, 150, "max", "max", simulated, HEATING),
        q("tissue_temperature_min_c", "degC", "coldest tissue", 0, -200, 40, "min", "min", simulated, FREEZING),
        q("cord_temperature_max_c", "degC", "hottest point of cord", 1, 30, 150, "max", "max", simulated, heat_cement),
        *(
            row(f"{place}_temperature_min_c", "degC", f"coldest point of {label}", 1, -200, 40, "min", FREEZING)
            for place, label in CHILLED
        ),
        q("cord_cem43_min", "min", "heat dose at cord, CEM43", 1, 0, 1e9, "max", "max", simulated, heat_cement),
        *(one for place, label in HEATED for one in _heated(place, label)),
        *ABLATED,
        # technique
        q("instrument_diameter_mm", "mm", "instrument, outer diameter", 2, 0.1, 20, "max", "max", planned, INSTRUMENT),
        q("canal_thermometry", "yes/no", "canal thermometer planned", 0, 0, 1, "min", "min", planned, ABLATION),
        q("neuromonitoring", "yes/no", "neuromonitoring planned", 0, 0, 1, "min", "min", planned, ABLATION),
        q("level_augmented", "yes/no", "level gets cement", 0, 0, 1, "max", "max", planned, ABLATION),
        q("metal_clearance_mm", "mm", "active tip to a screw", 1, -20, 300, "min", "min", measured, HEATING),
        q("probe_count", "1", "probes", 0, 1, 30, "max", "max", planned, FREEZING),
        q("probe_spacing_mm", "mm", "probe to the nearest other", 1, 0, 200, "max", "max", measured, FREEZING),
        q("freeze_count", "1", "freezes", 0, 0, 10, "min", "min", planned, FREEZING),
        q("shortest_freeze_s", "s", "shortest freeze", 0, 0, 7200, "min", "min", planned, FREEZING),
        q("shortest_thaw_s", "s", "shortest thaw between freezes", 0, 0, 7200, "min", "min", planned, FREEZING),
        # balloon
        q("balloon_pressure_kpa", "kPa", "balloon pressure", 0, 0, 10000, "max", "max", planned, BALLOON),
        q(
            "balloon_pressure_predicted_kpa",
            "kPa",
            "balloon pressure, predicted",
            0,
            0,
            20000,
            "max",
            "max",
            simulated,
            BALLOON,
        ),
        q("balloon_volume_ml", "mL", "balloon volume", 1, 0.1, 15, "max", "max", planned, BALLOON),
        q("endplate_stress_ratio", "1", "endplate stress over strength", 2, 0, 100, "max", "max", simulated, BALLOON),
        # cement
        q("cement_volume_ml", "mL", "cement in the level", 1, 0.1, 40, "sum", "max", planned, CEMENTING),
        q("cement_session_volume_ml", "mL", "cement in the session", 1, 0.1, 200, "sum", "sum", planned, CEMENTING),
        q("cement_fill_fraction", "1", "cement over vertebral body", 2, 0, 10, "sum", "max", measured, CEMENTING),
        q("cement_leaked_predicted_ml", "mL", "cement leaked, predicted", 2, 0, 40, "max", "max", simulated, CEMENTING),
        q("cement_leak_probability", "1", "probability of a leak", 2, 0, 1, "max", "max", simulated, CEMENTING),
        q("cement_temperature_max_c", "degC", "hottest cement", 0, 20, 200, "max", "max", simulated, CEMENTING),
        *AUGMENTED,
        # screw, radiotherapy, session
        q("reference_levels", "1", "levels from the navigation's reference", 0, 0, 24, "max", "max", planned, SCREWS),
        q("screw_breach_mm", "mm", "screw beyond pedicle wall", 1, 0, 60, "max", "max", measured, SCREWS),
        q("dose_per_fraction_gy", "Gy", "dose per fraction", 1, 0.1, 60, "max", "max", planned, IRRADIATION),
        q("cord_dose_max_gy", "Gy", "cord maximum dose", 1, 0, 200, "max", "max", planned, IRRADIATION),
        q("cord_eqd2_gy", "Gy", "cord maximum in 2 Gy fractions", 1, 0, 2000, "max", "max", planned, IRRADIATION),
        q(
            "cord_cumulative_eqd2_gy",
            "Gy",
            "cord, both courses in 2 Gy fractions",
            1,
            0,
            4000,
            "max",
            "max",
            planned,
            IRRADIATION,
        ),
        q("cord_eqd2_ratio", "1", "second course over both", 2, 0, 1, "max", "max", planned, IRRADIATION),
        q(
            "reirradiation_interval_months",
            "month",
            "months since the first course",
            1,
            0,
            600,
            "min",
            "min",
            planned,
            IRRADIATION,
        ),
        # bone, from CT
        q("bone_density_mg_cm3", "mg/cm3", "mineral density of the body", 0, 0, 2000, "min", "min", measured, KINDS),
        q("lesion_lytic_fraction", "1", "lytic share of lesion", 2, 0, 1, "max", "max", measured, KINDS),
        q("lesion_blastic_fraction", "1", "blastic share of lesion", 2, 0, 1, "max", "max", measured, KINDS),
        q("posterior_wall_defect_fraction", "1", "posterior wall lost", 2, 0, 1, "max", "max", measured, KINDS),
        q("endplate_defect_fraction", "1", "endplate lost", 2, 0, 1, "max", "max", measured, KINDS),
        q(
            "adjacent_trabecular_hu",
            "1",
            "spongiosa of the neighbours, HU",
            0,
            -500,
            3000,
            "min",
            "min",
            measured,
            CEMENTING,
        ),
        # shape of the body
        q("height_loss_fraction", "1", "height of the body lost", 2, 0, 1, "max", "max", measured, KINDS),
        q("kyphosis_deg", "deg", "kyphosis round the level", 0, -120, 120, "max", "max", measured, KINDS),
        # fitness of the input
        q("voxel_size_mm", "mm", "largest voxel edge of the target", 2, 0.01, 50, "max", "max", measured, KINDS),
        q("cut_structures", "1", "target structures cut by the image", 0, 0, 3, "max", "max", measured, KINDS),
        q("cord_outside_canal_fraction", "1", "cord outside canal", 2, 0, 1, "max", "max", measured, KINDS),
        q("crumb_fraction", "1", "stray pieces of the target's label", 3, 0, 1, "max", "max", measured, KINDS),
        q("lesion_outside_vertebra_fraction", "1", "lesion outside vertebra", 2, 0, 1, "max", "max", measured, KINDS),
        q("level_order_faults", "1", "vertebrae out of order or spacing", 0, 0, 24, "max", "max", measured, KINDS),
        q("aorta_side_mm", "mm", "aorta to the left of its neighbour", 0, -200, 200, "min", "min", measured, KINDS),
        q("frames_of_reference", "1", "frames of reference of the images", 0, 1, 20, "max", "max", measured, KINDS),
        q("technique_steps", "1", "steps of this technique", 0, 0, 100, "sum", "sum", planned, KINDS),
        *STATED,
        q("vertebral_levels", "1", "levels treated in the session", 0, 1, 24, "sum", "sum", planned, KINDS),
    )


QUANTITIES: dict[str, Quantity] = {row.name: row for row in _rows()}
"""Every quantity by name, in the order in which reports list them."""
