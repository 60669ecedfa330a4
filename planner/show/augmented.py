"""Cavities of balloons and cement at several times, as layers of the scene."""

from __future__ import annotations

from collections.abc import Iterator

from planner.measure.result import Result
from planner.plan.case import CaseStep
from planner.show.layers import Layer, Surface


def augmented_layers(result: Result) -> Iterator[Layer]:
    """Return what was simulated of balloon and cement; nothing where nothing was."""
    for step, found in zip(result.case.steps, result.simulation.augmentation, strict=False):
        if found is None or isinstance(found, str):
            continue
        number = step.index + 1
        if found.balloon is not None and not isinstance(found.balloon, str):
            cavities = tuple(
                Surface(None, run.cavity(), meaning=f"{n}" if len(found.balloon.runs) > 1 else "")
                for n, run in enumerate(found.balloon.runs, start=1)
            )
            for n, cavity in enumerate(cavities, start=1):
                yield Layer(f"balloon_{number}_{n}", f"Balloon, step {number} (simulated)", "balloon", "", (cavity,))
        if found.cement is not None and not isinstance(found.cement, str):
            start = float(found.cement.filled.time_s[0])
            made = tuple(
                Surface(None, mesh, round(time - start, 1), f"{time - start:.0f} s after the injection began")
                for time, mesh in found.cement.frames
                if mesh is not None
            )
            if made:
                yield Layer(f"cement_{number}", f"Cement, step {number} (simulated)", "cement", "", made)


def simulated_parts(result: Result, step: CaseStep) -> frozenset[str]:
    """Return which of `balloon` and `cement` of a step were simulated."""
    every = result.simulation.augmentation
    found = every[result.case.steps.index(step)] if every else None
    if found is None or isinstance(found, str):
        return frozenset()
    parts = {"balloon": found.balloon, "cement": found.cement}
    return frozenset(name for name, part in parts.items() if part is not None and not isinstance(part, str))
