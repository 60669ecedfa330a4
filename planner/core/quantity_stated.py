"""Rows of the quantity table for what a plan states of patient, session and follow-up."""

from __future__ import annotations

from planner.core.names import KINDS
from planner.core.quantity_row import Quantity


def _stated(name: str, unit: str, label: str, decimals: int, high: float, *, low: float = 0.0) -> Quantity:
    """One value for all steps; yes is 1 and no is 0."""
    return Quantity(name, unit, label, decimals, low, high, "max", "max", "planned", KINDS)


STATED: tuple[Quantity, ...] = (
    _stated("sections_unstated", "1", "sections on the patient left out", 0, 20),
    _stated("pain_score", "1", "pain, 0–10", 0, 10),
    _stated("expected_survival_months", "month", "expected survival", 0, 1200),
    _stated("metastases_count", "1", "metastases", 0, 1000),
    _stated("sins_score", "1", "SINS", 0, 18),
    _stated("escc_rank", "1", "epidural compression, 0 to 5 for 0 to 3", 0, 5),
    _stated("ecog_score", "1", "ECOG", 0, 5),
    _stated("inr", "1", "INR", 1, 20, low=0.5),
    _stated("platelets_per_nl", "1/nL", "platelets", 0, 3000),
    _stated("infection", "yes/no", "active infection", 0, 1),
    _stated("cement_or_contrast_allergy", "yes/no", "allergy to cement or contrast", 0, 1),
    _stated("bleeding_disorder", "yes/no", "bleeding disorder", 0, 1),
    _stated("pacemaker", "yes/no", "pacemaker or defibrillator", 0, 1),
    _stated("new_deficit", "yes/no", "new neurological deficit", 0, 1),
    _stated("corrected_calcium_mmol_l", "mmol/L", "calcium, corrected for albumin", 2, 6),
    _stated("creatinine_clearance_ml_min", "mL/min", "creatinine clearance", 0, 250),
    _stated("bone_drug_dose_mg", "mg", "dose of the bone drug", 0, 1000),
    _stated("bone_drug_interval_weeks", "week", "interval of the bone drug", 1, 104, low=0.5),
    _stated("dental_exam", "yes/no", "dental examination done", 0, 1),
    _stated("dental_surgery_planned", "yes/no", "dental surgery planned", 0, 1),
    _stated("open_oral_lesion", "yes/no", "open lesion in the mouth", 0, 1),
    _stated("unexamined_thigh_pain", "yes/no", "thigh pain without film of the femur", 0, 1),
    _stated("ct_age_days", "day", "age of the CT", 0, 4000),
    _stated("mri_age_days", "day", "age of the MRI", 0, 4000),
    _stated("whole_spine_imaged", "yes/no", "whole spine imaged", 0, 1),
    _stated("sedation_depth", "1", "sedation, 0 none to 4 general", 0, 4),
    _stated("grounding_pads", "1", "grounding pads", 0, 8),
    _stated("first_visit_weeks", "week", "first visit after", 1, 520),
    _stated("last_visit_weeks", "week", "last visit after", 0, 2600),
    _stated("instruments_missing", "1", "of pain, ODI, EQ-5D not asked", 0, 5),
    _stated("first_imaging_months", "month", "first imaging after", 1, 240),
)
