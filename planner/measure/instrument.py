"""Where the instrument runs: clearance to cord, canal, vessels and roots, its angle, its depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.anatomy.roles.cord import region_note, sac_note
from planner.anatomy.structures import Structure
from planner.core.names import LEVELS
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

MODELLED_ROOTS = "the nerve roots are modelled from canal and pedicles, not seen"


@quantity("cord_clearance_mm")
def cord_clearance(context: StepContext) -> Outcome:
    """Instrument surface to cord surface, or to sac or segmented canal where only that is known."""
    return at_stand_in(context, instrument_span(context), lambda cord: tool_clearance(context, [cord]))


def at_stand_in(
    context: StepContext, span: Span, measure: Callable[[Structure], Measured | NotEvaluated]
) -> Measured | NotEvaluated:
    """Measure at the cord, or at what stands for it over this span."""
    structures, why = cord_at(context, span)
    if not structures:
        return NotEvaluated(why)
    return with_stand_in(measure(structures[0]), structures[0].name, context.step.level)


def cord_at(context: StepContext, span: Span) -> tuple[list[Structure], str]:
    """Return the one structure that answers for the cord over this span, or why there is none."""
    anatomy = context.case.anatomy
    names = [name for name in CORD_OR_STAND_IN if name in anatomy.names or name not in anatomy.modellers]
    structures, why = reaching(context, names, span)
    segmented = [s for s in structures if s.origin != "modelled"]
    if len(names) < len(CORD_OR_STAND_IN):
        why += "; a canal modelled from the vertebrae never stands for the cord"
    return segmented[:1], why


def with_stand_in(found: Measured | NotEvaluated, name: str, level: str) -> Measured | NotEvaluated:
    """Say so where another structure was measured in the cord's place, or the label is no cord at this level."""
    if isinstance(found, NotEvaluated):
        return found
    if name == "spinal_cord":
        return replace(found, note=region_note(level))
    if name == "thecal_sac":
        return replace(found, note=sac_note(level))
    return replace(found, note=f"measured to the {name.replace('_', ' ')}, which stands for the cord here")


@quantity("canal_clearance_mm")
def canal_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the canal, segmented or modelled."""
    structures, why = reaching(context, ("spinal_canal",), instrument_span(context))
    return tool_clearance(context, structures) if structures else NotEvaluated(why, only_modelled(context))


def only_modelled(context: StepContext) -> bool:
    """Return whether no canal is labelled, so that at best a modelled one could answer."""
    return "spinal_canal" not in context.case.anatomy.names


@quantity("vessel_clearance_mm")
def vessel_clearance(context: StepContext) -> Outcome:
    """Instrument surface to the nearest great vessel known at this height."""
    structures, why = vessels_at(context, instrument_span(context))
    if not structures:
        return NotEvaluated(why)
    return with_missing_vessels(tool_clearance(context, structures), structures)


def vessels_at(context: StepContext, span: Span) -> tuple[list[Structure], str]:
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
    """Instrument surface to the nearest nerve root; a root is short, so it need not span the step.

    Where none is labelled the roots of the level and the one above are modelled, which the finding says.
    """
    anatomy = context.case.anatomy
    roots = [s for name in anatomy.names if name.startswith("nerve_root_") and (s := anatomy.get(name))]
    if roots:
        return tool_clearance(context, roots)
    at = LEVELS.index(context.step.level)
    names = [f"nerve_root_{level}_{side}" for level in LEVELS[max(at - 1, 0) : at + 1] for side in ("left", "right")]
    modelled = [s for name in names if (s := anatomy.get(name))]
    if not modelled:
        return NotEvaluated("not in the labels: nerve roots, and they could not be modelled")
    found = tool_clearance(context, modelled)
    return found if isinstance(found, NotEvaluated) else replace(found, caveat=MODELLED_ROOTS)


@quantity("needle_angle_deg")
def needle_angle(context: StepContext) -> Outcome:
    """Angle between instrument and sagittal plane; the largest of several."""
    angles = [float(np.degrees(np.arcsin(min(1.0, abs(tool.direction[0]))))) for tool in context.step.instruments]
    return Measured(max(angles))


@quantity("skin_to_target_mm")
def skin_to_target(context: StepContext) -> Outcome:
    """Length of instrument under the labelled skin; the longest of several.

    Skin modelled from a CT takes seconds on a clinical scan, too long for a note: it is made where it is asked for.
    """
    anatomy = context.case.anatomy
    skin = anatomy.get("skin") if "skin" in anatomy.names else None
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
