"""`planner fluoro`: virtual C-arm views of a plan."""

from __future__ import annotations

from pathlib import Path

from planner.cli.console import say, stepping, working
from planner.core.errors import InputError, Problem
from planner.core.files import folder_problem, stable_json
from planner.show.fluoro.verbs import Asked, problems_of, summary, write_fluoro


def fluoro_case(plan: Path, out: Path, asked: Asked, *, simulate: bool = False, as_json: bool = False) -> None:
    """Take pictures and film of a plan into a folder and say what was taken.

    Raises
    ------
    InputError
        With every problem of plan, options and folder at once; nothing has been written then.
    """
    from planner.plan.case import load_plan  # noqa: PLC0415

    also = [*problems_of(asked).found, *([problem] if (problem := folder_problem(out)) else [])]
    with working("reading the case"):
        case = load_plan(plan, also=also)
    if not case.steps:
        raise InputError([Problem("$.steps", "no step", "at least one", "a picture needs something to aim at")])
    result = None
    if simulate:
        from planner.measure.result import simulate_plan  # noqa: PLC0415

        with working("simulating"):
            result = simulate_plan(case)
    try:
        with stepping("virtual fluoroscopy", total=8) as told:
            found = write_fluoro(case, out, asked, result=result, told=told)
    except OSError as error:
        raise InputError(
            [Problem("--out", f"{out} ({error.strerror})", "a folder that can be written to", "name another")]
        ) from None
    report = summary(case, found, asked, sorted(path.name for path in out.iterdir()))
    if as_json:
        say(stable_json(report).rstrip())
        return
    for picture in report["pictures"]:
        say(f"{picture['file']:<28} {picture['angles']}")
    dose = report["dose"]
    effective = dose["effective_dose_msv"]
    say(
        f"{dose['shots']} pictures, {dose['beam_s']:g} s of beam: about {effective['value']:g} mSv effective "
        f"({effective['low']:g}–{effective['high']:g}), estimated from published series"
    )
    for caveat in report["caveats"]:
        say(f"note: {caveat}")
    say(f"written to {out}")
