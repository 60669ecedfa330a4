"""`planner simulate`: fields, surfaces and curves of a plan's steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import say, sharing, working
from planner.core.errors import InputError, Problem
from planner.core.files import folder_problem

if TYPE_CHECKING:
    from planner.simulate.augment import Augmentation
    from planner.simulate.treatment.cold_result import ColdResult
    from planner.simulate.treatment.isosurface import SimulatedZone
    from planner.simulate.treatment.result import HeatResult


def simulate_case(plan: Path, out: Path) -> bool:
    """Simulate each step and write its files; return whether any was.

    Raises
    ------
    InputError
        With every problem of plan and folder at once, then of what cannot be computed; nothing has been written then.
    """
    from planner.plan.case import load_plan  # noqa: PLC0415
    from planner.simulate.run import run_simulation  # noqa: PLC0415
    from planner.simulate.treatment.cold_simulated import refused_freezing  # noqa: PLC0415
    from planner.simulate.treatment.simulated import refused_steps  # noqa: PLC0415

    with working("reading the case"):
        case = load_plan(plan, also=[problem] if (problem := folder_problem(out)) else [])
        if problems := [*refused_steps(case), *refused_freezing(case)]:
            raise InputError(problems)
    with sharing("simulating") as progress:
        simulation = run_simulation(case, intervals=False, progress=progress)  # the base alone
    done = False
    for step, heat, cold, filled in zip(
        case.steps, simulation.heat, simulation.cold, simulation.augmentation, strict=True
    ):
        label = f"step {step.index + 1} ({step.kind.replace('_', ' ')})"
        if filled is not None and not isinstance(filled, str):
            _write_filled(filled, out, label, f"step{step.index + 1}")
            done |= any(part is not None and not isinstance(part, str) for part in (filled.balloon, filled.cement))
            continue
        reason = next((part for part in (heat, cold, filled) if isinstance(part, str)), None)
        if not isinstance(heat, str) and heat is not None:
            _write_heat(heat, out, label, f"step{step.index + 1}")
        elif not isinstance(cold, str) and cold is not None:
            _write_cold(cold, out, label, f"step{step.index + 1}")
        else:
            say(f"{label}: no fields written: {reason or 'physics computes heat, cold, balloons and cement'}")
            continue
        done = True
    return done


@contextmanager
def _into(out: Path) -> Iterator[None]:
    """Make the folder; what cannot be written is told as input."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        got = f"{out} ({error.strerror})"
        raise InputError([Problem("--out", got, "a folder that can be written to", "name another")]) from None


def _size(zone: SimulatedZone | None, name: str) -> str:
    return f"{name} {zone.long_axis_mm:.0f} × {zone.short_axis_mm:.0f} mm" if zone else f"no {name}"


def _write_heat(heat: HeatResult, out: Path, label: str, name: str) -> None:
    from planner.simulate.treatment.files import write_heat  # noqa: PLC0415

    with _into(out):
        files = write_heat(heat, out, name)
    energy = float(heat.curves.energy_j[-1]) / 1000.0
    say(
        f"{label}: {_size(heat.zone, 'zone')}, hottest {heat.run.max_c.max():.0f} °C, {energy:.1f} kJ, {heat.run.ended}"
    )
    say("\n".join(f"  {file}" for file in files))


def _write_cold(cold: ColdResult, out: Path, label: str, name: str) -> None:
    from planner.simulate.treatment.cold_files import write_cold  # noqa: PLC0415

    with _into(out):
        files = write_cold(cold, out, name)
    sizes = f"{_size(cold.ice, 'ice')}, {_size(cold.zone, '−20 °C')}"
    drawn = cold.run.drawn_j / 1000.0
    say(f"{label}: {sizes}, coldest {cold.run.min_c.min():.0f} °C, {drawn:.1f} kJ drawn".replace(" -", " −"))
    say("\n".join(f"  {file}" for file in files))


def _write_filled(filled: Augmentation, out: Path, label: str, name: str) -> None:
    from planner.simulate.augment_files import summary, write_augmentation  # noqa: PLC0415

    with _into(out):
        files = write_augmentation(filled, out, name)
    for part, told in summary(filled).items():
        line = (
            told if isinstance(told, str) else ", ".join(f"{k} {v}" for k, v in told.items() if not isinstance(v, list))
        )
        say(f"{label}: {part}: {line}")
    say("\n".join(f"  {file}" for file in files))
