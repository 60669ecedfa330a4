"""`planner score`: a published score with its breakdown, and what it asks for."""

from __future__ import annotations

import textwrap

from planner.check.scores import ScoreResult
from planner.check.scores import score as evaluated
from planner.cli.console import say
from planner.core.errors import InputError, Problems
from planner.core.files import stable_json
from planner.core.sourced import references
from planner.protocol.language import Lang
from planner.protocol.scores.load import load_score, score_names
from planner.protocol.scores.models import Band, Item

WIDTH = 100


def run_score(name: str, answers: list[str], *, as_json: bool, lang: Lang) -> None:
    """Evaluate a score from `key=value` texts and print it.

    Raises
    ------
    InputError
        With every text that is no `key=value`, and what the score itself refuses.
    """
    problems, given = Problems(), {}
    for text in answers:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            problems.add(
                "KEY=VALUE", text, "an item and its answer, as pain=mechanical", f"see `planner score {name} --help`"
            )
        elif key in given:
            problems.add(f"$.{key}", value, "each item once", "remove one of them")
        else:
            given[key.strip()] = value.strip()
    try:
        result = evaluated(name, **given)
    except InputError as error:
        problems.extend(error.problems)
    problems.raise_if_any()
    if as_json:
        say(stable_json(result.as_json(lang)).rstrip())
    else:
        say("\n".join(_lines(result, lang)))


def _lines(result: ScoreResult, lang: Lang) -> list[str]:
    book = result.book
    lines = [f"{getattr(book.title, lang)} ({book.version})"]
    for key, item in result.items.items():
        told = book.items[key].values[str(item.given)].title if book.items[key].kind == "choice" else None
        answer = item.given if told is None else getattr(told, lang)
        answer = {True: "yes", False: "no"}.get(answer, answer) if isinstance(answer, bool) else answer
        points = "" if item.points is None else f"{item.points:g}"
        lines.append(f"  {points:>4}  {getattr(book.items[key].title, lang)}: {answer}")
    lines += [f"        {key}: {value:.4g}" for key, value in result.parts.items()]
    if result.outcome == "not_evaluated":
        lines.append(f"  NOT EVALUATED, missing: {', '.join(result.missing)}")
    else:
        number = "" if result.value is None else f"{result.value:.{book.decimals}f}"
        unit = (
            ""
            if book.unit in {"points", "grade", "class", "index", "ratio"}
            else f" {book.unit}".replace(" percent", " %")
        )
        lines.append(f"  = {' · '.join(filter(None, (number + unit * bool(number), result.class_title(lang))))}")
        if advice := result.advice(lang):
            lines.append(f"  {advice}")
    source = book.source
    read = "read in the source" if source.verified else f"not verified (flag {source.flag})"
    notes = (*result.notes, *(getattr(note, lang) for note in book.notes))
    return [*lines, *(f"  note: {n}" for n in notes), f"  {references()[source.ref].citation} ({source.grade}, {read})"]


def help_text(name: str | None, lang: Lang) -> str:
    """Return what a score asks for, or the list of scores."""
    if name is None:
        lines = ["Usage: planner score NAME KEY=VALUE… [--json] [--lang en|zh]", "", "Scores:"]
        lines += [f"  {n:22} {getattr(load_score(n).title, lang)}" for n in score_names()]
        return "\n".join([*lines, "", "`planner score NAME --help` lists what a score asks for."])
    if name not in score_names():
        load_score(name)  # tells the nearest name
    book = load_score(name)
    lines = [f"Usage: planner score {name} KEY=VALUE… [--json] [--lang en|zh]", ""]
    lines += textwrap.wrap(f"{getattr(book.title, lang)}. {getattr(book.about, lang)}", WIDTH)
    for key, item in book.items.items():
        lines += [
            "",
            f"  {key}{' (optional)' if item.optional else ''}: {getattr(item.title, lang)}",
            *_answers(item, lang),
        ]
    if book.classes:
        lines += ["", "  classes", *(f"    {_upto(band):12} {getattr(band.title, lang)}" for band in book.classes)]
    return "\n".join(lines)


def _answers(item: Item, lang: Lang) -> list[str]:
    if item.kind == "choice":
        return [
            f"    {key:20} {'' if c.points is None else format(c.points, 'g'):>2}  {getattr(c.title, lang)}"
            for key, c in item.values.items()
        ]
    if item.kind == "flag":
        return [f"    yes or no{'' if item.points is None else f', yes brings {item.points:g}'}"]
    if item.kind == "file":
        return ["    the path of a file"]
    if item.kind == "digits":
        return [f"    {len(item.digits or '')} digits"]
    ranged = f"    a number from {item.low:g} to {item.high:g}{f' {item.unit}' if item.unit else ''}"
    return [ranged, *(f"    {_upto(band):12} {band.points:g}" for band in item.bands if band.points is not None)]


def _upto(band: Band) -> str:
    if band.at_most is not None:
        return f"≤ {band.at_most:g}"
    return "above" if band.below is None else f"< {band.below:g}"
