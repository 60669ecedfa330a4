"""Radiotherapy dose in comparable terms: BED, EQD2, the cord's limits, re-irradiation."""

from __future__ import annotations

from collections.abc import Mapping

from planner.check.scores.formulas.registry import Computed, formula, number
from planner.check.scores.result import Answer
from planner.core.errors import Problems
from planner.measure.dose import CORD_ALPHA_BETA_GY, equivalent_dose

HYTEC_CORD_GY = {1: 14.0, 2: 17.0, 3: 20.3, 4: 23.0, 5: 25.3}
"""Highest point dose to the cord by number of fractions, no earlier radiation (1–5 % myelopathy)."""
HYTEC_SINGLE_LOW_GY = 12.4
"""The lower end of the report's range for one fraction."""
REIRRADIATION = {"cumulative_eqd2_gy": 70.0, "sbrt_eqd2_gy": 25.0, "ratio": 0.5, "interval_months": 5.0}
"""HyTEC: cumulative thecal point dose, that of the second course, its share of the sum, and months between."""


def biological_dose(dose_gy: float, fractions: float, alpha_beta_gy: float) -> float:
    """Return the biologically effective dose, Gy: D · (1 + d / (α/β))."""
    return dose_gy * (1.0 + dose_gy / fractions / alpha_beta_gy)


@formula
def bed(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Biologically effective dose."""
    course = number(answers, "dose_gy"), number(answers, "fractions"), number(answers, "alpha_beta")
    return Computed(biological_dose(*course), parts={"dose_per_fraction_gy": course[0] / course[1]})


@formula
def eqd2(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Equivalent dose in 2 Gy fractions."""
    course = number(answers, "dose_gy"), number(answers, "fractions"), number(answers, "alpha_beta")
    parts = {"dose_per_fraction_gy": course[0] / course[1], "bed_gy": biological_dose(*course)}
    return Computed(equivalent_dose(*course), parts=parts)


@formula
def hytec_cord(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Point dose to the cord over its limit for this number of fractions."""
    dose, fractions = number(answers, "cord_dmax_gy"), int(number(answers, "fractions"))
    limit = HYTEC_CORD_GY[fractions]
    notes: tuple[str, ...] = ()
    if fractions == 1 and HYTEC_SINGLE_LOW_GY < dose <= limit:
        notes = ("12.4 Gy is the lower end of the report's range for one fraction; this dose lies between both ends",)
    parts = {"limit_gy": limit, "eqd2_gy": equivalent_dose(dose, fractions, CORD_ALPHA_BETA_GY)}
    return Computed(dose / limit, parts=parts, notes=notes)


@formula
def hytec_reirradiation(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Cumulative equivalent dose of two courses, and which of the four conditions fail."""
    first = equivalent_dose(number(answers, "first_dmax_gy"), number(answers, "first_fractions"), CORD_ALPHA_BETA_GY)
    second = equivalent_dose(number(answers, "sbrt_dmax_gy"), number(answers, "sbrt_fractions"), CORD_ALPHA_BETA_GY)
    total, months = first + second, number(answers, "interval_months")
    parts = {"first_eqd2_gy": first, "sbrt_eqd2_gy": second, "cumulative_eqd2_gy": total, "ratio": second / total}
    failed = [key for key, limit in REIRRADIATION.items() if key in parts and parts[key] > limit]
    failed += ["interval_months"] if months < REIRRADIATION["interval_months"] else []
    notes = tuple(f"{key} outside its limit of {REIRRADIATION[key]:g}" for key in failed)
    return Computed(total, "outside" if failed else "within", parts, notes=notes)
