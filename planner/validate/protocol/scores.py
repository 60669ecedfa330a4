"""Scores against examples worked by hand or printed by their authors; a class counts by its place in the score."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from planner.check.scores import score
from planner.core.files import stable_json
from planner.core.sourced import references
from planner.protocol.scores.load import load_score
from planner.validate.models import Case, Row

_SINS = ("location", "pain", "lesion", "alignment", "collapse", "posterolateral")


def _sins(words: str) -> dict[str, Any]:
    return dict(zip(_SINS, words.split(), strict=True))


def _course(dose: float, fractions: int, alpha_beta: float) -> dict[str, Any]:
    return {"dose_gy": dose, "fractions": fractions, "alpha_beta": alpha_beta}


def _pain(before: float, after: float, omed: float, now: float) -> dict[str, Any]:
    return {"pain_before": before, "pain_after": after, "omed_before_mg": omed, "omed_after_mg": now}


_TOKUHASHI = {"kps": 70, "extraspinal": 2, "vertebral": 3, "organ": "none", "primary": "breast", "palsy": "e"}
_VALUES: tuple[tuple[str, str, dict[str, Any], float, float], ...] = (
    ("SINS of L1, all but the worst", "sins", _sins("junctional mechanical lytic deformity under_50 bilateral"), 15, 0),
    ("SINS of T6, little", "sins", _sins("semirigid occasional mixed normal body_involved none"), 4, 0),
    ("SINS of L3", "sins", _sins("mobile mechanical lytic normal under_50 unilateral"), 10, 0),
    ("SINS, the highest", "sins", _sins("junctional mechanical lytic subluxation over_50 bilateral"), 18, 0),
    ("ODI 16 of 50", "odi", {"total_points": 16, "sections_answered": 10}, 32, 1e-9),
    ("ODI 16 of 45", "odi", {"total_points": 16, "sections_answered": 9}, 35.5556, 1e-4),
    ("Tokuhashi", "tokuhashi", _TOKUHASHI, 11, 0),
    ("Tomita, the highest", "tomita", {"primary": "rapid", "visceral": "untreatable", "bone": "multiple"}, 10, 0),
    ("Mirels", "mirels", {"site": "lower_limb", "pain": "functional", "lesion": "lytic", "size": "half"}, 10, 0),
    ("NESMS, capped", "nesms", {"bauer": 3, "ambulatory": True, "albumin_g_dl": 3.8}, 3, 0),
    ("NESMS, low", "nesms", {"bauer": 1, "ambulatory": True, "albumin_g_dl": 3.0}, 1, 0),
    ("calcium at albumin 30 g/L", "corrected_calcium", {"calcium_mmol_l": 1.95, "albumin_g_l": 30}, 2.15, 1e-9),
    ("CTCAE of calcium 1.70", "ctcae_hypocalcaemia", {"corrected_calcium_mmol_l": 1.70}, 3, 0),
)
PRINTED = 0.05 + 1e-9
"""Doses of tumours are printed to a tenth of a gray, those of the cord to a hundredth."""
_COURSES: tuple[tuple[float, int, float, float | None, float], ...] = (
    (12.4, 1, 2, None, 44.64), (14, 1, 2, None, 56.0), (17, 2, 2, None, 44.62), (20.3, 3, 2, None, 44.49),
    (23, 4, 2, None, 44.56), (25.3, 5, 2, None, 44.65),
    (8, 1, 10, 14.4, 12.0), (20, 5, 10, 28, 23.3), (30, 10, 10, 39, 32.5), (24, 1, 10, 81.6, 68), (24, 2, 10, 52.8, 44),
    (27, 3, 10, 51.3, 42.8), (30, 5, 10, 48, 40),
)  # fmt: skip
"""Gray, fractions, α/β, and what they come to as BED and EQD2."""
_CLASSES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("pain 8 to 6, opioid same", "icpre", _pain(8, 6, 60, 60), "partial_response"),
    ("pain same, opioid down a quarter", "icpre", _pain(8, 8, 60, 45), "partial_response"),
    ("pain gone, opioid up a tenth", "icpre", _pain(5, 0, 60, 66), "indeterminate_response"),
    ("pain 4 to 6", "icpre", _pain(4, 6, 60, 60), "pain_progression"),
    ("pain up by one, opioid up a quarter", "icpre", _pain(4, 5, 60, 75), "pain_progression"),
    ("breach of 2 mm", "gertzbein_robbins", {"breach_mm": 2}, "c"),
    ("breach of 5.9 mm", "gertzbein_robbins", {"breach_mm": 5.9}, "d"),
    ("sclerotic rim", "mda_bone", {"lytic": "rim_or_partly_filled", "new_lesion": False}, "partial_response"),
)
_EQ5D_UK_3L = {
    "name": "UK TTO, 3L", "citation": "Dolan, Med Care 1997;35:1095", "levels": 3,
    "constant": 0.081, "any_worst": 0.269,
    "decrements": {"mobility": {2: 0.069, 3: 0.314}, "self_care": {2: 0.104, 3: 0.214},
                   "usual_activities": {2: 0.036, 3: 0.094}, "pain_discomfort": {2: 0.123, 3: 0.386},
                   "anxiety_depression": {2: 0.071, 3: 0.236}},
}  # fmt: skip


def _value(name: str, answers: dict[str, Any], expected: float, tolerance: float) -> Iterable[Row]:
    found = score(name, **answers)
    assert found.value is not None  # noqa: S101 - a crash is a failed row
    yield Row(name, "worked_example", expected, found.value, tolerance, _source(name))


def _class(name: str, answers: dict[str, Any], expected: str) -> Iterable[Row]:
    book = load_score(name)
    order = [band.name for band in book.classes] or list(book.outcomes)
    got = score(name, **answers).class_name
    yield Row(f"{name}_class", "worked_example", order.index(expected), order.index(got or ""), 0, _source(name))


def _dose(dose: float, fractions: int, alpha_beta: float, bed: float | None, eqd2: float) -> Iterable[Row]:
    for name, expected in (("bed", bed), ("eqd2", eqd2)):
        if expected is not None:
            found = score(name, **_course(dose, fractions, alpha_beta)).value
            assert found is not None  # noqa: S101 - a crash is a failed row
            slack = PRINTED / 10 if alpha_beta == 2 else PRINTED
            yield Row(name, "worked_example", expected, found, slack, _source(name))


def _eq5d() -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.json"
        path.write_text(stable_json(_EQ5D_UK_3L), encoding="utf-8")
        for state, index in (("11223", 0.255), ("33333", -0.594), ("11221", 0.760), ("11111", 1.0)):
            found = score("eq5d", state=state, value_set=str(path)).value
            assert found is not None  # noqa: S101 - a crash is a failed row
            yield Row(f"eq5d_{state}", "worked_example", index, found, 5e-4, "UK TTO set, 3L")


def _source(name: str) -> str:
    return references()[load_score(name).source.ref].citation


CASES: tuple[Case, ...] = (
    *(Case(title, partial(_value, name, given, points, slack)) for title, name, given, points, slack in _VALUES),
    *(
        Case(f"{dose:g} Gy in {fractions} at α/β {ratio:g}", partial(_dose, dose, fractions, ratio, bed, eqd2))
        for dose, fractions, ratio, bed, eqd2 in _COURSES
    ),
    *(Case(title, partial(_class, name, given, expected)) for title, name, given, expected in _CLASSES),
    Case("EQ-5D of four states", _eq5d),
)
