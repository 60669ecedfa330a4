"""Layers that need no simulation: the ice that a cold probe's sheet expects, and how far an instrument may lie off."""

from __future__ import annotations

from collections.abc import Iterator

from planner.geometry.bodies import Capsule
from planner.measure.models import Measured
from planner.measure.result import Result
from planner.plan.case import CaseStep
from planner.show.layers import Layer, Surface
from planner.simulate.zone import ExpectedZone

LEAST_MM = 0.05
"""A tube thinner than this is not seen."""
CLEARANCES = ("cord_clearance_mm", "canal_clearance_mm", "vessel_clearance_mm", "nerve_root_clearance_mm")


def expected_ice(result: Result) -> Iterator[Layer]:
    """Return the edge of the ice where the sheet states it apart from the lethal zone."""
    for step, zone in zip(result.case.steps, result.simulation.zones, strict=True):
        if isinstance(zone, ExpectedZone) and zone.hazard is not zone.lethal:
            number = step.index + 1
            for index, body in enumerate(zone.hazard):
                tag = f"{number}" if len(zone.hazard) == 1 else f"{number}.{index + 1}"
                yield Layer(f"ice_{tag}", f"Expected ice, step {tag}", "ice", "", (Surface(None, body.surface()),))


def uncertainty_tubes(result: Result) -> Iterator[Layer]:
    """Return a tube round each instrument of a step whose distances are not exact, as wide as they may be off."""
    for step, found in zip(result.case.steps, result.by_step, strict=True):
        spread = [
            (outcome.interval[1] - outcome.interval[0]) / 2.0
            for name in CLEARANCES
            if isinstance(outcome := found.get(name), Measured) and outcome.interval is not None
        ]
        half = max(spread, default=0.0)
        if half > LEAST_MM:
            yield from _tubes(step, half)


def _tubes(step: CaseStep, half_mm: float) -> Iterator[Layer]:
    for index, tool in enumerate(step.instruments):
        tag = f"{step.index + 1}" if len(step.instruments) == 1 else f"{step.index + 1}.{index + 1}"
        body = Capsule(tool.entry, tool.tip, (tool.radius_mm or 0.0) + half_mm).surface(around=32, rings=8)
        label = f"Uncertainty ± {half_mm:.1f} mm, step {tag}"
        yield Layer(f"uncertainty_{tag}", label, "uncertainty", "", (Surface(None, body),))
