"""Patient file → facts: as stated, by a score, or measured; a score with items missing gives an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from planner.advise.books import Tumour, tumours
from planner.advise.logic import Value
from planner.check.scores import score
from planner.core.errors import Problems
from planner.core.names import region_of
from planner.measure.stated import corrected_calcium
from planner.plan.advice import Advice
from planner.plan.models import Target
from planner.plan.patient import Patient
from planner.protocol.scores.load import load_score

Origin = Literal["stated", "score", "table", "measured"]

SURVIVAL_MONTHS = {"under_6_months": (0.0, 5.99), "at_least_6_months": (6.0, 1200.0), "at_least_1_year": (12.0, 1200.0)}
"""Classes of the Tokuhashi score as months; the score says no more than its class."""


@dataclass(frozen=True)
class SourcedValue:
    """A fact: its value, where it comes from, and a word on it."""

    value: Value
    origin: Origin
    note: str = ""


_STATED: tuple[tuple[str, str], ...] = (
    ("metastases", "metastases"), ("vertebral_metastases", "vertebral_metastases"),
    ("levels_to_treat", "levels_to_treat"), ("organ_metastases", "organ_metastases"), ("pain_vas", "pain_vas"),
    ("pain_type", "pain_type"), ("night_pain", "night_pain"), ("expected_survival_months", "expected_survival_months"),
    ("radiosensitivity", "radiosensitivity"), ("irradiated_before", "irradiated_before"),
    ("implant_at_level", "implant_at_level"), ("wish", "wish"), ("age_years", "age_years"), ("sex", "sex"),
    ("frankel", "neurology.frankel"), ("sphincter", "neurology.sphincter"), ("sins", "scores.sins"),
    ("escc", "scores.escc"), ("ecog", "scores.ecog"), ("tomita", "scores.tomita"), ("inr", "clotting.inr"),
    ("platelets_per_nl", "clotting.platelets_per_nl"), ("infection", "contraindications.infection"),
    ("cement_or_contrast_allergy", "contraindications.cement_or_contrast_allergy"),
    ("bleeding_disorder", "contraindications.bleeding_disorder"), ("pacemaker", "contraindications.pacemaker"),
    ("new_deficit", "contraindications.new_deficit"), ("lesion_size_mm", "lesion.size_mm"),
    ("cord_distance_mm", "lesion.cord_distance_mm"), ("vessel_distance_mm", "lesion.vessel_distance_mm"),
    ("height_loss_percent", "lesion.height_loss_percent"), ("posterior_wall_intact", "lesion.posterior_wall_intact"),
    ("trabecular_hu", "lesion.trabecular_hu"), ("density_mg_cm3", "lesion.density_mg_cm3"),
    ("prior_interval_months", "prior_radiation.interval_months"), ("bone_drug", "bone_drug.drug"),
    ("creatinine_clearance_ml_min", "labs.creatinine_clearance_ml_min"), ("vitamin_d_nmol_l", "labs.vitamin_d_nmol_l"),
    ("dental_exam", "bone_drug.dental_exam"), ("dental_surgery_planned", "bone_drug.dental_surgery_planned"),
    ("open_oral_lesion", "bone_drug.open_oral_lesion"), ("jaw_symptoms", "bone_drug.jaw_symptoms"),
    ("thigh_pain", "bone_drug.thigh_pain"), ("femur_film", "bone_drug.femur_film"),
    ("supplements", "bone_drug.supplements"), ("bone_drug_dose_mg", "bone_drug.dose_mg"),
    ("bone_drug_interval_weeks", "bone_drug.interval_weeks"), ("last_dose_weeks", "bone_drug.last_dose_weeks"),
    ("stopping", "bone_drug.stopping"), ("follow_on_drug", "bone_drug.follow_on_drug"),
    ("skeleton_immature", "bone_drug.skeleton_immature"), ("ct_age_days", "imaging.ct_age_days"),
    ("mri_age_days", "imaging.mri_age_days"), ("bone_scan_age_days", "imaging.bone_scan_age_days"),
    ("pet_ct_age_days", "imaging.pet_ct_age_days"), ("whole_spine", "imaging.whole_spine"),
    ("sins_pain", "sins_items.pain"), ("sins_alignment", "sins_items.alignment"),
    ("sins_collapse", "sins_items.collapse"), ("sins_posterolateral", "sins_items.posterolateral"),
)  # fmt: skip
"""Fact → place under `patient`."""
_PATHS = tuple((name, tuple(path.split("."))) for name, path in _STATED)


def facts_of(
    patient: Patient, target: Target | None, advice: Advice | None, measured: Mapping[str, SourcedValue]
) -> dict[str, SourcedValue]:
    """Return every fact that is known. What was measured goes before what was stated; scores fill what neither says."""
    known: dict[str, SourcedValue] = {}

    def note(name: str, value: Any, origin: Origin = "stated", why: str = "") -> None:
        if value is not None and name not in known:
            exact = isinstance(value, int | float) and not isinstance(value, bool)
            known[name] = SourcedValue((float(value), float(value)) if exact else value, origin, why)

    known.update(measured)
    for name, path in _PATHS:
        found: Any = patient
        for step in path:
            found = None if found is None else getattr(found, step)
        note(name, found)
    if target is not None:
        note("lesion_type", target.lesion_type)
        note("bone", target.bone)
        note("region", region_of(target.level), "table")
    if patient.prior_radiation is not None:
        note("irradiated_before", True, "stated", "an earlier course is stated")
    _of_tumour(patient, target, note)
    _of_scores(patient, target, known, note)
    if patient.bone_drug is None:
        note("bone_drug", "none")
    if patient.labs and patient.labs.calcium_mmol_l is not None and patient.labs.albumin_g_l is not None:
        note(
            "corrected_calcium_mmol_l",
            corrected_calcium(patient.labs.calcium_mmol_l, patient.labs.albumin_g_l),
            "score",
        )
    if advice is not None:
        course = advice.radiotherapy
        if course and course.dose_gy is not None and course.fractions is not None:
            note("sbrt_dose_per_fraction_gy", course.dose_gy / course.fractions)
        note("radiotherapy_fractions", None if course is None else course.fractions)
        note("cement_ml", advice.cement_ml)
        note("cement_viscosity", advice.cement_viscosity)
    return known


@cache
def _tumour_names() -> dict[str, str]:
    return {word: name for name, row in tumours().items() for word in (name, *row.aliases)}


def tumour_of(primary: str | None) -> Tumour | None:
    """Return the row of a primary by its name or alias; None where the table has none."""
    name = None if primary is None else _tumour_names().get(primary.strip().lower().replace(" ", "_").replace("-", "_"))
    return None if name is None else tumours()[name]


def _of_tumour(patient: Patient, target: Target | None, note: Any) -> None:
    row = tumour_of(patient.primary)
    if row is not None:
        note("tumour_kind", row.kind, "table", row.title.en)
        note("radiosensitivity", row.radiosensitivity, "table", row.title.en)
        note("documents_resistant", row.documents_resistant, "table")
        note("haematologic", row.haematologic, "table")
    elif patient.primary is None and target is not None and target.lesion_type == "osteoid_osteoma":
        note("tumour_kind", "osteoid_osteoma", "table")


def _of_scores(patient: Patient, target: Target | None, known: Mapping[str, SourcedValue], note: Any) -> None:
    scores = patient.scores
    if "ecog" not in known and scores and scores.kps is not None:
        named = score("kps", kps=scores.kps).class_name
        note("ecog", None if named is None else int(named.removeprefix("ecog_")), "score", "from Karnofsky")
    if "sins" not in known:
        low, high, missing = sins_interval(patient, target, known)
        if missing != SINS_ITEMS:
            words = f"without {', '.join(missing)}" if missing else "from its items"
            note("sins", (float(low), float(high)), "score", words)
    if "expected_survival_months" not in known:
        named = _tokuhashi(patient)
        if named is not None:
            note("expected_survival_months", SURVIVAL_MONTHS[named], "score", "Tokuhashi, as its class")


SINS_ITEMS = ("location", "pain", "lesion", "alignment", "collapse", "posterolateral")
HALF = 50.0
"""Per cent of height from which SINS counts a collapse as over half."""


def sins_interval(
    patient: Patient, target: Target | None, known: Mapping[str, SourcedValue]
) -> tuple[float, float, tuple[str, ...]]:
    """Return lowest and highest SINS with the items that are known, and those that are not."""
    given = patient.sins_items.model_dump(exclude_none=True) if patient.sins_items else {}
    pain = {"mechanical": "mechanical", "mixed": "mechanical", "inflammatory": "occasional", "none": "none"}
    if "pain" not in given and patient.pain_type is not None:
        given["pain"] = pain[patient.pain_type]
    if target is not None:
        given["location"] = str(target.level).lower()
        if "lesion" not in given and target.lesion_type in {"lytic", "blastic", "mixed"}:
            given["lesion"] = target.lesion_type
    loss = known.get("height_loss_percent")
    if "collapse" not in given and loss is not None and isinstance(loss.value, tuple) and loss.value[0] > 0:
        if loss.value[0] > HALF:
            given["collapse"] = "over_50"
        elif loss.value[1] <= HALF:
            given["collapse"] = "under_50"
    low = high = 0.0
    missing = []
    for key, item in load_score("sins").items.items():
        points = [choice.points or 0.0 for choice in item.values.values()]
        if key in given:
            found = next(c for n, c in item.values.items() if given[key] in (n, *c.aliases))
            low, high = low + (found.points or 0.0), high + (found.points or 0.0)
        else:
            low, high = low + min(points), high + max(points)
            missing.append(key)
    return low, high, tuple(missing)


def _tokuhashi(patient: Patient) -> str | None:
    scores = patient.scores
    if scores is not None and scores.tokuhashi is not None:
        return next(
            (b.name for b in load_score("tokuhashi").classes if b.at_most is None or scores.tokuhashi <= b.at_most),
            None,
        )
    row = tumour_of(patient.primary)
    if scores is None or scores.kps is None or row is None or row.tokuhashi is None or patient.neurology is None:
        return None
    found = score(
        "tokuhashi",
        kps=max(scores.kps, 10),
        extraspinal=patient.extraspinal_bone_metastases,
        vertebral=patient.vertebral_metastases or None,
        organ=patient.organ_metastases,
        primary=row.tokuhashi,
        palsy=patient.neurology.frankel,
    )
    return found.class_name if found.outcome == "evaluated" else None


def refuse_scores(patient: Patient, target: Target | None, problems: Problems) -> None:
    """Note stated scores that what else is stated cannot give, with both places."""
    scores = patient.scores
    if scores is None:
        return
    stated: dict[str, SourcedValue] = {}
    if patient.lesion and patient.lesion.height_loss_percent is not None:
        loss = patient.lesion.height_loss_percent
        stated["height_loss_percent"] = SourcedValue((loss, loss), "stated")
    low, high, _ = sins_interval(patient, target, stated)
    if scores.sins is not None and not low <= scores.sins <= high:
        expected = f"{low:g}" if low == high else f"{low:g} to {high:g}, which the items allow"
        places = "$.patient.scores.sins with $.patient.sins_items, $.patient.pain_type and $.target"
        problems.add(places, scores.sins, expected, "correct the score or the items")
    if scores.ecog is not None and scores.kps is not None:
        named = score("kps", kps=scores.kps).class_name or ""
        if abs(int(named.removeprefix("ecog_")) - scores.ecog) > 1:
            way_out = "published conversions differ by one grade at most; correct one of the two"
            problems.add(
                "$.patient.scores.ecog with $.patient.scores.kps", scores.ecog, named.replace("_", " "), way_out
            )
    if patient.irradiated_before is False and patient.prior_radiation is not None:
        places = "$.patient.irradiated_before with $.patient.prior_radiation"
        problems.add(places, "no", "yes where an earlier course is stated", "correct it, or remove the course")
