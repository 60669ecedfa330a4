"""Where each instrument of a plan enters and ends, LPS mm: from the plan's own points, or from 3D Slicer's markups."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.core.errors import InputError, Problems, shown
from planner.core.names import Frame
from planner.geometry.frames import flip_ras_lps
from planner.plan.markups import Markups, read_markups
from planner.plan.models import Access, MarkupsAccess

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]
SHORTEST_MM = 1.0
"""Ends closer than this give no direction that could be trusted."""


@dataclass
class Trajectories:
    """Finds entry and tip of each access; each markups file is read once.

    Attributes
    ----------
    folder, frame : where names are looked for, and the frame of the plan's own points.
    problems, inputs : collected; `inputs` are role and SHA-256 of each file.
    """

    folder: Path
    frame: Frame
    problems: Problems
    inputs: list[dict[str, str]] = field(default_factory=list)
    _read: dict[str, Markups | None] = field(default_factory=dict)

    def ends(self, access: Access | MarkupsAccess, at: str) -> Ends | None:
        """Return entry and tip, LPS mm; None where they cannot be told, with the problem noted at `at`."""
        if isinstance(access, Access):
            entry, tip = np.asarray(access.entry, dtype=float), np.asarray(access.target, dtype=float)
            return (flip_ras_lps(entry), flip_ras_lps(tip)) if self.frame == "RAS" else (entry, tip)
        held = self._file(access.markups, f"{at}.markups")
        if held is None:
            return None
        found = self._by_labels(held, access, at) if access.entry is not None else self._line(held, access, at)
        if found is None:
            return None
        if not np.isfinite(found).all():
            self.problems.add(f"{at}.markups", "a point that is not finite", "finite coordinates", "place it again")
            return None
        if np.linalg.norm(found[0] - found[1]) < SHORTEST_MM:
            self.problems.add(f"{at}.markups", "two points in one place", "entry and target apart", "place one anew")
            return None
        return found

    def _file(self, name: str, at: str) -> Markups | None:
        if name not in self._read:
            self._read[name] = None
            try:
                held = self._read[name] = read_markups(self.folder / name, place=at)
            except InputError as error:
                self.problems.extend(error.problems)
            else:
                self.inputs.append({"role": at, "sha256": held.sha256})
        return self._read[name]

    def _line(self, held: Markups, access: MarkupsAccess, at: str) -> Ends | None:
        named = [points for name, points in held.lines if access.line in (None, name)]
        if len(named) != 1:
            names = [name for name, _ in held.lines]
            got = f"{len(named)} lines" + (f" named {access.line!r}" if access.line else "")
            self.problems.add(f"{at}.line", got, "one line of the file", _known(access.line, names, "lines"))
            return None
        if len(named[0]) != 2:
            got = f"{len(named[0])} placed point{'s' if len(named[0]) != 1 else ''}"
            self.problems.add(f"{at}.markups", got, "a line of two control points", "place both ends in 3D Slicer")
            return None
        first, second = named[0]
        return (second, first) if access.order == "target_first" else (first, second)

    def _by_labels(self, held: Markups, access: MarkupsAccess, at: str) -> Ends | None:
        ends = []
        for key, label in (("entry", access.entry), ("target", access.target)):
            found = [point for name, point in held.points if name == label]
            if len(found) == 1:
                ends.append(found[0])
                continue
            names = [name for name, _ in held.points]
            got = f"{len(found)} points labelled {shown(label)}"
            self.problems.add(f"{at}.{key}", got, "one point of the file", _known(label, names, "labels"))
        return (ends[0], ends[1]) if len(ends) == 2 else None


def _known(asked: str | None, names: list[str], what: str) -> str:
    close = difflib.get_close_matches(asked or "", names, n=1)
    if close and close[0] != asked:
        return f"did you mean `{close[0]}`?"
    return f"its {what} are {shown(', '.join(dict.fromkeys(names)))}" if names else f"the file has no {what}"
