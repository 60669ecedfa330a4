"""Isotherms of simulated heating steps, as layers of the scene: where 50 and 60 °C were reached."""

from __future__ import annotations

from collections.abc import Iterator

from planner.measure.result import Result
from planner.show.layers import Layer, Surface


def heated_layers(result: Result) -> Iterator[Layer]:
    """Return what was simulated of heat; nothing where nothing was."""
    for step, heat in zip(result.case.steps, result.simulation.heat, strict=False):
        if heat is None or isinstance(heat, str):
            continue
        number = step.index + 1
        reached = ((50.0, heat.at_50_c, ""), (60.0, heat.at_60_c, "dies at once"))
        surfaces = tuple(Surface(level, zone.mesh, meaning=meaning) for level, zone, meaning in reached if zone)
        if surfaces:
            yield Layer(f"heat_{number}", f"Highest temperature, step {number} (simulated)", "heat", "°C", surfaces)
