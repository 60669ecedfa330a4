"""What a section of the report is made of; page and PDF print the same blocks. Texts are plain, never markup."""

from __future__ import annotations

from dataclasses import dataclass

from planner.report.curves import Curve


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Pairs:
    """Names and what they stand for."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under a head, the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG.

    Attributes
    ----------
    data : the file's bytes.
    caption : what it shows, in words; read out to those who do not see it.
    wide : whether it takes the whole width; others stand side by side.
    """

    data: bytes
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Plot:
    """A curve with its limits."""

    curve: Curve


Block = Words | Pairs | Table | Picture | Plot
