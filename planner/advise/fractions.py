"""Fraction schemes for a patient: equivalent doses, what the cord may get, and what an earlier course leaves of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from planner.advise.books import Cited, book, compiled, part, said
from planner.advise.indicate import fact_json, rule_json
from planner.advise.patient_file import PatientCase
from planner.check.scores import score
from planner.check.scores.formulas.dose import REIRRADIATION
from planner.core.model import Model
from planner.core.sourced import Source
from planner.core.validation import validated
from planner.measure.dose import CORD_ALPHA_BETA_GY, equivalent_dose
from planner.protocol.language import Lang
from planner.protocol.load import load_protocol
from planner.protocol.order import span
from planner.protocol.scores.models import Text

CORD_FRACTIONS = range(1, 6)
"""Numbers of fractions for which the rule book holds a limit of a first course, RT-CORD-1 to 5."""


class Scheme(Cited):
    """One scheme: dose, fractions, and for whom."""

    dose_gy: float
    fractions: int
    kind: Literal["conventional", "stereotactic"]


class Hint(Model):
    """Something to say where a condition holds."""

    when: str
    title: Text
    source: Source
    because: Text | None = None


@cache
def schemes() -> tuple[Scheme, ...]:
    """Return the schemes, in the order of the book."""
    return part("fractionation", "schemes", tuple[Scheme, ...])


@dataclass(frozen=True)
class Fitted:
    """One scheme for one patient.

    Attributes
    ----------
    truth : whether it suits; None waits for `missing`.
    bed_gy, eqd2_gy : at the tumour.
    cord_limit_gy : highest point dose to the cord in so many fractions; None where no published limit is held here.
    """

    scheme: Scheme
    truth: bool | None
    missing: tuple[str, ...]
    bed_gy: float
    eqd2_gy: float
    cord_limit_gy: float | None

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        row = self.scheme
        limit = None if self.cord_limit_gy is None else round(self.cord_limit_gy, 2)
        return rule_json(row, lang) | {
            "dose_gy": row.dose_gy, "fractions": row.fractions, "kind": row.kind, "suits": self.truth,
            "missing": [fact_json(name, lang) for name in self.missing], "bed_gy": round(self.bed_gy, 2),
            "eqd2_gy": round(self.eqd2_gy, 2), "cord_limit_gy": limit,
        }  # fmt: skip


def fitted(case: PatientCase) -> tuple[Fitted, ...]:
    """Return the schemes that suit or may; those that suit first."""
    rows, ratio = [], float(book("fractionation")["tumour_alpha_beta_gy"])
    for scheme in schemes():
        truth = scheme.condition.truth(case.facts)
        if truth is False:
            continue
        course = {"dose_gy": scheme.dose_gy, "fractions": scheme.fractions, "alpha_beta": ratio}
        bed, eqd2 = score("bed", **course).value, score("eqd2", **course).value
        assert bed is not None and eqd2 is not None  # noqa: S101, PT018 - every item is given
        limit = cord_limit(case, scheme.fractions) if scheme.kind == "stereotactic" else None
        rows.append(Fitted(scheme, truth, tuple(sorted(scheme.condition.missing(case.facts))), bed, eqd2, limit))
    return tuple(sorted(rows, key=lambda row: row.truth is not True))


def cord_limit(case: PatientCase, fractions: int) -> float | None:
    """Return the highest point dose to cord or sac in so many fractions, an earlier course counted; Gy.

    None where there is no published limit for the number of fractions, or an earlier course is known to have been and
    its dose is not.
    """
    earlier = case.patient.prior_radiation
    if earlier is None:
        fresh = case.facts.get("irradiated_before") is False
        return _at_most(f"RT-CORD-{fractions}") if fresh and fractions in CORD_FRACTIONS else None
    first = equivalent_dose(earlier.cord_dmax_gy, earlier.fractions, CORD_ALPHA_BETA_GY)
    limits = {key: _at_most(rule) for key, rule in REIRRADIATION.items() if key != "interval_months"}
    by_share = first * limits["ratio"] / (1.0 - limits["ratio"])
    left = min(limits["sbrt_eqd2_gy"], limits["cumulative_eqd2_gy"] - first, by_share)
    return physical_dose(max(0.0, left), fractions)


def _at_most(rule: str) -> float:
    """The rule book's own upper limit: it has its home there."""
    return span(load_protocol("radiotherapy").rule(rule).limit, "T1")[1]


def physical_dose(eqd2_gy: float, fractions: int) -> float:
    """Return the total dose whose equivalent in 2 Gy fractions is this, at the cord's α/β.

    >>> round(equivalent_dose(physical_dose(25.0, 3), 3, CORD_ALPHA_BETA_GY), 9)
    25.0
    """
    ratio = CORD_ALPHA_BETA_GY
    return 0.5 * fractions * ratio * (math.sqrt(1.0 + 4.0 * eqd2_gy * (2.0 + ratio) / (fractions * ratio**2)) - 1.0)


def planned_course(case: PatientCase) -> dict[str, Any] | None:
    """Judge the course that is planned at the cord: HyTEC for a first one, its four conditions for a second."""
    course, earlier = case.advice.radiotherapy, case.patient.prior_radiation
    if course is None or course.cord_dmax_gy is None or course.fractions is None:
        return None
    if earlier is None:
        if case.facts.get("irradiated_before") is not False:
            return {"score": "hytec_cord", "outcome": "missing", "missing": ["irradiated_before"]}
        if course.fractions not in CORD_FRACTIONS:
            return {"score": "hytec_cord", "outcome": "outside", "why": "limits are held for 1 to 5 fractions"}
        found = score("hytec_cord", cord_dmax_gy=course.cord_dmax_gy, fractions=course.fractions)
    else:
        given = {"first_dmax_gy": earlier.cord_dmax_gy, "first_fractions": earlier.fractions}
        given |= {"sbrt_dmax_gy": course.cord_dmax_gy, "sbrt_fractions": course.fractions}
        found = score("hytec_reirradiation", **given, interval_months=earlier.interval_months)
    return {"score": found.book.score, "outcome": found.outcome, "class": found.class_name, "value": found.value} | {
        "parts": found.parts, "missing": list(found.missing), "notes": list(found.notes)}  # fmt: skip


def hints(case: PatientCase, lang: Lang) -> list[dict[str, Any]]:
    """Return what is to be said beside the schemes: more dose, cement first, guidance by MR."""
    raw = book("fractionation")
    told: list[dict[str, Any]] = []
    for key in ("more_dose", "cement_before"):
        hint = validated(Hint, raw[key], path=f"advise/fractionation.yaml.{key}")
        truth = compiled(hint.when).truth(case.facts)
        if truth is not False:
            because = "" if hint.because is None else said(hint.because, lang)
            missing = [fact_json(n, lang) for n in sorted(compiled(hint.when).missing(case.facts))]
            told.append({"title": said(hint.title, lang), "because": because, "holds": truth, "missing": missing,
                         "source": {"ref": hint.source.ref, "flag": hint.source.flag}})  # fmt: skip
    site = case.advice.site
    if site is None or site.mr_guided_radiotherapy is not False:
        text = validated(Text, raw["mr_guided"], path="advise/fractionation.yaml.mr_guided")
        truth = None if site is None else site.mr_guided_radiotherapy
        told.append(
            {
                "title": said(text, lang),
                "because": "",
                "holds": truth,
                "missing": [],
                "source": {"ref": "d2", "flag": "V"},
            }
        )
    return told
