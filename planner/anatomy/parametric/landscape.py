"""Profiles along the trunk by which soft structures are placed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.fields import Coordinates, Field
from planner.anatomy.parametric.morphometry import LEVELS
from planner.anatomy.parametric.trunk import SKIN_MM, Profile, Trunk

Shape: TypeAlias = Callable[[Coordinates], Field]
"""A field in the trunk's frame, mm."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """Profiles along the trunk that several shapes use.

    Attributes
    ----------
    trunk : the outline.
    """

    trunk: Trunk

    @cached_property
    def middle(self) -> Profile:
        """X of the bodies' centres."""
        return self.trunk.along({k: float(p[0]) for k, p in self.trunk.local(lambda _: (0.0, 0.0, 0.0)).items()})

    @cached_property
    def body_y(self) -> Profile:
        """Y of the bodies' centres."""
        return self.trunk.along({k: float(p[1]) for k, p in self.trunk.local(lambda _: (0.0, 0.0, 0.0)).items()})

    @cached_property
    def apex_y(self) -> Profile:
        """Y of the inner side of the laminae."""
        points = self.trunk.local(lambda m: (0.0, Landmarks.of(m).apex, 0.0))
        return self.trunk.along([(float(p[2]), float(p[1])) for p in points.values()])

    @cached_property
    def transverse_y(self) -> Profile:
        """Y of the tips of the transverse processes."""
        points = self.trunk.local(lambda m: (0.0, Landmarks.of(m).wall + m.tp_back, m.tp_rise))
        return self.trunk.along([(float(p[2]), float(p[1])) for p in points.values()])

    @cached_property
    def tip_y(self) -> Profile:
        """Y of the tips of the spinous processes."""
        return self.trunk.along(self.trunk.tips)

    def height(self, level: str, share: float = 0.0) -> float:
        """Height of a level's centre, moved by a share of the way to the next one below."""
        at = LEVELS.index(level)
        here, below = self.trunk.heights[level], self.trunk.heights[LEVELS[min(at + 1, len(LEVELS) - 1)]]
        return here + share * (below - here)

    def fascia(self, at: Coordinates, further: float) -> Field:
        """Field of what lies inside the fat, by `further` mm more."""
        return self.trunk.field(at, lambda z: self.trunk.fat(z) + SKIN_MM + further)


def single(values: object) -> Field:
    """Return values as a float32 field."""
    return np.asarray(values, dtype=np.float32)
