"""Kyphosis, lordosis and a mild curve to the side: how the angle asked for is shared among the discs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.anatomy.parametric.layout import Bend, wedge_rad
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.anatomy.parametric.spec import ParametricSpec, Scoliosis
from planner.core.errors import Problems

LEAST_DISC_MM = 0.8
"""Height that the narrow edge of a wedged disc keeps (assumed)."""


@dataclass(frozen=True)
class Sweep:
    """A stretch of the column whose sagittal angle can be asked for.

    Attributes
    ----------
    first, last : the angle is taken from the upper endplate of the first to the lower one of the last.
    sign : 1 where the angle opens behind (kyphosis), -1 where it opens in front (lordosis).
    default_deg : of an average adult.
    """

    first: str
    last: str
    sign: float
    default_deg: float

    @property
    def levels(self) -> tuple[str, ...]:
        """Every level of the stretch, from the head down."""
        return LEVELS[LEVELS.index(self.first) : LEVELS.index(self.last) + 1]


KYPHOSIS = Sweep("T4", "T12", 1.0, 40.0)
"""40.6° ± 10° between these endplates in 300 standing adults (Vialle, J Bone Joint Surg Am 2005; from memory)."""

LORDOSIS = Sweep("L1", "L5", -1.0, 42.0)
"""43° ± 11° (Vialle 2005, from memory); more in the lower discs: 69 % of 49.8° (T12–S1) lies below L4 in 627 standing
volunteers (PMC6680033, abstract read)."""

_ABOVE_DEG = -1.0
"""Wedge of the discs T1–T3, above the stretch that is measured (assumed)."""


def angle_deg(rows: Mapping[str, Morphometry], sweep: Sweep) -> float:
    """Return the angle between the outer endplates of a stretch, positive in the direction of its own curve."""
    inner = sum(2.0 * wedge_rad(rows[level]) for level in sweep.levels)
    between = sum(math.radians(rows[level].disc_lordosis_deg) for level in sweep.levels[:-1])
    return -sweep.sign * math.degrees(inner + between)


def reach_deg(rows: Mapping[str, Morphometry], sweep: Sweep) -> tuple[float, float]:
    """Return the least and the largest angle that the discs' heights allow."""
    body = angle_deg({level: replace(rows[level], disc_lordosis_deg=0.0) for level in sweep.levels}, sweep)
    most = sum(_limit_deg(rows[level]) for level in sweep.levels[:-1])
    return body - most, body + most


def _limit_deg(m: Morphometry) -> float:
    room = max(m.disc_below - LEAST_DISC_MM, 0.0)
    return 2.0 * math.degrees(math.atan(room / (0.5 * (m.depth_upper + m.depth_lower))))


def bent(rows: Mapping[str, Morphometry], sweep: Sweep, angle: float) -> dict[str, Morphometry]:
    """Return the rows with their discs wedged so that a stretch has the angle; bodies stay as they are."""
    discs = sweep.levels[:-1]
    # Each disc's share keeps the table's own profile (lumbar: more further down); what is left goes to where there is
    # room, so that a thin disc is never closed.
    own = {level: rows[level].disc_lordosis_deg for level in discs}
    wanted = -sweep.sign * (angle - angle_deg(rows, sweep))
    limit = {level: _limit_deg(rows[level]) for level in discs}
    room = {level: (limit[level] - own[level] if wanted > 0 else limit[level] + own[level]) for level in discs}
    total = sum(max(value, 0.0) for value in room.values())
    share = {level: max(room[level], 0.0) / total if total > 0 else 0.0 for level in discs}
    return dict(rows) | {
        level: replace(rows[level], disc_lordosis_deg=own[level] + wanted * share[level]) for level in discs
    }


def standing(
    healthy: Mapping[str, Morphometry],
    broken: Mapping[str, Morphometry],
    kyphosis_deg: float | None,
    lordosis_deg: float | None,
) -> dict[str, Morphometry]:
    """Return the broken rows with every disc's wedge set.

    An angle that is asked for is met with the collapsed bodies; where none is, the discs are those of an average
    healthy adult, so that a wedged body adds its own kyphosis.
    """
    made = dict(broken)
    for level in LEVELS[: LEVELS.index(KYPHOSIS.first)]:
        made[level] = replace(made[level], disc_lordosis_deg=_ABOVE_DEG)
    for sweep, asked in ((KYPHOSIS, kyphosis_deg), (LORDOSIS, lordosis_deg)):
        source = healthy if asked is None else broken
        wedged = bent(source, sweep, sweep.default_deg if asked is None else asked)
        for level in sweep.levels[:-1]:
            made[level] = replace(made[level], disc_lordosis_deg=wedged[level].disc_lordosis_deg)
    return made


TWIST_SHARE = 0.35
"""Turn of the apex about its long axis as part of the Cobb angle, the bodies towards the convex side (assumed)."""

_FADE_LEVELS = 4
"""Over as many levels beyond its ends the curve dies away (assumed)."""


def bends(curve: Scoliosis) -> dict[str, Bend]:
    """Return how each level leans and turns in a curve to the side."""
    sign = 1.0 if curve.side == "left" else -1.0
    cobb, at = math.radians(curve.cobb_deg), LEVELS.index(curve.apex)
    made = {}
    for n, level in enumerate(LEVELS):
        t = (n - at) / curve.reach  # -1 at the upper end vertebra, 1 at the lower one
        beyond = max(abs(t) - 1.0, 0.0) * curve.reach / _FADE_LEVELS
        fade = 0.5 * (1.0 + math.cos(math.pi * min(beyond, 1.0)))
        lean = math.sin(0.5 * math.pi * max(-1.0, min(1.0, t))) * fade
        turn = math.cos(0.5 * math.pi * min(abs(t), 1.0))
        # Below the apex the tops lean towards the convex side, above it back to the midline.
        made[level] = Bend(sign * 0.5 * cobb * lean, sign * TWIST_SHARE * cobb * turn)
    return made


def check(spec: ParametricSpec, rows: Mapping[str, Morphometry], at: str, problems: Problems) -> None:
    """Note each angle that the discs' heights cannot give."""
    for key, sweep, asked in (("kyphosis", KYPHOSIS, spec.kyphosis_deg), ("lordosis", LORDOSIS, spec.lordosis_deg)):
        low, high = reach_deg(rows, sweep)
        if asked is not None and not low <= asked <= high:
            problems.add(
                f"{at}.{key}",
                f"{asked:g}°",
                f"between {max(low, 0.0):.0f} and {high:.0f}° from {sweep.first} to {sweep.last}",
                "the discs cannot be wedged further; ask for less, or collapse a body under `fractures`",
            )
