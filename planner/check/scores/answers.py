"""Reading answers: keys and values as people type them, every problem at once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from planner.check.scores.result import Answer, Answered
from planner.core.errors import Problems, shown
from planner.protocol.scores.models import Item, ScoreBook

_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_answers(book: ScoreBook, given: Mapping[str, Any], problems: Problems) -> dict[str, Answered]:
    """Return each given item as it was understood, in the score's order; what cannot be read is noted."""
    keys = {alias: key for key, item in book.items.items() for alias in (key, *item.aliases)}
    found: dict[str, Answered] = {}
    for raw_key, raw in given.items():
        key = keys.get(_plain(raw_key))
        if key is None:
            close = difflib.get_close_matches(_plain(raw_key), keys, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"see `planner score {book.score} --help`"
            problems.add(f"$.{raw_key}", raw_key, f"an item of {book.score}: {', '.join(book.items)}", hint)
        elif key in found:
            problems.add(f"$.{raw_key}", raw, f"`{key}` once", "it was given under two names; remove one")
        elif raw is not None:
            answer = _read(book.items[key], raw, f"$.{raw_key}", problems)
            if answer is not None:
                found[key] = answer
    return {key: found[key] for key in book.items if key in found}


def _plain(text: object) -> str:
    return str(text).strip().lower().replace("-", "_").replace(" ", "_")


def _read(item: Item, raw: Any, path: str, problems: Problems) -> Answered | None:
    if item.kind == "choice":
        return _choice(item, raw, path, problems)
    if item.kind == "flag":
        answer = raw if isinstance(raw, bool) else _YES.get(_plain(raw))
        if answer is None:
            problems.add(path, raw, "yes or no", "answer with one of them")
            return None
        return Answered(answer, None if item.points is None else item.points * answer)
    if item.kind == "file":
        return Answered(str(raw))
    if item.kind == "digits":
        return _digits(item, raw, path, problems)
    return _number(item, raw, path, problems)


def _choice(item: Item, raw: Any, path: str, problems: Problems) -> Answered | None:
    by_spelling = {_plain(text): key for key, choice in item.values.items() for text in (key, *choice.aliases)}
    text = _plain(int(raw)) if isinstance(raw, float) and raw.is_integer() else _plain(raw)
    key = None if isinstance(raw, bool) else by_spelling.get(text)
    if key is None:
        close = difflib.get_close_matches(text, by_spelling, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "choose one of these"
        problems.add(path, raw, ", ".join(item.values), hint)
        return None
    return Answered(key, item.values[key].points)


def _digits(item: Item, raw: Any, path: str, problems: Problems) -> Answered | None:
    text = str(raw).strip()
    places, allowed = len(item.digits or ""), f"1–{(item.digits or '5')[0]}"
    if isinstance(raw, bool) or len(text) != places or any(c not in "12345"[: int(allowed[-1])] for c in text):
        problems.add(path, raw, f"{places} digits, each {allowed}", "write the answers in the instrument's order")
        return None
    return Answered(text)


def _number(item: Item, raw: Any, path: str, problems: Problems) -> Answered | None:
    unit = f" {item.unit}" if item.unit else ""
    expected = f"a number from {item.low:g} to {item.high:g}{unit}"
    try:
        value = math.nan if isinstance(raw, bool) else float(raw)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        problems.add(path, shown(raw), expected, f"give the bare number{', in' + unit if unit else ''}")
        return None
    assert item.low is not None and item.high is not None  # noqa: PT018, S101 - the model requires both of a number
    if not item.low <= value <= item.high:
        problems.add(path, raw, expected, "correct the value or its unit")
        return None
    step = 1.0 if item.whole else item.multiple_of
    if step is not None and abs(value / step - round(value / step)) > 1e-9:
        problems.add(path, raw, "a whole number" if step == 1.0 else f"a multiple of {step:g}", "correct the value")
        return None
    answer: Answer = int(value) if item.whole else value
    return Answered(answer, next((band.points for band in item.bands if band.holds(value)), None))
