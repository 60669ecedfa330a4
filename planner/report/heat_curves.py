"""Curves of simulated heating steps: temperatures at thermocouples and structures, power and impedance."""

from __future__ import annotations

from collections.abc import Iterator

from planner.measure.result import Result
from planner.report.curves import Curve, Line, Mark
from planner.simulate.treatment.result import HeatResult

MOST_LINES = 6
"""More are not told apart in one plot; the hottest are shown."""


def heat_curves(result: Result) -> Iterator[Curve]:
    """Return what generator and virtual thermocouples showed in each simulated heating step."""
    for step, heat in zip(result.case.steps, result.simulation.heat, strict=False):
        if not isinstance(heat, HeatResult):
            continue
        shown, number = heat.curves, step.index + 1
        time = shown.time_s.tolist()
        off = tuple(Mark(float(stop), "off", "x") for stop in shown.stops_s)
        hottest = sorted(shown.watched_c, key=lambda name: -float(shown.watched_c[name].max()))[:MOST_LINES]
        if hottest:
            lines = tuple(Line(name.replace("_", " "), shown.watched_c[name].tolist()) for name in hottest)
            title = f"Virtual thermocouples, step {number}"
            yield Curve(f"watched_{number}", title, time, "time", "s", lines, "temperature", "°C", off)
        tissue = (Line("electrode", shown.electrode_c.tolist()), Line("hottest tissue", shown.tissue_max_c.tolist()))
        title = f"Electrode and tissue, step {number}"
        yield Curve(f"tissue_{number}", title, time, "time", "s", tissue, "temperature", "°C", off)
        for name, what, values, unit in (
            ("power", "Power", shown.power_w, "W"),
            ("impedance", "Impedance", shown.impedance_ohm, "Ω"),
        ):
            line = (Line(what.lower(), values.tolist()),)
            yield Curve(f"{name}_{number}", f"{what}, step {number}", time, "time", "s", line, what.lower(), unit, off)
