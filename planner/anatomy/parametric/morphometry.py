"""The table of vertebral dimensions, T1 to L5. Sources: SOURCES.md beside this file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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


def _rows(name: str) -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return {row.pop("level"): row for row in csv.DictReader(file)}


@cache
def table() -> dict[str, Morphometry]:
    """Return every level's dimensions, from the head down.

    Returns
    -------
    dict of level to Morphometry; mm and degrees.
    """
    measured, drawn = _rows("morphometry.csv"), _rows("shape.csv")
    return {
        level: Morphometry(
            level=level,
            **{field: float(measured[level][column]) for field, column in _COLUMNS.items()},
            **{field: float(text) for field, text in drawn[level].items()},
        )
        for level in LEVELS
    }
