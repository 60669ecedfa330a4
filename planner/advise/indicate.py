"""The verb `indicate`: techniques ranked for one patient, with what speaks for, against, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from planner.advise.books import Cited, criteria, facts_table, indications, said, techniques
from planner.advise.engine import SETTLED, Standing, State, compiled_books, evaluate, lead
from planner.advise.patient_file import PatientCase, load_patient
from planner.advise.sensitivity import MissingItem, WeightRange, by_missing, by_weight
from planner.core.provenance import package_version
from planner.protocol.language import Lang

Answer = Literal["recommended", "missing", "board"]


@dataclass(frozen=True)
class Ranked:
    """One technique.

    Attributes
    ----------
    for_, against : rules that hold, by their id; contraindications first.
    missing : facts that its state or score waits for.
    parts : by criterion, what it brings to the score at the least.
    """

    name: str
    state: State
    score: tuple[float, float]
    for_: tuple[str, ...]
    against: tuple[str, ...]
    missing: tuple[str, ...]
    board: bool
    parts: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Indication:
    """What is advised for a patient.

    Attributes
    ----------
    answer : `recommended`, `missing` where a fact not given could change what comes first, `board` where nothing fits.
    first : the technique that leads; with `missing` the one that leads so far, None where none does.
    decisive : facts that the answer waits for, empty but for `missing`.
    """

    case: PatientCase
    standing: Standing
    answer: Answer
    first: str | None
    decisive: tuple[str, ...]

    @cached_property
    def ranked(self) -> tuple[Ranked, ...]:
        """Techniques, best first."""
        return tuple(_ranked(self.case, self.standing, t) for t in self.standing.order)

    @cached_property
    def by_weight(self) -> tuple[WeightRange, ...]:
        """How far each weight may move before another technique leads."""
        return by_weight(self.standing)

    @cached_property
    def by_missing(self) -> tuple[MissingItem, ...]:
        """What would lead for each answer to each missing fact."""
        return by_missing(self.case.facts, self.standing, available_of(self.case))

    @property
    def disagreements(self) -> tuple[Cited, ...]:
        """Rules that hold, or may, and on which sources disagree."""
        rules = compiled_books().rules
        return tuple(r for r, t in zip(rules, self.standing.truths, strict=True) if r.views and t is not False)

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        rules = {rule.id: rule for rule in indications()}
        used = dict.fromkeys(i for row in self.ranked for i in (*row.for_, *row.against))
        return {
            "planner": package_version(),
            "answer": self.answer,
            "first": self.first,
            "first_title": None if self.first is None else said(techniques()[self.first].title, lang),
            "decisive": [fact_json(name, lang) for name in self.decisive],
            "ranking": [_ranked_json(row, lang) for row in self.ranked],
            "rules": {i: rule_json(rules[i], lang) for i in used},
            "disagreements": [rule_json(rule, lang) for rule in self.disagreements],
            "weights": {
                name: {"weight": row.weight, "title": said(row.title, lang)} for name, row in criteria().items()
            },
            "sensitivity": {
                "weights": [row.as_json() for row in self.by_weight],
                "missing": [row.as_json() for row in self.by_missing],
            },
            "facts": {
                name: {"value": found.value, "origin": found.origin, "note": found.note}
                for name, found in self.case.known.items()
            },
            "patient_sha256": self.case.sha256,
        }


def indicate(source: str | Path | Mapping[str, Any] | PatientCase) -> Indication:
    """Rank the techniques for a patient.

    Raises
    ------
    InputError
        With every problem of the patient file.
    """
    case = source if isinstance(source, PatientCase) else load_patient(source)
    found = evaluate(case.facts, available_of(case))
    answer, first, decisive = _decided(case, found)
    return Indication(case, found, answer, first, decisive)


def available_of(case: PatientCase) -> frozenset[str] | None:
    """Return what the department has; None where it does not say."""
    return None if case.advice.site is None else frozenset(case.advice.site.techniques)


def _decided(case: PatientCase, found: Standing) -> tuple[Answer, str | None, tuple[str, ...]]:
    names = compiled_books().names
    leader = found.order[0] if found.states[found.order[0]] == "recommended" else None
    waiting: dict[str, None] = {}
    for t, state in enumerate(found.states):
        if state == "missing" and (leader is None or lead(found, leader, t) < -SETTLED):
            waiting.update(dict.fromkeys(_gates(case, found, t)))
        elif state == "recommended" and leader not in {None, t} and lead(found, leader or 0, t) < -SETTLED:
            waiting.update(dict.fromkeys(_weighs(case, found, leader or 0, t)))
    if waiting:
        top = found.order[0]
        so_far = names[top] if found.states[top] in {"recommended", "missing"} else None
        return "missing", so_far, tuple(waiting)
    if leader is None:
        return "board", None, ()
    return "recommended", names[leader], ()


def _gates(case: PatientCase, found: Standing, t: int) -> list[str]:
    """Facts that decide whether a technique is indicated and not forbidden."""
    books = compiled_books()
    open_rules = [i for i in books.forbidding[t] if found.truths[i] is None]
    if not any(found.truths[i] for i in books.indicating[t]):
        open_rules += [i for i in books.indicating[t] if found.truths[i] is None]
    return sorted({fact for i in open_rules for fact in books.rules[i].condition.missing(case.facts)})


def _weighs(case: PatientCase, found: Standing, one: int, other: int) -> list[str]:
    """Facts whose answer can turn the order of two techniques: needs they differ in, points only one of them has."""
    books = compiled_books()
    facts = {
        row.need.fact
        for row, need, a, b in zip(criteria().values(), found.needs, books.gives[one], books.gives[other], strict=True)
        if need[0] != need[1] and a != b
    }
    mine, theirs = dict(books.counting[one]), dict(books.counting[other])
    for i in {i for i in (*mine, *theirs) if mine.get(i) != theirs.get(i) and found.truths[i] is None}:
        facts |= books.rules[i].condition.missing(case.facts)
    return sorted(facts)


def _ranked(case: PatientCase, found: Standing, t: int) -> Ranked:
    books = compiled_books()

    def holding(kept: tuple[int, ...]) -> list[str]:
        return [books.rules[i].id for i in kept if found.truths[i]]

    adds = tuple(i for i, points in books.counting[t] if points > 0)
    costs = tuple(i for i, points in books.counting[t] if points < 0)
    open_facts = set(_gates(case, found, t)) if found.states[t] == "missing" else set()
    if found.states[t] in {"recommended", "missing"}:
        for i in (*adds, *costs):
            open_facts |= books.rules[i].condition.missing(case.facts)
        open_facts |= {
            row.need.fact
            for row, need, gives in zip(criteria().values(), found.needs, books.gives[t], strict=True)
            if need[0] != need[1] and gives
        }
    parts = {
        name: weight * gives * need[0] / books.total_weight
        for name, weight, gives, need in zip(criteria(), books.weights, books.gives[t], found.needs, strict=True)
    }
    return Ranked(
        books.names[t],
        found.states[t],
        found.scores[t],
        (*holding(books.indicating[t]), *holding(adds)),
        (*holding(books.forbidding[t]), *holding(costs)),
        tuple(sorted(open_facts)),
        any(found.truths[i] for i in books.boarding[t]),
        parts,
    )


def fact_json(name: str, lang: Lang) -> dict[str, str]:
    """Return a fact as what is missing is told: name, words, and where to state it."""
    row = facts_table()[name]
    return {"fact": name, "title": said(row.title, lang), "at": row.at}


def rule_json(rule: Cited, lang: Lang) -> dict[str, Any]:
    """Return a rule in words with its evidence."""
    told = {
        "id": rule.id,
        "title": said(rule.title, lang),
        "because": said(rule.because, lang),
        "when": rule.when,
        "source": rule.evidence(),
        "also": [a.model_dump() for a in rule.also],
        "views": [{"ref": v.ref, "says": said(v.says, lang), "flag": v.flag} for v in rule.views],
    }
    return told | {key: getattr(rule, key) for key in ("origin", "effect", "points") if hasattr(rule, key)}


def _ranked_json(row: Ranked, lang: Lang) -> dict[str, Any]:
    technique = techniques()[row.name]
    return {
        "technique": row.name,
        "title": said(technique.title, lang),
        "short": said(technique.short, lang),
        "state": row.state,
        "score": [round(end, 6) for end in row.score],
        "for": list(row.for_),
        "against": list(row.against),
        "missing": [fact_json(name, lang) for name in row.missing],
        "board": row.board,
        "planned_here": bool(technique.steps) or row.name == "none",
        "parts": {name: round(part, 6) for name, part in row.parts.items()},
    }
