"""Patients drawn at random through `indicate`."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from benchmarks.job import Prepared
from planner.advise.books import facts_table, tumours
from planner.advise.indicate import indicate
from planner.advise.patient_file import load_patient
from planner.core.errors import InputError

COUNT, TINY = 10_000, 20
STATED = 0.8
"""Share of entries that a drawn patient states; the rest is missing."""


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
    """Draw patient files that contradict nothing."""
    draw, found = random.Random(seed), []  # noqa: S311 - a draw of patients, no secret
    while len(found) < count:
        patient = _patient(draw)
        try:
            load_patient(patient)
        except InputError:  # a combination that cannot be
            continue
        found.append(patient)
    return found


def _patient(draw: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"patient": {}, "target": {"level": draw.choice(["T6", "T12", "L1", "L3", "C5"])}}
    for row in facts_table().values():
        if row.derived or not row.at.startswith(("patient.", "target.")) or draw.random() > STATED:
            continue
        *path, last = row.at.split(".")
        at = made
        for key in path:
            at = at.setdefault(key, {})
        value = _value(row, draw)
        if value is not None:
            at[last] = value
    made["patient"]["primary"] = draw.choice(list(tumours()))
    if drug := made["patient"].get("bone_drug"):
        drug.setdefault("drug", "denosumab")
    made["patient"].pop("prior_radiation", None)
    return made


def _value(row: Any, draw: random.Random) -> Any:
    if row.kind == "yes_no":
        return draw.random() < 0.2
    if row.kind != "number":
        return None if (word := draw.choice(row.values)) == "none" and row.at.endswith("drug") else word
    high = {"1": 12, "month": 36, "mm": 60, "%": 60}.get(row.unit, row.high)
    number = draw.randint(int(row.low), int(min(high, row.high)))
    return (
        number
        if row.unit in {"1", "1/nL"} or row.at.endswith("trabecular_hu")
        else f"{number} {_UNITS.get(row.unit, row.unit)}"
    )


_UNITS = {"mg/cm³": "mg/cm**3", "%": "percent"}
