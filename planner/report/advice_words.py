"""Words of advice that terminal and page share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from planner.advise.books import facts_table, part, said, techniques
from planner.protocol.language import Lang, page_word

STATE_MARKS = {"recommended": "✓", "missing": "?", "not_indicated": "–", "elsewhere": "→", "contraindicated": "✗"}
STATE_WORDS = {
    "recommended": "recommended", "missing": "waits for what is missing", "not_indicated": "not indicated",
    "elsewhere": "not available here", "contraindicated": "contraindicated",
}  # fmt: skip
EVEN = 0.005
"""Ends of a score nearer than this print as one number."""
ORIGIN_WORDS = {"document": "source text", "guideline": "literature", "wish": "patient's wish"}


@cache
def advice_words() -> dict[str, str]:
    """Return the fixed words of advice, English → Chinese."""
    return part("words", "words", dict[str, str])


@cache
def grade_words() -> dict[str, str]:
    """Return the grades of evidence in Chinese."""
    return part("words", "grades", dict[str, str])


def w(lang: Lang, english: str) -> str:
    """Return a fixed word in a language."""
    own = advice_words().get(english) if lang == "zh" else None
    return own or page_word(lang, english)


def short(name: str | None, lang: Lang) -> str:
    """Return a technique's short name."""
    return w(lang, "board decides") if name is None else said(techniques()[name].short, lang)


def answer_line(told: Mapping[str, Any], lang: Lang) -> str:
    """Return the answer in one line."""
    if told["answer"] == "recommended":
        return f"{w(lang, 'RECOMMENDED')}  {told['first_title']}"
    if told["answer"] == "missing":
        facts = ", ".join(fact["title"] for fact in told["decisive"])
        so_far = f"  ({w(lang, 'so far')}: {told['first_title']})" if told["first"] else ""
        return f"{w(lang, 'MISSING')}  {facts}{so_far}"
    return f"{w(lang, 'TO THE BOARD')}  {w(lang, 'No technique is indicated and allowed.')}"


def score_words(low: float, high: float) -> str:
    """Return a score, or what the missing facts leave of it."""
    return f"{low:.2f}" if high - low < EVEN else f"{low:.2f}–{high:.2f}"


def rule_tag(rule: Mapping[str, Any], lang: Lang) -> str:
    """Return where a rule comes from: a source text, literature, with grade and flag."""
    origin = w(lang, ORIGIN_WORDS[rule["origin"]])
    grade = rule["source"]["grade"].replace("_", " ") if lang == "en" else grade_words()[rule["source"]["grade"]]
    return f"{origin}, {rule['source']['ref']}, {grade} {rule['source']['flag']}"


def fact_words(name: str, lang: Lang) -> str:
    """Return a fact with the place where the patient file states it."""
    row = facts_table()[name]
    return f"{said(row.title, lang)} ({row.at})"


def lead_words(row: Mapping[str, Any], lang: Lang) -> str:
    """Return what each answer would lead to: `no: PVP; yes: cryo`."""
    unit = facts_table()[row["fact"]].unit
    unit = "" if unit in {None, "1"} else f" {unit}"
    kind = facts_table()[row["fact"]].kind
    if not row["decides"]:
        return f"{w(lang, 'whatever it is')}: {short(row['leads'][0][1], lang)}"
    told = []
    for words, first in row["leads"]:
        answer = w(lang, words) if kind == "yes_no" else words.replace(" to ", "–") + unit
        told.append(f"{answer}: {short(first, lang)}")
    return "; ".join(told)


def when_words(due: Mapping[str, Any], lang: Lang) -> str:
    """Return when an event is due: dates where there are any, else days from the procedure."""
    if due["dates"] is not None:
        first, last = due["dates"]
        return str(first) if first == last else f"{first} – {last}"
    first, last = due["days"]
    day = w(lang, "day")
    return f"{day} {first:+d}" if first == last else f"{day} {first:+d} … {last:+d}"


def risk_words(row: Mapping[str, Any], lang: Lang) -> str:
    """Return an evaluated risk in one line: what holds, the figure, for whom, what it discriminates."""
    parts = [", ".join(row["holds"]) or w(lang, "none of its factors")]
    if row["ratio"] is not None:
        middle, low, high = row["ratio"]
        spread = "" if low == high else f" ({low:.3g}–{high:.3g})"
        parts.append(f"{w(lang, 'ratio')} {middle:.3g}{spread}")
    if row["rate"] is not None:
        low, high = (100.0 * x for x in row["rate"])
        parts.append(f"{low:.2g} %" if low == high else f"{low:.2g}–{high:.2g} %")
    return f"{'; '.join(parts)}. {row['population']}. {w(lang, 'discrimination')}: {row['discrimination']}."
