"""The table of vertebral dimensions, T1 to L5. Sources: SOURCES.md beside this file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

LEVELS = (*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)))
"""The levels of the table, from the head down."""


@dataclass(frozen=True)
class Morphometry:
    """One level's dimensions; mm and degrees.

    Attributes
    ----------
    width_upper, depth_upper, width_lower, depth_lower : endplates (EPW, EPD).
    height : posterior body height (VBHp).
    height_ratio : anterior over posterior body height.
    canal_width, canal_depth : spinal canal (SCW, SCD).
    pedicle_width, pedicle_height : narrowest section (PDW, PDH).
    pedicle_transverse_deg : convergence towards the front (TPA).
    pedicle_sagittal_deg : fall towards the front (SPA).
    cord_width, cord_depth : spinal cord, 0 below its end.
    sac_width, sac_depth : dural sac.
    disc_below : mean height of the disc below.
    tp_span, tp_back, tp_rise : transverse process tip: from the midline, behind the posterior wall, above
        the pedicle's centre.
    sp_length, sp_slope, sp_height : spinous process: length behind the canal, fall per mm, height.
    facet_deg : superior facet's section against the sagittal plane.
    disc_lordosis_deg : wedge of the disc below, positive when open in front.
    lumbar : 0 thoracic, 1 lumbar build of the arch.
    dish_upper_mm, dish_lower_mm : depth of the endplates' hollow.
    arch_height : posterior body height that places pedicles, arch and facets; a collapse lowers `height` alone.
    """

    level: str
    width_upper: float
    depth_upper: float
    width_lower: float
    depth_lower: float
    height: float
    height_ratio: float
    canal_width: float
    canal_depth: float
    pedicle_width: float
    pedicle_height: float
    pedicle_transverse_deg: float
    pedicle_sagittal_deg: float
    cord_width: float
    cord_depth: float
    sac_width: float
    sac_depth: float
    disc_below: float
    tp_span: float
    tp_back: float
    tp_rise: float
    sp_length: float
    sp_slope: float
    sp_height: float
    facet_deg: float
    disc_lordosis_deg: float
    lumbar: float
    dish_upper_mm: float
    dish_lower_mm: float
    arch_height: float


_COLUMNS = {
    "width_upper": "EPWu",
    "depth_upper": "EPDu",
    "width_lower": "EPWl",
    "depth_lower": "EPDl",
    "height": "VBHp",
    "height_ratio": "HA_HP",
    "canal_width": "SCW",
    "canal_depth": "SCD",
    "pedicle_width": "PDW",
    "pedicle_height": "PDH",
    "pedicle_transverse_deg": "TPA",
    "pedicle_sagittal_deg": "SPA",
    "cord_width": "cordW",
    "cord_depth": "cordAP",
    "sac_width": "duralW",
    "sac_depth": "duralAP",
    "disc_below": "DISC",
}


Source: TypeAlias = Literal["panjabi", "ct"]
"""Cadaver spines, or series measured in CT: taller bodies, a shallower canal."""

_FADE = {level: (n - 8) / 4.0 for n, level in enumerate(LEVELS[:12]) if n > 8}
"""How much of what CT shows at L1 is carried up to T10–T12, where no series gives the canal. Assumed."""


def read_csv(name: str) -> list[dict[str, str]]:
    """Return the rows of a table that lies beside this file."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows(name: str) -> dict[str, dict[str, str]]:
    return {row.pop("level"): row for row in read_csv(name)}


def table(source: Source = "panjabi") -> dict[str, Morphometry]:
    """Return every level's mean dimensions, from the head down.

    Parameters
    ----------
    source : where the bodies', canal's and pedicles' dimensions come from; see SOURCES.md.

    Returns
    -------
    dict of level to Morphometry; mm and degrees.
    """
    return dict(_table(source))


@cache
def _table(source: Source) -> dict[str, Morphometry]:
    measured, drawn = _rows("morphometry.csv"), _rows("shape.csv")
    numbers = {level: {column: float(measured[level][column]) for column in _COLUMNS.values()} for level in LEVELS}
    if source == "ct":
        numbers = _from_ct(numbers)
    return {
        level: Morphometry(
            level=level,
            **{field: numbers[level][column] for field, column in _COLUMNS.items()},
            **{field: float(text) for field, text in drawn[level].items()},
            arch_height=numbers[level]["VBHp"],
        )
        for level in LEVELS
    }


def _from_ct(cadaver: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Replace what CT series give; thoracic bodies are as much taller as L1, the canal's difference fades upward."""
    ct = {
        level: {c: float(text) for c, text in row.items() if text} for level, row in _rows("morphometry_ct.csv").items()
    }
    ratio = {column: ct["L1"][column] / cadaver["L1"][column] for column in ("VBHp", "SCW", "SCD")}
    made = {}
    for level, old in cadaver.items():
        new, fade = ct[level], _FADE.get(level, 0.0)
        row = old | {column: value for column, value in new.items() if column in old}
        if "VBHp" in new:
            row |= {"HA_HP": new["VBHa"] / new["VBHp"], "EPWl": old["EPWl"] * new["EPWu"] / old["EPWu"]}
        else:
            row["VBHp"] = old["VBHp"] * ratio["VBHp"]
            row |= {column: old[column] * (1.0 + fade * (ratio[column] - 1.0)) for column in ("SCW", "SCD")}
        made[level] = row
    return made
