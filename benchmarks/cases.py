"""A case, from its files to the verdict."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import nibabel
import numpy as np

from benchmarks.job import Prepared
from benchmarks.patient import any_patient
from planner.check.finding import Finding
from planner.check.verdict import Verdict, check_plan
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.protocol.load import load_protocol
from planner.report.write import write_files, write_result


def check_result(folder: Path, tiny: bool) -> Prepared:
    patient = any_patient(folder, tiny=tiny)

    def read() -> None:
        for image in patient.images:
            np.asanyarray(nibabel.load(image).dataobj)

    return f"check to result.json, {patient.title}", lambda: _checked(patient.plan, folder), read


def check_files(folder: Path, tiny: bool) -> Prepared:
    patient = any_patient(folder, tiny=tiny)

    def all_files() -> None:
        write_files(_checked(patient.plan, folder), folder / "out")

    return f"check to four files, {patient.title}", all_files, lambda: _checked(patient.plan, folder)


def _checked(plan: Path, folder: Path) -> Verdict:
    case = load_plan(plan)
    verdict = check_plan(case, simulate_plan(case, simulate=False))
    write_result(verdict, folder / "result.json")
    return verdict


RULES = 1000
"""More than a large hospital will ever write; the books that ship are repeated until there are so many."""


def rules(folder: Path, tiny: bool) -> Prepared:
    case = load_plan(any_patient(folder, tiny=tiny).plan)
    result, book = simulate_plan(case, simulate=False), load_protocol()
    many = tuple(
        rule.model_copy(update={"id": f"{rule.id}-{index}"})
        for index, rule in enumerate(islice(cycle(book.rules), 50 if tiny else RULES))
    )
    large = book.model_copy(update={"rules": many})
    findings = [finding.model_dump() for finding in check_plan(case, result, large).findings]

    def only_write_down() -> None:
        for content in findings:
            Finding(**content)

    title = f"{len(many)} rules on a case of {len(case.steps)} steps, {len(findings)} findings"
    return title, lambda: check_plan(case, result, large), only_write_down
