"""`planner check`: the main job on the user's own case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import say, working
from planner.core.errors import InputError, Problem
from planner.core.files import folder_problem, stable_json

if TYPE_CHECKING:
    from planner.check.verdict import Verdict
    from planner.protocol.language import Lang


def check_case(
    plan: Path, *, protocol: str, out: Path | None, simulate: bool, as_json: bool, lang: Lang = "en"
) -> Verdict:
    """Check a plan file, print the verdict, and write the four files where `out` names a folder.

    Raises
    ------
    InputError
        With every problem of plan, protocol and folder at once; nothing has been written then.
    """
    from planner.check.verdict import check_plan  # noqa: PLC0415
    from planner.measure.result import simulate_plan  # noqa: PLC0415
    from planner.plan.case import load_plan  # noqa: PLC0415
    from planner.protocol.load import load_protocol  # noqa: PLC0415

    with working("reading the case"):
        also = [problem] if out is not None and (problem := folder_problem(out)) else []
        try:
            book = load_protocol(protocol)
        except InputError as error:
            also += error.problems
        case = load_plan(plan, also=also)
    with working("measuring and judging"):
        verdict = check_plan(case, simulate_plan(case, simulate=simulate), book, lang=lang)
    if out is not None:
        write_all(verdict, out)
    tell(verdict, as_json=as_json)
    return verdict


def tell(verdict: Verdict, *, as_json: bool) -> None:
    """Print the verdict: as `result.json` for machines, else as text."""
    from planner.report.text import report_text  # noqa: PLC0415

    result = verdict.as_json()
    say(stable_json(result).rstrip() if as_json else report_text(result, colour=sys.stdout.isatty()))


def write_all(verdict: Verdict, out: Path) -> None:
    """Write the four files; where the picture cannot be made, say why and how to mend it, and write the rest."""
    from planner.report.write import write_files  # noqa: PLC0415

    try:
        with working("writing files and picture"):
            missing = write_files(verdict, out)
    except OSError as error:
        raise InputError(
            [Problem("--out", f"{out} ({error.strerror})", "a folder that can be written to", "name another")]
        ) from None
    if missing:
        say(f"scene.png was not made: {missing}", to=sys.stderr)
