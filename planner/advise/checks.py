"""Checks beside the choice, bone protection and imaging: each asks for action, is in order, or waits for facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from planner.advise.books import Cited, compiled, part, said
from planner.advise.indicate import fact_json, rule_json
from planner.advise.logic import Facts
from planner.core.model import Model
from planner.core.sourced import Source
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text

Outcome = Literal["act", "missing", "in_order"]
Phase = Literal["before", "during", "after"]


class BoneCheck(Cited):
    """One check of a bone drug: for whom (`applies`), what asks for action (`when`), and the action."""

    phase: Phase
    applies: str
    action: Text
    limit_of: str | None = None


@cache
def bone_checks() -> tuple[BoneCheck, ...]:
    """Return the checks of bone protection, in the order of the book."""
    return part("bone_protection", "checks", tuple[BoneCheck, ...])


@dataclass(frozen=True)
class Checked:
    """One check on one patient; `missing` are the facts it waits for."""

    check: BoneCheck
    outcome: Outcome
    missing: tuple[str, ...]

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        told = rule_json(self.check, lang) | {"phase": self.check.phase, "action": said(self.check.action, lang)}
        return told | {"outcome": self.outcome, "missing": [fact_json(name, lang) for name in self.missing]}


def bone_protection(facts: Facts) -> tuple[Checked, ...]:
    """Return every check that applies, or may: what asks for action first, then what is missing."""
    found = []
    for check in bone_checks():
        applies, when = compiled(check.applies), check.condition
        truth = applies.truth(facts)
        if truth is False:
            continue
        acts = when.truth(facts)
        if acts is False:
            found.append(Checked(check, "in_order", ()))
        elif truth and acts:
            found.append(Checked(check, "act", ()))
        else:
            found.append(Checked(check, "missing", tuple(sorted(applies.missing(facts) | when.missing(facts)))))
    order = ("act", "missing", "in_order")
    return tuple(sorted(found, key=lambda row: order.index(row.outcome)))


class Modality(Model):
    """What an image shows and misses; `age` is the fact that tells how old the last one is."""

    title: Text
    shows: Text
    misses: Text
    age: str
    source: Source


class Question(Model):
    """A question that images answer: when it is asked, by which modality, and how old it may be.

    Attributes
    ----------
    any : one of the modalities is enough; else each is needed.
    """

    id: str
    asks: str
    use: tuple[str, ...]
    at_most_days: float
    title: Text
    source: Source
    any: bool = False
    limit_of: str | None = None


@cache
def modalities() -> dict[str, Modality]:
    """Return the kinds of image by name."""
    return part("imaging", "modalities", dict[str, Modality])


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions, in the order of the book."""
    return part("imaging", "questions", tuple[Question, ...])


@dataclass(frozen=True)
class Asked:
    """One question for one patient: `repeat` names what is too old, `missing` facts what nobody stated."""

    question: Question
    outcome: Outcome
    repeat: tuple[str, ...]
    missing: tuple[str, ...]

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        return {
            "id": self.question.id,
            "question": said(self.question.title, lang),
            "use": [said(modalities()[name].title, lang) for name in self.question.use],
            "any": self.question.any,
            "at_most_days": self.question.at_most_days,
            "outcome": self.outcome,
            "repeat": [said(modalities()[name].title, lang) for name in self.repeat],
            "missing": [fact_json(name, lang) for name in self.missing],
            "shows": {said(modalities()[n].title, lang): said(modalities()[n].shows, lang) for n in self.question.use},
            "misses": {
                said(modalities()[n].title, lang): said(modalities()[n].misses, lang) for n in self.question.use
            },
            "source": {"ref": self.question.source.ref, "flag": self.question.source.flag},
        }


def imaging(facts: Facts) -> tuple[Asked, ...]:
    """Return the questions that this patient poses and whether a recent image answers each."""
    found = [_asked(q, facts) for q in questions() if compiled(q.asks).truth(facts) is not False]
    order = ("act", "missing", "in_order")
    return tuple(sorted(found, key=lambda row: order.index(row.outcome)))


def _asked(question: Question, facts: Facts) -> Asked:
    unknown = compiled(question.asks).missing(facts)
    ages = {name: facts.get(modalities()[name].age) for name in question.use}
    fresh = {name: None if age is None else age[1] <= question.at_most_days for name, age in ages.items()}  # type: ignore[index,operator]
    answered = any(v is True for v in fresh.values()) if question.any else all(v is True for v in fresh.values())
    old = tuple(name for name, is_fresh in fresh.items() if is_fresh is False)
    unstated = {modalities()[name].age for name, is_fresh in fresh.items() if is_fresh is None}
    if answered:
        return Asked(question, "in_order", (), ())
    if unknown or (unstated and (question.any or not old)):
        return Asked(question, "missing", old, tuple(sorted(unknown | unstated)))
    return Asked(question, "act", old, tuple(sorted(unstated)))
