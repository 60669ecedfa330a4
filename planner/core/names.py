"""The field's names: vertebral levels, structures, kinds of step, intents. One home for each list."""

from __future__ import annotations

import re
from typing import Literal, get_args

LEVELS: tuple[str, ...] = (
    *(f"C{i}" for i in range(1, 8)),
    *(f"T{i}" for i in range(1, 13)),
    *(f"L{i}" for i in range(1, 6)),
)
"""Vertebrae from head to sacrum."""

Kind = Literal[
    "radiofrequency_ablation",
    "cooled_radiofrequency_ablation",
    "cryoablation",
    "vertebroplasty",
    "kyphoplasty",
    "screw",
    "radiotherapy",
]
"""A kind of step."""

HEATING = ("radiofrequency_ablation", "cooled_radiofrequency_ablation")
FREEZING = ("cryoablation",)
ABLATION = HEATING + FREEZING
CEMENTING = ("vertebroplasty", "kyphoplasty")
BALLOON = ("kyphoplasty",)
SCREWS = ("screw",)
IRRADIATION = ("radiotherapy",)
INSTRUMENT = ABLATION + CEMENTING + SCREWS
KINDS: tuple[str, ...] = get_args(Kind)

Intent = Literal["curative", "palliative"]
LesionType = Literal["lytic", "blastic", "mixed", "osteoid_osteoma"]
Bone = Literal["normal", "osteopenic", "osteoporotic"]
Frame = Literal["LPS", "RAS"]
Origin = Literal["planned", "measured", "simulated"]

LEVEL_RANGE = re.compile(r"^(?P<first>[CTL]\d{1,2})(?:-(?P<last>[CTL]\d{1,2}))?$")


def region_of(level: str) -> str:
    """Return ``cervical``, ``thoracic`` or ``lumbar``.

    >>> region_of("T12")
    'thoracic'
    """
    return {"C": "cervical", "T": "thoracic", "L": "lumbar"}[level[0]]


def levels_between(text: str) -> tuple[str, ...]:
    """Read ``L3`` or ``T11-L1`` into the levels it means.

    >>> levels_between("T11-L1")
    ('T11', 'T12', 'L1')

    Raises
    ------
    ValueError
        When a level is unknown or the range runs upwards.
    """
    match = LEVEL_RANGE.match(text)
    if not match or match["first"] not in LEVELS or (match["last"] or match["first"]) not in LEVELS:
        raise ValueError(f"{text!r} is no level or range of levels such as L3 or T11-L1")
    first, last = LEVELS.index(match["first"]), LEVELS.index(match["last"] or match["first"])
    if last < first:
        raise ValueError(f"{text!r} runs upwards; write the higher vertebra first")
    return LEVELS[first : last + 1]
