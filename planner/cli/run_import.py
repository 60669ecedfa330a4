"""`planner anatomy import` and `segment`: from a clinic's files, or from a CT alone, to a case folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import say, working
from planner.core.errors import InputError, Problems

if TYPE_CHECKING:
    from planner.anatomy.structures import Anatomy
    from planner.anatomy.volume import Volume


def import_anatomy(
    sources: list[str], out: Path, *, labels: str | None, frame: str | None, units: str | None, ct: Path | None,
    ct_series: int | None,
    force: bool,
) -> None:  # fmt: skip
    """Read every source and write a case folder; all problems are told at once and then nothing is written.

    Raises
    ------
    InputError
    """
    from planner.anatomy.gather import gather  # noqa: PLC0415
    from planner.cli.sources import asked_of  # noqa: PLC0415
    from planner.plan.case_folder import out_problem, write_case  # noqa: PLC0415

    problems = Problems()
    if problem := out_problem(out, force=force):
        problems.extend([problem])
    with working("reading the sources"):
        asked = asked_of(labels, frame, units, problems, _ct(ct, ct_series, problems))
        found = gather(sources, asked, problems)
        problems.raise_if_any()
    with working("writing the case"):
        anatomy = write_case(found, out, ct=ct, ct_series=ct_series, force=force)
    _tell(anatomy, out, [*found.warnings, *anatomy.warnings])


def segment(ct: Path, out: Path, *, fast: bool, force: bool) -> None:
    """Segment a CT with TotalSegmentator and write a case folder.

    Raises
    ------
    InputError
    """
    from planner.anatomy.gather import Gathered  # noqa: PLC0415
    from planner.anatomy.segment import segment_ct  # noqa: PLC0415
    from planner.plan.case_folder import out_problem, write_case  # noqa: PLC0415

    if problem := out_problem(out, force=force):  # before the hour, not after it
        raise InputError([problem])
    with working("segmenting the CT"):
        volume, names = segment_ct(ct, fast=fast)
    proposal = "segmented by a network: look at it before you rely on it"
    with working("writing the case"):
        anatomy = write_case(Gathered([(volume, names)], warnings=[proposal]), out, ct=ct, force=force)
    _tell(anatomy, out, [proposal, *anatomy.warnings])


def _ct(ct: Path | None, series: int | None, problems: Problems) -> Volume | None:
    from planner.anatomy.volume import read_volume  # noqa: PLC0415

    if ct is None:
        return None
    try:
        return read_volume(ct, place="--ct", series=series)
    except InputError as error:
        problems.extend(error.problems)
        return None


def _tell(anatomy: Anatomy, out: Path, warnings: list[str]) -> None:
    from planner.cli.run_anatomy import anatomy_known  # noqa: PLC0415

    say(f"{anatomy_known(anatomy)} in {out}")
    for warning in warnings:
        say(f"warning: {warning}")
    say(f"Complete {out / 'case.yaml'}, then run: planner check {out / 'case.yaml'}")
