"""What every structure needs to know about the others: dimensions, poses and the canal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.anatomy.parametric.tubes import Tube, canal


@dataclass(frozen=True, eq=False)
class Column:
    """All levels of the table, whether they are built or not.

    Attributes
    ----------
    rows, poses : by level, from the head down.
    canal : cut out of every vertebra and disc, so that none can meet it.
    """

    rows: dict[str, Morphometry]
    poses: dict[str, Pose]
    canal: Tube

    @classmethod
    def of(cls, rows: Mapping[str, Morphometry], poses: Mapping[str, Pose]) -> Column:
        """Put rows and poses together and lay the canal through them."""
        return cls(dict(rows), dict(poses), canal(rows, poses))

    @cached_property
    def mirrored(self) -> bool:
        """Whether left mirrors right: no curve to the side."""
        return all(pose.planar for pose in self.poses.values())

    def facet_below_deg(self, level: str) -> float:
        """Direction of the facet that `level` rests on."""
        below = LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
        return self.rows[below].facet_deg
