"""The verb `pathway`: what comes before, with and after the technique that leads, by days or by dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from planner.advise.books import Cited, compiled, part, said, techniques
from planner.advise.checks import Asked, Checked, bone_protection, imaging
from planner.advise.fractions import Fitted, fitted, hints, planned_course
from planner.advise.indicate import Indication, fact_json, indicate, rule_json
from planner.advise.patient_file import PatientCase
from planner.advise.risk import Risk, risks
from planner.core.errors import InputError, Problem
from planner.core.model import Model
from planner.core.sourced import Source
from planner.core.units import fault
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text

Anchor = Literal["procedure", "radiotherapy"]
ASKED = {
    "vas": ("pain (VAS)", "疼痛（VAS）"), "odi": ("disability (ODI)", "功能障碍（ODI）"), "eq5d": ("EQ-5D", "EQ-5D"),
    "ecog": ("ECOG", "ECOG"), "neurology": ("neurology", "神经检查"),
}  # fmt: skip
"""What is asked at a visit, in English and Chinese."""
DAYS_OF_WEEK, DAYS_OF_MONTH = 7, 365.25 / 12


class Event(Cited):
    """One thing to be done: days after its anchor, who does it, for which techniques and when."""

    when: str = ""
    anchor: Anchor
    days: tuple[int, int]
    who: tuple[str, ...]
    for_: tuple[str, ...] = ()
    starts: Anchor | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_for(cls, data: Any) -> Any:
        return {("for_" if k == "for" else k): v for k, v in data.items()} if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = {*techniques(), *(tag for t in techniques().values() for tag in t.tags)}
        if odd := sorted(set(self.for_) - known) + sorted(set(self.who) - set(disciplines())):
            raise fault("", odd, "techniques, tags and disciplines that exist", "correct the names")
        if self.days[0] > self.days[1]:
            raise fault("days", list(self.days), "earliest before latest", "swap the two")
        return self


class Visit(Model):
    """A visit, days after the procedure, and what is asked there."""

    days: int
    asks: tuple[Literal["vas", "odi", "eq5d", "ecog", "neurology"], ...]


class Picture(Model):
    """An image of follow-up, days after the procedure."""

    days: int
    what: Text


class FollowUpBook(Model):
    """When a patient is seen again, where the plan does not say."""

    visits: tuple[Visit, ...]
    imaging: tuple[Picture, ...]
    source: Source


@cache
def disciplines() -> dict[str, Text]:
    """Return who takes part."""
    return part("pathway", "disciplines", dict[str, Text])


@cache
def events() -> tuple[Event, ...]:
    """Return everything that may have to be done."""
    return part("pathway", "events", tuple[Event, ...])


@cache
def follow_up_book() -> FollowUpBook:
    """Return visits and images of follow-up."""
    return part("pathway", "follow_up", FollowUpBook)


@dataclass(frozen=True)
class Due:
    """One event in its place.

    Attributes
    ----------
    days : earliest and latest, counted from the procedure.
    holds : whether it is asked for; None waits for `missing`.
    rule : the cited event behind it; None for follow-up, which has one source for all.
    """

    id: str
    days: tuple[int, int]
    title: Text
    who: tuple[str, ...]
    phase: Literal["before", "procedure", "after", "follow_up"]
    holds: bool | None = True
    missing: tuple[str, ...] = ()
    rule: Event | None = None

    def dates(self, start: date | None) -> tuple[date, date] | None:
        """Return earliest and latest date; None where nothing is dated."""
        return None if start is None else (start + timedelta(self.days[0]), start + timedelta(self.days[1]))

    def as_json(self, start: date | None, lang: Lang) -> dict[str, Any]:
        """Return it for machines and pages."""
        dates = self.dates(start)
        told: dict[str, Any] = {
            "id": self.id, "title": said(self.title, lang), "phase": self.phase, "days": list(self.days),
            "dates": None if dates is None else [d.isoformat() for d in dates],
            "who": [said(disciplines()[name], lang) for name in self.who], "holds": self.holds,
            "missing": [fact_json(name, lang) for name in self.missing],
        }  # fmt: skip
        told["rule"] = None if self.rule is None else rule_json(self.rule, lang)
        return told


@dataclass(frozen=True, eq=False)
class Pathway:
    """The sequence for a patient, with what belongs to it: doses, risks, bone protection, images."""

    indication: Indication
    technique: str | None
    start: date | None
    timeline: tuple[Due, ...]
    schemes: tuple[Fitted, ...]
    bone: tuple[Checked, ...]
    images: tuple[Asked, ...]
    risks: tuple[Risk, ...]

    @property
    def case(self) -> PatientCase:
        """Whose pathway it is."""
        return self.indication.case

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        return {
            "technique": self.technique,
            "title": None if self.technique is None else said(techniques()[self.technique].title, lang),
            "answer": self.indication.answer,
            "decisive": [fact_json(name, lang) for name in self.indication.decisive],
            "start": None if self.start is None else self.start.isoformat(),
            "timeline": [due.as_json(self.start, lang) for due in self.timeline],
            "schemes": [row.as_json(lang) for row in self.schemes],
            "hints": hints(self.case, lang),
            "planned_course": planned_course(self.case),
            "bone_protection": [row.as_json(lang) for row in self.bone],
            "imaging": [row.as_json(lang) for row in self.images],
            "risks": [row.as_json(lang) for row in self.risks],
            "patient_sha256": self.case.sha256,
        }


def pathway(
    source: str | Path | Mapping[str, Any] | PatientCase | Indication, *, start: date | None = None,
    technique: str | None = None,
) -> Pathway:  # fmt: skip
    """Lay out the sequence of what indication chose, or of a technique named.

    Parameters
    ----------
    start : day of the procedure; the file's own `advice.start` where it is not given. Without either: days only.

    Raises
    ------
    InputError
        With every problem of the patient file, or a technique that does not exist.
    """
    found = source if isinstance(source, Indication) else indicate(source)
    if technique is not None and technique not in techniques():
        known = ", ".join(techniques())
        raise InputError([Problem("--technique", technique, f"a technique: {known}", "name one of them")])
    chosen, facts = technique or found.first, found.case.facts
    rows = [] if chosen is None else [*_sequence(chosen, found.case), *_follow_up(found.case)]
    return Pathway(
        found,
        chosen,
        start or found.case.advice.start,
        tuple(sorted(rows, key=lambda due: (due.days, due.id))),
        fitted(found.case) if _irradiates(chosen, found.case) else (),
        bone_protection(facts),
        imaging(facts),
        risks(facts),
    )


def _irradiates(technique: str | None, case: PatientCase) -> bool:
    """Whether fraction schemes are worth telling: not to who declines them, nor where the tumour is no metastasis."""
    declined = case.facts.get("wish") == "no_radiation"
    return not declined and case.facts.get("tumour_kind") in {None, "metastasis", "myeloma"} and technique != "none"


def _sequence(technique: str, case: PatientCase) -> list[Due]:
    tags = {technique, *techniques()[technique].tags}
    mine = [e for e in events() if not e.for_ or tags & set(e.for_)]
    begins: dict[Anchor, tuple[int, int]] = {"procedure": (0, 0)}
    found = []
    for event in sorted(mine, key=lambda e: e.anchor != "procedure"):
        truth: bool | None = True
        missing: frozenset[str] = frozenset()
        if event.when:
            condition = compiled(event.when)
            truth, missing = condition.truth(case.facts), condition.missing(case.facts)
        if truth is False or event.anchor not in begins:
            continue
        low, high = begins[event.anchor]
        days = (low + event.days[0], high + event.days[1])
        if event.starts:
            begins[event.starts] = days
        phase: Literal["before", "procedure", "after"] = (
            "before" if days[1] < 0 or days[0] < 0 else "procedure" if days == (0, 0) else "after"
        )
        found.append(Due(event.id, days, event.title, event.who, phase, truth, tuple(sorted(missing)), event))
    return found


def _follow_up(case: PatientCase) -> list[Due]:
    """Visits and images: the plan's own where it states any, else the book's."""
    own, rows = case.follow_up, []
    book = follow_up_book()
    visits = [(round(weeks * DAYS_OF_WEEK), own.instruments) for weeks in own.weeks] if own and own.weeks else [
        (visit.days, visit.asks) for visit in book.visits
    ]  # fmt: skip
    for days, asks in visits:
        english, chinese = (", ".join(ASKED[a][i] for a in asks) for i in range(2))
        title = Text(en=f"Visit: {english}" if asks else "Visit", zh=f"复诊：{chinese}" if asks else "复诊")
        rows.append(Due(f"FUP-VISIT-{days}", (days, days), title, ("oncology", "pain"), "follow_up"))
    pictures = [
        (round(months * DAYS_OF_MONTH), Text(en="Imaging of the level", zh="该节段影像复查"))
        for months in own.imaging_months
    ] if own and own.imaging_months else [(p.days, p.what) for p in book.imaging]  # fmt: skip
    return rows + [Due(f"FUP-IMAGE-{d}", (d, d), what, ("imaging",), "follow_up") for d, what in pictures]
