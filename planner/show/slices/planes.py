"""Planes through a case: along the body as radiologists read them, along and across each needle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.plan.case import Case, Instrument

Array = NDArray[np.float64]
LEFT, BACK, HEAD = np.eye(3)
SIDE_MM: Final = 130.0
"""What a slice shows: a lumbar vertebra with its processes and the needle's way into it."""
PAST_TIP_MM, BACK_MM = 20.0, 60.0
"""How far beyond the tip, and back towards the hub, the planes across a needle go."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat picture in space.

    Attributes
    ----------
    name : identifier.
    words : for the reader; `{tag}` stands for the needle's.
    tag : of the needle, `1` or `2.1`; empty without one.
    centre : (3,) middle of the picture, LPS mm.
    right, down : (3,) unit vectors of the picture, at right angles, LPS.
    from_mm, to_mm : how far along its normal the plane may be moved.
    """

    name: str
    words: str
    centre: Array
    right: Array
    down: Array
    from_mm: float
    to_mm: float
    side_mm: float = SIDE_MM
    tag: str = ""

    @property
    def label(self) -> str:
        """Words for the reader."""
        return self.words.format(tag=self.tag)

    @property
    def normal(self) -> Array:
        """(3,) unit vector away from the reader, LPS."""
        return np.asarray(np.cross(self.right, self.down))

    def moved(self, offset_mm: float) -> Plane:
        """Return the plane farther along its normal."""
        return replace(self, centre=self.centre + offset_mm * self.normal)

    def points(self, pixels: int) -> Array:
        """(pixels, pixels, 3) centres of the picture's pixels, LPS mm."""
        at = (np.arange(pixels) + 0.5) / pixels * self.side_mm - 0.5 * self.side_mm
        return np.asarray(self.centre + at[:, None, None] * self.down + at[None, :, None] * self.right)

    def pixel_of(self, points: ArrayLike, pixels: int) -> Array:
        """(…, 2) column and row, in pixels, of points (…, 3), LPS mm, as seen at right angles to the plane."""
        out = np.asarray(points, dtype=np.float64) - self.centre
        at = np.stack([out @ self.right, out @ self.down], axis=-1)
        return np.asarray((at / self.side_mm + 0.5) * pixels)

    def as_json(self) -> dict[str, Any]:
        """Return it for the page."""
        return {
            "name": self.name,
            "label": self.label,
            "centre": [float(v) for v in self.centre],
            "right": [float(v) for v in self.right],
            "down": [float(v) for v in self.down],
            "from": float(self.from_mm),
            "to": float(self.to_mm),
            "side": float(self.side_mm),
        }


def planes_of(case: Case, reach_mm: float = 45.0) -> tuple[Plane, ...]:
    """Return axial, sagittal and coronal planes through the target, then those of each needle.

    Parameters
    ----------
    reach_mm : how far the first three may be moved to either side.
    """
    centre = _middle(case)
    found = [
        Plane("axial", "Axial", centre, LEFT, BACK, -reach_mm, reach_mm),
        Plane("sagittal", "Sagittal", centre, BACK, -HEAD, -reach_mm, reach_mm),
        Plane("coronal", "Coronal", centre, LEFT, -HEAD, -reach_mm, reach_mm),
    ]
    seen: list[Instrument] = []
    for step in case.steps:
        for index, tool in enumerate(step.instruments):
            if any(np.allclose(tool.tip, o.tip) and np.allclose(tool.entry, o.entry) for o in seen):
                continue
            seen.append(tool)
            tag = f"{step.index + 1}" + (f".{index + 1}" if len(step.instruments) > 1 else "")
            found += _of_needle(tool, tag)
    return tuple(found)


def _middle(case: Case) -> Array:
    """The tips' mean, or the first target's middle without any."""
    tips = [tool.tip for step in case.steps for tool in step.instruments]
    if tips:
        return np.asarray(np.mean(tips, axis=0))
    target = case.anatomy.get(f"vertebra_{case.steps[0].level}")
    assert target is not None  # noqa: S101 - a case has its target
    return np.asarray(target.mesh.bounds.mean(axis=0))


def _of_needle(tool: Instrument, tag: str) -> list[Plane]:
    """One plane that holds needle and head, one that holds needle and left, one across, as seen from the hub."""
    way = tool.direction
    up, left = _across(HEAD, way, BACK), _across(LEFT, way, HEAD)
    length = float(np.linalg.norm(tool.tip - tool.entry))
    # The picture's middle lies before the tip, so that the way in and what lies beyond are both seen.
    middle = tool.tip - 20.0 * way
    return [
        Plane(f"along_{tag}", "Along needle {tag}", middle, -way, -up, -15.0, 15.0, tag=tag),
        Plane(f"beside_{tag}", "Along needle {tag}, turned 90°", middle, left, -way, -15.0, 15.0, tag=tag),
        Plane(
            f"across_{tag}",
            "Across needle {tag}",
            tool.tip,
            np.cross(up, -way),
            -up,
            -min(length, BACK_MM),
            PAST_TIP_MM,
            70.0,
            tag,
        ),
    ]


def _across(wanted: Array, axis: Array, otherwise: Array) -> Array:
    """The direction nearest to the one wanted at right angles to an axis."""
    for direction in (wanted, otherwise):
        flat = direction - (direction @ axis) * axis
        size = float(np.linalg.norm(flat))
        if size > 0.1:
            break
    return np.asarray(flat / size)
