"""Pages of advice that stand alone: the patient section without a plan, and the time-out checklist to print."""

from __future__ import annotations

from typing import Any

from planner.advise.books import book, said, techniques
from planner.advise.indicate import fact_json
from planner.advise.logic import Value
from planner.advise.pathway import Pathway
from planner.core.validation import validated
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text
from planner.report.advice_words import w
from planner.report.html import asset, page_template
from planner.report.patient import patient_blocks
from planner.report.plot import svg
from planner.show.fonts import with_font

BLANK = "________"
"""Filled by hand where the file does not state it."""


def patient_html(found: Pathway, lang: Lang = "en") -> str:
    """Return the patient section as a page of its own, which asks no network for anything."""
    blocks = patient_blocks(found.indication, lang, laid=found)
    page = page_template("patient.html.j2").render(
        lang=lang, title=found.case.title or w(lang, "Patient"), data=blocks, plot=svg, css=asset("report.css"),
        data_uri=str, foot=w(lang, "Not a medical device. For rehearsal, teaching and quality work."),
    )  # fmt: skip
    return with_font(str(page))


def checklist_html(found: Pathway, lang: Lang = "en") -> str:
    """Return the time-out before the needle: one page to print, blanks where the file says nothing."""
    raw, case = book("checklist"), found.case

    def known(name: str) -> str:
        value = case.facts.get(name)
        return BLANK if value is None else _told(value, lang)

    names = ("infection", "cement_or_contrast_allergy", "pacemaker")
    stated = [f"{fact_json(name, lang)['title']}: {known(name)}" for name in names]
    waits = dict.fromkeys(
        name for row in found.indication.ranked if row.name == found.technique for name in row.missing
    )
    open_facts = dict.fromkeys((*found.indication.decisive, *waits))
    missing = ", ".join(fact_json(name, lang)["title"] for name in open_facts)
    values = {
        "level": BLANK if case.target is None else case.target.level,
        "technique": BLANK if found.technique is None else said(techniques()[found.technique].title, lang),
        "inr": known("inr"), "platelets": known("platelets_per_nl"), "contraindications": "; ".join(stated),
        "frankel": known("frankel").upper(), "escc": known("escc"), "missing": missing or w(lang, "nothing"),
    }  # fmt: skip
    sections = [
        (_text(section["title"], lang), [_text(item, lang).format(**values) for item in section["items"]])
        for section in raw["sections"]
    ]
    page = page_template("checklist.html.j2").render(
        lang=lang, title=w(lang, "Time-out before the needle"), patient=case.title or "", sections=sections,
        sign=_text(raw["sign"], lang), css=asset("report.css"), start=found.start or "",
        foot=w(lang, "Not a medical device. For rehearsal, teaching and quality work."),
    )  # fmt: skip
    return with_font(str(page))


def _text(raw: Any, lang: Lang) -> str:
    return said(validated(Text, raw, path="advise/checklist.yaml"), lang)


def _told(value: Value, lang: Lang) -> str:
    if isinstance(value, bool):
        return w(lang, "yes" if value else "no")
    if isinstance(value, tuple):
        low, high = value
        return f"{low:g}" if low == high else f"{low:g}–{high:g}"
    return value
