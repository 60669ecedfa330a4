"""What the plan states of patient, session and follow-up, as numbers that rules can judge.

A section that is left out makes its quantities not applicable, and is counted once in `sections_unstated`; an item left
out of a section that is there is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity
from planner.plan.models import Plan
from planner.plan.patient import ESCC_ORDER, SEDATION

PATIENT_SECTIONS = ("clotting", "contraindications", "scores", "imaging")
"""What should be known before any needle; labs and bone drugs concern those alone who have them."""
ASKED = ("vas", "odi", "eq5d")
"""What the source texts follow patients with."""
_ITEMS: dict[str, tuple[str, str]] = {
    "pain_score": ("patient", "pain_vas"),
    "expected_survival_months": ("patient", "expected_survival_months"),
    "metastases_count": ("patient", "metastases"),
    "sins_score": ("patient.scores", "sins"),
    "ecog_score": ("patient.scores", "ecog"),
    "inr": ("patient.clotting", "inr"),
    "platelets_per_nl": ("patient.clotting", "platelets_per_nl"),
    "infection": ("patient.contraindications", "infection"),
    "cement_or_contrast_allergy": ("patient.contraindications", "cement_or_contrast_allergy"),
    "bleeding_disorder": ("patient.contraindications", "bleeding_disorder"),
    "pacemaker": ("patient.contraindications", "pacemaker"),
    "new_deficit": ("patient.contraindications", "new_deficit"),
    "creatinine_clearance_ml_min": ("patient.labs", "creatinine_clearance_ml_min"),
    "bone_drug_dose_mg": ("patient.bone_drug", "dose_mg"),
    "bone_drug_interval_weeks": ("patient.bone_drug", "interval_weeks"),
    "dental_exam": ("patient.bone_drug", "dental_exam"),
    "dental_surgery_planned": ("patient.bone_drug", "dental_surgery_planned"),
    "open_oral_lesion": ("patient.bone_drug", "open_oral_lesion"),
    "ct_age_days": ("patient.imaging", "ct_age_days"),
    "mri_age_days": ("patient.imaging", "mri_age_days"),
    "whole_spine_imaged": ("patient.imaging", "whole_spine"),
    "grounding_pads": ("session", "grounding_pads"),
}
"""Quantity → section of the plan and item in it; a quantity is the number, or 1 for yes."""


def _section(plan: Plan, path: str) -> Any:
    found: Any = plan
    for part in path.split("."):
        found = None if found is None else getattr(found, part)
    return found


def _read(section: str, read: Callable[[Any], float | None], item: str) -> Callable[[StepContext], Outcome]:
    def measured(context: StepContext) -> Outcome:
        found = _section(context.case.plan, section)
        if found is None:
            return NotApplicable(f"the plan has no `{section}`")
        value = read(found)
        return NotEvaluated(f"`{section}` does not state `{item}`") if value is None else Measured(float(value))

    return measured


def _item(section: str, item: str) -> Callable[[StepContext], Outcome]:
    return _read(section, lambda found: getattr(found, item), item)


for _name, (_where, _what) in _ITEMS.items():
    quantity(_name)(_item(_where, _what))


def _rank(order: tuple[str, ...], item: str) -> Callable[[Any], float | None]:
    def rank(found: Any) -> float | None:
        value = getattr(found, item)
        return None if value is None else float(order.index(value))

    return rank


def corrected_calcium(calcium_mmol_l: float, albumin_g_l: float) -> float:
    """Return total calcium as it would be at an albumin of 40 g/L: 0.02 mmol/L for each g/L below (CTCAE 4.03)."""
    return calcium_mmol_l + 0.02 * (40.0 - albumin_g_l)


def _corrected_calcium(labs: Any) -> float | None:
    if labs.calcium_mmol_l is None or labs.albumin_g_l is None:
        return None
    return corrected_calcium(labs.calcium_mmol_l, labs.albumin_g_l)


def _unexamined_thigh_pain(drug: Any) -> float | None:
    if drug.thigh_pain is None:
        return None
    return float(drug.thigh_pain and not drug.femur_film)


def _least(values: tuple[float, ...]) -> float | None:
    return min(values) if values else None


quantity("escc_rank")(_read("patient.scores", _rank(ESCC_ORDER, "escc"), "escc"))
quantity("sedation_depth")(_read("session", _rank(SEDATION, "sedation"), "sedation"))
quantity("corrected_calcium_mmol_l")(_read("patient.labs", _corrected_calcium, "calcium` and `albumin"))
quantity("unexamined_thigh_pain")(_read("patient.bone_drug", _unexamined_thigh_pain, "thigh_pain"))
quantity("first_visit_weeks")(_read("follow_up", lambda f: _least(f.weeks), "weeks"))
quantity("last_visit_weeks")(_read("follow_up", lambda f: max(f.weeks, default=None), "weeks"))
quantity("first_imaging_months")(_read("follow_up", lambda f: _least(f.imaging_months), "imaging_months"))
quantity("instruments_missing")(_read("follow_up", lambda f: len(set(ASKED) - set(f.instruments)), "instruments"))


@quantity("sections_unstated")
def sections_unstated(context: StepContext) -> Outcome:
    """How many of the sections on the patient the plan leaves out."""
    patient = context.case.plan.patient
    missing = [name for name in PATIENT_SECTIONS if patient is None or getattr(patient, name) is None]
    return Measured(float(len(missing)), note=f"left out: {', '.join(missing)}" if missing else None)
