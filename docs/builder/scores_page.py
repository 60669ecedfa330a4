"""The scores as a page."""

from __future__ import annotations

from planner.core.sourced import references
from planner.protocol.scores.load import load_score, score_names
from planner.protocol.scores.models import Band, Item, ScoreBook

_HEAD = """# Scores

Generated from `protocols/scores` by `python docs/build.py`; do not edit here.

`planner score NAME key=value …` evaluates one; a missing item is named and never guessed. Questionnaires themselves
(ODI, EQ-5D) are licensed by their owners and not part of this product. A flag other than V means that the table was not
read in its source.
"""


def scores_page() -> str:
    """Return the page: one section a score."""
    return "\n".join([_HEAD, *(_section(load_score(name)) for name in score_names())])


def _section(book: ScoreBook) -> str:
    source = book.source
    cited = references()[source.ref]
    link = f" <{cited.link}>" if cited.link else ""
    lines = [f"## {book.title.en} (`{book.score}`)", "", f"{book.title.zh}. {book.about.en}", ""]
    lines += ["| item | answers |", "|---|---|"]
    for key, item in book.items.items():
        optional = " (optional)" if item.optional else ""
        lines.append(f"| `{key}`{optional}: {item.title.en} | {_answers(item)} |")
    if book.classes:
        named = [f"{_upto(band)} **{band.title.en}**" for band in book.classes if band.title]
        lines += ["", f"Classes: {'; '.join(named)}."]
    if book.outcomes:
        lines += ["", "Classes: " + "; ".join(f"**{text.en}**" for text in book.outcomes.values()) + "."]
    if book.cap is not None:
        lines += ["", f"A sum beyond {book.cap:g} counts as {book.cap:g}."]
    lines += [f"\n- {note.en}" for note in book.notes]
    told = f" {source.note}" if source.note else ""
    return "\n".join([*lines, "", f"Source: {cited.citation}.{link} ({source.grade}, flag {source.flag}).{told}", ""])


def _answers(item: Item) -> str:
    if item.kind == "choice":
        return "; ".join(
            f"`{key}` {choice.title.en}" + ("" if choice.points is None else f" **{choice.points:g}**")
            for key, choice in item.values.items()
        )
    if item.kind == "flag":
        return "yes or no" + ("" if item.points is None else f", yes **{item.points:g}**")
    if item.kind == "file":
        return "path of a file"
    if item.kind == "digits":
        return f"{len(item.digits or '')} digits"
    unit = f" {item.unit}" if item.unit else ""
    bands = "; ".join(f"{_upto(band)} **{band.points:g}**" for band in item.bands if band.points is not None)
    return f"{item.low:g} to {item.high:g}{unit}" + (f": {bands}" if bands else "")


def _upto(band: Band) -> str:
    if band.at_most is not None:
        return f"up to {band.at_most:g}"
    return "above" if band.below is None else f"below {band.below:g}"
