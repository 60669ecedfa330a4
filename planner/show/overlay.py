"""What is written over the picture: title, legend, callouts, patient directions, scale bar. Worker process only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkTextActor

from planner.protocol.language import Lang, page_word
from planner.show.legend import legend
from planner.show.scene import Marker, Scene
from planner.show.style import OUTCOME_COLOURS

VTK_FONT_FILE = 4
"""VTK's number for a font read from a file; its Python classes do not name it."""
INK, SOFT, WHITE = (0.09, 0.13, 0.17), (0.33, 0.38, 0.43), (1.0, 1.0, 1.0)
Colour = tuple[float, float, float]
At = Sequence[float] | NDArray[np.float64]


class Pen:
    """Draws in display pixels of the final picture, origin at the lower left.

    `font` is a font file where VTK's own lacks letters.
    """

    def __init__(self, renderer: Any, font: str = "") -> None:
        self.renderer, self.font = renderer, font
        self.drawn: list[Any] = []

    def _add(self, prop: Any) -> None:
        self.drawn.append(prop)
        self.renderer.AddViewProp(prop)

    def shape(self, points: Any, colour: Colour, opacity: float = 1.0, width: float | None = None) -> None:
        """Draw a filled convex polygon, or with `width` a polyline; points (n, 2) px."""
        at, cells = vtkPoints(), vtkCellArray()
        for x, y in np.asarray(points, dtype=float):
            at.InsertNextPoint(x, y, 0.0)
        cells.InsertNextCell(at.GetNumberOfPoints(), list(range(at.GetNumberOfPoints())))
        data = vtkPolyData()
        data.SetPoints(at)
        (data.SetPolys if width is None else data.SetLines)(cells)
        mapper = vtkPolyDataMapper2D()
        mapper.SetInputData(data)
        actor = vtkActor2D()
        actor.SetMapper(mapper)
        look = actor.GetProperty()
        look.SetColor(*colour)
        look.SetOpacity(opacity)
        if width is not None:
            look.SetLineWidth(width)
        self._add(actor)

    def box(self, corner: At, size: At, colour: Colour, opacity: float = 1.0) -> None:
        """Draw a filled rectangle from its lower left corner."""
        (x, y), (w, h) = corner, size
        self.shape([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], colour, opacity)

    def disc(self, at: At, radius: float, colour: Colour, opacity: float = 1.0) -> None:
        """Draw a filled circle."""
        x, y = at
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        self.shape(np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1), colour, opacity)

    def text(
        self, at: At, words: str, size: float, colour: Colour = INK, *, bold: bool = False, align: str = "left"
    ) -> float:
        """Write one line, vertically centred on y; returns its width, px."""
        actor = vtkTextActor()
        actor.SetInput(words)
        look = actor.GetTextProperty()
        if self.font:
            look.SetFontFamily(VTK_FONT_FILE)
            look.SetFontFile(self.font)
        else:
            look.SetFontFamilyToArial()
        look.SetFontSize(round(size))
        look.SetColor(*colour)
        look.SetBold(bold)
        look.SetVerticalJustificationToCentered()
        {"left": look.SetJustificationToLeft, "right": look.SetJustificationToRight,
         "centre": look.SetJustificationToCentered}[align]()  # fmt: skip
        actor.SetPosition(*at)
        self._add(actor)
        extent = [0.0, 0.0, 0.0, 0.0]
        actor.GetBoundingBox(self.renderer, extent)
        return extent[1] - extent[0]


def annotate(scene: Scene, window: Any, renderer: Any, *, whole: bool = True, font: str = "") -> list[Any]:
    """Write title, legend, orientation, scale bar and callouts over a scene whose camera is set.

    Without `whole` title and legend are left out. Returns what was drawn, so that it can be taken away again.
    """
    pen = Pen(renderer, font)
    width, height = window.GetSize()
    unit = height / (1200 if whole else 900)  # sizes below are for a picture 1200 pixels high
    camera = renderer.GetActiveCamera()

    def project(point: Any) -> NDArray[np.float64]:
        renderer.SetWorldPoint(*point, 1.0)
        renderer.WorldToDisplay()
        return np.asarray(renderer.GetDisplayPoint()[:2])

    if whole:
        _title(pen, scene, width, height, unit)
        _legend(pen, scene, width, unit)
    _directions(pen, camera, unit)
    _scale_bar(pen, camera, height, unit, scene.lang)
    _callouts(pen, scene.markers, project, (width, height), unit)
    return pen.drawn


def _title(pen: Pen, scene: Scene, width: float, height: float, unit: float) -> None:
    pen.box((0, height - 84 * unit), (width, 84 * unit), WHITE, 0.9)
    pen.box((0, height - 85 * unit), (width, 1.5 * unit), SOFT, 0.5)
    pen.text((36 * unit, height - 44 * unit), scene.title, 30 * unit, bold=True)


def _legend(pen: Pen, scene: Scene, width: float, unit: float) -> None:
    """Colour chips; hatched where the structure is modelled."""
    row, size = 31 * unit, 20 * unit
    lines = legend(scene)
    wide = max((_wide(line.label) for line in lines), default=0) * size * 0.52 + 58 * unit
    left, y = width - max(wide, 220 * unit) - 24 * unit, 40 * unit + row * (len(lines) - 1)
    pen.box((left - 18 * unit, 14 * unit), (width - left + 18 * unit, y + 18 * unit), WHITE, 0.86)
    for line in lines:
        colour, corner, chip = _rgb(line.colour), np.array([left, y - 10 * unit]), np.array([26, 20]) * unit
        pen.box(corner - 1, chip + 2, colour)
        pen.box(corner, chip, WHITE)
        pen.box(corner, chip, colour, min(1.0, line.opacity * 1.3))
        if line.modelled:
            for share in (0.1, 0.4, 0.7):
                foot = corner + chip * (share, 0.0)
                pen.shape([foot, foot + chip * (0.3, 1.0)], WHITE, width=2 * unit)
        pen.text((left + 38 * unit, y), line.label, size)
        y -= row


def _directions(pen: Pen, camera: Any, unit: float) -> None:
    """Patient directions as seen: L R, A P, H F at the ends of three small lines."""
    back = -np.asarray(camera.GetDirectionOfProjection())
    up = np.asarray(camera.GetViewUp())
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    centre, reach = np.array([106.0, 112.0]) * unit, 50 * unit
    pen.disc(centre, 84 * unit, WHITE, 0.72)
    ends = []
    for axis, letters in enumerate((("L", "R"), ("P", "A"), ("H", "F"))):
        for sign, letter in zip((1.0, -1.0), letters, strict=True):
            direction = np.zeros(3)
            direction[axis] = sign
            ends.append((float(direction @ back), np.array([direction @ right, direction @ up]), letter))
    for depth, flat, letter in sorted(ends, key=lambda end: end[0]):
        colour = INK if depth > -0.05 else (0.56, 0.60, 0.64)
        pen.shape([centre, centre + flat * reach], colour, width=2.2 * unit)
        if np.linalg.norm(flat) > 0.15:
            pen.text(centre + flat * (reach + 17 * unit), letter, 21 * unit, colour, bold=True, align="centre")


def _scale_bar(pen: Pen, camera: Any, height: float, unit: float, lang: Lang) -> None:
    """10 mm at the depth of the focus."""
    distance = float(np.linalg.norm(np.subtract(camera.GetPosition(), camera.GetFocalPoint())))
    length = 10.0 * height / (2 * distance * np.tan(np.radians(camera.GetViewAngle() / 2)))
    left, y = 230 * unit, 64 * unit
    pen.box((left - 14 * unit, y - 20 * unit), (length + 170 * unit, 64 * unit), WHITE, 0.72)
    pen.shape([[left, y], [left + length, y]], INK, width=3 * unit)
    for x in (left, left + length):
        pen.shape([[x, y - 8 * unit], [x, y + 8 * unit]], INK, width=3 * unit)
    pen.text((left + length / 2, y + 26 * unit), "10 mm", 20 * unit, align="centre")
    pen.text((left + length + 16 * unit, y), page_word(lang, "at target depth"), 16 * unit, SOFT)


def _callouts(pen: Pen, markers: tuple[Marker, ...], project: Any, size: tuple[float, float], unit: float) -> None:
    """Dot on the place, line to the nearest point, and a label on white; leaders first, so that no label is crossed."""
    placed = []
    for marker in markers:
        ends = [project(marker.where_lps_mm)]
        if marker.other_lps_mm is not None:
            ends.append(project(marker.other_lps_mm))
        placed.append((marker, ends, np.mean(ends, axis=0)))
    tall, text = 46 * unit, 24 * unit
    # Labels stand in a column at the left, in the order in which the fewest leaders cross.
    top = min(max((p[2][1] for p in placed), default=0.0) + 190 * unit, size[1] - 150 * unit)
    placed.sort(key=lambda entry: -entry[2][1])
    if len(placed) <= 5:
        slots = [np.array([300 * unit, top - i * (tall + 22 * unit)]) for i in range(len(placed))]
        placed = list(min(permutations(placed), key=lambda order: _crossings(slots, [p[2] for p in order])))
    boxes = []
    for i, (marker, ends, middle) in enumerate(placed):
        colour = _rgb(OUTCOME_COLOURS.get(marker.outcome, OUTCOME_COLOURS["fail"]))
        wide = _wide(marker.label) * text * 0.53 + 34 * unit
        x, y = 36 * unit, top - i * (tall + 22 * unit)
        boxes.append((x, y, wide, colour, marker.label))
        for thick, tint in ((5.5, WHITE), (2.2, colour)):
            pen.shape([[x + wide, y], middle], tint, width=thick * unit)
        if len(ends) == 2:
            pen.shape(ends, WHITE, width=8 * unit)
            pen.shape(ends, colour, width=4 * unit)
        for end in ends:
            pen.disc(end, 9 * unit, WHITE)
            pen.disc(end, 6.5 * unit, colour)
    for x, y, wide, colour, label in boxes:
        pen.box((x - 2 * unit, y - tall / 2 - 2 * unit), (wide + 4 * unit, tall + 4 * unit), colour)
        pen.box((x, y - tall / 2), (wide, tall), WHITE)
        pen.box((x, y - tall / 2), (8 * unit, tall), colour)
        pen.text((x + 20 * unit, y - 2 * unit), label, text, colour, bold=True)


def _wide(words: str) -> float:
    """Width of a text in Latin letters; a Chinese one is as wide as two."""
    return len(words) + 0.9 * sum(c >= "\u2e80" for c in words)


def _crossings(starts: list[NDArray[np.float64]], ends: list[NDArray[np.float64]]) -> int:
    """How many of the straight leaders start → end cross each other."""

    def turn(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    return sum(
        turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
        for (a, b), (c, d) in combinations(zip(starts, ends, strict=True), 2)
    )


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255, green / 255, blue / 255
