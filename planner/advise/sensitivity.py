"""How sure the first place is: how far each weight may move, and what each missing fact would change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from planner.advise.books import criteria, facts_table, indications
from planner.advise.engine import Standing, compiled_books, leader_with, needs_of
from planner.advise.logic import Facts, Value

PARALLEL = 1e-12
"""Two techniques that get as much from a criterion do not part, however it weighs."""


@dataclass(frozen=True)
class WeightRange:
    """A criterion's weight, the range in which the first stays first, and who leads beyond each end."""

    criterion: str
    weight: float
    low: float
    high: float
    below: str | None
    above: str | None

    def as_json(self) -> dict[str, Any]:
        """Return it for machines; an end that nothing bounds is null."""
        high = None if math.isinf(self.high) else round(self.high, 4)
        return {
            "criterion": self.criterion, "weight": self.weight, "low": round(self.low, 4), "high": high,
            "below": self.below, "above": self.above,
        }  # fmt: skip


@dataclass(frozen=True)
class MissingItem:
    """A missing fact and, for each stretch of answers, what would lead: `(answer in words, technique or None)`."""

    fact: str
    leads: tuple[tuple[str, str | None], ...]

    @property
    def decides(self) -> bool:
        """Whether the answer changes what leads."""
        return len({first for _, first in self.leads}) > 1

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {"fact": self.fact, "decides": self.decides, "leads": [list(pair) for pair in self.leads]}


def by_weight(found: Standing) -> tuple[WeightRange, ...]:
    """Return, for each criterion, the range of its weight in which the first of the recommended stays first.

    The normaliser stays that of the book, so every score is a straight line in each weight and the ends are exact.
    """
    books = compiled_books()
    rivals = [t for t in found.order if found.states[t] == "recommended"]
    if not rivals:
        return ()
    first, ranges = rivals[0], []
    for c, (name, weight) in enumerate(zip(criteria(), books.weights, strict=True)):
        low, high, below, above = 0.0, math.inf, None, None
        for t in rivals[1:]:
            slope = found.needs[c][0] * (books.gives[first][c] - books.gives[t][c]) / books.total_weight
            ahead = found.scores[first][0] - found.scores[t][0]
            if abs(slope) < PARALLEL:
                continue
            meets = weight - ahead / slope
            if slope > 0 and meets > low:
                low, below = meets, books.names[t]
            elif slope < 0 and meets < high:
                high, above = meets, books.names[t]
        ranges.append(WeightRange(name, weight, low, high, below, above))
    return tuple(ranges)


def by_missing(facts: Facts, found: Standing, available: frozenset[str] | None) -> tuple[MissingItem, ...]:
    """Return, for each fact that is asked for and not exactly known, what would lead for each answer."""
    books = compiled_books()
    open_facts = {f for i, t in enumerate(found.truths) if t is None for f in books.rules[i].condition.missing(facts)}
    open_facts |= {
        row.need.fact for row, need in zip(criteria().values(), found.needs, strict=True) if need[0] != need[1]
    }
    return tuple(_item(fact, facts, found, available) for fact in sorted(open_facts))


def _item(fact: str, facts: Facts, found: Standing, available: frozenset[str] | None) -> MissingItem:
    books, leads = compiled_books(), []
    asks = any(row.need.fact == fact for row in criteria().values())
    for words, value in answers_of(fact, facts.get(fact)):
        changed = {**facts, fact: value}
        truths = {i: books.rules[i].condition.truth(changed) for i in books.uses.get(fact, ())}
        leads.append((words, leader_with(found, truths, needs_of(changed) if asks else found.needs, available)))
    return MissingItem(fact, tuple(_joined(leads)))


def _joined(leads: list[tuple[str, str | None]]) -> Iterable[tuple[str, str | None]]:
    """Join neighbouring answers that lead to the same."""
    at = 0
    while at < len(leads):
        end = at
        while end + 1 < len(leads) and leads[end + 1][1] == leads[at][1]:
            end += 1
        words = leads[at][0] if end == at else f"{leads[at][0].split(' to ')[0]} to {leads[end][0].split(' to ')[-1]}"
        yield words, leads[at][1]
        at = end + 1


@cache
def _limits(fact: str) -> tuple[float, ...]:
    """Every number that a rule or a need compares the fact with."""
    rules = [x for rule in indications() for x in rule.condition.thresholds.get(fact, ())]
    needs = [x for row in criteria().values() if row.need.fact == fact for x, _ in row.need.points]
    return tuple(rules + needs)


def answers_of(fact: str, known: Value | None = None) -> list[tuple[str, Value]]:
    """Return every answer that makes a difference: choices, yes and no, or a number in each stretch between limits."""
    row = facts_table()[fact]
    if row.kind == "yes_no":
        return [("no", False), ("yes", True)]
    if row.kind != "number":
        return [(value, value) for value in row.values]
    assert row.low is not None and row.high is not None  # noqa: S101, PT018 - the model requires both
    low, high = known if isinstance(known, tuple) else (row.low, row.high)
    limits = sorted({x for x in _limits(fact) if low < x < high} | {low, high})
    answers: list[tuple[str, Value]] = [(f"{low:g}", (low, low))]
    for a, b in pairwise(limits):
        middle = (a + b) / 2.0
        answers += [(f"{a:g} to {b:g}", (middle, middle)), (f"{b:g}", (b, b))]
    return answers
