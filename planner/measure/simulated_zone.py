"""Zone quantities of a simulated heating step: the isosurface takes the place of the sheet's ellipsoid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from planner.anatomy.structures import Structure
from planner.geometry.clearance import clearance_along, covering_margin
from planner.geometry.measures import intersection_volume_mm3
from planner.measure.heat import heat_of, heated_span, simulated, spread
from planner.measure.instrument import at_stand_in, only_modelled, vessels_at, with_missing_vessels
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.neighbours import reaching
from planner.measure.registry import StepContext, place
from planner.simulate.treatment.isosurface import SimulatedZone
from planner.simulate.treatment.result import HeatResult, zone_of
from planner.simulate.zone import ExpectedZone

NO_ZONE = "no tissue reaches a thermal dose of 240 CEM43 in the simulation"
Replacement = Callable[[StepContext, HeatResult, SimulatedZone], Outcome]


def instead(name: str, context: StepContext) -> Outcome | None:
    """Return the simulated value of a zone quantity; None where the step was not simulated, so the sheet answers."""
    heat = heat_of(context)
    if isinstance(heat, str):
        return None
    if heat.zone is None:
        uncovered = name == "lesion_coverage" and context.step.target.lesion is not None
        return simulated(Measured(0.0, note=NO_ZONE)) if uncovered else NotEvaluated(NO_ZONE)
    found = _INSTEAD[name](context, heat, heat.zone)
    return simulated(found) if isinstance(found, Measured) else found


def in_place_of(name: str) -> Callable[[Replacement], Replacement]:
    """Register what answers for a zone quantity of this function name once the step is simulated."""

    def register(function: Replacement) -> Replacement:
        _INSTEAD[name] = function
        return function

    return register


def _axis(of: Callable[[SimulatedZone], float]) -> Replacement:
    def measured(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
        _, interval = spread(heat, lambda run: of(z) if (z := zone_of(run)) else 0.0)
        return Measured(of(zone), interval, note=_beside(context, heat, zone))

    return measured


def _beside(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> str:
    """What stands beside the simulated figure: widths, the 60 °C surface and the sheet's own zone."""
    said = [f"240 CEM43; {zone.least_width_mm:.0f} to {zone.most_width_mm:.0f} mm across"]
    hot = heat.at_60_c
    said.append(f"60 °C in {hot.long_axis_mm:.0f} × {hot.short_axis_mm:.0f} mm" if hot else "60 °C nowhere")
    sheet = context.zone
    if isinstance(sheet, ExpectedZone):
        body = sheet.lethal[0]
        said.append(f"{sheet.origin}: {2 * body.long_semi:.0f} × {2 * body.short_semi:.0f} mm")
    return "; ".join(said)


def _cord(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
    span = heated_span(context, heat)
    return at_stand_in(context, span, lambda cord: nearest_to_surface(heat, zone, [cord])[0])


def _canal(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
    structures, why = reaching(context, ("spinal_canal",), heated_span(context, heat))
    return nearest_to_surface(heat, zone, structures)[0] if structures else NotEvaluated(why, only_modelled(context))


def _vessels(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
    structures, why = vessels_at(context, heated_span(context, heat))
    if not structures:
        return NotEvaluated(why)
    return with_missing_vessels(nearest_to_surface(heat, zone, structures)[0], structures)


def nearest_to_surface(
    heat: HeatResult, zone: SimulatedZone, structures: Sequence[Structure]
) -> tuple[Measured, Structure]:
    """Smallest way from the zone's surface to a structure; negative where one reaches into the other."""
    found = []
    for structure in structures:
        away, near = clearance_along(zone.mesh.vertices, structure.mesh)
        back = zone.distance(structure.mesh.vertices)
        i, j = int(away.argmin()), int(back.argmin())
        value = float(min(away[i], back[j]))
        on_zone, on_structure = (zone.mesh.vertices[i], near[i]) if away[i] <= back[j] else (
            structure.mesh.vertices[j], structure.mesh.vertices[j]
        )  # fmt: skip
        found.append((value, structure, on_zone, on_structure))
    value, structure, on_zone, on_structure = min(found, key=lambda f: f[0])

    def again(other: SimulatedZone | None) -> float:
        return float(clearance_along(other.mesh.vertices, structure.mesh)[0].min()) if other else 2.0 * abs(value) + 1.0

    own = float(clearance_along(zone.mesh.vertices, structure.mesh)[0].min())
    low, high = heat.spread([own, *(again(zone_of(run)) for run in heat.coarse)]) if heat.coarse else (own, own)
    way = np.asarray(on_structure) - np.asarray(on_zone)
    half = structure.uncertainty_mm(way if np.linalg.norm(way) > 1e-6 else np.ones(3))
    interval = (value - float(np.hypot(own - low, half)), value + float(np.hypot(high - own, half)))
    exact = interval[0] == interval[1]
    modelled = structure.origin == "modelled"
    span = None if exact else interval
    return Measured(value, span, place(on_structure), place(on_zone), modelled=modelled), structure


def _margin(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
    lesion = _lesion(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    margin, where = covering_margin(lesion.mesh, zone.distance)
    vertices = np.asarray(lesion.mesh.vertices, dtype=np.float64)
    own = -float(zone.distance(vertices).max())
    lost = own - float(np.ptp(vertices, axis=0).max())  # nothing is treated

    def again(other: SimulatedZone | None) -> float:
        return -float(other.distance(vertices).max()) if other else lost

    low, high = heat.spread([own, *(again(zone_of(run)) for run in heat.coarse)]) if heat.coarse else (own, own)
    half = lesion.uncertainty_mm(np.asarray(where) - vertices.mean(axis=0))
    interval = (margin - float(np.hypot(own - low, half)), margin + float(np.hypot(high - own, half)))
    return Measured(margin, interval if interval[0] < interval[1] else None, place(where))


def _coverage(context: StepContext, heat: HeatResult, zone: SimulatedZone) -> Outcome:
    lesion = _lesion(context)
    if isinstance(lesion, NotEvaluated):
        return lesion

    def share(other: SimulatedZone | None) -> float:
        if other is None:
            return 0.0
        return min(intersection_volume_mm3(lesion.mesh, other.mesh) / lesion.mesh.volume_mm3, 1.0)

    value = share(zone)
    low, high = heat.spread([value, *(share(zone_of(run)) for run in heat.coarse)]) if heat.coarse else (value, value)
    return Measured(value, (max(low, 0.0), min(high, 1.0)) if low < high else None)


def _lesion(context: StepContext) -> Structure | NotEvaluated:
    name = context.step.target.lesion
    return (context.case.anatomy.get(name) if name else None) or NotEvaluated("the step names no lesion")


_INSTEAD: dict[str, Replacement] = {
    "zone_long_axis": _axis(lambda zone: zone.long_axis_mm),
    "zone_short_axis": _axis(lambda zone: zone.short_axis_mm),
    "zone_radius": _axis(lambda zone: 0.5 * zone.short_axis_mm),
    "zone_cord_clearance": _cord,
    "zone_canal_clearance": _canal,
    "zone_vessel_clearance": _vessels,
    "ablation_margin": _margin,
    "lesion_coverage": _coverage,
}
