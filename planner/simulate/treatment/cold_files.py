"""Fields as NIfTI, curves as CSV and figures as JSON of a simulated freezing step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from planner.core.files import csv_text, stable_json
from planner.simulate.thermal.thermocouples import REACH_MM, Thermocouples, voxels_about
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.treatment.cold_treatment import ICE_C, LETHAL_C, ColdCurves
from planner.simulate.treatment.files import DECIMALS, packed, write_content

BESIDE_MM = 10.0
"""Fields reach so far beyond the ice."""


def write_cold(cold: ColdResult, out: Path, name: str) -> list[Path]:
    """Write all files of a step into `out`, each under a temporary name first; return them."""
    return write_content(cold_files(cold, name), out)


def cold_files(cold: ColdResult, name: str) -> dict[str, bytes | str]:
    """Return what belongs into each file."""
    run = cold.run
    affine, points = voxels_about(run.grid, _reach_mm(cold))
    at, shape = Thermocouples(run.grid, points.reshape(-1, 3)), points.shape[:3]
    content: dict[str, bytes | str] = {
        f"{name}_{what}.nii.gz": packed(at.read(field).reshape(shape), affine) for what, field in _fields(cold)
    }
    content[f"{name}_curves.csv"] = curves_csv(cold.curves)
    content[f"{name}_summary.json"] = stable_json(summary(cold))
    return content


def _fields(cold: ColdResult) -> Iterator[tuple[str, np.ndarray]]:
    run = cold.run
    yield "temperature_min_c", run.min_c
    for level, fields in run.seconds_below.items():
        for number, field in enumerate(fields, start=1):
            yield f"freeze{number}_below_minus_{-level:.0f}_s", field
    for number, field in enumerate(run.thaw_k_min, start=1):
        yield f"freeze{number}_thaw_k_min", field


def _reach_mm(cold: ColdResult) -> float:
    if cold.ice is None:
        return REACH_MM
    return float(max(REACH_MM, np.ceil(0.5 * np.ptp(cold.ice.bounds, axis=0).max() + BESIDE_MM)))


def curves_csv(curves: ColdCurves) -> str:
    """Return one row a step, units in the header; a probe that does nothing has no temperature."""
    probes = range(1, curves.probe_c.shape[1] + 1)
    header = ["time_s", "tissue_min_c", *(f"below_{_word(level)}_ml" for level in (ICE_C, *LETHAL_C))]
    header += [f"probe{n}_c" for n in probes] + [f"probe{n}_power_w" for n in probes]
    header += [f"{name}_c" for name in curves.watched_c]
    columns = (curves.time_s, curves.coldest_c, *curves.ice_ml.T, *curves.probe_c.T, *curves.power_w.T)
    return csv_text(header, (*columns, *curves.watched_c.values()), DECIMALS)


def _word(level_c: float) -> str:
    return f"{level_c:.0f}_c" if level_c >= 0.0 else f"minus_{-level_c:.0f}_c"


def summary(cold: ColdResult) -> dict[str, Any]:
    """Return what the run came to."""
    run, curves = cold.run, cold.curves
    return {
        "freezes_s": [list(pair) for pair in curves.freezes_s], "stops_s": list(curves.stops_s),
        "end_s": round(float(curves.time_s[-1]), 1),
        "temperature_min_c": round(float(run.min_c.min()), 2),
        "zones": {
            name: {
                "long_axis_mm": round(zone.long_axis_mm, 2), "short_axis_mm": round(zone.short_axis_mm, 2),
                "volume_ml": round(zone.mesh.volume_mm3 / 1000.0, 3),
            } for name, zone in cold.isotherms().items()
        },
        "heat_drawn_j": round(run.drawn_j, 1), "boundary_fall_k": round(run.edge_fall_k, 3), "cells": run.grid.cells,
        "watched": {
            name: {"min_c": round(float(seen.min()), 2), "after_drop_k": round(curves.after_drop_k(name), 2)}
            for name, seen in curves.watched_c.items()
        },
        "caveats": list(cold.caveats), "assumed": list(cold.assumed),
    }  # fmt: skip
