"""The validation as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from planner.validate.models import Check


def print_table(checks: Sequence[Check]) -> None:
    """Print one line a figure, and how many were met."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column, justify in (("", "left"), ("topic", "left"), ("case", "left"), ("quantity", "left")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for column in ("expected", "got", "±"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("source")
    for check in checks:
        row = check.row
        mark = "ok" if row.passed else "MISS" if check.failed else "off"
        colour = {"ok": "green", "MISS": "bold red", "off": "yellow"}[mark]
        figures = (f"{row.expected:.5g}", f"{row.got:.5g}", f"{row.tolerance:.2g}")
        table.add_row(f"[{colour}]{mark}[/]", check.topic, check.case, row.quantity, *figures, row.source)
    console = Console()
    console.print(table)
    console.print(summary(checks))


def summary(checks: Sequence[Check]) -> str:
    """Return the last line: how many figures were met, missed, and off a published one."""
    met, missed = sum(c.row.passed for c in checks), sum(c.failed for c in checks)
    off = len(checks) - met - missed
    told = f"{met} of {len(checks)} figures met"
    told += f", {missed} MISSED" if missed else ""
    return told + (f", {off} off a published figure (shown, not failed)" if off else "")
