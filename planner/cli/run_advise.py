"""`planner indicate` and `planner pathway`: which technique, and in which order."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import draw, say
from planner.core.errors import InputError, Problem
from planner.core.files import folder_problem, stable_json, write_atomically

if TYPE_CHECKING:
    from planner.protocol.language import Lang


def run_indicate(patient: Path, *, as_json: bool, whole: bool, lang: Lang) -> None:
    """Rank the techniques and print them.

    Raises
    ------
    InputError
        With every problem of the patient file.
    """
    from planner.advise.indicate import indicate  # noqa: PLC0415

    told = indicate(patient).as_json(lang)
    if as_json:
        say(stable_json(told).rstrip())
        return
    from planner.report.advice_text import indication_view  # noqa: PLC0415

    draw(indication_view(told, lang, whole=whole))


def run_pathway(
    patient: Path, *, technique: str | None, start: str | None, ics: Path | None, out: Path | None, as_json: bool,
    lang: Lang,
) -> None:  # fmt: skip
    """Lay out the sequence and print it; write the calendar, and page and checklist, where they are asked for.

    Raises
    ------
    InputError
        With every problem of the patient file and of the command line; nothing is written then.
    """
    from planner.advise.pathway import pathway  # noqa: PLC0415

    found = pathway(patient, start=None if start is None else _day(start), technique=technique)
    if ics is not None:
        from planner.advise.calendar_file import calendar_bytes  # noqa: PLC0415

        _write(ics, calendar_bytes(found, lang))
    if out is not None:
        from planner.report.patient_page import checklist_html, patient_html  # noqa: PLC0415

        page, checklist = patient_html(found, lang), checklist_html(found, lang)
        _write(out / "patient.html", page.encode())
        _write(out / "checklist.html", checklist.encode())
    told = found.as_json(lang)
    if as_json:
        say(stable_json(told).rstrip())
        return
    from planner.report.pathway_text import pathway_view  # noqa: PLC0415

    draw(pathway_view(told, lang))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError([Problem("--start", text, "a day as 2026-12-01", "write year, month and day")]) from None


def _write(path: Path, content: bytes) -> None:
    if problem := folder_problem(path.parent):
        raise InputError([problem])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
