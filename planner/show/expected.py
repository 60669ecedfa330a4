"""Layers that need no simulation: the ice that a cold probe's sheet expects, and how far an instrument may lie off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.geometry.bodies import Capsule
from planner.measure.models import Measured, Outcome
from planner.measure.result import Result
from planner.plan.case import CaseStep
from planner.show.layers import Layer, Surface
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.zone import ExpectedZone

LEAST_MM = 0.05
"""A tube thinner than this is not seen."""
CLEARANCES = ("cord_clearance_mm", "canal_clearance_mm")


def expected_ice(result: Result) -> Iterator[Layer]:
    """Return the edge of the ice where the sheet states it apart from the lethal zone and nothing was simulated."""
    for step, zone in zip(result.case.steps, result.simulation.zones, strict=True):
        if isinstance(zone, ExpectedZone) and zone.hazard is not zone.lethal and not frozen(result, step):
            number = step.index + 1
            for index, body in enumerate(zone.hazard):
                tag = f"{number}" if len(zone.hazard) == 1 else f"{number}.{index + 1}"
                yield Layer(f"ice_{tag}", f"Expected ice, step {tag}", "ice", "", (Surface(None, body.surface()),))


def frozen(result: Result, step: CaseStep) -> ColdResult | None:
    """Return the simulated freezing of a step; None where there is none."""
    found = result.simulation.cold
    own = found[result.case.steps.index(step)] if found else None
    return own if isinstance(own, ColdResult) else None


def uncertainty_tubes(result: Result) -> Iterator[Layer]:
    """Return a tube round each instrument whose distance to cord or canal is not exact, as wide as it may be off.

    Two steps through one cannula have one tube.
    """
    drawn: dict[tuple[float, ...], Layer] = {}
    for step, found in zip(result.case.steps, result.by_step, strict=True):
        for index, tool in enumerate(step.instruments):
            half = _half_width(found)
            path = (*tool.entry.round(2), *tool.tip.round(2))
            if half > LEAST_MM and path not in drawn:
                tag = f"{step.index + 1}" if len(step.instruments) == 1 else f"{step.index + 1}.{index + 1}"
                body = Capsule(tool.entry, tool.tip, (tool.radius_mm or 0.0) + half).surface(around=32, rings=8)
                label = f"Uncertainty ± {half:.1f} mm, step {tag}"
                drawn[path] = Layer(f"uncertainty_{tag}", label, "uncertainty", "", (Surface(None, body),))
    yield from drawn.values()


def _half_width(found: Mapping[str, Outcome]) -> float:
    """Half the interval of the first distance that is known, mm; 0 where it is exact."""
    for name in CLEARANCES:
        outcome = found.get(name)
        if isinstance(outcome, Measured):
            low, high = outcome.interval or (outcome.value, outcome.value)
            return (high - low) / 2.0
    return 0.0
