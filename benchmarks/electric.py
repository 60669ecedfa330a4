"""The electric field of a bipolar needle in a vertebra of spheres and shells, beside others' algebraic multigrid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.job import Prepared
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.field import electric_field
from planner.simulate.electric.network import INNER, network_of
from planner.simulate.electric.solver import FieldSolver
from planner.simulate.grid import TensorGrid

RESIDUAL = 1e-5
"""Where the baseline stops; looser than the product's own, so that it is not made to look slow."""


def uniform(_folder: Path, tiny: bool) -> Prepared:
    return _prepared(TensorGrid.uniform([32 if tiny else 128] * 3, 0.75))


def large(_folder: Path, tiny: bool) -> Prepared:
    return _prepared(TensorGrid.uniform([32 if tiny else 192] * 3, 0.5))


def titanium(_folder: Path, tiny: bool) -> Prepared:
    return _prepared(TensorGrid.uniform([32 if tiny else 128] * 3, 0.75), metal=5.9e5)


def graded(_folder: Path, tiny: bool) -> Prepared:
    return _prepared(TensorGrid.graded([(-14.0, 14.0)] * 3, [(-48.0, 48.0)] * 3, 1.2 if tiny else 0.75))


def warm(_folder: Path, tiny: bool) -> Prepared:
    """Solve anew after the conductivity has changed by a few percent, as every few seconds of a treatment."""
    grid = TensorGrid.graded([(-14.0, 14.0)] * 3, [(-48.0, 48.0)] * 3, 1.2 if tiny else 0.75)
    sigma, needle = _tissue(grid, 0.0), _needle(grid)
    solver = FieldSolver(grid.widths_mm, [needle])
    before, changed = solver.solved(sigma), sigma * np.float32(1.03)
    changed[: grid.shape[0] // 2] *= np.float32(0.99)
    title = f"field again after σ changed by 3 %, {grid.cells / 1e6:.2g} Mcell"
    return title, lambda: solver.solved(changed, before), lambda: solver.solved(changed)


def _prepared(grid: TensorGrid, metal: float = 0.0) -> Prepared:
    sigma, needle = _tissue(grid, metal), _needle(grid)
    iterations = electric_field(sigma, [needle], grid.widths_mm).iterations
    what = "field with a titanium screw" if metal else "field"
    title = f"{what}, {grid.cells / 1e6:.2g} Mcell, {iterations} iterations"
    return title, lambda: electric_field(sigma, [needle], grid.widths_mm), _algebraic(sigma, needle, grid)


def _needle(grid: TensorGrid) -> Electrode:
    axis = np.array([0.6, 0.64, 0.48])
    tip = np.array([0.5 * w.sum() for w in grid.widths_mm]) - 8.0 * axis
    return Electrode.bipolar(tip, tip + 300.0 * axis, 2.4, distal_mm=7.0, gap_mm=3.0, proximal_mm=7.0, voltage_v=20.0)


def _tissue(grid: TensorGrid, metal: float) -> Any:
    x, y, z = (grid.centres_mm(a) - 0.5 * grid.widths_mm[a].sum() for a in range(3))
    x, y, z = x[:, None, None], y[None, :, None], z[None, None, :]
    sigma = SIGMA[layers(x, y, z)]
    if metal:
        sigma[np.broadcast_to(np.hypot(x - 13.0, z), grid.shape) < 2.5] = metal
    return sigma


SIGMA = np.array([0.446, 0.022, 0.087, 0.35, 2.0, 0.17], np.float32)
"""Conductivity of muscle, cortex, cancellous bone, lesion, CSF and cord, S/m: the numbers of :func:`layers`."""


def layers(x: Any, y: Any, z: Any) -> np.ndarray:
    """Number of the tissue at places from the middle: a vertebra of shells with a canal beside it."""
    away, canal = np.sqrt(x**2 + y**2 + z**2), np.hypot(x, y - 28.0) + 0.0 * z
    number = np.zeros(away.shape, np.uint8)
    for n, inside in enumerate((away < 20.0, away < 18.5, away < 11.0, canal < 8.0, canal < 5.0), start=1):
        number[inside] = n
    return number


def _algebraic(sigma: Any, needle: Electrode, grid: TensorGrid) -> Callable[[], object]:
    """Set up and solve the same equations, already assembled."""
    network = network_of(sigma, grid.widths_mm)
    inflow = FieldSolver(grid.widths_mm, [needle]).insert(network, sigma)
    index = np.arange(grid.cells).reshape(grid.shape)
    matrix = sp.diags(network.to_fixed[INNER].ravel().astype(float)).tocsr()
    for axis, conductance in enumerate(network.parts[:3]):
        low, high = np.delete(index, -1, axis).ravel(), np.delete(index, 0, axis).ravel()
        value = np.delete(conductance[INNER], -1, axis).ravel().astype(float)
        pair = sp.coo_matrix((value, (low, high)), shape=(index.size,) * 2).tocsr()
        pair = pair + pair.T
        matrix = matrix + sp.diags(np.asarray(pair.sum(axis=1)).ravel()) - pair
    alive = np.flatnonzero(matrix.diagonal() > 0.0)
    matrix, right = matrix.tocsr()[alive][:, alive], inflow[INNER].ravel()[alive].astype(float)
    try:
        import pyamg  # noqa: PLC0415 - an extra
    except ImportError:
        scaling = sp.diags(1.0 / matrix.diagonal())
        return lambda: sp.linalg.cg(matrix, right, rtol=RESIDUAL, M=scaling)
    return lambda: pyamg.smoothed_aggregation_solver(matrix).solve(right, tol=RESIDUAL, accel="cg")
