"""Rules and weights made ready, and one patient through them: truth of each rule, state and score of each technique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from operator import mul
from typing import Literal

from planner.advise.books import Indication, criteria, indications, techniques
from planner.advise.logic import Facts, Truth

State = Literal["recommended", "missing", "not_indicated", "elsewhere", "contraindicated"]
STATES: tuple[State, ...] = ("recommended", "missing", "not_indicated", "elsewhere", "contraindicated")
"""Best first; inside a state the score decides."""
RANK: dict[State, int] = {state: rank for rank, state in enumerate(STATES)}
SETTLED = 1e-9
"""Scores nearer than this are equal: round-off of sums of decimals."""
Span = tuple[float, float]


@dataclass(frozen=True)
class Compiled:
    """The books as arrays: for each technique the rules of each effect, and what each criterion gives."""

    rules: tuple[Indication, ...]
    names: tuple[str, ...]
    indicating: tuple[tuple[int, ...], ...]
    forbidding: tuple[tuple[int, ...], ...]
    counting: tuple[tuple[tuple[int, float], ...], ...]
    boarding: tuple[tuple[int, ...], ...]
    gives: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    uses: dict[str, tuple[int, ...]]

    touches: tuple[tuple[int, ...], ...]

    @cached_property
    def total_weight(self) -> float:
        """Sum of the weights, over which scores are taken."""
        return sum(self.weights)

    @cached_property
    def shares(self) -> tuple[tuple[float, ...], ...]:
        """What each technique gets of the score for each criterion that is wholly needed."""
        return tuple(
            tuple(w * g / self.total_weight for w, g in zip(self.weights, row, strict=True)) for row in self.gives
        )


@cache
def compiled_books() -> Compiled:
    """Return the shipped books, made ready once."""
    rules, known, sums = indications(), techniques(), criteria()
    about = {
        name: [i for i, rule in enumerate(rules) if name in rule.for_ or set(rule.for_) & set(row.tags)]
        for name, row in known.items()
    }

    def of(effect: str) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(i for i in found if rules[i].effect == effect) for found in about.values())

    signed = tuple(
        tuple(
            (i, (rules[i].points or 0.0) * (1 if rules[i].effect == "adds" else -1))
            for i in found
            if rules[i].effect in {"adds", "costs"}
        )
        for found in about.values()
    )
    boards = tuple(tuple(i for i in found if rules[i].board or rules[i].effect == "board") for found in about.values())
    uses: dict[str, list[int]] = {}
    for i, rule in enumerate(rules):
        for fact in rule.condition.facts:
            uses.setdefault(fact, []).append(i)
    return Compiled(
        rules,
        tuple(known),
        of("indicates"),
        of("forbids"),
        signed,
        boards,
        tuple(tuple(row.gives[name] for row in sums.values()) for name in known),
        tuple(row.weight for row in sums.values()),
        {fact: tuple(found) for fact, found in uses.items()},
        tuple(tuple(t for t, name in enumerate(known) if i in about[name]) for i in range(len(rules))),
    )


@dataclass(frozen=True)
class Standing:
    """All techniques for one patient.

    Attributes
    ----------
    truths : of each rule, in the order of the book.
    needs : how much each criterion is needed, lowest and highest.
    states, scores : of each technique; a score's two ends are what the missing facts leave open.
    order : techniques, best first: by state, then by the lower end of the score.
    """

    truths: tuple[Truth, ...]
    needs: tuple[Span, ...]
    states: tuple[State, ...]
    scores: tuple[Span, ...]
    order: tuple[int, ...]


def evaluate(facts: Facts, available: frozenset[str] | None = None) -> Standing:
    """Stand every technique against one patient.

    Parameters
    ----------
    available : what the department has; None where it does not say.
    """
    books = compiled_books()
    truths = tuple(rule.condition.truth(facts) for rule in books.rules)
    return standing(truths, needs_of(facts), available)


def needs_of(facts: Facts) -> tuple[Span, ...]:
    """Return how much each criterion is needed: straight lines between points, an interval where the fact is one."""
    return tuple(_need(facts, row.need.fact, row.need.points) for row in criteria().values())


def _need(facts: Facts, fact: str, points: Sequence[tuple[float, float]]) -> Span:
    value = facts.get(fact)
    if value is None:
        ends = [y for _, y in points]
        return min(ends), max(ends)
    low, high = value  # type: ignore[misc,str-unpack]
    inside = [y for x, y in points if low < x < high]  # type: ignore[operator]
    met = [_line(low, points), _line(high, points), *inside]  # type: ignore[arg-type]
    return min(met), max(met)


def _line(x: float, points: Sequence[tuple[float, float]]) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def standing(truths: tuple[Truth, ...], needs: tuple[Span, ...], available: frozenset[str] | None) -> Standing:
    """Fold truths and needs into states, scores and an order."""
    books = compiled_books()
    states = tuple(_state(books, t, truths, available) for t in range(len(books.names)))
    scores = tuple(_score(books, t, truths, needs) for t in range(len(books.names)))
    order = tuple(sorted(range(len(books.names)), key=lambda t: (RANK[states[t]], -scores[t][0], t)))
    return Standing(truths, needs, states, scores, order)


def leader_with(
    found: Standing, changed: dict[int, Truth], needs: tuple[Span, ...], available: frozenset[str] | None
) -> str | None:
    """Return what would lead with some truths and needs changed; only what they touch is computed anew."""
    books = compiled_books()
    truths = [*found.truths]
    for i, truth in changed.items():
        truths[i] = truth
    touched = {t for i, truth in changed.items() if truth is not found.truths[i] for t in books.touches[i]}
    states, lows, floor = list(found.states), [low for low, _ in found.scores], tuple(low for low, _ in needs)
    for t in touched:
        states[t] = _state(books, t, truths, available)
    for t in touched if needs == found.needs else range(len(books.names)):
        lows[t] = _least(books, t, truths, floor)
    best = min(RANK[state] for state in states)
    if best > RANK["missing"]:
        return None
    top = max((t for t in range(len(states)) if RANK[states[t]] == best), key=lambda t: (lows[t], -t))
    return books.names[top]


def _least(books: Compiled, t: int, truths: Sequence[Truth], floor: Sequence[float]) -> float:
    """Lower end of a score: what is missing counts at its worst."""
    low: float = sum(map(mul, books.shares[t], floor))
    for i, points in books.counting[t]:
        truth = truths[i]
        if truth or (truth is None and points < 0):
            low += points
    return low


def _score(books: Compiled, t: int, truths: Sequence[Truth], needs: tuple[Span, ...]) -> Span:
    high = sum(share * top for share, (_, top) in zip(books.shares[t], needs, strict=True))
    high += sum(p for i, p in books.counting[t] if truths[i] or (truths[i] is None and p > 0))
    return _least(books, t, truths, [low for low, _ in needs]), high


def _state(books: Compiled, t: int, truths: Sequence[Truth], available: frozenset[str] | None) -> State:
    forbids = [truths[i] for i in books.forbidding[t]]
    if True in forbids:
        return "contraindicated"
    indicates = [truths[i] for i in books.indicating[t]]
    if True not in indicates and None not in indicates:
        return "not_indicated"
    if available is not None and not _available(books.names[t], available):
        return "elsewhere"
    return "recommended" if True in indicates and None not in forbids else "missing"


def _available(name: str, available: frozenset[str]) -> bool:
    parts = techniques()[name].parts or (name,)
    return name in {"none"} or all(part in available for part in parts)


def lead(found: Standing, one: int, other: int) -> float:
    """Return by how much `one` scores above `other` at least, whatever the missing facts are.

    A need counts for both alike, so its two ends are taken together and not one for each.
    """
    books = compiled_books()
    least = 0.0
    for weight, a, b, (low, high) in zip(books.weights, books.gives[one], books.gives[other], found.needs, strict=True):
        difference = weight * (a - b) / books.total_weight
        least += difference * (low if difference > 0 else high)
    points: dict[int, float] = dict(books.counting[one])
    for i, p in books.counting[other]:
        points[i] = points.get(i, 0.0) - p
    for i, p in points.items():
        truth = found.truths[i]
        if truth is True or (truth is None and p < 0):
            least += p
    return least
