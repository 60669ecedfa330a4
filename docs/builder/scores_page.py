"""The scores: an index, and a page each."""

from __future__ import annotations

from builder.cited import founded
from planner.check.scores import score
from planner.protocol.scores.load import load_score, score_names
from planner.protocol.scores.models import Band, Item, ScoreBook

_HEAD = """# Scores

Generated from `protocols/scores` by `python docs/build.py`; do not edit here.

`planner score NAME key=value …` evaluates one; a missing item is named and never guessed. Questionnaires themselves
(ODI, EQ-5D) are licensed by their owners and not part of this product. A flag other than V means that the table was not
read in its source.

| score | | what it tells | flag |
|---|---|---|---|
"""
_FROM = "Generated from `protocols/scores/{name}.yaml` by `python docs/build.py`; do not edit here."


def scores_page() -> str:
    """Return the index."""
    books = [load_score(name) for name in score_names()]
    rows = (f"| [{b.title.en}](scores/{b.score}.md) | {b.title.zh} | {b.about.en} | {b.source.flag} |" for b in books)
    return _HEAD + "\n".join(rows) + "\n"


def score_page(name: str) -> str:
    """Return one score: its items with their points, its classes, its sources."""
    book = load_score(name)
    lines = [
        f"# {book.title.en}\n\n{book.title.zh}。{book.about.en} {book.about.zh}\n",
        f"Score `{book.score}`, version {book.version}. {_FROM.format(name=name)}\n\nAll: [Scores](../scores.md).\n",
        f"```sh\n{_answered(book)}\n```\n",
        "| item | | answers |\n|---|---|---|",
    ]
    for key, item in book.items.items():
        optional = " (optional)" if item.optional else ""
        lines.append(f"| `{key}`{optional} | {item.title.en}<br>{item.title.zh} | {_answers(item)} |")
    if book.classes:
        lines += ["\n| value | class | | advice |\n|---|---|---|---|"]
        for band in book.classes:
            title, advice = band.title, band.advice
            said = (title.en, title.zh) if title else ("", "")
            lines.append(f"| {_upto(band)} | {said[0]} | {said[1]} | {advice.en if advice else ''} |")
    if book.outcomes:
        lines += ["\n| class | | |\n|---|---|---|"]
        lines += [f"| `{key}` | {text.en} | {text.zh} |" for key, text in book.outcomes.items()]
    if book.cap is not None:
        lines.append(f"\nA sum beyond {book.cap:g} counts as {book.cap:g}.")
    lines += [f"\n- {note.en} {note.zh}" for note in book.notes]
    lines += ["\n## Sources\n", *(f"- {founded(source)}" for source in (book.source, *book.also)), ""]
    return "\n".join(lines)


def _answered(book: ScoreBook) -> str:
    """The score's example: the command, and what it says."""
    given = {key: _first(item) for key, item in book.items.items() if not item.optional}
    given |= {k: f"{v:g}" if isinstance(v, float) else v for k, v in book.example.items()}
    lines = [f"planner score {book.score} " + " ".join(f"{key}={given[key]}" for key in book.items if key in given)]
    if "FILE" not in given.values():
        found = score(book.score, **given)
        value = None if found.value is None else f"{found.value:.{book.decimals}f} {book.unit}"
        lines.append(f"# {' · '.join(part for part in (value, found.class_title()) if part)}")
    return "\n".join(lines)


def _first(item: Item) -> str:
    shown = {
        "choice": next(iter(item.values), ""),
        "digits": "1" * len(item.digits or ""),
        "file": "FILE",
        "flag": "yes",
    }
    return shown.get(item.kind, "")


def _answers(item: Item) -> str:
    if item.kind == "choice":
        return "<br>".join(
            f"`{key}` {choice.title.en} {choice.title.zh}"
            + ("" if choice.points is None else f" **{choice.points:g}**")
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
