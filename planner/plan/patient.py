"""What a plan says of the patient besides the anatomy; nothing that identifies. A section begun is to be completed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from planner.core.model import Model
from planner.core.names import LEVELS
from planner.core.units import UnitModel, measure

Escc = Literal["0", "1a", "1b", "1c", "2", "3"]
ESCC_ORDER: tuple[str, ...] = ("0", "1a", "1b", "1c", "2", "3")
"""Grades of epidural compression, mild to severe; rules count them from 0."""


class Clotting(Model):
    """Blood tests before a needle; platelets in 10⁹/L, which is the same as per nanolitre."""

    inr: float | None = Field(default=None, ge=0.5, le=20)
    platelets_per_nl: float | None = Field(default=None, ge=1, le=3000)


class Contraindications(Model):
    """What forbids a technique; each is yes or no."""

    infection: bool | None = None
    cement_or_contrast_allergy: bool | None = None
    bleeding_disorder: bool | None = None
    pacemaker: bool | None = None
    new_deficit: bool | None = None


class KnownScores(Model):
    """Scores that were taken; `planner score` computes them."""

    sins: int | None = Field(default=None, ge=0, le=18)
    escc: Escc | None = None
    ecog: int | None = Field(default=None, ge=0, le=5)
    kps: int | None = Field(default=None, ge=0, le=100, multiple_of=10)
    tokuhashi: int | None = Field(default=None, ge=0, le=15)
    tomita: int | None = Field(default=None, ge=2, le=10)


PER_MILLIMOLE_MG = {"calcium": 40.078, "vitamin_d": 400.64}
"""Molar masses, mg in a millimole: what laboratories that weigh report, by amount (calcium; 25-hydroxyvitamin D)."""
_BY_MASS = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(mg/dl|ng/ml|ug/l|µg/l)\s*$", re.IGNORECASE)
_MG_PER_L = {"mg/dl": 10.0, "ng/ml": 1e-3, "ug/l": 1e-3, "µg/l": 1e-3}


class Labs(UnitModel):
    """Blood tests before bone protection; calcium and vitamin D also by mass, as `9.2 mg/dL` or `30 ng/mL`."""

    vitamin_d_nmol_l: measure("nmol/L", "nmol_l", 1, 1000, optional=True) = None  # type: ignore[valid-type]
    calcium_mmol_l: measure("mmol/L", "mmol_l", 0.5, 5, optional=True) = None  # type: ignore[valid-type]
    albumin_g_l: measure("g/L", "g_l", 5, 70, optional=True) = None  # type: ignore[valid-type]
    creatinine_clearance_ml_min: measure("mL/min", "ml_min", 1, 250, optional=True) = None  # type: ignore[valid-type]

    @model_validator(mode="before")
    @classmethod
    def _mass_to_amount(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        taken = dict(data)
        for key, molar in PER_MILLIMOLE_MG.items():
            if isinstance(taken.get(key), str) and (found := _BY_MASS.match(taken[key])):
                taken[key] = f"{float(found[1]) * _MG_PER_L[found[2].lower()] / molar!r} mmol/L"
        return taken


class BoneDrug(UnitModel):
    """Denosumab or a bisphosphonate, given or about to be."""

    drug: Literal["denosumab", "zoledronate", "pamidronate", "ibandronate"]
    dose_mg: measure("mg", "mg", 0.1, 1000, optional=True) = None  # type: ignore[valid-type]
    interval_weeks: measure("week", "weeks", 1, 104, optional=True) = None  # type: ignore[valid-type]
    dental_exam: bool | None = None
    dental_surgery_planned: bool | None = None
    open_oral_lesion: bool | None = None
    thigh_pain: bool | None = None
    femur_film: bool | None = None
    supplements: bool | None = None
    jaw_symptoms: bool | None = None
    last_dose_weeks: measure("week", "weeks", 0, 520, optional=True) = None  # type: ignore[valid-type]
    stopping: bool | None = None
    follow_on_drug: bool | None = None
    skeleton_immature: bool | None = None


class Imaging(UnitModel):
    """How old the images are, and what they cover."""

    ct_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    mri_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    bone_scan_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    pet_ct_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    whole_spine: bool | None = None


class PriorRadiation(UnitModel):
    """Earlier radiotherapy of the same stretch of cord."""

    cord_dmax_gy: measure("Gy", "gy", 0.1, 100)  # type: ignore[valid-type]
    fractions: int = Field(ge=1, le=60)
    interval_months: measure("month", "months", 0, 600, optional=True) = None  # type: ignore[valid-type]


class Neurology(Model):
    """Function below the lesion; `sphincter` is yes where bladder or bowel are disturbed."""

    frankel: Literal["a", "b", "c", "d", "e"] | None = None
    sphincter: bool | None = None


class SinsItems(Model):
    """Items of SINS, as far as they are known; the location follows from the level."""

    pain: Literal["mechanical", "occasional", "none"] | None = None
    lesion: Literal["lytic", "mixed", "blastic"] | None = None
    alignment: Literal["subluxation", "deformity", "normal"] | None = None
    collapse: Literal["over_50", "under_50", "body_involved", "none"] | None = None
    posterolateral: Literal["bilateral", "unilateral", "none"] | None = None


class LesionFindings(UnitModel):
    """What images show of the target lesion; where a case has the geometry, it is measured there instead."""

    size_mm: measure("mm", "mm", 1, 250, optional=True) = None  # type: ignore[valid-type]
    cord_distance_mm: measure("mm", "mm", 0, 200, optional=True) = None  # type: ignore[valid-type]
    vessel_distance_mm: measure("mm", "mm", 0, 200, optional=True) = None  # type: ignore[valid-type]
    height_loss_percent: measure("percent", "percent", 0, 100, optional=True) = None  # type: ignore[valid-type]
    posterior_wall_intact: bool | None = None
    trabecular_hu: float | None = Field(default=None, ge=-200, le=2000)
    density_mg_cm3: measure("mg/cm**3", "mg_cm3", 0, 1500, optional=True) = None  # type: ignore[valid-type]


class Patient(UnitModel):
    """What indications and scores need; nothing that identifies."""

    primary: str | None = None
    radiosensitivity: Literal["sensitive", "intermediate", "resistant"] | None = None
    pain_vas: float | None = Field(default=None, ge=0, le=10)
    expected_survival_months: measure("month", "months", 0, 1200, optional=True) = None  # type: ignore[valid-type]
    metastases: int | None = Field(default=None, ge=0, le=1000)
    vertebral_metastases: int | None = Field(default=None, ge=0, le=24)
    extraspinal_bone_metastases: int | None = Field(default=None, ge=0, le=1000)
    organ_metastases: Literal["none", "removable", "unremovable"] | None = None
    levels_to_treat: int | None = Field(default=None, ge=1, le=24)
    pain_type: Literal["mechanical", "inflammatory", "mixed", "none"] | None = None
    night_pain: bool | None = None
    neurology: Neurology | None = None
    sins_items: SinsItems | None = None
    lesion: LesionFindings | None = None
    irradiated_before: bool | None = None
    implant_at_level: bool | None = None
    wish: Literal["none", "no_surgery", "no_radiation", "least_invasive", "longest_control"] | None = None
    age_years: float | None = Field(default=None, ge=0, le=120)
    sex: Literal["female", "male"] | None = None
    clotting: Clotting | None = None
    contraindications: Contraindications | None = None
    scores: KnownScores | None = None
    labs: Labs | None = None
    bone_drug: BoneDrug | None = None
    imaging: Imaging | None = None
    prior_radiation: PriorRadiation | None = None


class Session(Model):
    """How the session is run."""

    sedation: Literal["none", "minimal", "moderate", "deep", "general"] | None = None
    grounding_pads: int | None = Field(default=None, ge=0, le=8)
    reference_level: Literal[LEVELS] | None = None  # type: ignore[valid-type]


SEDATION: tuple[str, ...] = ("none", "minimal", "moderate", "deep", "general")
"""Depths of sedation, light to deep; rules count them from 0."""


class FollowUp(Model):
    """When the patient is seen again, and what is asked then."""

    weeks: tuple[float, ...] = ()
    instruments: tuple[Literal["vas", "odi", "eq5d", "ecog", "neurology"], ...] = ()
    imaging_months: tuple[float, ...] = ()
