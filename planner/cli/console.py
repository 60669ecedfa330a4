"""What people see while and after a command runs: progress on a terminal, silence in a pipe, errors on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print one text; a closed pipe (`| head`) ends quietly."""
    typer.echo(text, file=to)


PIPE_WIDTH = 140
"""Columns where nobody's window limits them: a pipe has no width of its own, and lines must not break in a file."""


def draw(view: RenderableType) -> None:
    """Print what rich draws, numbers not coloured."""
    from rich.console import Console  # noqa: PLC0415

    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False).print(view)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something takes its time, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task(what, total=None)
        yield


@contextmanager
def stepping(what: str, *, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar that grows with each step that is told, on a terminal only.

    Parameters
    ----------
    total : about how many steps there will be.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def told(step: str) -> None:
            bar.update(task, advance=1, description=step)

        yield told


@contextmanager
def sharing(what: str) -> Iterator[Callable[[float], None] | None]:
    """Show how much of something is done, 0 to 1, on a terminal only; elsewhere nobody need tell."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


@contextmanager
def exit_on_bad_input() -> Iterator[None]:
    """Turn bad input into its problems on stderr and exit code 3, never a traceback."""
    from planner.core.errors import InputError  # noqa: PLC0415

    try:
        yield
    except InputError as error:
        count = len(error.problems)
        lines = [f"bad input: {count} problem{'s' if count > 1 else ''}"]
        for problem in error.problems:
            lines += [
                f"  {problem.path}",
                f"    got       {problem.got}",
                f"    expected  {problem.expected}",
                f"    way out   {problem.way_out}",
            ]
        say("\n".join(lines), to=sys.stderr)
        raise typer.Exit(3) from None
