"""Published risk models, evaluated as published: population, discrimination, and a refusal outside their range."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from planner.advise.books import compiled, part, said
from planner.advise.indicate import fact_json
from planner.advise.logic import Facts
from planner.core.model import Model
from planner.core.sourced import Source, references
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text


class Term(Model):
    """A ratio that counts where its condition holds; an interval where one was published."""

    when: str
    ratio: float
    title: Text
    interval: tuple[float, float] | None = None
    ref: str | None = None


class Class(Model):
    """A band of patients with its published rate, or none where the source gives a cut-off alone."""

    when: str
    title: Text
    rate: float | None = None


class RiskModel(Model):
    """One published model.

    Attributes
    ----------
    within : for whom it may be used; outside it refuses.
    """

    id: str
    kind: Literal["hazard", "classes", "base_times", "cutoff"]
    title: Text
    population: Text
    discrimination: Text
    within: str
    source: Source
    caveat: Text
    terms: tuple[Term, ...] = ()
    classes: tuple[Class, ...] = ()
    base: tuple[float, float] | None = None


@cache
def risk_models() -> tuple[RiskModel, ...]:
    """Return the models, in the order of the book."""
    return part("risk", "models", tuple[RiskModel, ...])


@dataclass(frozen=True)
class Risk:
    """A model on a patient.

    Attributes
    ----------
    outcome : `evaluated`, `missing` with the facts it waits for, or `outside` where it may not be used.
    ratio : product of the ratios that hold, with its widest interval; None where there is none.
    rate : published or base × ratio, lowest and highest.
    words : titles of the terms or of the class that hold.
    """

    model: RiskModel
    outcome: Literal["evaluated", "missing", "outside"]
    missing: tuple[str, ...] = ()
    ratio: tuple[float, float, float] | None = None
    rate: tuple[float, float] | None = None
    holds: tuple[Text, ...] = field(default=())

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        model = self.model
        return {
            "id": model.id,
            "title": said(model.title, lang),
            "outcome": self.outcome,
            "missing": [fact_json(name, lang) for name in self.missing],
            "ratio": None if self.ratio is None else [round(x, 4) for x in self.ratio],
            "rate": None if self.rate is None else [round(x, 6) for x in self.rate],
            "holds": [said(text, lang) for text in self.holds],
            "population": said(model.population, lang),
            "discrimination": said(model.discrimination, lang),
            "caveat": said(model.caveat, lang),
            "source": {
                "citation": references()[model.source.ref].citation, "grade": model.source.grade,
                "flag": model.source.flag,
            },
        }  # fmt: skip


def risks(facts: Facts) -> tuple[Risk, ...]:
    """Evaluate every model; one whose range the patient leaves refuses, one that lacks a fact names it."""
    return tuple(_risk(model, facts) for model in risk_models())


def _risk(model: RiskModel, facts: Facts) -> Risk:
    within = compiled(model.within)
    inside = within.truth(facts)
    if inside is False:
        return Risk(model, "outside")
    conditions = [compiled(when) for when in (*(t.when for t in model.terms), *(c.when for c in model.classes))]
    missing = within.missing(facts).union(*(c.missing(facts) for c in conditions))
    if inside is None or missing:
        return Risk(model, "missing", tuple(sorted(missing)))
    if model.classes:
        holding = [row for row in model.classes if compiled(row.when).truth(facts)]
        rates = [row.rate for row in holding if row.rate is not None]
        rate = (min(rates), max(rates)) if rates else None
        return Risk(model, "evaluated", rate=rate, holds=tuple(row.title for row in holding))
    terms = [row for row in model.terms if compiled(row.when).truth(facts)]
    middle = math.prod(row.ratio for row in terms)
    ends = [row.interval or (row.ratio, row.ratio) for row in terms]
    spread = (middle, math.prod(low for low, _ in ends), math.prod(high for _, high in ends))
    holds = tuple(row.title for row in terms)
    if model.base is None:
        return Risk(model, "evaluated", ratio=spread, holds=holds)
    low, high = model.base[0] * spread[1], min(1.0, model.base[1] * spread[2])
    return Risk(model, "evaluated", ratio=spread if terms else None, rate=(low, high), holds=holds)
