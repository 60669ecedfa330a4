"""Radiotherapy dose in comparable terms: BED, EQD2, the cord's limits, re-irradiation."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from planner.check.scores.formulas.registry import Computed, formula, number
from planner.check.scores.result import Answer
from planner.core.errors import Problems
from planner.measure.dose import CORD_ALPHA_BETA_GY, equivalent_dose
from planner.protocol.load import load_protocol
from planner.protocol.models import Rule
from planner.protocol.order import span

REIRRADIATION = {
    "cumulative_eqd2_gy": "RT-RE-CUM",
    "sbrt_eqd2_gy": "RT-RE-SBRT",
    "ratio": "RT-RE-RATIO",
    "interval_months": "RT-RE-GAP",
}
"""HyTEC's four conditions: cumulative point dose to the sac, that of the second course, its share of the sum, months
between. Their limits stand in the rule book, as those of RT-CORD-1 to 5 for a first course."""


def _rule(name: str) -> Rule:
    return load_protocol("radiotherapy").rule(name)


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
    rule = _rule(f"RT-CORD-{fractions}")
    limit, low = span(rule.limit, "T1")[1], span(rule.warn, "T1")[1] if rule.warn else None
    notes: tuple[str, ...] = ()
    if low is not None and low < dose <= limit:
        notes = (f"{low:g} Gy is the lower end of the report's range; this dose lies between both ends",)
    parts = {"limit_gy": limit, "eqd2_gy": equivalent_dose(dose, fractions, CORD_ALPHA_BETA_GY)}
    return Computed(dose / limit, parts=parts, notes=notes)


@formula
def hytec_reirradiation(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Cumulative equivalent dose of two courses, and which of the four conditions fail."""
    first = equivalent_dose(number(answers, "first_dmax_gy"), number(answers, "first_fractions"), CORD_ALPHA_BETA_GY)
    second = equivalent_dose(number(answers, "sbrt_dmax_gy"), number(answers, "sbrt_fractions"), CORD_ALPHA_BETA_GY)
    total = first + second
    parts = {"first_eqd2_gy": first, "sbrt_eqd2_gy": second, "cumulative_eqd2_gy": total, "ratio": second / total}
    judged = parts | {"interval_months": number(answers, "interval_months")}
    limits = {key: span(_rule(name).limit, "T1") for key, name in REIRRADIATION.items()}
    failed = [key for key, (low, high) in limits.items() if not low <= judged[key] <= high]
    notes = tuple(f"{key} outside its limit of {max(filter(isfinite, limits[key])):g}" for key in failed)
    return Computed(total, "outside" if failed else "within", parts, notes=notes)
