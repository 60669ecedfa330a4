"""The sequence as iCalendar: one whole-day entry an event, with the same bytes for the same patient."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from planner.advise.books import said
from planner.advise.indicate import fact_json
from planner.advise.pathway import Pathway, disciplines
from planner.core.errors import InputError, Problem
from planner.core.provenance import package_version
from planner.core.sourced import references
from planner.protocol.language import Lang


def calendar_bytes(found: Pathway, lang: Lang = "en") -> bytes:
    """Return the calendar (RFC 5545).

    Raises
    ------
    InputError
        When nothing says on which day the procedure is.
    """
    if found.start is None:
        way_out = "write `advice: {start: 2026-12-01}` in the patient file, or give --start 2026-12-01"
        raise InputError([Problem("$.advice.start", "nothing", "the day of the procedure", way_out)])
    from icalendar import Calendar, Event  # noqa: PLC0415 - only where a calendar is written

    calendar = Calendar()
    calendar.add("prodid", f"-//vertebral-planner//{package_version()}//EN")
    calendar.add("version", "2.0")
    # The stamp is the start of the day of the procedure: the same patient gives the same file.
    stamp = datetime(found.start.year, found.start.month, found.start.day, tzinfo=UTC)
    for due in found.timeline:
        dates = due.dates(found.start)
        assert dates is not None  # noqa: S101 - there is a start
        entry = Event()
        open_end = "" if due.holds else f" ({'若' if lang == 'zh' else 'if'}: {_missing(due.missing, lang)})"
        entry.add("summary", said(due.title, lang) + open_end)
        entry.add("dtstart", dates[0])
        entry.add("dtend", dates[1] + timedelta(days=1))
        entry.add("dtstamp", stamp)
        entry.add("uid", f"{uuid5(NAMESPACE_URL, f'{found.case.sha256}/{due.id}')}@vertebral-planner")
        entry.add("categories", [due.phase])
        entry.add("transp", "TRANSPARENT")
        lines = [", ".join(said(disciplines()[name], lang) for name in due.who)]
        if due.rule is not None:
            source = due.rule.source
            lines += [
                said(due.rule.because, lang),
                f"{references()[source.ref].citation} ({source.grade}, {source.flag})",
            ]
        entry.add("description", "\n".join(lines))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _missing(names: tuple[str, ...], lang: Lang) -> str:
    return ", ".join(fact_json(name, lang)["title"] for name in names)
