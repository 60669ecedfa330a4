"""Rows of the quantity table for what balloon and cement do besides pressure, volume and heat of the cord."""

from __future__ import annotations

from functools import partial

from planner.core.names import BALLOON, CEMENTING, INSTRUMENT
from planner.core.quantity_row import Quantity, row

_row = partial(row, kinds=CEMENTING)

AUGMENTED: tuple[Quantity, ...] = (
    _row("balloon_gap_mm", "mm", "balloon to the wall of the body", 1, -20, 60, "min", kinds=BALLOON),
    _row("balloon_endplate_gap_mm", "mm", "balloon to the endplate", 1, -20, 60, "min", kinds=BALLOON),
    _row("height_restored_mm", "mm", "height regained", 1, 0, 40, "min", kinds=BALLOON),
    _row("kyphosis_corrected_deg", "deg", "kyphosis corrected", 0, 0, 60, "min", kinds=BALLOON),
    _row("cavity_volume_ml", "mL", "cavity left by the balloons", 1, 0, 40, "sum", kinds=BALLOON),
    _row("cement_fill_predicted_fraction", "1", "cement that stays over body", 2, 0, 2, "min"),
    _row("cement_delivered_fraction", "1", "share of the cement that goes in", 2, 0, 1, "min"),
    _row("cement_posterior_distance_fraction", "1", "cement to posterior wall over depth", 2, 0, 2, "min"),
    _row("cement_endplate_contact", "yes/no", "cement reaches both endplates", 0, 0, 1, "min"),
    _row("cement_pressure_kpa", "kPa", "pressure in the bone while injecting", 1, 0, 20000, "max"),
    _row("cement_syringe_pressure_kpa", "kPa", "pressure at the syringe", 0, 0, 50000, "max"),
    _row("cement_viscosity_pa_s", "Pa·s", "viscosity when the injection begins", 0, 0, 1e9, "min", origin="planned"),
    _row("cement_injection_end_min", "min", "end of the injection after mixing", 1, 0, 600, "max"),
    _row("cement_working_time_ratio", "1", "end of the injection over working time", 2, 0, 100, "max"),
    _row("cement_leaked_basivertebral_ml", "mL", "cement into the basivertebral vein", 2, 0, 40, "max"),
    _row("cement_leaked_segmental_ml", "mL", "cement into segmental veins", 2, 0, 40, "max"),
    _row("cement_leaked_cortical_ml", "mL", "cement through front or side", 2, 0, 40, "max"),
    _row("cement_leaked_disc_ml", "mL", "cement into a disc", 2, 0, 40, "max"),
    _row("cement_leaked_canal_ml", "mL", "cement into the canal", 2, 0, 40, "max"),
    _row("canal_temperature_max_c", "degC", "hottest point of canal", 1, 30, 150, "max"),
    _row("canal_cem43_min", "min", "heat dose at the canal, CEM43", 1, 0, 1e9, "max"),
    _row("temperature_before_cement_c", "degC", "hottest tissue when the injection begins", 1, 30, 150, "max"),
    _row("stiffness_gain", "1", "stiffness of the body, after over before", 1, 0, 100, "min"),
    _row("strength_gain", "1", "strength of the body, after over before", 1, 0, 100, "min"),
    _row("endplate_bulge_fraction", "1", "give of the stiffer endplate, after over before", 2, 0, 1, "min"),
    _row("adjacent_disc_pressure_rise_fraction", "1", "rise of pressure in the disc beside", 2, 0, 5, "max"),
    _row("adjacent_fracture_probability", "1", "adjacent fracture within a year", 2, 0, 1, "max"),
    _row("tip_depth_mm", "mm", "tip within the bone", 1, -300, 100, "min", origin="measured"),
    _row(
        "pedicle_width_mm",
        "mm",
        "width of the pedicle at the instrument",
        1,
        0,
        60,
        "min",
        kinds=INSTRUMENT,
        origin="measured",
    ),
)
