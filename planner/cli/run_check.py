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
    plan: Path,
    *,
    protocol: str,
    out: Path | None,
    simulate: bool,
    as_json: bool,
    lang: Lang = "en",
    compare: Path | None = None,
) -> Verdict:
    """Check a plan file, print the verdict, and write the files where `out` names a folder.

    With `compare` another plan is judged by the same protocol and set beside it in the report.

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
        if compare is not None and out is None:
            also.append(Problem("--compare", str(compare), "with --out, for it stands in the report", "add --out DIR"))
        case = load_plan(plan, also=also)
        rival = None if compare is None else load_plan(compare)
    with working("simulating, measuring and judging" if simulate else "measuring and judging"):
        verdict = check_plan(case, simulate_plan(case, simulate=simulate), book, lang=lang)
        other = None if rival is None else check_plan(rival, simulate_plan(rival, simulate=simulate), book, lang=lang)
    if out is not None:
        write_all(verdict, out, other)
    tell(verdict, as_json=as_json)
    return verdict


def tell(verdict: Verdict, *, as_json: bool) -> None:
    """Print the verdict: as `result.json` for machines, else as text."""
    from planner.report.text import report_text  # noqa: PLC0415

    result = verdict.as_json()
    say(stable_json(result).rstrip() if as_json else report_text(result, colour=sys.stdout.isatty()))


def write_all(verdict: Verdict, out: Path, other: Verdict | None = None) -> None:
    """Write the files; where one cannot be made, say why and how to mend it, and write the rest."""
    from planner.report.write import write_files  # noqa: PLC0415

    try:
        with working("writing files and picture"):
            missing = write_files(verdict, out, other)
    except OSError as error:
        raise InputError(
            [Problem("--out", f"{out} ({error.strerror})", "a folder that can be written to", "name another")]
        ) from None
    for words in missing or ():
        say(words, to=sys.stderr)
