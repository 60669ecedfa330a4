"""Curves of simulated freezing steps: ice over time, what is watched, the probes; the freezes are shaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.measure.result import Result
from planner.report.curves import Curve, Line, Mark, Span
from planner.report.heated import MOST_LINES
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.treatment.cold_treatment import ICE_C, LETHAL_C

NEURAL_LIMIT_C = 10.0
"""From here downwards nerves stop conducting (rule ABL-NEU-COLD)."""


def frozen_curves(result: Result) -> Iterator[Curve]:
    """Return the curves of what was frozen; nothing where nothing was."""
    for step, cold in zip(result.case.steps, result.simulation.cold, strict=False):
        if isinstance(cold, ColdResult):
            yield from _curves(cold, step.index + 1, tuple(step.thermocouples))


def _curves(cold: ColdResult, number: int, thermocouples: Sequence[str]) -> Iterator[Curve]:
    curves = cold.curves
    minutes = (curves.time_s / 60.0).tolist()
    freezes = tuple(Span(a / 60.0, b / 60.0, "freeze") for a, b in curves.freezes_s)

    def plot(  # noqa: PLR0917 - what differs from plot to plot
        name: str, title: str, lines: Sequence[Line], label: str, unit: str, marks: tuple[Mark, ...] = ()
    ) -> Curve:
        return Curve(
            f"{name}_{number}", f"{title}, step {number}", minutes, "time", "min", tuple(lines), label, unit, marks,
            freezes,
        )  # fmt: skip

    below = [
        Line(f"below {level:g} °C".replace("-", "−"), cold.volume_ml(level).tolist()) for level in (ICE_C, *LETHAL_C)
    ]
    yield plot("ice", "Ice", below, "volume", "mL")
    structures = [name for name in curves.watched_c if name not in thermocouples]
    coldest = sorted(structures, key=lambda name: float(curves.watched_c[name].min()))
    shown = [*thermocouples, *coldest][:MOST_LINES]
    lines = [Line(name.replace("_", " "), curves.watched_c[name].tolist()) for name in shown]
    if lines:
        limits = (Mark(NEURAL_LIMIT_C, f"{NEURAL_LIMIT_C:g} °C", outcome="fail"), Mark(ICE_C, f"{ICE_C:g} °C"))
        yield plot("cold_points", "Coldest points and virtual thermocouples", lines, "temperature", "°C", limits)
    drawn = np.nansum(curves.power_w, axis=1)
    yield plot("cold_power", "Heat drawn by all probes", [Line("power", drawn.tolist())], "power", "W")
