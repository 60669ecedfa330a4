"""A case, from its files to the verdict."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np

from benchmarks.job import Prepared
from benchmarks.patient import any_patient
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


def rules(folder: Path, tiny: bool) -> Prepared:
    patient, book = any_patient(folder, tiny=tiny), load_protocol()
    case = load_plan(patient.plan)
    result = simulate_plan(case, simulate=False)
    title = f"{len(book.rules)} rules on a case of {len(case.steps)} steps"
    return title, lambda: check_plan(case, result, book), lambda: simulate_plan(case, simulate=False)
