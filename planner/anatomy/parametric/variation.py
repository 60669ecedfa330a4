"""Patients other than the average one: source of the table, sex, stature, population and chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from planner.anatomy.parametric.morphometry import LEVELS, Morphometry, Source, read_csv, table
from planner.core.units import UnitModel, measure

LIMIT_SD = 2.5
"""Beyond this nothing is drawn: rarer than one person in eighty, and tables end there."""

SLIMMEST_PEDICLE_MM = 2.5
"""A thinner pedicle is a plate of cortex; the population's normal curve reaches below what lives."""

_PATIENT_SHARE, _HABIT_SHARE = 0.5, 0.35
"""Part of the variance that is the patient's size, and the patient's own build in one dimension at all levels;
the rest differs from level to level. Assumed."""

_REFERENCE_STATURE_CM = {None: 170.0, "female": 163.0, "male": 176.0}
"""Stature of whom the table describes. Assumed: the series do not state it."""

_STATURE_POWER = {
    "height": 1.0, "disc_below": 1.0, "width": 0.7, "depth": 0.7, "pedicle": 0.7, "process": 0.7, "canal": 0.3,
}  # fmt: skip
"""Dimension ∝ stature^power. Assumed; that heights follow stature most closely is Aly et al., Surg Radiol Anat 2016."""

_SCALED = {
    "width_upper": "width", "width_lower": "width", "depth_upper": "depth", "depth_lower": "depth",
    "height": "height", "arch_height": "height", "disc_below": "disc_below",
    "canal_width": "canal", "canal_depth": "canal", "cord_width": "canal", "cord_depth": "canal",
    "sac_width": "canal", "sac_depth": "canal", "pedicle_width": "pedicle", "pedicle_height": "pedicle",
    "tp_span": "process", "tp_back": "process", "sp_length": "process", "sp_height": "process",
}  # fmt: skip

_COLUMN_OF = {
    "width_upper": "EPW", "width_lower": "EPW", "depth_upper": "EPD", "depth_lower": "EPD", "height": "VBHp",
    "height_ratio": "HA_HP", "canal_width": "SCW", "canal_depth": "SCD", "pedicle_width": "PDW",
    "pedicle_height": "PDH", "pedicle_transverse_deg": "TPA", "pedicle_sagittal_deg": "SPA", "disc_below": "DISC",
}  # fmt: skip
_SIZELESS = frozenset({"HA_HP", "TPA", "SPA"})
"""Angles and ratios: a large patient's are no larger."""


class PatientSpec(UnitModel):
    """Whose spine it is.

    Attributes
    ----------
    sex, population : shift the means; None leaves the table's mixed series.
    stature_cm : scales lengths; None is the stature of the table (or of the sex).
    variation : how far chance moves each dimension, in population SDs: 0 the mean, 1 as people differ.
    """

    sex: Literal["female", "male"] | None = None
    stature_cm: measure("cm", "cm", 130, 210, optional=True) = None  # type: ignore[valid-type]
    population: Literal["turkish", "indian", "maori"] | None = None
    variation: float = Field(default=0.0, ge=0.0, le=1.5)


AVERAGE = PatientSpec()


def rows_for(patient: PatientSpec = AVERAGE, source: Source = "panjabi", seed: int = 0) -> dict[str, Morphometry]:
    """Return one patient's dimensions.

    Parameters
    ----------
    source : `panjabi`, cadaver spines, or `ct`, series measured in CT.
    seed : the same seed is the same patient; unused where `patient.variation` is 0.

    Returns
    -------
    dict of level to Morphometry, from the head down; mm and degrees.
    """
    rows = table(source)
    for group in (patient.sex, patient.population):
        if group is not None:
            rows = _shifted(rows, group)
    rows = {level: _grown(m, patient) for level, m in rows.items()}
    return _sampled(rows, patient.variation, seed) if patient.variation > 0.0 else rows


def spread(level: str) -> dict[str, float]:
    """Return the population SD by field of `Morphometry` at a level; mm and degrees."""
    row = _spreads()[level]
    return {field: float(row[column]) for field, column in _COLUMN_OF.items()}


@cache
def _spreads() -> dict[str, dict[str, str]]:
    return {row.pop("level"): row for row in read_csv("morphometry_sd.csv")}


def _span(levels: str) -> tuple[str, ...]:
    first, _, last = levels.partition("-")
    return LEVELS[LEVELS.index(first) : LEVELS.index(last or first) + 1]


def _shifted(rows: Mapping[str, Morphometry], group: str) -> dict[str, Morphometry]:
    made = dict(rows)
    for row in read_csv("morphometry_groups.csv"):
        if row["group"] != group:
            continue
        factor, add = float(row["factor"]), float(row["add"])
        for level in _span(row["levels"]):
            m = made[level]
            if row["column"] == "wedge_deg":
                fall = math.tan(math.radians(add)) * 0.5 * (m.depth_upper + m.depth_lower) / m.height
                made[level] = replace(m, height_ratio=m.height_ratio - fall)
                continue
            changed = {f: getattr(m, f) * factor + add for f, column in _COLUMN_OF.items() if column == row["column"]}
            if "height" in changed:
                changed["arch_height"] = m.arch_height * factor + add
            made[level] = replace(m, **changed)
    return {level: _fitted(m) for level, m in made.items()}


def _grown(m: Morphometry, patient: PatientSpec) -> Morphometry:
    if patient.stature_cm is None:
        return m
    ratio = patient.stature_cm / _REFERENCE_STATURE_CM[patient.sex]
    return _fitted(replace(m, **{f: getattr(m, f) * ratio ** _STATURE_POWER[kind] for f, kind in _SCALED.items()}))


def _sampled(rows: Mapping[str, Morphometry], variation: float, seed: int) -> dict[str, Morphometry]:
    rng = np.random.default_rng(seed)
    columns = tuple(dict.fromkeys(_COLUMN_OF.values()))
    size = rng.standard_normal()
    habit = rng.standard_normal(len(columns))
    own = rng.standard_normal((len(rows), len(columns)))
    sized = np.array([column not in _SIZELESS for column in columns])
    common = np.where(sized, math.sqrt(_PATIENT_SHARE) * size, 0.0)
    private = np.sqrt(np.where(sized, _HABIT_SHARE, _HABIT_SHARE + _PATIENT_SHARE)) * habit
    score = _truncated(common + private + math.sqrt(1.0 - _PATIENT_SHARE - _HABIT_SHARE) * own)
    made = {}
    for (level, m), scores in zip(rows.items(), np.clip(variation * score, -LIMIT_SD, LIMIT_SD), strict=True):
        z, sd = dict(zip(columns, scores, strict=True)), spread(level)
        changed = {field: getattr(m, field) + float(z[column]) * sd[field] for field, column in _COLUMN_OF.items()}
        changed["arch_height"] = m.arch_height * changed["height"] / m.height
        grown = 1.0 + 0.08 * variation * float(_truncated(np.array([size]))[0])  # assumed: as the widths vary
        changed |= {f: getattr(m, f) * grown for f, kind in _SCALED.items() if kind == "process"}
        changed |= {
            f: getattr(m, f) * changed[f"canal_{f.rsplit('_', 1)[1]}"] / getattr(m, f"canal_{f.rsplit('_', 1)[1]}")
            for f in ("cord_width", "cord_depth", "sac_width", "sac_depth")
        }
        made[level] = _fitted(replace(m, **changed))
    return made


def _truncated(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry standard normal scores onto the normal curve cut at ±LIMIT_SD, order kept."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415

    low, high = ndtr(-LIMIT_SD), ndtr(LIMIT_SD)
    return np.asarray(ndtri(low + ndtr(normal) * (high - low)), dtype=np.float64)


def _fitted(m: Morphometry) -> Morphometry:
    """Keep what must fit inside something else doing so."""
    return replace(
        m,
        pedicle_width=max(m.pedicle_width, SLIMMEST_PEDICLE_MM),
        pedicle_height=min(m.pedicle_height, 0.92 * m.arch_height),
        disc_below=max(m.disc_below, 1.5),
        sac_width=min(m.sac_width, m.canal_width - 2.0),
        sac_depth=min(m.sac_depth, m.canal_depth - 1.6),
    )
