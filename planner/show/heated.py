"""What a simulated heating step did, as nested surfaces: 45, 50, 60 and 80 °C, those that were reached."""

from __future__ import annotations

from collections.abc import Iterator

from planner.measure.result import Result
from planner.show.layers import Layer, Surface
from planner.simulate.treatment.result import HeatResult

LEVELS_C = {45.0: "", 50.0: "", 60.0: "dies at once", 80.0: ""}
"""Isotherms of the highest temperature; 45 °C is where nerve tissue begins to be at risk."""


def heat_layers(result: Result) -> Iterator[Layer]:
    """Return for each simulated heating step the isotherms of the highest temperature at each place."""
    for step, heat in zip(result.case.steps, result.simulation.heat, strict=False):
        if not isinstance(heat, HeatResult):
            continue
        surfaces = [
            Surface(level, zone.mesh, meaning=meaning)
            for level, meaning in LEVELS_C.items()
            if (zone := heat.above(level)) is not None
        ]
        if surfaces:
            number = step.index + 1
            yield Layer(f"heat_{number}", f"Highest temperature, step {number}", "heat", "°C", tuple(surfaces))
