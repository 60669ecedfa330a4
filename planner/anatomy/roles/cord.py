"""What the label of the cord holds at a level: the cord, its conus, or below it the roots in their sac."""

from __future__ import annotations

from typing import Final, Literal

from planner.core.names import LEVELS

Region = Literal["cord", "conus", "cauda"]

CONUS_LEVELS: Final = ("L1", "L2")
"""Vertebrae at which the cord ends in most adults (facts of anatomy: conus ends L1–L2)."""


def cord_region(level: str) -> Region:
    """Return what threatens at a vertebra: `cord`, `conus` (it may be either) or `cauda` (sac and roots).

    >>> cord_region("T12"), cord_region("L1"), cord_region("L4")
    ('cord', 'conus', 'cauda')
    """
    if level in CONUS_LEVELS:
        return "conus"
    below = level not in LEVELS or LEVELS.index(level) > LEVELS.index(CONUS_LEVELS[-1])
    return "cauda" if below else "cord"


def region_note(level: str) -> str | None:
    """Return what a reader of a distance to `spinal_cord` should know at this level; None where it is the cord.

    Segmentation programs run that label on to L5 (TotalSegmentator does), so that below the conus it is the sac.
    """
    return {
        "cord": None,
        "conus": f"at {level} the conus ends (L1–L2): what is labelled spinal cord may be cord or roots "
        "(region: conus)",
        "cauda": f"{level} lies below the conus (L1–L2): what is labelled spinal cord is the sac with its roots "
        "(region: cauda)",
    }[cord_region(level)]


def sac_note(level: str) -> str:
    """Return what a reader of a distance to `thecal_sac`, taken where no cord was, should know at this level."""
    held = {"cord": None, "conus": "the conus or the first roots", "cauda": "the cauda equina"}[cord_region(level)]
    if held is None:
        return "measured to the thecal sac, which stands for the cord here"
    return f"measured to the thecal sac, which at {level} holds {held} (region: {cord_region(level)})"
