"""What a plan says of the patient besides the anatomy; nothing that identifies. A section begun is to be completed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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


class Labs(UnitModel):
    """Blood tests before bone protection."""

    calcium_mmol_l: measure("mmol/L", "mmol_l", 0.5, 5, optional=True) = None  # type: ignore[valid-type]
    albumin_g_l: measure("g/L", "g_l", 5, 70, optional=True) = None  # type: ignore[valid-type]
    creatinine_clearance_ml_min: measure("mL/min", "ml_min", 1, 250, optional=True) = None  # type: ignore[valid-type]


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


class Imaging(UnitModel):
    """How old the images are, and what they cover."""

    ct_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    mri_age_days: measure("day", "days", 0, 4000, optional=True) = None  # type: ignore[valid-type]
    whole_spine: bool | None = None


class PriorRadiation(UnitModel):
    """Earlier radiotherapy of the same stretch of cord."""

    cord_dmax_gy: measure("Gy", "gy", 0.1, 100)  # type: ignore[valid-type]
    fractions: int = Field(ge=1, le=60)
    interval_months: measure("month", "months", 0, 600, optional=True) = None  # type: ignore[valid-type]


class Patient(UnitModel):
    """What indications and scores need; nothing that identifies."""

    primary: str | None = None
    pain_vas: float | None = Field(default=None, ge=0, le=10)
    expected_survival_months: measure("month", "months", 0, 1200, optional=True) = None  # type: ignore[valid-type]
    metastases: int | None = Field(default=None, ge=0, le=1000)
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
