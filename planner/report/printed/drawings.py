"""What is drawn on paper: the verdict's sign, margin bars, curves."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from planner.report.curves import Curve
from planner.report.marginbar import WIDTH as BAR_WIDTH
from planner.report.marginbar import MarginBar
from planner.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, SHADE, SHADE_INK, TOP, WIDTH, Stroke, drawing
from planner.report.printed.text import Look, write


class Bar(Flowable):  # type: ignore[misc]
    """The drawing of a margin: region, limit, interval, value."""

    def __init__(self, bar: MarginBar, tone: str, width: float = 120.0) -> None:
        super().__init__()
        self.bar, self.tone, self.width, self.height = bar, tone, width, 14.0

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """Take the size it was made with, or what there is."""
        self.width = min(self.width, width)
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        c, scale, b = self.canv, self.width / BAR_WIDTH, self.bar
        c.saveState()
        c.setStrokeColor(HexColor("#b8c0c6"))
        c.line(0, 7, self.width, 7)
        c.setFillColor(HexColor("#cfe3d7"))
        c.rect(b.ok[0] * scale, 3.5, b.ok[1] * scale, 7, stroke=0, fill=1)
        c.setStrokeColor(HexColor("#17212b"))
        c.setLineWidth(1.3)
        for x in b.limits:
            c.line(x * scale, 0.5, x * scale, 13.5)
        c.setStrokeColor(HexColor(self.tone))
        if b.whisker:
            c.setLineWidth(1.0)
            low, high = (x * scale for x in b.whisker)
            c.lines([(low, 7, high, 7), (low, 4, low, 10), (high, 4, high, 10)])
        c.setFillColor(HexColor(self.tone))
        c.circle(b.value * scale, 7, 3.0, stroke=0, fill=1)
        c.restoreState()


class Chart(Flowable):  # type: ignore[misc]
    """A curve."""

    def __init__(self, curve: Curve, width: float) -> None:
        super().__init__()
        self.curve, self.laid = curve, drawing(curve)
        self.scale = min(width / WIDTH, 0.72)
        self.width, self.height = WIDTH * self.scale, (HEIGHT + 24 + 14 * len(curve.lines)) * self.scale

    @property
    def letters(self) -> str:
        """All words drawn, for the font."""
        c = self.curve
        more = [line.label for line in c.lines] + [mark.label for mark in c.marks] + [span.label for span in c.spans]
        return "".join([c.title, c.x_label, c.x_unit, c.y_label, c.y_unit, *more])

    def draw(self) -> None:
        """Draw frame, ticks, marks and lines; the drawing's y runs down."""
        c, d = self.canv, self.laid
        c.saveState()
        c.scale(self.scale, self.scale)
        top = self.height / self.scale
        small, ink = Look(9.5, "#3b4650"), Look(11.5, bold=True)
        write(c, 0, top - 12, self.curve.title, ink)
        base = top - 24
        c.setFillColor(HexColor(SHADE))
        for shade in d.shades:
            c.rect(shade.x, base - (HEIGHT - BOTTOM), shade.width, HEIGHT - TOP - BOTTOM, stroke=0, fill=1)
        for shade in d.shades:
            write(c, shade.x + 4, base - TOP + 3, shade.label, Look(9.5, SHADE_INK))
        c.setStrokeColor(HexColor("#d8dcdf"))
        for y, words in d.y_ticks:
            c.line(LEFT, base - y, WIDTH - RIGHT, base - y)
            write(c, LEFT - 6 - 5.2 * len(words), base - y - 3, words, small)
        for x, words in d.x_ticks:
            write(c, x - 2.6 * len(words), base - (HEIGHT - BOTTOM) - 14, words, small)
        write(c, LEFT, base - HEIGHT + 6, f"{self.curve.y_label}, {self.curve.y_unit}".rstrip(", "), small)
        axis = f"{self.curve.x_label}, {self.curve.x_unit}".rstrip(", ")
        write(c, WIDTH - RIGHT - 5.4 * len(axis), base - HEIGHT + 6, axis, small)
        for mark in d.marks:
            self._stroke(mark, base, 1.2)
            x, y = mark.points[0]
            write(c, x + 5, base - y + 4, mark.label, Look(9.5, mark.colour))
        row = base - HEIGHT - 8
        for line in d.lines:
            self._stroke(line, base, 1.8)
            if line.label:
                self._stroke(Stroke(((LEFT, base - row), (LEFT + 26, base - row)), line.colour, line.dash), base, 1.8)
                write(c, LEFT + 34, row - 3, line.label, small)
                row -= 14
        c.restoreState()

    def _stroke(self, stroke: Stroke, base: float, width: float) -> None:
        path = self.canv.beginPath()
        for i, (x, y) in enumerate(stroke.points):
            (path.lineTo if i else path.moveTo)(x, base - y)
        self.canv.setStrokeColor(HexColor(stroke.colour))
        self.canv.setLineWidth(width)
        self.canv.setDash([float(n) for n in stroke.dash.split()] if stroke.dash else [])
        self.canv.drawPath(path)
        self.canv.setDash([])


def sign(canvas: Any, verdict: str, at: tuple[float, float], size: float, colour: str) -> None:
    """Draw the verdict's sign: cross, tick, exclamation or question mark; told apart without colour."""
    x, y = at
    canvas.saveState()
    canvas.setStrokeColor(HexColor(colour))
    canvas.setLineWidth(size * 0.16)
    canvas.setLineCap(1)
    if verdict == "violation":
        canvas.lines([(x, y, x + size, y + size), (x, y + size, x + size, y)])
    elif verdict == "compliant":
        canvas.lines([(x, y + size * 0.45, x + size * 0.38, y), (x + size * 0.38, y, x + size, y + size)])
    else:
        words = "!" if verdict == "warning" else "?"
        write(canvas, x + size * 0.2, y, words, Look(size * 1.3, colour, bold=True))
    canvas.restoreState()
