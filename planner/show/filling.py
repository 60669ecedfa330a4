"""Balloon and cement as bodies of the planned volume about the tip: their place is drawn, not simulated."""

from __future__ import annotations

import math

from planner.geometry.bodies import Spheroid
from planner.plan.case import CaseStep, Instrument

BALLOON_SLENDERNESS, CEMENT_SLENDERNESS = 1.6, 1.2
"""Length over width."""


def balloon_bodies(step: CaseStep) -> list[tuple[str, Spheroid]]:
    """Tag and body of each inflated balloon of a step; the volume is that of one balloon."""
    balloon = getattr(step.plan, "balloon", None)
    volume = balloon.volume_ml if balloon is not None else None
    return _about(step, volume, BALLOON_SLENDERNESS) if volume else []


def cement_bodies(step: CaseStep) -> list[tuple[str, Spheroid]]:
    """Tag and body of each step's cement; the volume is the step's total."""
    cement = getattr(step.plan, "cement", None)
    share = len(step.instruments) or 1
    return _about(step, cement.volume_ml / share, CEMENT_SLENDERNESS) if cement is not None else []


def _about(step: CaseStep, volume_ml: float, slenderness: float) -> list[tuple[str, Spheroid]]:
    number, several = step.index + 1, len(step.instruments) > 1
    return [
        (f"{number}.{index + 1}" if several else f"{number}", of_volume(tool, volume_ml, slenderness))
        for index, tool in enumerate(step.instruments)
    ]


def of_volume(tool: Instrument, volume_ml: float, slenderness: float) -> Spheroid:
    """Return a body of a volume before an instrument's tip."""
    short = (volume_ml * 1000.0 * 3.0 / (4.0 * math.pi * slenderness)) ** (1.0 / 3.0)
    return Spheroid(tool.tip - short * slenderness * 0.5 * tool.direction, tool.direction, short * slenderness, short)
