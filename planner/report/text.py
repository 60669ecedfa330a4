"""The verdict for a terminal: one line to act on, then the findings, worst first."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import partial
from typing import Any

from planner.protocol.language import page_word
from planner.report.findings import GROUPS, OUTCOME_WORDS, Row, counts, grouped, house_words, language_of, rows

WIDTH = 100
"""Columns that texts are wrapped to."""

HASH = 12
"""Digits of a protocol's hash that tell it from any other in a talk; `result.json` has all."""

_CODES = {"fail": "1;31", "warn": "33", "open": "36", "pass": "32", "off": "2", "bold": "1", "dim": "2"}
_VERDICT_TINT = {"violation": "1;37;41", "incomplete": "1;30;46", "warning": "1;30;43", "compliant": "1;37;42"}


def report_text(result: Mapping[str, Any], colour: bool = False) -> str:
    """Write the result for a terminal or a pipe.

    Parameters
    ----------
    result : content of `result.json`.
    colour : ANSI colours; leave off where the output is piped.

    Returns
    -------
    str
        Lines that end with a newline.
    """

    def tint(words: str, code: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if colour else words

    all_rows = rows(result)
    verdict = _plain(result.get("verdict") or "incomplete")
    t = partial(page_word, language_of(result))
    tally = " · ".join(f"{n} {t(OUTCOME_WORDS[o])}" for o, n in counts(result).items())
    head = t(verdict.capitalize()).upper()
    lines = [f"{tint(f' {head} ' if colour else head, _VERDICT_TINT.get(verdict, '1'))}  {tally}"]
    title = (result.get("plan") or {}).get("title")
    if title:
        lines.append(tint(_plain(title), _CODES["dim"]))
    for group, members in grouped(all_rows).items():
        if group == "off":
            lines += ["", tint(f"{sum(row.count for row in members)} {t('not applicable')}", _CODES["off"])]
            continue
        lines += ["", tint(f"{t(GROUPS[group])} ({sum(row.count for row in members)})", _CODES["bold"])]
        for row in members:
            lines += _open(row, tint) if group == "open" else _finding(row, group, tint)
    for warning in result.get("warnings") or []:
        lines += ["", *_wrapped(f"{t('Input')}: ", _plain(warning), 0)]
    if overrides := result.get("overrides"):
        lines += ["", tint(f"{t('House rules')} ({len(overrides)})", _CODES["bold"])]
        for entry in overrides:
            words = t("now {now}; {house}").format(now=entry.get("now"), house=house_words(entry, language_of(result)))
            lines += _wrapped(f"{_plain(entry.get('rule'))}: ", _plain(words), 2)
    lines += ["", tint(f"{t('Who says so and why')}: planner protocol explain RULE", _CODES["dim"])]
    book = (result.get("provenance") or {}).get("protocol") or {}
    if book:
        lines.append(
            tint(_plain(f"{book.get('name')} {book.get('version')} · {str(book.get('sha256'))[:HASH]}"), _CODES["dim"])
        )
    lines += [tint(t("Not a medical device. For rehearsal, teaching and quality work."), _CODES["dim"])]
    return "\n".join(lines) + "\n"


def _finding(row: Row, group: str, tint: Any) -> list[str]:
    """Value, limit, margin; then how sure, who says so, what to change. Kept limits take two lines."""
    mark = {"fail": "✗", "warn": "!", "pass": "✓"}[group]
    title, place = tint(_plain(row.title), _CODES["bold"]), tint(_plain(f"{row.place} · {row.rule}"), _CODES["dim"])
    lines = [f"  {tint(mark, _CODES[group])} {title}  {place}"]
    value = row.value + (f" ({row.value_also})" if row.value_also else "")
    limit = row.limit + (f" ({row.limit_also})" if row.limit_also else "")
    numbers = [
        value or row.outcome_word,
        f"{page_word(row.lang, 'limit')} {limit}" if limit else "",
        f"{page_word(row.lang, 'margin')} {row.margin}" if row.margin else "",
        row.sure,
    ]
    line = "   ".join(_plain(part) for part in numbers if part)
    lines.append("      " + (tint(line, _CODES[group]) if group != "pass" else line))
    if group == "pass":
        lines.append("      " + tint(f"{_plain(_says(row))}", _CODES["dim"]))
        return lines + _wrapped(f"{page_word(row.lang, 'house'):8}", _plain(row.house))
    for lead, words in (("why", row.because), ("change", row.remedy), ("source", _says(row)), ("house", row.house)):
        lines += _wrapped(f"{page_word(row.lang, lead):8}", _plain(words))
    return lines


def _open(row: Row, tint: Any) -> list[str]:
    mark = "⚠" if row.outcome == "error" else "?"
    weight = page_word(row.lang, "blocking" if row.blocks else "advisory")
    place = tint(_plain(f"{row.place} · {weight} · {row.rule}"), _CODES["dim"])
    name = f"  {tint(mark, _CODES['open'])} {_plain(row.title)}  {place}"
    return [name, *_wrapped("", _plain(f"{row.outcome_word}: {row.because}" if row.because else row.outcome_word))]


def _says(row: Row) -> str:
    grade = f" [{row.grade}]" if row.grade else ""
    return f"{row.source}{grade}, {row.badge}"


def _wrapped(lead: str, words: str, indent: int = 6) -> list[str]:
    if not words:
        return []
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=" " * indent + lead,
        subsequent_indent=" " * (indent + len(lead)),
        break_long_words=False,
    )


def _plain(words: Any) -> str:
    """Text without control characters: a name in a file must not move the cursor or change colours."""
    return "".join(c if c.isprintable() else " " for c in str(words)).strip()
