"""The electric field held against closed forms of resistance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.electrodes import Contact, Electrode
from planner.simulate.electric.field import electric_field
from planner.simulate.electric.solver import ElectricField
from planner.simulate.grid import TensorGrid
from planner.validate.models import Case, Row

STEP_MM = 0.75
SIGMA = 0.087
"""Cancellous bone at 500 kHz, S/m; resistances are inverse to it."""
RESISTANCE = 0.01
"""Share by which a resistance may be off at 0.75 mm, wherever the electrode lies; a staircase is off by 0.1 to 0.25."""
BALANCE = 1e-4
"""Share of the current that may get lost: single precision over millions of cells leaves 1e-5."""
NEEDLE_OHM = 23.727
"""Round-ended needle of 1.47 mm, last 20 mm bare, in 1 S/m without end: axisymmetric finite volumes of 0.02 mm."""


def graded(core_mm: float, half_mm: float, step_mm: float = STEP_MM) -> TensorGrid:
    """Return a cube of cells that are fine within `core_mm` of its middle."""
    return TensorGrid.graded([(-core_mm, core_mm)] * 3, [(-half_mm, half_mm)] * 3, step_mm)


def middle(grid: TensorGrid) -> NDArray[np.float64]:
    """Return the centre of a grid, mm from its corner."""
    return np.array([0.5 * float(w.sum()) for w in grid.widths_mm])


def off(expected: float, got: float) -> float:
    """Return the relative deviation."""
    return got / expected - 1.0


def _placements(count: int, seed: int) -> Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        axis = rng.normal(size=3)
        yield rng.uniform(-0.5, 0.5, 3) * STEP_MM, axis / np.linalg.norm(axis)


def _sphere() -> Iterable[Row]:
    grid = graded(9.0, 60.0)
    exact = 1.0 / (4.0 * math.pi * SIGMA * 1.5e-3)
    for name, shift in (("in the middle of a cell", 0.5), ("on a corner of cells", 0.0)):
        ball = Electrode.sphere(middle(grid) + shift * STEP_MM, 3.0)
        found = electric_field(SIGMA, [ball], grid.widths_mm, shape=grid.shape, boundary="infinity")
        quantity = f"sphere of 3 mm to infinity, {name}, relative error"
        yield Row(quantity, "closed_form", 0.0, off(exact, found.resistance_ohm), RESISTANCE, "R = 1/(4πσa)")


def _two_spheres() -> Iterable[Row]:
    grid, a, apart = graded(15.0, 90.0), 2.0, 12.0
    beta = math.acosh(apart / (2.0 * a))
    series = sum(1.0 / math.sinh(n * beta) for n in range(1, 60))
    exact = 1.0 / (2.0 * math.pi * SIGMA * a * 1e-3 * math.sinh(beta) * series)
    along = np.array([2.0, 1.0, 2.0]) / 3.0
    pair = [Electrode.sphere(middle(grid) + s * along * apart / 2.0, 2.0 * a, s / 2.0) for s in (1.0, -1.0)]
    found = electric_field(SIGMA, pair, grid.widths_mm, shape=grid.shape)
    source = "bispherical coordinates: R = 1/(2πσa·sinh β·Σ 1/sinh nβ), cosh β = d/2a"
    yield Row(
        "two spheres, relative error of resistance",
        "closed_form",
        0.0,
        off(exact, found.resistance_ohm),
        RESISTANCE,
        source,
    )


def _coaxial() -> Iterable[Row]:
    n, height, a, b = 72, 12, 1.0, 20.0
    size = n * STEP_MM
    at = np.array([0.5 * size + 0.2, 0.5 * size - 0.31])
    line = (np.arange(n) + 0.5) * STEP_MM
    away = np.hypot(line[:, None] - at[0], line[None, :] - at[1])
    sigma = np.broadcast_to(np.where(away > b, 1e3, SIGMA)[:, :, None], (n, n, height))
    length = height * STEP_MM
    through = (Contact(5.0, 5.0 + length, 1.0),)
    inner = Electrode((at[0], at[1], -5.0), (at[0], at[1], length + 5.0), 2.0 * a, through)
    outer = Electrode((3.0, 3.0, -5.0), (3.0, 3.0, length + 5.0), 3.0, (Contact(5.0, 5.0 + length, 0.0),))
    found = electric_field(sigma, [inner, outer], STEP_MM)
    exact = math.log(b / a) / (2.0 * math.pi * SIGMA * length * 1e-3)
    source = "coaxial cylinders: R = ln(b/a)/(2πσL)"
    yield Row(
        "wire in a pipe, relative error of resistance",
        "closed_form",
        0.0,
        off(exact, found.resistance_ohm),
        RESISTANCE,
        source,
    )


def _two_layers() -> Iterable[Row]:
    grid, a, b, inside, outside = graded(15.0, 60.0), 1.5, 9.0, 0.35, SIGMA
    centre = middle(grid)
    x, y, z = (grid.centres_mm(axis) - centre[axis] for axis in range(3))
    away = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2)
    sigma = np.where(away < b, inside, outside)
    found = electric_field(sigma, [Electrode.sphere(centre, 2.0 * a)], grid.widths_mm, boundary="infinity")
    exact = ((1.0 / a - 1.0 / b) / inside + 1.0 / (outside * b)) / (4.0 * math.pi * 1e-3)
    source = "two layers: R = [(1/a − 1/b)/σ₁ + 1/(σ₂b)]/4π; the staircase at b adds to the error"
    yield Row(
        "sphere in a lytic ball in bone, relative error of resistance",
        "closed_form",
        0.0,
        off(exact, found.resistance_ohm),
        RESISTANCE,
        source,
    )


@cache
def _needles() -> tuple[ElectricField, ...]:
    grid = graded(13.5, 120.0)
    found = []
    for shift, axis in _placements(4, 7):
        tip = middle(grid) + shift - 10.0 * axis
        needle = Electrode.monopolar(tip, tip + 400.0 * axis, 1.47, 20.0)
        found.append(electric_field(SIGMA, [needle], grid.widths_mm, shape=grid.shape, boundary="infinity"))
    return tuple(found)


def _placement() -> Iterable[Row]:
    ohm = np.array([field.resistance_ohm for field in _needles()])
    source = "a resistance does not depend on the grid; four random places and directions of a needle"
    yield Row(
        "needle, spread of resistance over places, relative",
        "closed_form",
        0.0,
        float(np.ptp(ohm) / ohm.mean()),
        RESISTANCE,
        source,
    )
    worst = max((off(NEEDLE_OHM / SIGMA, value) for value in ohm), key=abs)
    source = "fine axisymmetric solution of the same needle"
    yield Row("needle, worst relative error of resistance", "worked_example", 0.0, worst, RESISTANCE, source)


def _balance() -> Iterable[Row]:
    grid = graded(12.0, 40.0)
    tip = middle(grid) - np.array([3.0, 5.0, 7.0])
    shaft = tip + 100.0 * np.array([0.36, 0.48, 0.8])
    rng = np.random.default_rng(5)
    sigma = np.exp(rng.uniform(math.log(0.004), math.log(2.0), grid.shape))
    found = electric_field(
        sigma,
        [Electrode.bipolar(tip, shaft, 1.8, distal_mm=7.0, gap_mm=3.0, proximal_mm=7.0, voltage_v=20.0)],
        grid.widths_mm,
        power_w=8.0,
    )
    heat = float((found.heat_w_m3 * grid.volumes_m3).sum())
    source = "Kirchhoff: what one contact gives the other takes"
    yield Row("random tissue, current lost, relative", "closed_form", 0.0, found.imbalance, BALANCE, source)
    yield Row(
        "random tissue, heat of all cells against V·I, relative",
        "closed_form",
        0.0,
        off(8.0, heat),
        BALANCE,
        "energy: Σ q·volume = V·I",
    )


CASES: tuple[Case, ...] = (
    Case("resistance of a sphere", _sphere),
    Case("resistance between two spheres", _two_spheres),
    Case("resistance of a coaxial cable", _coaxial),
    Case("resistance through two layers", _two_layers),
    Case("a needle anywhere on the grid", _placement),
    Case("charge and energy", _balance),
)
