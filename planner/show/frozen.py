"""What a simulated freezing step did, as nested surfaces: the ice, −20 and −40 °C, those that were reached."""

from __future__ import annotations

from collections.abc import Iterator

from planner.measure.result import Result
from planner.show.layers import Layer, Surface
from planner.simulate.treatment.cold_result import KILLS_C, SURE_C, ColdResult
from planner.simulate.treatment.cold_treatment import ICE_C

LEVELS_C = {ICE_C: "edge of the ice", KILLS_C: "may kill", SURE_C: "kills"}
"""Isotherms of the lowest temperature, and what they stand for."""


def cold_layers(result: Result) -> Iterator[Layer]:
    """Return for each simulated freezing step the isotherms of the lowest temperature at each place."""
    for step, cold in zip(result.case.steps, result.simulation.cold, strict=False):
        if not isinstance(cold, ColdResult):
            continue
        surfaces = [
            Surface(level, zone.mesh, meaning=meaning)
            for level, meaning in LEVELS_C.items()
            if (zone := cold.isotherm(level)) is not None
        ]
        if surfaces:
            number = step.index + 1
            label = f"Lowest temperature, step {number}"
            yield Layer(f"cold_{number}", label, "cold", "°C", tuple(surfaces), outer_first=False)
