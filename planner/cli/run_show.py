"""`planner show`: the 3D scene as a window or as files."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from planner.cli.console import say, working

if TYPE_CHECKING:
    from planner.protocol.language import Lang


def show_case(
    plan: Path,
    *,
    png: Path | None,
    html: Path | None,
    glb: Path | None,
    protocol: str,
    slices: Path | None = None,
    window: str = "spine",
    simulate: bool = True,
    lang: Lang = "en",
) -> None:
    """Show a plan with its violating places marked; exit 1 where the picture cannot be made."""
    from planner.check.verdict import check_plan  # noqa: PLC0415
    from planner.core.errors import InputError, Problem, Problems  # noqa: PLC0415
    from planner.core.files import folder_problem  # noqa: PLC0415
    from planner.measure.result import simulate_plan  # noqa: PLC0415
    from planner.plan.case import load_plan  # noqa: PLC0415
    from planner.show.compose import scene_of  # noqa: PLC0415
    from planner.show.libraries import RenderError  # noqa: PLC0415
    from planner.show.slices.verbs import window_problem, write_slices  # noqa: PLC0415
    from planner.show.verbs import show_plan  # noqa: PLC0415

    problems = Problems()
    for option, file in (("--png", png), ("--html", html), ("--glb", glb)):
        if file is None:
            continue
        if not file.parent.is_dir() or folder_problem(file.parent):
            problems.add(
                option, str(file), "a file in a folder that can be written to", "make the folder or name another"
            )
    problems.extend(filter(None, [window_problem(window)]))
    if slices is not None and (problem := folder_problem(slices)):
        problems.extend([replace(problem, path="--slices")])
    with working("simulating, measuring and judging" if simulate else "measuring and judging"):
        case = load_plan(plan, also=problems.found)
        result = simulate_plan(case, simulate=simulate)
        verdict = check_plan(case, result, protocol, lang=lang)
    if slices is not None:
        try:
            with working("cutting slices"):
                write_slices(case, result, slices, window=window, scene=scene_of(case, result, verdict))
        except OSError as error:
            told = Problem(
                "--slices", f"{slices} ({error.strerror})", "a folder that can be written to", "name another"
            )
            raise InputError([told]) from None
        if png is html is glb is None:
            return
    try:
        with working("drawing"):
            show_plan(case, result, verdict, png=png, html=html, glb=glb)
    except RenderError as error:
        say(str(error), to=sys.stderr)
        raise typer.Exit(1) from None
