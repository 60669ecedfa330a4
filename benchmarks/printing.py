"""How the tables of benchmarks are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 230
"""Columns where nobody's window limits them."""


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: Iterable[str]) -> None:
    """Print rows below a header; columns of figures stand right, those named in `left` do not."""
    table, named = Table(box=None, pad_edge=False), set(left)
    for column in columns:
        table.add_column(column, justify="left" if column in named else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    console.print(table)
