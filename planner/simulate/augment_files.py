"""Curves as CSV, surfaces as STL and figures as JSON of a simulated balloon and its cement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planner.anatomy.mesh_files import write_mesh
from planner.core.files import csv_text, stable_json, write_atomically
from planner.geometry.mesh import Mesh
from planner.simulate.augment import Augmentation
from planner.simulate.balloon.simulated import BalloonResult
from planner.simulate.cement.simulated import CementResult

DECIMALS = 4
"""Of the tables."""


def write_augmentation(found: Augmentation, out: Path, name: str) -> list[Path]:
    """Write all files of a step into `out`, texts under a temporary name first; return them."""
    texts = {f"{name}_{what}.csv": text for what, text in _tables(found)}
    texts[f"{name}_summary.json"] = stable_json(summary(found))
    written = []
    for file, text in texts.items():
        write_atomically(out / file, text)
        written.append(out / file)
    for what, mesh in _surfaces(found):
        write_mesh(mesh, out / f"{name}_{what}.stl")
        written.append(out / f"{name}_{what}.stl")
    return written


def _tables(found: Augmentation) -> Iterator[tuple[str, str]]:
    """One row a moment; times run from the start of mixing."""
    if isinstance(found.balloon, BalloonResult):
        for n, run in enumerate(found.balloon.runs, start=1):
            yield f"balloon_{n}", csv_text(("volume_ml", "pressure_kpa"), (run.volume_ml, run.pressure_kpa), DECIMALS)
    if isinstance(found.cement, CementResult):
        f = found.cement.filled
        header = ("time_s", "volume_ml", "pressure_kpa", "syringe_kpa", "viscosity_pa_s")
        columns = (f.time_s, f.volume_ml, f.pressure_kpa, f.syringe_kpa, f.viscosity_pa_s)
        yield "injection", csv_text(header, columns, DECIMALS)
    if isinstance(found.setting, tuple):
        base = found.setting[0]
        yield "setting", csv_text(("time_s", "hottest_cement_c"), (base.time_s, base.core_c), DECIMALS)


def _surfaces(found: Augmentation) -> Iterator[tuple[str, Mesh]]:
    if isinstance(found.balloon, BalloonResult):
        for n, run in enumerate(found.balloon.runs, start=1):
            yield f"cavity_{n}", run.cavity()
    if isinstance(found.cement, CementResult):
        for time, mesh in found.cement.frames:
            if mesh is not None:
                yield f"cement_{time:.0f}s", mesh


def summary(found: Augmentation) -> dict[str, Any]:
    """Return what the step came to; a part that could not be computed is the reason why."""
    told: dict[str, Any] = {}
    if isinstance(found.balloon, BalloonResult):
        balloon = found.balloon
        told["balloon"] = {
            "pressure_kpa": round(balloon.pressure_kpa[0], 1),
            "endplate_stress_ratio": round(balloon.stress_ratio[0], 3),
            "height_restored_mm": round(balloon.restored_mm, 2), "caveats": list(balloon.caveats),
        }  # fmt: skip
    elif found.balloon is not None:
        told["balloon"] = found.balloon
    if isinstance(found.cement, CementResult):
        cement = found.cement
        told["cement"] = {
            "delivered_ml": round(cement.filled.delivered_ml, 3), "fill_fraction": round(cement.fill_fraction, 4),
            "leaked_ml": {kind: round(amount, 4) for kind, amount in cement.leaked_ml.items()},
            "cells": len(cement.cells.own_mm), "assumed": list(cement.assumed), "caveats": list(cement.caveats),
        }  # fmt: skip
    elif found.cement is not None:
        told["cement"] = found.cement
    if isinstance(found.setting, tuple):
        told["setting"] = {"hottest_c": round(found.setting[0].hottest_c, 1)}
    elif found.setting is not None:
        told["setting"] = found.setting
    return told
