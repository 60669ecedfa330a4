"""Rays through a CT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

from benchmarks.job import Prepared
from planner.show.fluoro.carm import CArm, Machine
from planner.show.fluoro.grid import Grid

SPACING_MM = 0.8
STEP_MM = 1.0
RAYS = 64
"""The baseline takes only so many rays a side, a sixty-fourth of a picture of 512²: all of them take it seconds."""


def picture(_folder: Path, tiny: bool) -> Prepared:
    """One picture of 512 × 512 through a CT of 256³, obliquely."""
    n, pixels = (32, 64) if tiny else (256, 512)
    values, affine = _ct(n)
    grid, carm = Grid.of(values, affine), CArm.angled(Machine(pixels=pixels), (0.0, 0.0, 0.0), 33.0, 11.0)
    return f"fluoroscopy, {pixels}² of {n}³", lambda: grid.integrals(carm), lambda: _scipy(values, affine, carm)


def turning(_folder: Path, tiny: bool) -> Prepared:
    """Ten pictures of 256 × 256 while the C-arm turns: less than a second is 10 a second."""
    n, pixels = (32, 32) if tiny else (256, 256)
    values, affine = _ct(n)
    grid, machine = Grid.of(values, affine), Machine(pixels=pixels)
    turned = [CArm.angled(machine, (0.0, 0.0, 0.0), float(lao), 8.0) for lao in np.linspace(-90.0, 90.0, 10)]

    def run() -> None:
        for carm in turned:
            grid.integrals(carm)

    return f"C-arm turning, 10 × {pixels}² of {n}³", run, lambda: _scipy(values, affine, turned[0])


def _ct(n: int) -> tuple[np.ndarray, np.ndarray]:
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = -0.5 * SPACING_MM * (n - 1)
    return np.random.default_rng(0).random((n, n, n), dtype=np.float32) * np.float32(0.03), affine


def _scipy(values: np.ndarray, affine: np.ndarray, carm: CArm) -> np.ndarray:
    """Trilinear every millimetre, 64 × 64 rays of the same picture."""
    every = max(1, carm.machine.pixels // RAYS)
    rays = carm.rays()[::every, ::every]
    length = np.linalg.norm(rays, axis=-1, keepdims=True)
    inverse = np.linalg.inv(affine)
    reach = 0.5 * np.sqrt(3.0) * SPACING_MM * values.shape[0]
    middle = np.linalg.norm(carm.source)
    total = np.zeros(rays.shape[:2])
    for t in np.arange(middle - reach, middle + reach, STEP_MM):
        at = (carm.source + t * rays / length) @ inverse[:3, :3].T + inverse[:3, 3]
        total += map_coordinates(values, np.moveaxis(at, -1, 0), order=1, cval=0.0)
    return total * STEP_MM
