"""Organs beside the spine: what instrument and zone clear of lung, kidney, gullet, windpipe and bowel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Structure
from planner.core.names import region_of
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.neighbours import nearest_to_tools, nearest_to_zones
from planner.measure.registry import StepContext, quantity
from planner.measure.simulated_zone import Surface, hazard, in_place_of, nearest_to_surface
from planner.measure.zone import with_zone
from planner.simulate.zone import ExpectedZone

Array = NDArray[np.float64]

LUNGS: Final = ("lung_left", "lung_right")
ORGANS: Final = (
    *LUNGS,
    "kidney_left",
    "kidney_right",
    "oesophagus",
    "trachea",
    "stomach",
    "duodenum",
    "small_bowel",
    "colon",
)
ASKED: Final = {"thoracic": LUNGS}
"""Region → organs that a patient's labels are expected to hold: beside every thoracic vertebra lies the pleura. In neck
and loin none is asked for, since organs lie in front of or beside the muscles there; those that are labelled count."""
REACH_MM: Final = 25.0
"""How far round instrument and zone an organ is looked for; farther is told as this far, more than any limit asks."""


@quantity("organ_clearance_mm")
def organ_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the nearest organ that is labelled."""
    return _nearest(context, _ends(context), lambda structures: nearest_to_tools(context, structures))


@quantity("zone_organ_clearance_mm")
@with_zone
def zone_organ_clearance(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Zone surface to the nearest organ that is labelled; for cold the ice edge."""
    return _nearest(context, _corners(zone), lambda structures: nearest_to_zones(zone.hazard, structures))


@in_place_of("zone_organ_clearance")
@hazard
def _simulated(context: StepContext, found: Surface) -> Outcome:
    return _nearest(context, found.zone.bounds, lambda structures: nearest_to_surface(found, structures))


def _ends(context: StepContext) -> Array:
    return np.array([(tool.entry, tool.tip) for tool in context.step.instruments]).reshape(-1, 3)


def _corners(zone: ExpectedZone) -> Array:
    return np.concatenate([body.bounds for body in zone.hazard])


def _nearest(
    context: StepContext,
    places: Array,
    measured: Callable[[list[Structure]], tuple[Measured, Structure] | NotEvaluated],
) -> Outcome:
    anatomy, level = context.case.anatomy, context.step.level
    labelled = [name for name in ORGANS if name in anatomy.names]
    asked = ASKED.get(region_of(level), ())
    absent = [name.replace("_", " ") for name in asked if name not in labelled]
    if asked and len(absent) == len(asked):
        return NotEvaluated(f"not in the labels: {', '.join(absent)}; the pleura lies beside {level}")
    if not labelled:
        return NotApplicable(f"no organ is labelled, and at {level} none is asked for")
    if len(places) == 0:
        return NotEvaluated("the step has no instrument")
    # One box for instrument and zone, so that each organ is meshed once.
    around = [_ends(context), places, *([_corners(context.zone)] if isinstance(context.zone, ExpectedZone) else [])]
    low, high = np.concatenate(around).min(axis=0) - REACH_MM, np.concatenate(around).max(axis=0) + REACH_MM
    structures = [part for name in labelled if (part := anatomy.near(name, low, high)) is not None]
    found = measured(structures) if structures else None
    if isinstance(found, NotEvaluated):
        return found
    reasons = [f"not in the labels: {', '.join(absent)}"] if absent else []
    if anatomy.images and not all(anatomy.holds(place) for place in places):
        reasons.append("part of it lies outside the image, where no organ is seen")
    caveat = "; ".join(reasons) or None
    if found is None or found[0].value > REACH_MM:
        return Measured(REACH_MM, caveat=caveat, note=f"no labelled organ lies within {REACH_MM:.0f} mm")
    value, structure = found
    return replace(value, caveat=caveat, note=f"nearest is the {structure.name.replace('_', ' ')}")
