"""Vignettes of `protocols/advise/vignettes.yaml` through `indicate`."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from pydantic import Field

from planner.advise.books import book, indications, part, techniques
from planner.advise.indicate import Indication, indicate
from planner.core.model import Model
from planner.core.sourced import references
from planner.validate.models import Case, Row

ANSWERS = {"recommended": 0.0, "missing": 1.0, "board": 2.0}
"""Answers as points."""


class Vignette(Model):
    """One patient and what is expected.

    Attributes
    ----------
    change : place in the patient file → value, null takes it away.
    first, then, not_, forbidden : who leads, who follows, who is not indicated, who is contraindicated.
    because : rules that must speak for the leader.
    without, waits_for : the entry left out, and the fact that the answer must then wait for.
    """

    name: str
    why: str
    change: dict[str, Any] = Field(default_factory=dict)
    first: str | None = None
    then: str | None = None
    because: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    not_: tuple[str, ...] = Field(default=(), alias="not")
    without: str | None = None
    waits_for: str | None = None


@cache
def vignettes() -> tuple[Vignette, ...]:
    """Return the vignettes, in the order of the book."""
    return part("vignettes", "vignettes", tuple[Vignette, ...])


def patient_of(vignette: Vignette, *, complete: bool = False) -> dict[str, Any]:
    """Return the patient file of a vignette; `complete` with the entry that is else left out."""
    made = copy.deepcopy(book("vignettes")["base"])
    changes = dict(vignette.change)
    if vignette.without is not None and not complete:
        changes[vignette.without] = None
    for place, value in changes.items():
        *path, last = place.split(".")
        at = made
        for key in path:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = copy.deepcopy(value)
    return dict(made)


def _rows(vignette: Vignette) -> Iterable[Row]:
    found = indicate(patient_of(vignette))
    if vignette.without is not None:
        yield Row("answer_is_missing", "worked_example", ANSWERS["missing"], ANSWERS[found.answer], 0.0, vignette.why)
        named = float(vignette.waits_for in found.decisive)
        yield Row("names_the_missing_fact", "worked_example", 1.0, named, 0.0, f"waits for {vignette.waits_for}")
        return
    source = f"{vignette.why} {_sources(vignette)}"
    yield Row("answer", "worked_example", ANSWERS["recommended"], ANSWERS[found.answer], 0.0, source)
    yield Row("first", "worked_example", _place(vignette.first), _place(found.first), 0.0, source)
    yield Row("reasons", "worked_example", len(vignette.because), _held(vignette, found), 0.0, _sources(vignette))
    if vignette.then is not None:
        yield Row("second", "worked_example", _place(vignette.then), _place(found.ranked[1].name), 0.0, source)
    states = {row.name: row.state for row in found.ranked}
    for quantity, names, state in (
        ("contraindicated", vignette.forbidden, "contraindicated"),
        ("not_indicated", vignette.not_, "not_indicated"),
    ):
        if names:
            got = sum(states[name] == state for name in names)
            yield Row(quantity, "worked_example", len(names), got, 0.0, ", ".join(names))


def _place(name: str | None) -> float:
    """A technique as its place in the book."""
    return -1.0 if name is None else float(list(techniques()).index(name))


def _held(vignette: Vignette, found: Indication) -> float:
    first = next((row for row in found.ranked if row.name == vignette.first), None)
    return float(sum(rule in first.for_ for rule in vignette.because)) if first else 0.0


def _sources(vignette: Vignette) -> str:
    rules = {rule.id: rule for rule in indications()}
    cited = dict.fromkeys(references()[rules[name].source.ref].citation for name in vignette.because)
    return "; ".join(cited)


def cases() -> tuple[Case, ...]:
    """Return one case a vignette."""
    return tuple(Case(row.name, partial(_rows, row)) for row in vignettes())
