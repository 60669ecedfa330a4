"""The verb `score`: answers → value, class and breakdown."""

from __future__ import annotations

from typing import Any

from planner.check.scores.answers import read_answers
from planner.check.scores.formulas import FORMULAS, Computed, NeedsMore
from planner.check.scores.result import Answered, ScoreResult
from planner.core.errors import Problems
from planner.protocol.scores.load import load_score
from planner.protocol.scores.models import ScoreBook

ROUND_OFF = 1e-9
"""A value this close to a class's bound lies on it: sums of decimals are not exact in binary."""


def score(name: str, **given: Any) -> ScoreResult:
    """Evaluate a score.

    Parameters
    ----------
    name : as listed by `planner.protocol.scores.load.score_names`.
    given : item → answer, as text or number; None counts as not given.

    Raises
    ------
    InputError
        With every unknown item, unknown answer, number outside its range, and contradiction.

    Examples
    --------
    >>> score("sins", location="mobile", pain="none", lesion="blastic", alignment="normal", collapse="none",
    ...       posterolateral="none").value
    2.0
    """
    book, problems = load_score(name), Problems()
    items = read_answers(book, given, problems)
    problems.raise_if_any()
    missing = tuple(key for key, item in book.items.items() if not item.optional and key not in items)
    if missing:
        return ScoreResult(book, "not_evaluated", None, None, items, missing)
    if book.method == "formula":
        return _computed(book, items, problems)
    answered = next(iter(items.values()))
    if book.method == "choice":
        value = answered.points
        named = _class_of(book, value) if book.classes and value is not None else None
        return ScoreResult(book, "evaluated", value, named or str(answered.given), items, ())
    if book.method == "number":
        value = float(answered.given)
    else:
        total = sum(item.points or 0.0 for item in items.values())
        value = total if book.cap is None else min(total, book.cap)
    return ScoreResult(book, "evaluated", value, _class_of(book, value), items, ())


def _computed(book: ScoreBook, items: dict[str, Answered], problems: Problems) -> ScoreResult:
    answers = {key: item.given for key, item in items.items()}
    found: Computed | NeedsMore | None = FORMULAS[book.formula or ""](answers, problems)
    problems.raise_if_any()
    if isinstance(found, NeedsMore) or found is None:
        missing = found.items if isinstance(found, NeedsMore) else tuple(book.items)
        return ScoreResult(book, "not_evaluated", None, None, items, missing)
    named = found.class_name
    if named is None and book.classes and found.value is not None:
        named = _class_of(book, found.value)
    points = {key: Answered(item.given, found.points.get(key, item.points)) for key, item in items.items()}
    return ScoreResult(book, "evaluated", found.value, named, points, (), found.parts, found.notes)


def _class_of(book: ScoreBook, value: float) -> str | None:
    for band in book.classes:
        if band.at_most is not None and value <= band.at_most + ROUND_OFF:
            return band.name
        if band.below is not None and value < band.below - ROUND_OFF:
            return band.name
        if band.at_most is None and band.below is None:
            return band.name
    return None
