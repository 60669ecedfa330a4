"""`planner simulate`: fields, surfaces and curves of a plan's steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import say, sharing, working
from planner.core.errors import InputError, Problem
from planner.core.files import folder_problem

if TYPE_CHECKING:
    from planner.simulate.augment import Augmentation


def simulate_case(plan: Path, out: Path) -> bool:
    """Simulate each step and write its files; return whether any was.

    Raises
    ------
    InputError
        With every problem of plan and folder at once, then of what cannot be computed; nothing has been written then.
    """
    from planner.core.names import HEATING  # noqa: PLC0415
    from planner.plan.case import load_plan  # noqa: PLC0415
    from planner.simulate.run import run_simulation  # noqa: PLC0415
    from planner.simulate.treatment.files import write_heat  # noqa: PLC0415
    from planner.simulate.treatment.simulated import refused_steps  # noqa: PLC0415

    with working("reading the case"):
        case = load_plan(plan, also=[problem] if (problem := folder_problem(out)) else [])
        if problems := refused_steps(case):
            raise InputError(problems)
    with sharing("simulating") as progress:
        simulation = run_simulation(case, intervals=False, kinds=HEATING, progress=progress)  # the base alone
    done = False
    for step, heat, filled in zip(case.steps, simulation.heat, simulation.augmentation, strict=True):
        label = f"step {step.index + 1} ({step.kind.replace('_', ' ')})"
        if filled is not None and not isinstance(filled, str):
            _write_filled(filled, out, label, f"step{step.index + 1}")
            done |= any(part is not None and not isinstance(part, str) for part in (filled.balloon, filled.cement))
            continue
        heat = heat if filled is None else filled  # noqa: PLW2901 - the reason why it is not known
        if heat is None or isinstance(heat, str):
            say(f"{label}: no fields written: {heat or 'this command writes those of heating steps'}")
            continue
        try:
            out.mkdir(parents=True, exist_ok=True)
            files = write_heat(heat, out, f"step{step.index + 1}")
        except OSError as error:
            got = f"{out} ({error.strerror})"
            raise InputError([Problem("--out", got, "a folder that can be written to", "name another")]) from None
        done = True
        zone = heat.zone
        size = f"zone {zone.long_axis_mm:.0f} × {zone.short_axis_mm:.0f} mm" if zone else "no zone"
        energy = float(heat.curves.energy_j[-1])
        say(f"{label}: {size}, hottest {heat.run.max_c.max():.0f} °C, {energy / 1000.0:.1f} kJ, {heat.run.ended}")
        say("\n".join(f"  {file}" for file in files))
    return done


def _write_filled(filled: Augmentation, out: Path, label: str, name: str) -> None:
    from planner.simulate.augment_files import summary, write_augmentation  # noqa: PLC0415

    try:
        out.mkdir(parents=True, exist_ok=True)
        files = write_augmentation(filled, out, name)
    except OSError as error:
        got = f"{out} ({error.strerror})"
        raise InputError([Problem("--out", got, "a folder that can be written to", "name another")]) from None
    for part, told in summary(filled).items():
        line = (
            told if isinstance(told, str) else ", ".join(f"{k} {v}" for k, v in told.items() if not isinstance(v, list))
        )
        say(f"{label}: {part}: {line}")
    say("\n".join(f"  {file}" for file in files))
