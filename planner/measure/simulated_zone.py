"""Zone quantities of a simulated ablation: isosurfaces take the place of the sheet's ellipsoids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from planner.anatomy.structures import Structure
from planner.core.names import FREEZING
from planner.geometry.clearance import clearance_along, covering_margin
from planner.geometry.measures import intersection_volume_mm3
from planner.measure.cold import cold_of
from planner.measure.heat import heat_of
from planner.measure.instrument import at_stand_in, only_modelled, vessels_at, with_missing_vessels
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.neighbours import reaching
from planner.measure.registry import StepContext, place
from planner.measure.swept import roots_of, simulated, zone_span
from planner.simulate.treatment.cold_result import KILLS_C, ColdResult
from planner.simulate.treatment.cold_result import isotherm_of as colder_than
from planner.simulate.treatment.cold_treatment import ICE_C
from planner.simulate.treatment.isosurface import SimulatedZone
from planner.simulate.treatment.result import HeatResult, zone_of
from planner.simulate.treatment.spread import combined
from planner.simulate.zone import ExpectedZone

NO_ZONE = "no tissue reaches a thermal dose of 240 CEM43 in the simulation"
NOT_COLD, NO_ICE = "no tissue reaches −20 °C in the simulation", "no tissue freezes in the simulation"


@dataclass(frozen=True, eq=False)
class Surface:
    """A simulated surface, and how to find the same in each run over the ranges of properties."""

    zone: SimulatedZone
    found_again: tuple[Callable[[], SimulatedZone | None], ...]

    @cached_property
    def others(self) -> tuple[SimulatedZone | None, ...]:
        """The same surface of each coarse run; None where it has none."""
        return tuple(find() for find in self.found_again)

    def interval(self, own: float, of: Callable[[SimulatedZone | None], float]) -> tuple[float, float] | None:
        """Return the interval of a figure of the surface; None without coarse runs."""
        return combined([own, *map(of, self.others)]) if self.found_again else None


@dataclass(frozen=True, eq=False)
class Zones:
    """Surfaces of a simulated step.

    Attributes
    ----------
    lethal, hazard : where tissue is meant to die, and how far harm may reach: the ice for cold, the same for heat; a
        text says that there is none.
    said : what stands beside the size.
    """

    lethal: Surface | str
    hazard: Surface | str
    said: str


Replacement = Callable[[StepContext, Zones], Outcome]


def zones_of(context: StepContext) -> Zones | None:
    """Return the surfaces of a step; None where it was not simulated."""
    if context.step.kind in FREEZING:
        cold = cold_of(context)
        return None if isinstance(cold, str) else _of_cold(cold)
    heat = heat_of(context)
    return None if isinstance(heat, str) else _of_heat(heat)


def _of_heat(heat: HeatResult) -> Zones:
    if heat.zone is None:
        return Zones(NO_ZONE, NO_ZONE, "")
    again = tuple(lambda run=run: zone_of(run) for run in heat.coarse)
    surface, hot = Surface(heat.zone, again), heat.at_60_c
    also = f"60 °C in {hot.long_axis_mm:.0f} × {hot.short_axis_mm:.0f} mm" if hot else "60 °C nowhere"
    return Zones(surface, surface, f"within 240 CEM43; {_widths(heat.zone)}; {also}")


def _of_cold(cold: ColdResult) -> Zones:
    def surface(level_c: float, missing: str) -> Surface | str:
        zone = cold.isotherm(level_c)
        again = tuple(lambda run=run: colder_than(run, level_c) for run in cold.coarse)
        return missing if zone is None else Surface(zone, again)

    lethal, ice = surface(KILLS_C, NOT_COLD), surface(ICE_C, NO_ICE)
    if isinstance(lethal, str) or isinstance(ice, str):
        return Zones(lethal, ice, "")
    also = f"ice in {ice.zone.long_axis_mm:.0f} × {ice.zone.short_axis_mm:.0f} mm"
    return Zones(lethal, ice, f"within {KILLS_C:.0f} °C; {_widths(lethal.zone)}; {also}".replace("-", "−"))


def _widths(zone: SimulatedZone) -> str:
    return f"{zone.least_width_mm:.0f} to {zone.most_width_mm:.0f} mm across"


def instead(name: str, context: StepContext) -> Outcome | None:
    """Return the simulated value of a zone quantity; None where the step was not simulated, so the sheet answers."""
    zones = zones_of(context)
    if zones is None:
        return None
    found = _INSTEAD[name](context, zones)
    return simulated(found) if isinstance(found, Measured) else found


def in_place_of(name: str) -> Callable[[Replacement], Replacement]:
    """Register what answers for a zone quantity of this function name once the step is simulated."""

    def register(function: Replacement) -> Replacement:
        _INSTEAD[name] = function
        return function

    return register


def lethal(function: Callable[[StepContext, Surface], Outcome]) -> Replacement:
    """Ask the surface within which tissue is meant to die."""

    def measured(context: StepContext, zones: Zones) -> Outcome:
        found = zones.lethal
        return NotEvaluated(found) if isinstance(found, str) else function(context, found)

    return measured


def hazard(function: Callable[[StepContext, Surface], Outcome]) -> Replacement:
    """Ask the surface to which harm may reach."""

    def measured(context: StepContext, zones: Zones) -> Outcome:
        found = zones.hazard
        return NotEvaluated(found) if isinstance(found, str) else function(context, found)

    return measured


def _axis(of: Callable[[SimulatedZone], float]) -> Replacement:
    def measured(context: StepContext, zones: Zones) -> Outcome:
        found = zones.lethal
        if isinstance(found, str):
            return NotEvaluated(found)
        said, sheet = [zones.said], context.zone
        if isinstance(sheet, ExpectedZone):
            body = sheet.lethal[0]
            said.append(f"{sheet.origin}: {2 * body.long_semi:.0f} × {2 * body.short_semi:.0f} mm")
        interval = found.interval(of(found.zone), lambda zone: of(zone) if zone else 0.0)
        return Measured(of(found.zone), interval, note="; ".join(said))

    return measured


def _cord(context: StepContext, found: Surface) -> Outcome:
    span = zone_span(context, found.zone)
    return at_stand_in(context, span, lambda cord: nearest_to_surface(found, [cord])[0])


def _canal(context: StepContext, found: Surface) -> Outcome:
    structures, why = reaching(context, ("spinal_canal",), zone_span(context, found.zone))
    return nearest_to_surface(found, structures)[0] if structures else NotEvaluated(why, only_modelled(context))


def _vessels(context: StepContext, found: Surface) -> Outcome:
    structures, why = vessels_at(context, zone_span(context, found.zone))
    if not structures:
        return NotEvaluated(why)
    return with_missing_vessels(nearest_to_surface(found, structures)[0], structures)


def _roots(context: StepContext, found: Surface) -> Outcome:
    structures, missing, caveat = roots_of(context)
    if not structures:
        return NotEvaluated(missing)
    return replace(nearest_to_surface(found, structures)[0], caveat=caveat)


def nearest_to_surface(found: Surface, structures: Sequence[Structure]) -> tuple[Measured, Structure]:
    """Smallest way from the zone's surface to a structure; negative where one reaches into the other."""
    zone, ways = found.zone, []
    for structure in structures:
        away, near = clearance_along(zone.mesh.vertices, structure.mesh)
        back = zone.distance(structure.mesh.vertices)
        i, j = int(away.argmin()), int(back.argmin())
        value = float(min(away[i], back[j]))
        on_zone, on_structure = (zone.mesh.vertices[i], near[i]) if away[i] <= back[j] else (
            structure.mesh.vertices[j], structure.mesh.vertices[j]
        )  # fmt: skip
        ways.append((value, structure, on_zone, on_structure))
    value, structure, on_zone, on_structure = min(ways, key=lambda way: way[0])

    def again(other: SimulatedZone | None) -> float:
        return float(clearance_along(other.mesh.vertices, structure.mesh)[0].min()) if other else 2.0 * abs(value) + 1.0

    own = float(clearance_along(zone.mesh.vertices, structure.mesh)[0].min())
    low, high = found.interval(own, again) or (own, own)
    way = np.asarray(on_structure) - np.asarray(on_zone)
    half = structure.uncertainty_mm(way if np.linalg.norm(way) > 1e-6 else np.ones(3))
    interval = (value - float(np.hypot(own - low, half)), value + float(np.hypot(high - own, half)))
    exact = interval[0] == interval[1]
    modelled = structure.origin == "modelled"
    span = None if exact else interval
    return Measured(value, span, place(on_structure), place(on_zone), modelled=modelled), structure


def _margin(context: StepContext, found: Surface) -> Outcome:
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    margin, where = covering_margin(lesion.mesh, found.zone.distance)
    vertices = np.asarray(lesion.mesh.vertices, dtype=np.float64)
    own = -float(found.zone.distance(vertices).max())
    lost = own - float(np.ptp(vertices, axis=0).max())  # nothing is treated

    def again(other: SimulatedZone | None) -> float:
        return -float(other.distance(vertices).max()) if other else lost

    low, high = found.interval(own, again) or (own, own)
    half = lesion.uncertainty_mm(np.asarray(where) - vertices.mean(axis=0))
    interval = (margin - float(np.hypot(own - low, half)), margin + float(np.hypot(high - own, half)))
    return Measured(margin, interval if interval[0] < interval[1] else None, place(where))


def _coverage(context: StepContext, zones: Zones) -> Outcome:
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion if not isinstance(zones.lethal, str) else NotEvaluated(zones.lethal)
    if isinstance(zones.lethal, str):
        return Measured(0.0, note=zones.lethal)

    def share(other: SimulatedZone | None) -> float:
        if other is None:
            return 0.0
        return min(intersection_volume_mm3(lesion.mesh, other.mesh) / lesion.mesh.volume_mm3, 1.0)

    value = share(zones.lethal.zone)
    low, high = zones.lethal.interval(value, share) or (value, value)
    return Measured(value, (max(low, 0.0), min(high, 1.0)) if low < high else None)


def lesion_of(context: StepContext) -> Structure | NotEvaluated:
    """Return the lesion that the step names."""
    name = context.step.target.lesion
    return (context.case.anatomy.get(name) if name else None) or NotEvaluated("the step names no lesion")


_INSTEAD: dict[str, Replacement] = {
    "zone_long_axis": _axis(lambda zone: zone.long_axis_mm),
    "zone_short_axis": _axis(lambda zone: zone.short_axis_mm),
    "zone_radius": _axis(lambda zone: 0.5 * zone.short_axis_mm),
    "zone_cord_clearance": hazard(_cord),
    "zone_canal_clearance": hazard(_canal),
    "zone_vessel_clearance": hazard(_vessels),
    "zone_root_clearance": hazard(_roots),
    "ablation_margin": lethal(_margin),
    "ice_margin": hazard(_margin),
    "lesion_coverage": _coverage,
}
