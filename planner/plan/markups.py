"""3D Slicer's markups (`.mrk.json`, `.fcsv`) read as lines and points, and lines written back.

Points come in the frame the file itself states and are turned into LPS mm here. Slicer's own rules fill in
what a file may leave out: a `.mrk.json` without `coordinateSystem` is LPS (its schema), a Slicer 3 list is RAS.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from planner.core.files import sha256_of, stable_json
from planner.core.names import Frame
from planner.geometry.frames import flip_ras_lps
from planner.plan.slicer_formats import Point, read_fcsv, read_json, refused

MAX_BYTES = 4_000_000
SCHEMA: Final = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)


@dataclass(frozen=True)
class Markups:
    """What a file holds, LPS mm.

    Attributes
    ----------
    lines : name and control points of each line; a number that is not finite stays as it is.
    points : label and place of each point, in the file's order; labels may repeat.
    sha256 : of the file.
    """

    lines: tuple[tuple[str, tuple[Point, ...]], ...]
    points: tuple[tuple[str, Point], ...]
    sha256: str


def read_markups(path: Path, *, place: str) -> Markups:
    """Read a `.mrk.json` or `.fcsv` file.

    Raises
    ------
    InputError
        The file is missing, of another format, not whole, or in an unknown frame or unit.
    """
    if not path.is_file():
        raise refused(place, f"{path} (no such file)", "a markups file", "check the path; it is relative to the plan")
    suffix = path.suffix.lower()
    if suffix not in (".json", ".fcsv"):
        raise refused(place, path.name, ".mrk.json or .fcsv", "save the markups from 3D Slicer in one of these")
    if path.stat().st_size > MAX_BYTES:
        raise refused(place, f"{path.stat().st_size} bytes", "at most 4 MB", "is it the right file?")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(place, path.name, "UTF-8 text", "save it again from 3D Slicer") from None
    lines, points = read_json(text, path, place) if suffix == ".json" else ([], read_fcsv(text, path, place))
    return Markups(tuple(lines), tuple(points), sha256_of(path))


def line_text(name: str, entry: ArrayLike, target: ArrayLike, *, frame: Frame = "LPS") -> str:
    """Return a `.mrk.json` with one line, entry first; both places are LPS mm, written in `frame`."""
    written = []
    for number, (label, point) in enumerate((("entry", entry), ("target", target)), start=1):
        place = np.asarray(point, dtype=float) if frame == "LPS" else flip_ras_lps(point)
        written.append(
            {
                "id": str(number),
                "label": f"{name}-{label}",
                "position": [round(float(v), 6) + 0.0 for v in place],
                "selected": True,
                "locked": False,
                "visibility": True,
                "positionStatus": "defined",
            }
        )
    line = {
        "type": "Line",
        "name": name,
        "coordinateSystem": frame,
        "coordinateUnits": "mm",
        "controlPoints": written,
    }
    return stable_json({"@schema": SCHEMA, "markups": [line]})
