"""The sequence for a terminal: one line an event, then doses, bone protection, images and risks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.protocol.language import Lang
from planner.report.advice_words import risk_words, w, when_words

_PHASES = {"before": "Before", "procedure": "Day 0", "after": "After", "follow_up": "Follow-up"}
_MARKS = {"act": ("!", "yellow"), "missing": ("?", "cyan"), "in_order": ("✓", "green")}


def pathway_view(told: Mapping[str, Any], lang: Lang) -> RenderableType:
    """Return a pathway (its JSON) as rich shows it."""
    head = told["title"] or w(lang, "No technique leads: to the board")
    start = told["start"] or w(lang, "no date given (--start)")
    parts: list[RenderableType] = [Text(head, style="bold green"), Text(f"{w(lang, 'Day 0')}: {start}", style="dim")]
    if told["answer"] == "missing":
        facts = ", ".join(fact["title"] for fact in told["decisive"])
        parts.append(Text(f"{w(lang, 'Not settled, missing')}: {facts}", style="bold cyan"))
    parts += [_timeline(told, lang), *_doses(told, lang), *_checks(told, lang), *_risks(told, lang)]
    parts.append(Text(w(lang, "Not a medical device. For rehearsal, teaching and quality work."), style="dim"))
    return Group(*parts)


def _grid(title: str, columns: int) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1), title=title, title_justify="left",
                  title_style="bold")  # fmt: skip
    for _ in range(columns):
        table.add_column(overflow="fold")
    return table


def _timeline(told: Mapping[str, Any], lang: Lang) -> Table:
    table, phase = _grid("", 4), ""
    for due in sorted(told["timeline"], key=lambda row: [*_PHASES].index(row["phase"])):
        if due["phase"] != phase:
            phase = due["phase"]
            table.add_row(Text(w(lang, _PHASES[phase]), style="bold"))
        title = due["title"]
        if not due["holds"]:
            title += f" ({w(lang, 'if')}: {', '.join(fact['title'] for fact in due['missing'])})"
        style = "" if due["holds"] else "cyan"
        table.add_row("", when_words(due, lang), Text(title, style=style), Text(", ".join(due["who"]), style="dim"))
    return table


def _doses(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    if not told["schemes"]:
        return []
    table = _grid(w(lang, "Fraction schemes"), 4)
    for row in told["schemes"]:
        limit = "" if row["cord_limit_gy"] is None else f"{w(lang, 'cord at most')} {row['cord_limit_gy']:.1f} Gy"
        name = f"{row['dose_gy']:g} Gy / {row['fractions']}"
        equal = f"BED₁₀ {row['bed_gy']:.1f}, EQD2 {row['eqd2_gy']:.1f} Gy"
        title = f"{'' if row['suits'] else '? '}{row['title']} ({row['source']['ref']} {row['source']['flag']})"
        table.add_row(Text(name, style="bold"), equal, limit, title)
    lines: list[RenderableType] = [Text(), table]
    for hint in told["hints"]:
        lines.append(
            Text(f"  {'!' if hint['holds'] else '?'} {hint['title']}{': ' if hint['because'] else ''}{hint['because']}")
        )
    course = told["planned_course"]
    if course is not None:
        lines.append(
            Text(f"  {w(lang, 'Planned course at the cord')}: {course.get('class') or course['outcome']}", "bold")
        )
    return lines


def _checks(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    parts: list[RenderableType] = []
    bone = _grid(w(lang, "Bone protection"), 3)
    for row in told["bone_protection"]:
        mark, colour = _MARKS[row["outcome"]]
        waits = ", ".join(fact["title"] for fact in row["missing"])
        words = row["action"] if row["outcome"] == "act" else f"{w(lang, 'missing')}: {waits}" if waits else ""
        bone.add_row(Text(mark, style=colour), row["title"], words)
    images = _grid(w(lang, "Images"), 3)
    for row in told["imaging"]:
        mark, colour = _MARKS[row["outcome"]]
        joined = f" {w(lang, 'or')} ".join(row["use"]) if row["any"] else " + ".join(row["use"])
        words = {"act": w(lang, "needed or too old"), "missing": f"{w(lang, 'age not stated')}", "in_order": ""}
        images.add_row(Text(mark, style=colour), row["question"], f"{joined} {words[row['outcome']]}".strip())
    for table in (bone, images):
        if table.row_count:
            parts += [Text(), table]
    return parts


def _risks(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    table = _grid(w(lang, "Risks, as published"), 2)
    for row in told["risks"]:
        if row["outcome"] == "evaluated":
            table.add_row(Text(row["title"], style="bold"), risk_words(row, lang))
        elif row["outcome"] == "missing":
            waits = ", ".join(fact["title"] for fact in row["missing"])
            table.add_row(Text(row["title"], style="cyan"), f"{w(lang, 'missing')}: {waits}")
    outside = [row["title"] for row in told["risks"] if row["outcome"] == "outside"]
    if outside:
        table.add_row(Text(w(lang, "not for this patient"), style="dim"), "; ".join(outside))
    return [Text(), table]
