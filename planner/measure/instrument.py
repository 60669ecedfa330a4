"""Where the instrument runs: clearance to cord, canal, vessels and roots, its angle, its depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.geometry.measures import line_crossings
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.neighbours import (
    ARTERIES,
    CORD_OR_STAND_IN,
    VEINS,
    Span,
    instrument_span,
    reaching,
    tool_clearance,
)
from planner.measure.registry import StepContext, place, quantity


@quantity("cord_clearance_mm")
def cord_clearance(context: StepContext) -> Outcome:
    """Instrument surface to cord surface, or to sac or segmented canal where only that is known."""
    structures, why = cord_at(context, instrument_span(context))
    if not structures:
        return NotEvaluated(why)
    return with_stand_in(tool_clearance(context, structures), structures[0].name)


def cord_at(context: StepContext, span: Span) -> tuple[list, str]:  # type: ignore[type-arg]
    """Return the one structure that answers for the cord over this span, or why there is none."""
    structures, why = reaching(context, CORD_OR_STAND_IN, span)
    segmented = [s for s in structures if s.origin != "modelled"]
    if structures and not segmented:
        why = "only a modelled canal is known, which never stands for the cord"
    return segmented[:1], why


def with_stand_in(found: Measured | NotEvaluated, name: str) -> Measured | NotEvaluated:
    """Say so where another structure was measured in the cord's place."""
    if isinstance(found, NotEvaluated) or name == "spinal_cord":
        return found
    return replace(found, note=f"measured to the {name.replace('_', ' ')}, which stands for the cord here")


@quantity("canal_clearance_mm")
def canal_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the canal, segmented or modelled."""
    structures, why = reaching(context, ("spinal_canal",), instrument_span(context))
    return tool_clearance(context, structures) if structures else NotEvaluated(why)


@quantity("vessel_clearance_mm")
def vessel_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the nearest great vessel known at this height."""
    structures, why = vessels_at(context, instrument_span(context))
    if not structures:
        return NotEvaluated(why)
    return with_missing_vessels(tool_clearance(context, structures), structures)


def vessels_at(context: StepContext, span: Span) -> tuple[list, str]:  # type: ignore[type-arg]
    """Return the great vessels known over this span, or why there is none."""
    return reaching(context, ARTERIES + VEINS, span)


def with_missing_vessels(found: Measured | NotEvaluated, structures: list) -> Measured | NotEvaluated:  # type: ignore[type-arg]
    """A distance to the artery alone says nothing of the vein: say which was not there to be measured."""
    names = {s.name for s in structures}
    missing = [what for what, group in (("artery", ARTERIES), ("vein", VEINS)) if not names & set(group)]
    if isinstance(found, NotEvaluated) or not missing:
        return found
    return replace(found, caveat=f"no great {' and no great '.join(missing)} is known at this height")


@quantity("nerve_root_clearance_mm")
def nerve_root_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the nearest labelled nerve root; a root is short, so it need not span the step."""
    anatomy = context.case.anatomy
    roots = [s for name in anatomy.names if name.startswith("nerve_root_") and (s := anatomy.get(name))]
    return tool_clearance(context, roots) if roots else NotEvaluated("not in the labels: nerve roots")


@quantity("needle_angle_deg")
def needle_angle(context: StepContext) -> Outcome:
    """Angle between instrument and sagittal plane; the largest of several."""
    angles = [float(np.degrees(np.arcsin(min(1.0, abs(tool.direction[0]))))) for tool in context.step.instruments]
    return Measured(max(angles))


@quantity("skin_to_target_mm")
def skin_to_target(context: StepContext) -> Outcome:
    """Length of instrument under the skin; the longest of several."""
    skin = context.case.anatomy.get("skin")
    if skin is None:
        return NotEvaluated("not in the labels: skin")
    depths = []
    for tool in context.step.instruments:
        crossings = line_crossings(tool.entry, tool.tip, skin.mesh)
        if len(crossings) == 0:
            return NotEvaluated("the instrument does not cross the skin")
        depths.append((float(np.linalg.norm(tool.tip - tool.entry)) - float(crossings[0]), tool))
    depth, tool = max(depths, key=lambda pair: pair[0])
    return Measured(depth, where_lps_mm=place(tool.tip - depth * tool.direction))
