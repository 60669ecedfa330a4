"""The body of a vertebra that is to be filled, and its own axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.build import vertebra_rings
from planner.anatomy.roles.frame import OwnFrame
from planner.anatomy.structures import Anatomy, Structure

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Site:
    """A level.

    Attributes
    ----------
    whole, body : the vertebra and its body. frame : to the left, to the back and to the head.
    """

    whole: Structure
    body: Structure
    frame: OwnFrame

    @property
    def bounds(self) -> Array:
        """(2, 3) extent of the body in its own frame."""
        own = self.frame.to_own(self.body.mesh.vertices)
        return np.stack([own.min(axis=0), own.max(axis=0)])

    @property
    def depth_mm(self) -> float:
        """Of the body, front to back."""
        low, high = self.bounds
        return float(high[1] - low[1])


def site_of(anatomy: Anatomy, level: str) -> Site | str:
    """Return a level's body with its axes (the patient's where its canal is not known), or why there is none."""
    body, whole = anatomy.get(f"vertebra_{level}_body"), anatomy.get(f"vertebra_{level}")
    if body is None:
        return f"vertebra_{level}_body is not in the labels, nor could it be told by the vertebra's shape"
    if body.cut:
        return f"vertebra_{level}_body is cut by the border of the image"
    rings = vertebra_rings(anatomy, level)
    frame = OwnFrame(body.mesh.centroid, np.eye(3)) if rings is None else rings.frame
    return Site(whole or body, body, frame)
