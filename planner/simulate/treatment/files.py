"""Fields as NIfTI, curves as CSV and figures as JSON of a simulated heating step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from planner.anatomy.nifti_out import nifti_bytes
from planner.core.files import csv_text, stable_json, write_atomically
from planner.simulate.thermal.thermocouples import Thermocouples, voxels_about
from planner.simulate.treatment.result import HeatResult
from planner.simulate.treatment.treatment import Curves

COLUMNS = ("time_s", "power_w", "energy_j", "impedance_ohm", "electrode_c", "tissue_max_c", "stop_c")
DECIMALS = 3
"""Of the curves."""


def write_heat(heat: HeatResult, out: Path, name: str) -> list[Path]:
    """Write all files of a step into `out`, each under a temporary name first; return them."""
    return write_content(heat_files(heat, name), out)


def write_content(content: Mapping[str, bytes | str], out: Path) -> list[Path]:
    """Write files whose content is all known, each under a temporary name first; return them."""
    for file, data in content.items():
        write_atomically(out / file, data)
    return [out / file for file in content]


def heat_files(heat: HeatResult, name: str) -> dict[str, bytes | str]:
    """Return what belongs into each file."""
    run, (affine, points) = heat.run, voxels_about(heat.run.grid)
    flat = points.reshape(-1, 3)
    at = Thermocouples(run.grid, flat)
    fields = {
        "temperature_max_c": run.max_c, "cem43_min": run.cem43_min, "cord_cem43_min": run.cord_cem43_min,
        "arrhenius_omega": run.omega, "time_above_45_s": run.above_45_s,
    }  # fmt: skip
    shape = points.shape[:3]
    content: dict[str, bytes | str] = {
        f"{name}_{what}.nii.gz": packed(at.read(field).reshape(shape), affine) for what, field in fields.items()
    }
    content[f"{name}_kill_probability.nii.gz"] = packed(heat.kill_probability(flat).reshape(shape), affine)
    content[f"{name}_curves.csv"] = curves_csv(heat.curves)
    content[f"{name}_summary.json"] = stable_json(summary(heat))
    return content


def packed(values: np.ndarray, affine_lps: np.ndarray) -> bytes:
    """Return a field as a NIfTI file."""
    return nifti_bytes(values.astype(np.float32), affine_lps, time_unit="sec")


def curves_csv(curves: Curves) -> str:
    """Return one row a reading, units in the header."""
    columns = (
        curves.time_s, curves.power_w, curves.energy_j, curves.impedance_ohm, curves.electrode_c, curves.tissue_max_c,
        curves.stop_c, *curves.watched_c.values(),
    )  # fmt: skip
    return csv_text((*COLUMNS, *(f"{name}_c" for name in curves.watched_c)), columns, DECIMALS)


def summary(heat: HeatResult) -> dict[str, Any]:
    """Return what the run came to."""
    run, zone, hot = heat.run, heat.zone, heat.at_60_c

    def axes(found: Any) -> Any:
        return None if found is None else [round(found.long_axis_mm, 2), round(found.short_axis_mm, 2)]

    return {
        "ended": run.ended, "stops_s": list(heat.curves.stops_s), "setpoint_reached": run.reached,
        "pauses": run.pauses,
        "energy_j": round(float(heat.curves.energy_j[-1]), 1),
        "impedance_first_ohm": round(float(heat.curves.impedance_ohm[0]), 1),
        "temperature_max_c": round(float(run.max_c.max()), 2), "zone_cem240_axes_mm": axes(zone),
        "zone_60_c_axes_mm": axes(hot), "boundary_rise_k": round(run.edge_rise_k, 3), "cells": run.grid.cells,
        "watched": {name: watched_summary(heat.curves, name) for name in heat.curves.watched_c},
        "caveats": list(heat.caveats), "assumed": list(heat.assumed),
    }  # fmt: skip


def watched_summary(curves: Curves, name: str) -> dict[str, float]:
    """Return the highest temperature of what is watched, and how much of it came after the stop."""
    return {
        "max_c": round(float(curves.watched_c[name].max()), 2), "overshoot_k": round(curves.overshoot_k(name), 2)
    }  # fmt: skip
