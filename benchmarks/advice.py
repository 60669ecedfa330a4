"""Patients drawn at random through `indicate`."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from benchmarks.job import Prepared
from planner.advise.indicate import indicate
from planner.advise.patient_file import load_patient
from planner.validate.advise.vignettes import patient_of, vignettes

COUNT, TINY = 10_000, 20
DROPPED = 0.1
"""Share of entries that a drawn patient does not state."""
DRAWN = {
    "pain_vas": (1, 10), "expected_survival_months": (0, 36), "metastases": (4, 8), "inr": (1, 2), "ecog": (0, 4),
    "platelets_per_nl": (20, 300), "size_mm": (5, 50), "vessel_distance_mm": (0, 40), "tomita": (2, 10),
}  # fmt: skip
"""Entries that are drawn anew, between these bounds; none of them can contradict another."""


def indications(_folder: Path, tiny: bool) -> Prepared:
    drawn = patients(TINY if tiny else COUNT)

    def reading() -> None:
        for patient in drawn:
            load_patient(patient)

    def ranked() -> None:
        for patient in drawn:
            found = indicate(patient)
            _ = found.ranked, found.by_weight, found.by_missing  # each is computed when asked for

    return f"indicate with both sensitivities, {len(drawn)} patients", ranked, reading


def patients(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Draw patient files: a vignette each, with numbers of their own and entries missing."""
    draw = random.Random(seed)  # noqa: S311 - a draw of patients, no secret
    rows = vignettes()
    return [_varied(patient_of(draw.choice(rows), complete=True), draw) for _ in range(count)]


def _varied(made: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    varied: dict[str, Any] = {}
    for key, value in made.items():
        if isinstance(value, dict):
            varied[key] = _varied(value, draw)
        elif key in NEEDED or draw.random() > DROPPED:
            varied[key] = draw.randint(*DRAWN[key]) if value and key in DRAWN else value
    return varied


NEEDED = {"level", "name", "techniques", "cord_dmax_gy", "fractions"}
"""Entries without which a section cannot stand."""
