"""Curves of balloon and cement: pressure by volume, pressure of the injection, temperature of the setting."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.measure.result import Result
from planner.report.curves import Curve, Line, Mark
from planner.simulate.augment import Augmentation
from planner.simulate.balloon.inflate import Inflation
from planner.simulate.balloon.simulated import BalloonResult
from planner.simulate.cement.simulated import CementResult


def augmented_curves(result: Result) -> Iterator[Curve]:
    """Return the curves of what was simulated; nothing where nothing was."""
    for step, found in zip(result.case.steps, result.simulation.augmentation, strict=False):
        if found is None or isinstance(found, str):
            continue
        number = step.index + 1
        if isinstance(found.balloon, BalloonResult):
            yield _inflation(found.balloon, number, step.sheet.value("rated_pressure_kpa") if step.sheet else None)
        if isinstance(found.cement, CementResult):
            yield _injection(found.cement, number)
        yield from _setting(found, number)


def _inflation(balloon: BalloonResult, number: int, rated: float | None) -> Curve:
    first = balloon.runs[0]

    def line(label: str, run: Inflation) -> Line:
        right = float("nan")  # it ends where its volume is reached
        return Line(label, np.interp(first.volume_ml, run.volume_ml, run.pressure_kpa, right=right).tolist())

    several = len(balloon.runs) > 1
    lines = [line(f"balloon {n}" if several else "this bone", run) for n, run in enumerate(balloon.runs, start=1)]
    lines += [line("thinner bone", balloon.thin[0]), line("denser bone", balloon.dense[0])]
    marks = () if rated is None else (Mark(rated, f"rated {rated:.0f} kPa", outcome="fail"),)
    title = f"Balloon pressure by volume, step {number}"
    return Curve(
        f"balloon_{number}", title, first.volume_ml.tolist(), "volume of a balloon", "mL", tuple(lines),
        "pressure the bone asks for", "kPa", marks,
    )  # fmt: skip


def _injection(cement: CementResult, number: int) -> Curve:
    filled = cement.filled
    lines = (Line("in the bone", filled.pressure_kpa.tolist()), Line("at the syringe", filled.syringe_kpa.tolist()))
    marks = (Mark(cement.push.limit_kpa, f"hand {cement.push.limit_kpa:.0f} kPa", outcome="warn"),)
    title = f"Pressure while cement goes in, step {number}"
    return Curve(
        f"injection_{number}", title, filled.volume_ml.tolist(), "cement pushed in", "mL", lines, "pressure", "kPa",
        marks,
    )  # fmt: skip


def _setting(found: Augmentation, number: int) -> Iterator[Curve]:
    if not isinstance(found.setting, tuple):
        return
    base = found.setting[0]
    minutes = (base.time_s / 60.0).tolist()
    title = f"Hottest cement while it sets, step {number}"
    lines = (Line("cement", base.core_c.tolist()),)
    yield Curve(f"setting_{number}", title, minutes, "time after mixing", "min", lines, "temperature", "°C")
