"""`planner score`: a published score with its breakdown, and what it asks for."""

from __future__ import annotations

import textwrap
from functools import partial

from planner.check.scores import ScoreResult
from planner.check.scores import score as evaluated
from planner.cli.console import say
from planner.core.errors import InputError, Problems
from planner.core.files import stable_json
from planner.core.sourced import references
from planner.protocol.language import Lang, page_word
from planner.protocol.scores.load import load_score, score_names
from planner.protocol.scores.models import Band, Item
from planner.report.findings import evidence_words

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
    book, t = result.book, partial(page_word, lang)
    lines = [f"{getattr(book.title, lang)} ({book.version})"]
    for key, item in result.items.items():
        title = book.items[key].values[str(item.given)].title if book.items[key].kind == "choice" else None
        answer = item.given if title is None else getattr(title, lang)
        answer = t("yes" if answer else "no") if isinstance(answer, bool) else answer
        points = "" if item.points is None else f"{item.points:g}"
        lines.append(f"  {points:>4}  {getattr(book.items[key].title, lang)}: {answer}")
    lines += [f"        {key}: {value:.4g}" for key, value in result.parts.items()]
    if result.outcome == "not_evaluated":
        lines.append(f"  {t('Not evaluated').upper()}, {t('missing')}: {', '.join(result.missing)}")
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
    cited = f"  {references()[source.ref].citation} ({evidence_words(source, lang)})"
    return [*lines, *(f"  {t('note')}: {note}" for note in result.notes_in(lang)), cited]


def help_text(name: str | None, lang: Lang) -> str:
    """Return what a score asks for, or the list of scores."""
    t = partial(page_word, lang)
    if name is None:
        lines = [f"{t('Usage')}: planner score NAME KEY=VALUE… [--json] [--lang en|zh]", "", f"{t('Scores')}:"]
        lines += [f"  {n:22} {getattr(load_score(n).title, lang)}" for n in score_names()]
        return "\n".join([*lines, "", t("`planner score NAME --help` lists what a score asks for.")])
    if name not in score_names():
        load_score(name)  # tells the nearest name
    book = load_score(name)
    lines = [f"{t('Usage')}: planner score {name} KEY=VALUE… [--json] [--lang en|zh]", ""]
    lines += textwrap.wrap(f"{getattr(book.title, lang)}. {getattr(book.about, lang)}", WIDTH)
    for key, item in book.items.items():
        optional = f" ({t('optional')})" if item.optional else ""
        lines += ["", f"  {key}{optional}: {getattr(item.title, lang)}", *_answers(item, lang)]
    if book.classes:
        lines += ["", f"  {t('classes')}"]
        lines += [f"    {_upto(band, lang):12} {getattr(band.title, lang)}" for band in book.classes]
    return "\n".join(lines)


def _answers(item: Item, lang: Lang) -> list[str]:
    t = partial(page_word, lang)
    if item.kind == "choice":
        return [
            f"    {key:20} {'' if c.points is None else format(c.points, 'g'):>2}  {getattr(c.title, lang)}"
            for key, c in item.values.items()
        ]
    if item.kind == "flag":
        brings = "" if item.points is None else f", {t('yes brings {points}').format(points=f'{item.points:g}')}"
        return [f"    {t('yes or no')}{brings}"]
    if item.kind == "file":
        return [f"    {t('the path of a file')}"]
    if item.kind == "digits":
        return [f"    {t('{count} digits').format(count=len(item.digits or ''))}"]
    number = t("a number from {low} to {high}").format(low=f"{item.low:g}", high=f"{item.high:g}")
    ranged = f"    {number}{f' {item.unit}' if item.unit else ''}"
    return [ranged, *(f"    {_upto(band, lang):12} {band.points:g}" for band in item.bands if band.points is not None)]


def _upto(band: Band, lang: Lang) -> str:
    if band.at_most is not None:
        return f"≤ {band.at_most:g}"
    return page_word(lang, "above") if band.below is None else f"< {band.below:g}"
