"""Joule heat and steady conduction around electrodes: where the field's heat goes, without perfusion."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.boundary import Boundary, close
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.gradients import solve
from planner.simulate.electric.multigrid import multigrid
from planner.simulate.electric.network import INNER, network_of, padded
from planner.simulate.electric.solver import ElectricField, FieldSolver
from planner.simulate.grid import TensorGrid
from planner.validate.models import Case, Row
from planner.validate.thermal.field import SIGMA, graded, middle

CONDUCTIVITY = 0.31
"""Cancellous bone, W/(m·K)."""
SHARE = 0.02
"""Of the largest rise; cells of 0.75 mm see the steep side of it as a mean."""

AT_METAL = 0.04
"""Of the rise between cold contacts: the heat beside metal is given to tissue whole, where half of it flows back."""
SMALL = 0.02
"""Of the power of a sphere whose radius is 1.3 cells."""


def _steady(field: ElectricField, grid: TensorGrid, kept: list[Electrode], boundary: Boundary) -> NDArray[np.float64]:
    """Return the steady rise, K, around electrodes whose contacts are kept at their "potentials", also in K."""
    k = np.full(grid.shape, CONDUCTIVITY, np.float32)
    network = network_of(k, grid.widths_mm)
    needles = FieldSolver(grid.widths_mm, kept, boundary)
    inflow = needles.insert(network, k)
    inflow[INNER] += (1e3 * field.heat_w_m3 * grid.volumes_m3).astype(np.float32)
    close(network, k, grid.widths_mm, boundary, middle(grid))
    levels = multigrid(network, grid.widths_mm)
    return solve(network, inflow, levels, padded(grid.shape, np.float64), tolerance=1e-6, most=60).potential[INNER]


def _on_rings(rise: NDArray[np.float64], grid: TensorGrid, radii_mm: list[float]) -> list[float]:
    """Return the mean rise on spheres around the middle."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

    rng = np.random.default_rng(1)
    ways = rng.normal(size=(400, 3))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    at = RegularGridInterpolator([grid.centres_mm(axis) for axis in range(3)], rise)
    return [float(at(middle(grid) + r * ways).mean()) for r in radii_mm]


def _sphere() -> Iterable[Row]:
    volt, a, cooled_k = 20.0, 3.0, -20.0
    grid = graded(12.0, 90.0)
    ball = Electrode.sphere(middle(grid), 2.0 * a, volt)
    field = FieldSolver(grid.widths_mm, [ball], "infinity").solved(np.full(grid.shape, SIGMA, np.float32))
    most = SIGMA * volt**2 / (2.0 * CONDUCTIVITY)
    radii = [4.5, 6.0, 9.0]
    bare = Electrode(ball.tip_mm, ball.entry_mm, ball.diameter_mm, ())
    found = _on_rings(_steady(field, grid, [bare], "infinity"), grid, radii)
    source = "ΔT = (σV²/k)(a/r − a²/2r²), no heat through the electrode"
    for r, got in zip(radii, found, strict=True):
        exact = 2.0 * most * (a / r - a**2 / (2.0 * r**2))
        yield Row(f"adiabatic sphere, rise at {r:g} mm, K", "closed_form", exact, got, SHARE * most, source)
    cold = Electrode.sphere(middle(grid), 2.0 * a, cooled_k)
    found = _on_rings(_steady(field, grid, [cold], "infinity"), grid, radii)
    c = a * (cooled_k + most)
    source = "ΔT = C/r − σV²a²/(2kr²), C = a(Tc − T∞ + σV²/2k), electrode kept at Tc"
    for r, got in zip(radii, found, strict=True):
        exact = c / r - most * a**2 / r**2
        yield Row(f"cooled sphere, rise at {r:g} mm, K", "closed_form", exact, got, SHARE * most, source)


def _bound() -> Iterable[Row]:
    volt = 20.0
    grid = graded(12.0, 45.0)
    along = np.array([0.48, 0.6, 0.64])
    tip = middle(grid) - 10.0 * along
    needle = Electrode.bipolar(tip, tip + 20.0 * along, 3.4, distal_mm=8.0, gap_mm=4.0, proximal_mm=8.0, voltage_v=volt)
    field = FieldSolver(grid.widths_mm, [needle], "insulated").solved(np.full(grid.shape, SIGMA, np.float32))
    cold = Electrode.bipolar(tip, tip + 20.0 * along, 3.4, distal_mm=8.0, gap_mm=4.0, proximal_mm=8.0, voltage_v=0.0)
    rise = float(_steady(field, grid, [cold], "insulated").max())
    exact = SIGMA * volt**2 / (8.0 * CONDUCTIVITY)
    source = "Kohlrausch: ΔT = σV²/8k at the mid potential, both contacts at the bath's temperature"
    yield Row("bipolar needle, largest rise, K", "closed_form", exact, rise, AT_METAL * exact, source)


def _power_of_sphere() -> Iterable[Row]:
    volt, a = 20.0, 1.0
    grid = graded(9.0, 60.0)
    ball = Electrode.sphere(middle(grid) + 0.2, 2.0 * a, volt)
    field = FieldSolver(grid.widths_mm, [ball], "infinity").solved(np.full(grid.shape, SIGMA, np.float32))
    exact = 4.0 * math.pi * SIGMA * a * 1e-3 * volt**2
    yield Row("sphere of 2 mm at 20 V, power, W", "closed_form", exact, field.power_w, SMALL * exact, "P = 4πσaV²")


CASES: tuple[Case, ...] = (
    Case("heat around an electrode", _sphere),
    Case("largest rise between two contacts", _bound),
    Case("power of a small electrode", _power_of_sphere),
)
