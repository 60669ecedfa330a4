"""The two texts in which 3D Slicer keeps markups, taken apart into lines and points in LPS mm."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.core.errors import InputError, Problem, shown
from planner.geometry.frames import flip_ras_lps

_FCSV_FRAMES: Final = {"0": "RAS", "1": "LPS", "RAS": "RAS", "LPS": "LPS"}
_LEGACY_COLUMNS: Final = ("label", "x", "y", "z", "sel", "vis")
_UNIT_MM: Final = {"mm": 1.0, "um": 1e-3}
_UNPLACED: Final = ("undefined", "preview", "missing")
_AGAIN: Final = "save it again from 3D Slicer"

Point = NDArray[np.float64]
Points = list[tuple[str, Point]]
Lines = list[tuple[str, tuple[Point, ...]]]


def read_json(text: str, path: Path, place: str) -> tuple[Lines, Points]:
    """Return the lines and all points of a `.mrk.json`; without `coordinateSystem` it is LPS, by its schema."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused(place, f"{path.name}: {shown(error)}", "whole JSON", _AGAIN) from None
    listed = held.get("markups") if isinstance(held, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise refused(place, f"{path.name} without `markups`", "a markups file", _AGAIN)
    lines: Lines = []
    points: Points = []
    for number, markup in enumerate(listed):
        at = f"{place}: markups[{number}]"
        if not isinstance(markup, Mapping):
            raise refused(at, shown(markup), "a markup", _AGAIN)
        frame = markup.get("coordinateSystem", "LPS")
        if frame not in ("LPS", "RAS"):
            raise refused(at, f"coordinateSystem {shown(frame)}", "LPS or RAS", "save it again in LPS or RAS")
        placed = [
            (str(point.get("label", "")), _placed(point.get("position"), frame, _unit(markup, at), at))
            for point in _control_points(markup, at)
        ]
        points += placed
        if markup.get("type") == "Line":
            stem = path.name.removesuffix(".json").removesuffix(".mrk")
            lines.append((str(markup.get("name") or stem), tuple(p for _, p in placed)))
    return lines, points


def _unit(markup: Mapping[str, Any], at: str) -> float:
    written = markup.get("coordinateUnits", "mm")
    code = written[0] if isinstance(written, list) and written else written
    if not isinstance(code, str) or code not in _UNIT_MM:
        raise refused(at, f"coordinateUnits {shown(written)}", "mm or um", "save it again in millimetres")
    return _UNIT_MM[code]


def _control_points(markup: Mapping[str, Any], at: str) -> list[Mapping[str, Any]]:
    listed = markup.get("controlPoints", [])
    if not isinstance(listed, list) or not all(isinstance(point, Mapping) for point in listed):
        raise refused(at, shown(listed), "a list of control points", _AGAIN)
    return [point for point in listed if point.get("positionStatus") not in _UNPLACED]


def _placed(position: Any, frame: str, unit_mm: float, at: str) -> Point:
    numbers = isinstance(position, Sequence) and not isinstance(position, str) and len(position) == 3
    if not numbers or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in position):
        raise refused(at, f"the position {shown(position)}", "three numbers", "place the point again in 3D Slicer")
    try:
        point = np.array([float(v) for v in position]) * unit_mm
    except OverflowError:
        point = np.full(3, math.inf)
    return flip_ras_lps(point) if frame == "RAS" else point


def read_fcsv(text: str, path: Path, place: str) -> Points:
    """Return the points of a list of version 4, whose header states the frame, or of Slicer 3, which was RAS."""
    header: dict[str, str] = {}
    body = []
    for line in text.splitlines():
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            header[key.strip().lower()] = value.strip()
        elif line.strip():
            body.append(line)
    columns = tuple(name.strip() for name in header.get("columns", "").split(",") if name.strip())
    if "markups fiducial file version" in header:
        written = header.get("coordinatesystem", "")
        frame = _FCSV_FRAMES.get(written.upper())
        if frame is None:
            got, expected = f"CoordinateSystem {shown(written)}", "RAS (0) or LPS (1)"
            raise refused(place, f"{path.name}: {got}", expected, "save it again from 3D Slicer in LPS or RAS")
    elif columns == _LEGACY_COLUMNS:
        frame = "RAS"
    else:
        got = f"{path.name} without the header of a markups or fiducial list"
        raise refused(place, got, "a .fcsv of 3D Slicer", _AGAIN)
    if not {"label", "x", "y", "z"} <= set(columns):
        raise refused(
            place, f"{path.name} with columns {shown(header.get('columns'))}", "label, x, y, z", "save it again"
        )
    points: Points = []
    for row in csv.DictReader(body, fieldnames=columns):
        numbers = []
        for axis in ("x", "y", "z"):
            try:
                numbers.append(float(row[axis]))
            except (TypeError, ValueError):
                got = f"{path.name}: {axis} {shown(row.get(axis))} of point {shown(row.get('label'))}"
                raise refused(place, got, "a number", "place the point again in 3D Slicer") from None
        points.append((str(row["label"] or ""), _placed(numbers, frame, 1.0, place)))
    return points


def refused(place: str, got: str, expected: str, way_out: str) -> InputError:
    """Return the one problem of a file as an error."""
    return InputError([Problem(place, got, expected, way_out)])
