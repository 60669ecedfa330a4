"""Text on paper: plain strings, never markup, broken at words and between Chinese letters."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

FONT: ContextVar[str] = ContextVar("font", default="Helvetica")
"""Name under which the font of the report being written is registered; each set of letters has its own."""
BOLD = 0.028
"""Stroke of bold letters as a part of their size: the font that comes along has one weight."""
NO_START = "，。；：、！？）》」』】％,.;:)!?%"
"""Marks that do not begin a line."""


@dataclass(frozen=True)
class Look:
    """Size in points, ink, weight and leading."""

    size: float = 9.0
    colour: str = "#17212b"
    bold: bool = False
    leading: float = 1.36
    align: str = "left"


class Text(Flowable):  # type: ignore[misc]
    """A paragraph; splits between lines."""

    def __init__(self, words: str, look: Look | None = None, after: float = 0.0) -> None:
        super().__init__()
        self.words, self.look, self.after = _narrow(words), look or Look(), after
        self.lines: list[str] = []

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """Break into lines; returns the size taken."""
        self.width = width
        self.lines = broken(self.words, self.look.size, width)
        self.height = len(self.lines) * self.look.size * self.look.leading + self.after
        return width, self.height

    def split(self, width: float, height: float) -> list[Text]:
        """Give what fits and the rest."""
        self.wrap(width, height)
        fit = int(height / (self.look.size * self.look.leading))
        if fit < 1 or fit >= len(self.lines):
            return []
        return [Text("\n".join(part), self.look) for part in (self.lines[:fit], self.lines[fit:])]

    def draw(self) -> None:
        """Write the lines."""
        size, step = self.look.size, self.look.size * self.look.leading
        for i, line in enumerate(self.lines):
            x = 0.0
            if self.look.align != "left":
                x = (self.width - stringWidth(line, FONT.get(), size)) * (0.5 if self.look.align == "centre" else 1.0)
            write(self.canv, x, self.height - self.after - i * step - size * 1.04, line, self.look)


def _narrow(words: str) -> str:
    """Straight quotes in Latin text: a Chinese font draws the curly ones as wide as a letter of its own."""
    if any(c >= "\u2e80" for c in words):
        return words
    return words.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})


def write(canvas: Any, x: float, y: float, words: str, look: Look) -> None:
    """Write one line at a place."""
    line = canvas.beginText(x, y)
    line.setFont(FONT.get(), look.size)
    line.setFillColor(HexColor(look.colour))
    if look.bold:
        canvas.saveState()
        canvas.setLineWidth(look.size * BOLD)
        canvas.setDash()
        canvas.setStrokeColor(HexColor(look.colour))
        line.setTextRenderMode(2)
    line.textOut(words)
    if look.bold:
        line.setTextRenderMode(0)
    canvas.drawText(line)
    if look.bold:
        canvas.restoreState()


def broken(words: str, size: float, width: float) -> list[str]:
    """Break a text into lines no wider than `width` points."""
    lines = []
    for paragraph in words.split("\n"):
        line = ""
        for token in _tokens(paragraph):
            tried = line + token
            if stringWidth(tried.rstrip(), FONT.get(), size) <= width or not line.strip():
                line = tried
            elif token in NO_START:
                line = tried  # hangs out by one mark rather than beginning a line
            else:
                lines.append(line.rstrip())
                line = token.lstrip()
            while (
                stringWidth(line.rstrip(), FONT.get(), size) > width and len(line) > 1 and line.strip() not in NO_START
            ):
                fit = max(1, next(n for n in range(len(line), 0, -1) if n == 1 or _fits(line[:n], size, width)))
                if fit >= len(line.rstrip()) or line[fit:].strip() in NO_START:
                    break
                lines.append(line[:fit])
                line = line[fit:]
        lines.append(line.rstrip())
    return lines


def _fits(words: str, size: float, width: float) -> bool:
    return bool(stringWidth(words, FONT.get(), size) <= width)


def _tokens(words: str) -> list[str]:
    """Words with the blank behind them; each Chinese letter by itself."""
    tokens, held = [], ""
    for c in words:
        if c >= "\u2e80":
            tokens += [held, c] if held else [c]
            held = ""
        else:
            held += c
            if c.isspace() or c in "/-_":
                tokens.append(held)
                held = ""
    return [*tokens, held] if held else tokens
