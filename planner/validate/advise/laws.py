"""Laws of advice over every vignette: contraindications never help, pain never hurts cement, doses agree."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from planner.advise.books import indications
from planner.advise.engine import STATES, compiled_books, evaluate
from planner.advise.fractions import cord_limit, physical_dose
from planner.advise.patient_file import load_patient
from planner.advise.response import response
from planner.core.sourced import references
from planner.measure.dose import CORD_ALPHA_BETA_GY, equivalent_dose
from planner.plan.advice import Response
from planner.validate.advise.vignettes import patient_of, vignettes
from planner.validate.models import Case, Row

HARMFUL: tuple[tuple[str, Any], ...] = (
    ("infection", True), ("cement_or_contrast_allergy", True), ("bleeding_disorder", True), ("pacemaker", True),
    ("inr", (2.5, 2.5)), ("platelets_per_nl", (30.0, 30.0)), ("implant_at_level", True),
    ("posterior_wall_intact", False),
)  # fmt: skip
"""Facts that only ever speak against."""


def _contraindications() -> Iterable[Row]:
    raised = 0
    for row in vignettes():
        facts = dict(load_patient(patient_of(row, complete=True)).facts)
        before = evaluate(facts)
        for name, value in HARMFUL:
            after = evaluate(facts | {name: value})
            for t in range(len(compiled_books().names)):
                raised += STATES.index(after.states[t]) < STATES.index(before.states[t])
                raised += after.scores[t][0] > before.scores[t][0] + 1e-12
    yield Row("techniques_raised", "closed_form", 0.0, raised, 0.0, "a contraindication adds nothing to any technique")


def _pain() -> Iterable[Row]:
    books, lowered = compiled_books(), 0
    pvp = books.names.index("pvp")
    for row in vignettes():
        facts = dict(load_patient(patient_of(row, complete=True)).facts)
        places = [evaluate(facts | {"pain_vas": (p / 2.0, p / 2.0)}).order.index(pvp) for p in range(21)]
        lowered += sum(later > earlier for earlier, later in pairwise(places))
    yield Row("ranks_lowered", "closed_form", 0.0, lowered, 0.0, "more pain never lowers the rank of vertebroplasty")


def _traced() -> Iterable[Row]:
    rules = indications()
    traced = sum(rule.source.ref in references() for rule in rules)
    yield Row("rules_traced", "closed_form", len(rules), traced, 0.0, "every rule to protocols/references.yaml")


def _cord() -> Iterable[Row]:
    form = "HyTEC: at most 25 Gy (EQD2, α/β 2) in a second course"
    back = equivalent_dose(physical_dose(25.0, 3), 3, CORD_ALPHA_BETA_GY)
    yield Row("eqd2_of_the_limit_gy", "closed_form", 25.0, back, 1e-9, form)
    fresh = load_patient({"patient": {"irradiated_before": False}})
    yield Row("first_course_limit_gy", "published", 20.3, cord_limit(fresh, 3) or 0.0, 0.0, "HyTEC 2021")
    earlier = {"cord_dmax_gy": 30, "fractions": 10, "interval_months": 12}
    again = load_patient({"patient": {"prior_radiation": earlier}})
    first = equivalent_dose(30, 10, CORD_ALPHA_BETA_GY)
    expected = physical_dose(min(25.0, 70.0 - first, first), 2)
    yield Row("second_course_limit_gy", "closed_form", expected, cord_limit(again, 2) or 0.0, 1e-9, form)


def _sclerosis() -> Iterable[Row]:
    asked = Response.model_validate({"findings": {"lytic": "rim_or_partly_filled", "new_lesion": False}})
    order = ("complete_response", "partial_response", "stable_disease", "progressive_disease")
    got = order.index(response(asked, Path()).score.class_name or "")
    yield Row("mda_of_a_sclerotic_rim", "published", 1.0, got, 0.0, "Hamaoka 2004: sclerosis is not progression")


CASES = (
    Case("contraindications never raise a technique", _contraindications),
    Case("more pain never lowers vertebroplasty", _pain),
    Case("every rule has its source", _traced),
    Case("cord dose of first and second course", _cord),
    Case("sclerosis is healing", _sclerosis),
)
