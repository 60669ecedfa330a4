"""Cement over the body: the worked example of three bodies, and what the rule book says of a flat 4 mL in T5."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from planner.check.verdict import check_plan
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.validate.models import Case, Row
from planner.validate.patients import measured, plan, vertebroplasty, write_labels

ROUNDED_ML = 0.051
"""The worked volumes are rounded to 0.1 mL, one of them exactly at the half."""
ROUNDED_SHARE = 0.005
"""The worked share of the flat 4 mL is rounded to a hundredth."""
SOURCE = "body volumes computed from Panjabi et al., Spine 1991 and 1992; fill = cement / body"
_BODIES_MM = {"L1": (26, 25, 38), "T8": (19, 20, 30), "T5": (20, 10, 37)}
"""Boxes of 24.7, 11.4 and 7.4 mL."""
_VOLUMES_ML = {"L1": (3.7, 6.2, 7.4), "T8": (1.7, 2.9, 3.4), "T5": (1.1, 1.9, 2.2)}
"""Cement for 15, 25 and 30 % of them."""


def _patient(folder: Path, level: str) -> dict[str, Any]:
    across, deep, high = _BODIES_MM[level]
    labels = np.zeros((across + 8, deep + 20, high + 8), dtype=np.uint8)
    labels[4:-4, 4:-16, 4:-4] = 2
    labels[4:-4, -15:-8, 4:-4] = 1
    write_labels(folder / "seg.nii.gz", labels, np.eye(4))
    return {"labelmap": "seg.nii.gz", "labels": {1: f"vertebra_{level}", 2: f"vertebra_{level}_body"}}


def _needle(volume_ml: float) -> dict[str, Any]:
    return vertebroplasty((12, 60, 14), (12, 10, 14), volume_ml=volume_ml)


def _filled(level: str) -> Iterable[Row]:
    tolerance = round(ROUNDED_ML / (float(np.prod(_BODIES_MM[level])) / 1000.0), 5)
    with tempfile.TemporaryDirectory() as name:
        anatomy = _patient(Path(name), level)
        for share, volume in zip((0.15, 0.25, 0.30), _VOLUMES_ML[level], strict=True):
            got = measured(plan(anatomy, _needle(volume), level=level), Path(name))
            quantity = f"cement_fill_fraction_of_{volume:g}_ml"
            yield Row(quantity, "worked_example", share, got["cement_fill_fraction"], tolerance, SOURCE)


def _flat_4_ml() -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as name:
        case = load_plan(plan(_patient(Path(name), "T5"), _needle(4.0), level="T5"), folder=name)
        verdict = check_plan(case, simulate_plan(case, simulate=False))
    found = next(finding for finding in verdict.findings if finding.rule == "AUG-FILL-HARD")
    value = float("nan") if found.value is None else found.value
    margin = float("nan") if found.margin is None else found.margin
    yield Row("cement_fill_fraction", "worked_example", 0.54, value, ROUNDED_SHARE, SOURCE)
    form = "0.40 − 4/7.4, beyond the limit of rule AUG-FILL-HARD"
    yield Row("margin_to_limit", "closed_form", 0.40 - 4.0 / 7.4, margin, 1e-5, form)
    yield Row("exit_code", "closed_form", 1.0, float(verdict.exit_code), 0.0, "a failed blocking rule is a violation")


CASES = (
    *(Case(f"cement for a body like {level}", partial(_filled, level)) for level in _BODIES_MM),
    Case("a flat 4 mL in T5", _flat_4_ml),
)
