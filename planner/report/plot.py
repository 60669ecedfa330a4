"""A curve as drawing: places in a box, which page (SVG) and PDF draw alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10

from planner.report.curves import Curve
from planner.report.numbers import number

WIDTH, HEIGHT = 420.0, 232.0
"""Units of the drawing; one is a pixel of the page."""
LEFT, RIGHT, TOP, BOTTOM = 52.0, 18.0, 20.0, 38.0
INKS = ("#0b5c8a", "#b3261e", "#1b6b4a", "#8a5a00", "#6b3fa0", "#3b4650")
"""Each reaches 4.5 : 1 on white; dashes tell them apart without colour."""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 4")
TICKS = 5
SHADE, SHADE_INK = "#e3eff8", "#2c66ad"
"""Of a phase, and of its name above the plot."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """A polyline with its name."""

    points: tuple[Point, ...]
    colour: str
    dash: str
    label: str = ""


@dataclass(frozen=True)
class Shade:
    """A shaded phase: its left side, its width, and its name where it is the first of that name."""

    x: float
    width: float
    label: str


@dataclass(frozen=True)
class Drawing:
    """A plot ready to draw; y runs down.

    Attributes
    ----------
    x_ticks, y_ticks : place and words.
    lines : one or more strokes for each line of the curve; only the first carries the label.
    marks : across the plot.
    shades : phases behind everything, over the whole height.
    """

    curve: Curve
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[Stroke, ...]
    marks: tuple[Stroke, ...]
    shades: tuple[Shade, ...] = ()


def drawing(curve: Curve) -> Drawing:
    """Lay a curve out; what is not finite leaves a gap."""
    ys = [v for line in curve.lines for v in line.y if isfinite(v)]
    ys += [m.at for m in curve.marks if m.axis == "y" and isfinite(m.at)]
    xs = [v for v in curve.x if isfinite(v)] + [m.at for m in curve.marks if m.axis == "x"]
    x_ticks, y_ticks = _ticks(xs), _ticks(ys)
    left, right = (min(xs), max(xs)) if xs and max(xs) > min(xs) else (x_ticks[0], x_ticks[-1])
    low, high = y_ticks[0], y_ticks[-1]

    def at(x: float, y: float) -> Point:
        return (
            round(LEFT + (WIDTH - LEFT - RIGHT) * (x - left) / (right - left), 1),
            round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low), 1),
        )

    lines = []
    for i, line in enumerate(curve.lines):
        ink, dash, label = INKS[i % len(INKS)], DASHES[i % len(DASHES)], line.label
        for piece in _pieces(curve.x, line.y):
            lines.append(Stroke(tuple(at(x, y) for x, y in piece), ink, dash, label))
            label = ""
    marks = []
    for mark in curve.marks:
        ends = (at(left, mark.at), at(right, mark.at)) if mark.axis == "y" else (at(mark.at, high), at(mark.at, low))
        colour = {"fail": "#b3261e", "warn": "#8a5a00"}.get(mark.outcome, "#56606b")
        marks.append(Stroke(ends, colour, "5 4", mark.label))
    return Drawing(
        curve,
        tuple((at(x, low)[0], number(x)) for x in x_ticks if left <= x <= right),
        tuple((at(left, y)[1], number(y)) for y in y_ticks),
        tuple(lines),
        tuple(marks),
        tuple(_shades(curve, lambda x: at(x, low)[0])),
    )


def _shades(curve: Curve, place: Callable[[float], float]) -> Iterator[Shade]:
    """The first of each name carries it."""
    told: set[str] = set()
    for span in curve.spans:
        x = place(span.start)
        yield Shade(x, round(place(span.end) - x, 1), "" if span.label in told else span.label)
        told.add(span.label)


def svg(curve: Curve) -> str:
    """Draw a curve for the page; its texts are escaped."""
    d = drawing(curve)
    tall, told = HEIGHT + 17 * len(curve.lines), escape(f"{curve.title}: {summary(curve)}")
    parts = [f'<svg class="curve" viewBox="0 0 {WIDTH:g} {tall:g}" role="img" aria-label="{told}">']
    for shade in d.shades:
        box = f'x="{shade.x}" y="{TOP:g}" width="{shade.width}" height="{HEIGHT - TOP - BOTTOM:g}"'
        parts.append(f'<rect {box} fill="{SHADE}"/>')
        parts.append(
            f'<text class="mark" x="{shade.x + 4:g}" y="{TOP - 6:g}" fill="{SHADE_INK}">{escape(shade.label)}</text>'
        )
    for y, words in d.y_ticks:
        parts.append(f'<path class="grid" d="M{LEFT:g} {y}H{WIDTH - RIGHT:g}"/>')
        parts.append(f'<text x="{LEFT - 6:g}" y="{y + 4}" text-anchor="end">{words}</text>')
    for x, words in d.x_ticks:
        parts.append(f'<path class="grid" d="M{x} {HEIGHT - BOTTOM:g}v4"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 17:g}" text-anchor="middle">{words}</text>')
    axis = f"{curve.x_label}, {curve.x_unit}" if curve.x_unit else curve.x_label
    parts.append(f'<text x="{WIDTH - RIGHT:g}" y="{HEIGHT - 4:g}" text-anchor="end">{escape(axis)}</text>')
    for mark in d.marks:
        x, y = mark.points[0]
        parts.append(f'<path d="{_path(mark)}" stroke="{mark.colour}" stroke-dasharray="{mark.dash}" fill="none"/>')
        parts.append(f'<text class="mark" x="{x + 5}" y="{y - 4}" fill="{mark.colour}">{escape(mark.label)}</text>')
    y_axis = f"{curve.y_label}, {curve.y_unit}" if curve.y_unit else curve.y_label
    parts.append(f'<text x="4" y="{HEIGHT - 4:g}">{escape(y_axis)}</text>')
    row = HEIGHT + 8
    for line in d.lines:
        look = f'stroke="{line.colour}" stroke-width="2" fill="none" stroke-dasharray="{line.dash}"'
        parts.append(f'<path d="{_path(line)}" {look}/>')
        if line.label:
            parts.append(f'<path d="M{LEFT:g} {row:g}h26" {look}/>')
            parts.append(f'<text x="{LEFT + 34:g}" y="{row + 4:g}">{escape(line.label)}</text>')
            row += 17
    return "".join(parts) + "</svg>"


def summary(curve: Curve) -> str:
    """Each line's ends and extremes, for those who do not see it."""
    told = []
    for line in curve.lines:
        values = [v for v in line.y if isfinite(v)]
        if values:
            told.append(f"{line.label} {number(min(values))} – {number(max(values))} {curve.y_unit}".strip())
    return "; ".join(told)


def _path(stroke: Stroke) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in stroke.points)


def _pieces(xs: Sequence[float], ys: Sequence[float]) -> list[list[Point]]:
    pieces: list[list[Point]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if isfinite(x) and isfinite(y):
            pieces[-1].append((float(x), float(y)))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if len(piece) > 1]


def _ticks(values: list[float]) -> list[float]:
    """Round numbers that enclose the values."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 1e-12:
        low, high = low - max(abs(low), 1.0) * 0.1, high + max(abs(high), 1.0) * 0.1
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    first = floor(low / step)
    count = next(n for n in range(1, 4 * TICKS) if (first + n) * step >= high - 1e-9 * step)
    return [round((first + i) * step, 10) for i in range(count + 1)]
