"""The ablation zone: its size, what it clears, and how it covers the lesion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.anatomy.structures import Structure
from planner.geometry.bodies import Spheroid, union_mesh
from planner.geometry.clearance import covering_margin
from planner.geometry.measures import feret_diameter, intersection_volume_mm3
from planner.measure.instrument import at_stand_in, only_modelled, vessels_at, with_missing_vessels
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.neighbours import bodies_span, reaching, zone_clearance
from planner.measure.registry import StepContext, place, quantity, widened
from planner.measure.simulated_zone import instead, lesion_of
from planner.measure.swept import roots_of
from planner.simulate.zone import ExpectedZone

COVERED = 1.0 - 1e-9


def with_zone(function: Callable[[StepContext, ExpectedZone], Outcome]) -> Callable[[StepContext], Outcome]:
    """Say why there is no zone, and hand on what speaks against the one there is; a simulated zone replaces both."""

    def measured(context: StepContext) -> Outcome:
        zone = context.zone
        if (replaced := instead(function.__name__, context)) is not None:
            return replaced
        if not isinstance(zone, ExpectedZone):
            return NotEvaluated(zone or "the step makes no zone")
        found = function(context, zone)
        if isinstance(found, Measured) and zone.caveat:
            caveat = "; ".join(filter(None, (zone.caveat, found.caveat)))
            return replace(found, caveat=caveat)
        return found

    measured.__doc__ = function.__doc__
    return measured


@quantity("zone_long_axis_mm")
@with_zone
def zone_long_axis(_context: StepContext, zone: ExpectedZone) -> Outcome:
    """Axis along the instrument."""
    return Measured(2.0 * zone.lethal[0].long_semi, note=zone.origin)


@quantity("zone_short_axis_mm")
@with_zone
def zone_short_axis(_context: StepContext, zone: ExpectedZone) -> Outcome:
    """Axis across the instrument."""
    return Measured(2.0 * zone.lethal[0].short_semi, note=zone.origin)


@quantity("zone_radius_mm")
@with_zone
def zone_radius(_context: StepContext, zone: ExpectedZone) -> Outcome:
    """Half the short axis."""
    return Measured(zone.lethal[0].short_semi, note=zone.origin)


@quantity("zone_cord_clearance_mm")
@with_zone
def zone_cord_clearance(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Zone surface to the cord, or to what stands for it; for cold the ice edge."""
    return at_stand_in(context, bodies_span(zone.hazard), lambda cord: zone_clearance(zone.hazard, [cord]))


@quantity("zone_canal_clearance_mm")
@with_zone
def zone_canal_clearance(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Zone surface to the canal; for cold the ice edge."""
    structures, why = reaching(context, ("spinal_canal",), bodies_span(zone.hazard))
    return zone_clearance(zone.hazard, structures) if structures else NotEvaluated(why, only_modelled(context))


@quantity("zone_vessel_clearance_mm")
@with_zone
def zone_vessel_clearance(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Zone surface to the nearest great vessel."""
    structures, why = vessels_at(context, bodies_span(zone.hazard))
    return (
        with_missing_vessels(zone_clearance(zone.hazard, structures), structures) if structures else NotEvaluated(why)
    )


@quantity("zone_root_clearance_mm")
@with_zone
def zone_root_clearance(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Zone surface to the nearest nerve root; for cold the ice edge."""
    structures, missing, caveat = roots_of(context)
    return replace(zone_clearance(zone.hazard, structures), caveat=caveat) if structures else NotEvaluated(missing)


@quantity("ablation_margin_mm")
@with_zone
def ablation_margin(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Smallest distance from lesion surface to zone surface, negative where uncovered; several zones count together."""
    return margin_within(context, zone.lethal)


def margin_within(context: StepContext, bodies: tuple[Spheroid, ...]) -> Outcome:
    """Return the smallest distance from lesion surface to the surface of bodies that count together."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    margin, where = covering_margin(lesion.mesh, bodies)
    nearest = min(bodies, key=lambda body: float(body.distance(np.asarray(where)[None])[0]))
    direction = np.asarray(where) - nearest.centre
    return Measured(margin, widened(margin, lesion.uncertainty_mm(direction)), place(where), caveat=_grown(lesion))


@quantity("lesion_coverage_fraction")
@with_zone
def lesion_coverage(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Share of the lesion's volume inside the zone, by exact intersection of the two surfaces."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    if covering_margin(lesion.mesh, zone.lethal)[0] >= 0:
        return Measured(1.0, caveat=_grown(lesion))  # covered everywhere: no rounding of two tessellations
    shapes = [body.surface() for body in zone.lethal]
    whole = shapes[0] if len(shapes) == 1 else union_mesh(shapes)
    shared = intersection_volume_mm3(lesion.mesh, whole)
    return Measured(min(shared / lesion.mesh.volume_mm3, COVERED), caveat=_grown(lesion))


@quantity("lesion_diameter_mm")
def lesion_diameter(context: StepContext) -> Outcome:
    """Largest Feret diameter."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    value, first, second = feret_diameter(lesion.mesh.vertices)
    half = 2.0 * lesion.uncertainty_mm(np.asarray(second) - np.asarray(first))
    return Measured(value, widened(value, half), place(first), place(second), caveat=_grown(lesion))


def _grown(lesion: Structure) -> str | None:
    return "the lesion was grown from a seed in the CT, not drawn" if lesion.origin == "modelled" else None
