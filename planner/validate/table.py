"""The validation as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from planner.validate.models import Check

WIDE = 120
"""Columns from which there is room for the source beside the figures."""
PIPED_WIDTH = 180
"""Columns where nobody's window limits them."""
FIGURE = 9
"""Columns a figure needs; a long source must not push it out."""
_COLOUR = {"ok": "green", "MISS": "bold red", "off": "yellow"}


def print_table(checks: Sequence[Check]) -> None:
    """Print one line a figure under its case, and how many were met."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    for topic, of_topic in groupby(checks, key=lambda check: check.topic):
        table = Table(box=None, pad_edge=False, title=topic, title_justify="left", title_style="bold")
        table.add_column("")
        table.add_column("figure", no_wrap=True)
        for column in ("expected", "got", "±"):
            table.add_column(column, justify="right", no_wrap=True, min_width=FIGURE)
        if console.width >= WIDE:
            table.add_column("source", no_wrap=True, overflow="ellipsis")
        for case, of_case in groupby(of_topic, key=lambda check: check.case):
            table.add_row("", f"[bold]{case}[/]")
            for check in of_case:
                table.add_row(*_cells(check)[: len(table.columns)])
        console.print(table)
        console.print()
    console.print(summary(checks))


def _cells(check: Check) -> tuple[str, ...]:
    row = check.row
    mark = "ok" if row.passed else "MISS" if check.failed else "off"
    figures = (f"{row.expected:.5g}", f"{row.got:.5g}", f"{row.tolerance:.2g}")
    return f"[{_COLOUR[mark]}]{mark}[/]", f"  {row.quantity}", *figures, row.source


def summary(checks: Sequence[Check]) -> str:
    """Return the last line: how many figures were met, missed, and off a published one."""
    met, missed = sum(check.row.passed for check in checks), sum(check.failed for check in checks)
    off = len(checks) - met - missed
    told = f"{met} of {len(checks)} figures met"
    told += f", {missed} MISSED" if missed else ""
    return told + (f", {off} off a published figure (shown, not failed)" if off else "")
