"""Curves of simulated heating steps: temperatures of what is watched, power, impedance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.measure.result import Result
from planner.report.curves import Curve, Line, Mark
from planner.simulate.treatment.result import HeatResult

MOST_LINES = 6
NEURAL_LIMIT_C = 45.0


def heated_curves(result: Result) -> Iterator[Curve]:
    """Return the curves of what was simulated; nothing where nothing was."""
    for step, heat in zip(result.case.steps, result.simulation.heat, strict=False):
        if heat is None or isinstance(heat, str):
            continue
        yield from _curves(heat, step.index + 1, tuple(step.thermocouples))


def _curves(heat: HeatResult, number: int, thermocouples: Sequence[str]) -> Iterator[Curve]:
    curves = heat.curves
    minutes = (curves.time_s / 60.0).tolist()
    ends = tuple(Mark(stop / 60.0, "stop", axis="x") for stop in curves.stops_s)

    def plot(  # noqa: PLR0917 - what differs from plot to plot
        name: str, title: str, lines: Sequence[Line], label: str, unit: str, marks: tuple[Mark, ...]
    ) -> Curve:
        return Curve(
            f"{name}_{number}", f"{title}, step {number}", minutes, "time", "min", tuple(lines), label, unit, marks
        )

    structures = [name for name in curves.watched_c if name not in thermocouples]
    hottest = sorted(structures, key=lambda name: -float(curves.watched_c[name].max()))
    shown = [*thermocouples, *hottest][:MOST_LINES]
    lines = [Line(name.replace("_", " "), curves.watched_c[name].tolist()) for name in shown]
    if lines:
        limit = Mark(NEURAL_LIMIT_C, f"{NEURAL_LIMIT_C:g} °C", outcome="fail")
        yield plot(
            "thermocouples", "Hottest points and virtual thermocouples", lines, "temperature", "°C", (limit, *ends)
        )
    needle = [Line("thermocouple of the needle", curves.electrode_c.tolist())]
    needle.append(Line("hottest tissue", curves.tissue_max_c.tolist()))
    yield plot("needle", "Temperature at the needle", needle, "temperature", "°C", ends)
    yield plot("power", "Power", [Line("power", curves.power_w.tolist())], "power", "W", ends)
    ohm = np.where(curves.power_w > 0.0, curves.impedance_ohm, np.nan)
    yield plot("impedance", "Impedance", [Line("impedance", ohm.tolist())], "impedance", "Ω", ends)
