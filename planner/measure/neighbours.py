"""Which structure answers for cord, canal, vessels and roots at the height of a step, or why none does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from planner.anatomy.structures import Structure
from planner.geometry.bodies import Spheroid
from planner.geometry.clearance import Nearest, body_clearance, capsule_clearance
from planner.measure.models import Measured, NotEvaluated
from planner.measure.registry import StepContext, place, widened

ARTERIES = ("aorta", "iliac_artery_left", "iliac_artery_right")
VEINS = ("inferior_vena_cava", "superior_vena_cava", "iliac_vein_left", "iliac_vein_right")
CORD_OR_STAND_IN = ("spinal_cord", "thecal_sac", "spinal_canal")
"""The cord; below the conus the sac; where neither is known the segmented canal, said in the finding."""


@dataclass(frozen=True)
class Span:
    """A stretch of height, LPS z, mm."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"z {self.low:.0f} to {self.high:.0f} mm"


def instrument_span(context: StepContext) -> Span:
    """Return the instruments' extent along the spine."""
    ends = [(tool.entry[2], tool.tip[2], tool.radius_mm or 0.0) for tool in context.step.instruments]
    return Span(min(min(a, b) - r for a, b, r in ends), max(max(a, b) + r for a, b, r in ends))


def bodies_span(bodies: Iterable[Spheroid]) -> Span:
    """Return the zones' extent along the spine."""
    bounds = np.array([body.bounds for body in bodies])
    return Span(float(bounds[:, 0, 2].min()), float(bounds[:, 1, 2].max()))


def reaching(context: StepContext, names: Iterable[str], span: Span) -> tuple[list[Structure], str]:
    """Return the structures of these names that are known over the whole span, and why the others are not."""
    found, absent, reasons = [], [], []
    for name in names:
        structure = context.case.anatomy.get(name)
        if structure is None:
            absent.append(name.replace("_", " "))
        elif not structure.reaches(span.low, span.high):
            known = str(Span(*structure.reach_mm)) + "".join(f" but not {Span(*gap)}" for gap in structure.gaps_mm)
            label = name.replace("_", " ")
            reasons.append(f"{label} is known over {known} only, the step spans {span}: it counts as missing there")
        else:
            found.append(structure)
    if absent:
        reasons.append(f"not in the labels: {', '.join(absent)}")
    return found, "; ".join(reasons)


def tool_clearance(context: StepContext, structures: Iterable[Structure]) -> Measured | NotEvaluated:
    """Return the smallest clearance of any instrument of the step to any of the structures."""
    found = nearest_to_tools(context, structures)
    return found if isinstance(found, NotEvaluated) else found[0]


def nearest_to_tools(
    context: StepContext, structures: Iterable[Structure]
) -> tuple[Measured, Structure] | NotEvaluated:
    """Return the smallest clearance of any instrument of the step, and the structure it is to."""
    best: tuple[Nearest, Structure] | None = None
    for tool in context.step.instruments:
        if tool.radius_mm is None:
            return NotEvaluated("neither gauge nor device states the instrument's diameter")
        for structure in structures:
            found = capsule_clearance(tool.entry, tool.tip, tool.radius_mm, structure.mesh)
            if best is None or found.distance_mm < best[0].distance_mm:
                best = (found, structure)
    return NotEvaluated("the step has no instrument") if best is None else (_measured(*best), best[1])


def zone_clearance(bodies: Iterable[Spheroid], structures: Iterable[Structure]) -> Measured:
    """Return the smallest clearance of any zone to any of the structures (at least one each)."""
    return nearest_to_zones(bodies, structures)[0]


def nearest_to_zones(bodies: Iterable[Spheroid], structures: Iterable[Structure]) -> tuple[Measured, Structure]:
    """Return the smallest clearance of any zone, and the structure it is to (at least one each)."""
    pairs = [(body_clearance(body, structure.mesh), structure) for structure in structures for body in bodies]
    found, structure = min(pairs, key=lambda pair: pair[0].distance_mm)
    return _measured(found, structure), structure


def _measured(found: Nearest, structure: Structure) -> Measured:
    direction = np.asarray(found.on_structure) - np.asarray(found.on_tool)
    if np.linalg.norm(direction) < 1e-6:
        direction = np.ones(3)  # touching: no direction of its own, take the voxel's diagonal
    return Measured(
        found.distance_mm,
        widened(found.distance_mm, structure.uncertainty_mm(direction)),
        place(found.on_structure),
        place(found.on_tool),
        modelled=structure.origin == "modelled",
    )
