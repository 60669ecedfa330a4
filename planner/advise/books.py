"""The books of `protocols/advise` as models: facts, tumours, techniques, weights, rules; each read once."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from planner.advise.logic import Condition, FactRow, condition
from planner.core.errors import InputError, Problem
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.sourced import Flag, Source, references
from planner.core.units import fault
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text

B = TypeVar("B")
FactKind = Literal["number", "ordered", "choice", "yes_no"]


def said(text: Text, lang: Lang) -> str:
    """Return a text in a language."""
    return text.zh if lang == "zh" else text.en


class Fact(Model):
    """What can be known of a patient.

    Attributes
    ----------
    at : place in the patient file, as `patient.pain_vas`.
    values : of a choice; ordered ones from mild to severe.
    derived : follows from other entries, so it is not asked for by its own key.
    """

    kind: FactKind
    at: str
    title: Text
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    derived: bool = False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.kind in {"ordered", "choice"}) != bool(self.values):
            raise fault(
                "values", list(self.values), "values exactly where it is a choice", "correct `kind` or `values`"
            )
        if self.kind == "number" and (self.low is None or self.high is None or self.unit is None):
            raise fault("", self.at, "a number with unit, low and high", "state all three")
        return self


class Tumour(Model):
    """What a primary means for the choice; `tokuhashi` is its answer in that score."""

    kind: str
    title: Text
    source: Source
    aliases: tuple[str, ...] = ()
    radiosensitivity: Literal["sensitive", "intermediate", "resistant"]
    tokuhashi: str | None = None
    documents_resistant: bool = False
    haematologic: bool = False


class Technique(Model):
    """What can be advised; `steps` are the kinds of step a plan of it has, none where it is only named."""

    title: Text
    short: Text
    tags: tuple[str, ...]
    parts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


class Need(Model):
    """How much a patient needs a criterion: straight lines between points of a fact."""

    fact: str
    points: tuple[tuple[float, float], ...] = Field(min_length=2)


class Criterion(Model):
    """One criterion of the score: its weight, who needs it, and what each technique gives, 0 to 1."""

    weight: float = Field(ge=0, le=1)
    title: Text
    need: Need
    gives: dict[str, float]
    source: Source


class View(Model):
    """What one source says where sources disagree."""

    ref: str
    flag: Flag
    says: Text


class Also(Model):
    """What another source adds."""

    ref: str
    says: str
    flag: Flag


class Cited(Model):
    """What every rule has: an id, words in both languages, a condition and a source."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]+$")
    when: str
    title: Text
    because: Text
    source: Source
    also: tuple[Also, ...] = ()
    views: tuple[View, ...] = ()

    @model_validator(mode="after")
    def _known_sources(self) -> Self:
        named = [self.source.ref, *(a.ref for a in self.also), *(v.ref for v in self.views)]
        if unknown := [ref for ref in named if ref not in references()]:
            raise fault("source", unknown, "ids of protocols/references.yaml", "add the reference")
        try:
            if self.when:
                self.condition  # noqa: B018 - read at once, so that a malformed one is told at the door
        except ValueError as error:
            raise fault(
                "when", self.when, "a condition over facts of protocols/advise/facts.yaml", str(error)
            ) from None
        return self

    @cached_property
    def condition(self) -> Condition:
        """The condition, ready to be evaluated."""
        return compiled(self.when)

    def evidence(self) -> dict[str, Any]:
        """Return source, grade and whether it was read."""
        source = self.source
        return {
            "ref": source.ref,
            "citation": references()[source.ref].citation,
            "url": references()[source.ref].link,
            "grade": source.grade,
            "flag": source.flag,
            "verified": source.verified,
        }


class Indication(Cited):
    """One rule on the choice of technique."""

    origin: Literal["document", "guideline", "wish"]
    effect: Literal["indicates", "forbids", "costs", "adds", "board"]
    for_: tuple[str, ...] = Field(alias="for", min_length=1)
    points: float | None = Field(default=None, gt=0, le=1)
    board: bool = False
    limit_of: str | None = None

    @model_validator(mode="after")
    def _points_where_they_count(self) -> Self:
        if (self.effect in {"costs", "adds"}) != (self.points is not None):
            raise fault("points", self.points, "points exactly for `costs` and `adds`", "correct `effect` or `points`")
        known = {*techniques(), *(tag for t in techniques().values() for tag in t.tags)}
        if unknown := [name for name in self.for_ if name not in known]:
            raise fault("for", unknown, "techniques or tags of techniques.yaml", "correct the names")
        return self


class Contradiction(Model):
    """A combination that no patient can have."""

    when: str
    paths: tuple[str, str]
    expected: dict[str, str]
    way_out: str


def book(name: str) -> dict[str, Any]:
    """Return a file of `protocols/advise` as it stands."""
    return read_mapping(data_folder("protocols") / "advise" / f"{name}.yaml", place=f"advise/{name}.yaml")


def part(name: str, key: str, kind: type[B]) -> B:
    """Return one part of a book, validated."""
    return validated(kind, book(name).get(key), path=f"advise/{name}.yaml.{key}")


@cache
def facts_table() -> dict[str, Fact]:
    """Return every fact by its name."""
    return part("facts", "facts", dict[str, Fact])


@cache
def _rows() -> dict[str, FactRow]:
    return {name: FactRow(fact.kind, fact.values) for name, fact in facts_table().items()}


@cache
def compiled(text: str) -> Condition:
    """Return a condition over the table of facts."""
    return condition(text, _rows())


@cache
def tumours() -> dict[str, Tumour]:
    """Return every tumour by its name."""
    return part("tumours", "tumours", dict[str, Tumour])


@cache
def techniques() -> dict[str, Technique]:
    """Return every technique by its name, combinations with the tags of their parts."""
    raw = part("techniques", "techniques", dict[str, Technique])
    unknown = [f"{name}: {p}" for name, t in raw.items() for p in t.parts if p not in raw]
    if unknown:
        raise InputError(
            [Problem("advise/techniques.yaml", ", ".join(unknown), "parts that exist", "correct the names")]
        )
    # A part's own tag `alone` is what a combination is not.
    return {
        name: t.with_(tags=tuple(dict.fromkeys((*t.tags, *(g for p in t.parts for g in raw[p].tags if g != "alone")))))
        for name, t in raw.items()
    }


@cache
def criteria() -> dict[str, Criterion]:
    """Return every criterion by its name."""
    found = part("weights", "criteria", dict[str, Criterion])
    for name, criterion in found.items():
        if set(criterion.gives) != set(techniques()):
            odd = sorted(set(criterion.gives) ^ set(techniques()))
            where = f"advise/weights.yaml.criteria.{name}.gives"
            raise InputError([Problem(where, ", ".join(odd), "one value for each technique", "add or remove them")])
    return found


@cache
def indications() -> tuple[Indication, ...]:
    """Return the rules on the choice, in the order of the book."""
    return part("indications", "rules", tuple[Indication, ...])


@cache
def contradictions() -> tuple[Contradiction, ...]:
    """Return what cannot be."""
    return part("contradictions", "contradictions", tuple[Contradiction, ...])
