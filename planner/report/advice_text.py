"""Advice for a terminal: the answer in the first line, three reasons below it, details only where asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from planner.protocol.language import Lang
from planner.report.advice_words import STATE_MARKS, answer_line, fact_words, lead_words, rule_tag, score_words, w

TOP = 4
"""Techniques told in full where nobody asked for all: what can be read in ten seconds."""
BAR = 12
"""Characters of the bar that draws a score."""
_COLOUR = {
    "recommended": "green", "missing": "cyan", "board": "yellow", "not_indicated": "dim", "elsewhere": "magenta",
    "contraindicated": "red",
}  # fmt: skip


def indication_view(told: Mapping[str, Any], lang: Lang, *, whole: bool = False) -> RenderableType:
    """Return an indication (its JSON) as rich shows it; `whole` with every technique, rule and sensitivity."""
    colour = _COLOUR[told["answer"]]
    head = Panel(
        Group(Text(answer_line(told, lang), style=f"bold {colour}"), *_reasons(told, lang)), border_style=colour
    )
    parts: list[RenderableType] = [head, _ranking(told, lang, whole=whole)]
    parts += _missing(told, lang)
    parts += _disagreements(told, lang)
    if whole:
        parts += _rules(told, lang)
        parts += _weights(told, lang)
    else:
        parts.append(Text(w(lang, "Every rule with its source, and how sure the order is: --all"), style="dim"))
    parts.append(Text(w(lang, "Not a medical device. For rehearsal, teaching and quality work."), style="dim"))
    return Group(*parts)


def _reasons(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    """The leader's reasons, and what waits."""
    first = next((row for row in told["ranking"] if row["technique"] == told["first"]), None)
    lines: list[RenderableType] = []
    if first is not None:
        for name in first["for"][:3]:
            lines.append(Text(f"+ {told['rules'][name]['title']}  [{rule_tag(told['rules'][name], lang)}]"))
        for name in first["against"][:2]:
            lines.append(Text(f"− {told['rules'][name]['title']}", style="yellow"))
        if first["board"]:
            lines.append(Text(w(lang, "Needs the tumour board."), style="yellow"))
    return lines


def _ranking(told: Mapping[str, Any], lang: Lang, *, whole: bool) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 1))
    for heading in ("", w(lang, "technique"), w(lang, "score"), "", w(lang, "for"), w(lang, "against, missing")):
        table.add_column(heading, overflow="fold")
    shown = list(told["ranking"])
    if not whole:
        leading = [row for row in shown if row["state"] in {"recommended", "missing"}][:TOP]
        shown = leading + [row for row in shown if row["state"] == "contraindicated"][:TOP]
    for row in shown:
        colour = _COLOUR[row["state"]]
        low, high = row["score"]
        filled = round(BAR * max(0.0, min(1.0, low)))
        might = round(BAR * max(0.0, min(1.0, high))) - filled
        bar = Text("█" * filled, style=colour) + Text("░" * might, style=colour) + Text("·" * (BAR - filled - might))
        number = score_words(low, high)
        against = [told["rules"][name]["title"] for name in row["against"]]
        missing = [fact["title"] for fact in row["missing"]]
        words = "; ".join(against) + ("; " if against and missing else "")
        name = row["title"] + ("" if row["planned_here"] else " *")
        table.add_row(
            Text(STATE_MARKS[row["state"]], style=colour), Text(name, style=f"bold {colour}"), number, bar,
            Text("; ".join(told["rules"][name]["title"] for name in row["for"][: None if whole else 2])),
            Text(words, style="red" if row["state"] == "contraindicated" else "") + Text(
                f"? {', '.join(missing)}" if missing else "", style="cyan"),
        )  # fmt: skip
    return table


def _missing(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    decisive = {fact["fact"] for fact in told["decisive"]}
    items = [row for row in told["sensitivity"]["missing"] if row["fact"] in decisive or row["decides"]]
    if not items:
        return []
    table = Table(
        box=None,
        pad_edge=False,
        show_header=False,
        padding=(0, 1),
        title=w(lang, "What is missing, and what it would change"),
        title_justify="left",
        title_style="bold cyan",
    )
    for row in items:
        at = fact_words(row["fact"], lang)
        table.add_row(
            Text("?", style="cyan"), Text(at), Text(lead_words(row, lang), style="dim" if not row["decides"] else "")
        )
    return [Text(), table]


def _disagreements(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for rule in told["disagreements"]:
        lines += [Text(), Text(f"⚖ {w(lang, 'Sources disagree')}: {rule['title']}", style="bold yellow")]
        lines += [Text(f"  {view['ref']} ({view['flag']}): {view['says']}") for view in rule["views"]]
    return lines


def _rules(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    table = Table(box=None, pad_edge=False, title=w(lang, "Rules that hold"), title_justify="left", title_style="bold")
    for heading in ("", w(lang, "rule"), w(lang, "because"), w(lang, "source")):
        table.add_column(heading, overflow="fold")
    for rule in told["rules"].values():
        mark = {"indicates": "+", "adds": "+", "forbids": "✗", "costs": "−", "board": "⚑"}[rule["effect"]]
        source = rule["source"]
        cited = f"{source['citation']} ({source['grade']}, {source['flag']})"
        table.add_row(mark, Text(f"{rule['title']} ").append(rule["id"], style="dim"), rule["because"], escape(cited))
    return [Text(), table]


def _weights(told: Mapping[str, Any], lang: Lang) -> list[RenderableType]:
    table = Table(
        box=None,
        pad_edge=False,
        title=w(lang, "Weights, and how far each may move before the first place changes"),
        title_justify="left",
        title_style="bold",
    )
    for heading in (w(lang, "criterion"), w(lang, "weight"), w(lang, "from"), w(lang, "to"), w(lang, "then leads")):
        table.add_column(heading, justify="left")
    for row in told["sensitivity"]["weights"]:
        high = "∞" if row["high"] is None else f"{row['high']:.2f}"
        then = " / ".join(filter(None, (row["below"], row["above"]))) or "–"
        title = told["weights"][row["criterion"]]["title"]
        table.add_row(title, f"{row['weight']:.2f}", f"{row['low']:.2f}", high, then)
    return [Text(), table] if told["sensitivity"]["weights"] else []
