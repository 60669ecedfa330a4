"""Ten minutes of heat in blocks of tissue, beside others' implicit solvers on the same equations."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.interpolate import RegularGridInterpolator
from scipy.sparse.linalg import LinearOperator, cg

from benchmarks.electric import SIGMA, layers
from benchmarks.job import Prepared
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.field import electric_field
from planner.simulate.grid import TensorGrid, needle_axes
from planner.simulate.thermal.bioheat import bioheat

SIDE_MM, SECONDS, STEP_S, POWER_W = 96.0, 600.0, 10.0, 3.5
TISSUES = np.array([
    (0.32, 2.50e6, 1207.0), (0.31, 2.68e6, 2237.0), (0.28, 2.74e6, 8787.0), (0.21, 2.14e6, 1886.0),
    (0.50, 3.73e6, 2535.0), (0.51, 3.90e6, 10907.0), (0.57, 4.12e6, 0.0),
])  # fmt: skip
"""Conductivity, capacity and perfusion of bone, marrow, fat, muscle, cord and CSF."""
SCREW = (15.0, 2.35e6, 0.0)
SCIPY_CELLS, FIPY_CELLS = 64, 48
"""Cells along a side for the peers, which would take minutes at 128; the product is timed on the same grid."""
SAMPLED = 20
"""Steps of a peer from which its time at equal error is extrapolated; in steps of 10 s it is timed whole."""
LAYERS = np.array([TISSUES[3], TISSUES[0], (0.31, 2.68e6, 2237.0), TISSUES[4], TISSUES[6], TISSUES[5]])
"""Muscle, cortex, cancellous bone, lesion, CSF and cord of the burnt vertebra."""
NEEDLE = np.array([0.6, 0.64, 0.48])
BURN_W, ZONE_C = 5.0, 55.0


def _block(grid: TensorGrid, *, screw: bool = False) -> tuple[np.ndarray, ...]:
    at = grid.points_mm - 0.5 * np.array([w.sum() for w in grid.widths_mm])
    pick = np.random.default_rng(1).integers(0, len(TISSUES), (17, 17, 17))
    place = np.clip((at / 6.0 + 8.5).astype(int), 0, 16)
    k, c, b = np.moveaxis(TISSUES[pick[tuple(np.moveaxis(place, -1, 0))]], -1, 0)
    if screw:
        axis = np.array([1.0, 0.4, 0.3]) / np.linalg.norm([1.0, 0.4, 0.3])
        off = at - (0.0, 9.0, 0.0)
        along = off @ axis
        inside = ((off**2).sum(axis=-1) - along**2 < 3.25**2) & (np.abs(along) < 22.5)
        k, c, b = (np.where(inside, metal, tissue) for metal, tissue in zip(SCREW, (k, c, b), strict=True))
    source = np.exp(-((at[..., :2] / 1.5) ** 2).sum(axis=-1) - (at[..., 2] / 10.0) ** 4)
    source *= POWER_W / (source * grid.volumes_m3).sum()
    return k, c, b, source


def _ours(grid: TensorGrid, *, screw: bool = False, **keywords: float) -> object:
    k, c, b, source = _block(grid, screw=screw)
    return lambda: bioheat(k, c, b, source, grid.widths_mm, [SECONDS], **keywords)


def _uniform(cells: int) -> TensorGrid:
    return TensorGrid.uniform([cells] * 3, SIDE_MM / cells)


def reference(_folder: Path, tiny: bool) -> Prepared:
    small, n = _uniform(16 if tiny else 64), 24 if tiny else 128
    return f"heat, {n}³ cells, 600 s with dose", _ours(_uniform(n)), _ours(small)


def large(_folder: Path, tiny: bool) -> Prepared:
    n, less = (24, 16) if tiny else (192, 128)
    return f"heat, {n}³ cells, 600 s with dose", _ours(_uniform(n)), _ours(_uniform(less))


def titanium(_folder: Path, tiny: bool) -> Prepared:
    grid = _uniform(24 if tiny else 128)
    return f"heat, {grid.shape[0]}³ cells with a titanium screw", _ours(grid, screw=True), _ours(grid)


def graded(_folder: Path, tiny: bool) -> Prepared:
    step = 3.0 if tiny else 0.75
    grid = TensorGrid.graded([(-14.0, 14.0)] * 3, [(-48.0, 48.0)] * 3, step)
    return f"heat, graded {grid.shape}", _ours(grid), _ours(_uniform(24 if tiny else 128))


def burn(_folder: Path, tiny: bool) -> Prepared:
    """Field and heat on a graded grid along an oblique needle, against equal cells; the title compares the zones."""
    step, half = (2.0, 36.0) if tiny else (0.75, 48.0)
    along = TensorGrid.graded([(-14.0, 14.0)] * 3, [(-half, half)] * 3, step, axes=needle_axes(NEEDLE))
    equal = TensorGrid.uniform([int(2 * half / step)] * 3, step, [-half] * 3)
    ours, theirs = _burnt(along), _burnt(equal)
    rng = np.random.default_rng(2)
    ways = rng.normal(size=(200, 3))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    apart = np.abs(_zone(along, ours(), ways) - _zone(equal, theirs(), ways))
    close = f"{ZONE_C:g} °C within {apart.mean():.2f} mm (95 %: {np.quantile(apart, 0.95):.2f})"
    title = f"field + heat, graded {along.shape}, {close}"
    return title, ours, theirs


def _burnt(grid: TensorGrid) -> Callable[[], np.ndarray]:
    number = layers(*np.moveaxis(grid.points_mm, -1, 0))
    k, c, b = np.moveaxis(LAYERS[number], -1, 0)
    sigma = SIGMA[number]
    tip, entry = grid.to_grid([-8.0 * NEEDLE, 300.0 * NEEDLE])
    needle = Electrode.bipolar(tip, entry, 2.4, distal_mm=7.0, gap_mm=3.0, proximal_mm=7.0, voltage_v=20.0)

    def run() -> np.ndarray:
        field = electric_field(sigma, [needle], grid.widths_mm, power_w=BURN_W)
        return bioheat(k, c, b, field.heat_w_m3, grid.widths_mm, [SECONDS]).temperature_c[0]

    return run


def _zone(grid: TensorGrid, field: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Distance at which the temperature last passes the zone's, from the middle along each way."""
    read = RegularGridInterpolator([grid.centres_mm(a) for a in range(3)], field)
    r = np.arange(0.0, 30.0, 0.02)
    lines = read(grid.to_grid(r[None, :, None] * ways[:, None, :]))
    return r[lines.shape[1] - 1 - np.argmax(lines[:, ::-1] >= ZONE_C, axis=1)]


def beside_scipy(_folder: Path, tiny: bool) -> Prepared:
    grid = _uniform(12 if tiny else SCIPY_CELLS)
    errors, equal_s = _errors(grid)
    whole = _extrapolated(_scipy(grid, equal_s, 2 if tiny else SAMPLED), equal_s, 2 if tiny else SAMPLED)
    return f"heat, {grid.shape[0]}³ cells, {errors}, {whole}", _ours(grid), _scipy(grid)


def _extrapolated(run: Callable[[], object], step_s: float, steps: int) -> str:
    """How long a peer takes in all where some of its steps take so long."""
    start = time.perf_counter()
    run()
    return f"at equal error {(time.perf_counter() - start) / steps * SECONDS / step_s:.0f} s"


def _errors(grid: TensorGrid) -> tuple[str, float]:
    """How far a run and backward Euler in steps of 10 s, which both peers solve, are from steps of 1 s.

    And the steps in which the peers, of first order, would be as close.
    """
    k, c, b, source = _block(grid)
    right = bioheat(
        k, c, b, source, grid.widths_mm, [SECONDS], dose=False, method="rkl2", longest_step_s=1.0, boundary="insulated"
    )
    ours = bioheat(k, c, b, source, grid.widths_mm, [SECONDS], dose=False, boundary="insulated")
    theirs = 37.0 + _scipy(grid)().reshape(grid.shape)
    off, peer = (float(np.abs(t - right.temperature_c[0]).max()) for t in (ours.temperature_c[0], theirs))
    return f"{off:.3f} K off (peer {peer:.3f})", STEP_S * min(off / peer, 1.0)


def _scipy(grid: TensorGrid, step_s: float = STEP_S, steps: int = int(SECONDS / STEP_S)) -> Callable[[], np.ndarray]:
    k, c, b, source = _block(grid)
    h = SIDE_MM / grid.shape[0] * 1e-3
    number = np.arange(k.size).reshape(k.shape)
    rows, columns, values = [], [], []
    for axis in range(3):
        low, high = np.moveaxis(k, axis, 0)[:-1], np.moveaxis(k, axis, 0)[1:]
        g = (2.0 * low * high / (low + high) / h**2).ravel()
        i, j = np.moveaxis(number, axis, 0)[:-1].ravel(), np.moveaxis(number, axis, 0)[1:].ravel()
        rows += [i, j, i, j]
        columns += [i, j, j, i]
        values += [g, g, -g, -g]
    stiffness = sp.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))))
    system = (stiffness + sp.diags(c.ravel() / step_s + b.ravel())).tocsr()
    inverse = 1.0 / system.diagonal()
    jacobi = LinearOperator(system.shape, matvec=lambda x: inverse * x)

    def implicit() -> np.ndarray:
        u = np.zeros(k.size)
        for _ in range(steps):
            u, _ = cg(system, c.ravel() / step_s * u + source.ravel(), u, rtol=1e-6, M=jacobi)
        return u

    return implicit


def beside_fipy(_folder: Path, tiny: bool) -> Prepared:
    from fipy import CellVariable, DiffusionTerm, Grid3D, ImplicitSourceTerm, TransientTerm  # noqa: PLC0415 - [bench]

    grid = _uniform(12 if tiny else FIPY_CELLS)
    k, c, b, source = _block(grid)
    n, h = grid.shape[0], SIDE_MM / grid.shape[0] * 1e-3

    def fipy(steps: int = int(SECONDS / STEP_S), solver: object = None, step_s: float = STEP_S) -> object:
        mesh = Grid3D(nx=n, ny=n, nz=n, dx=h, dy=h, dz=h)

        def cells(field: np.ndarray) -> object:
            return CellVariable(mesh=mesh, value=field.ravel(order="F"))

        u = CellVariable(mesh=mesh, value=0.0)
        equation = TransientTerm(cells(c)) == (
            DiffusionTerm(cells(k).harmonicFaceValue) - ImplicitSourceTerm(cells(b)) + cells(source)
        )
        for _ in range(steps):
            equation.solve(var=u, dt=step_s, solver=solver)
        return u

    name, fastest = _fastest_of_fipy(lambda solver: fipy(1, solver))
    errors, equal_s = _errors(grid)
    whole = _extrapolated(lambda: fipy(2, fastest, equal_s), equal_s, 2)
    return (
        f"heat, {n}³ cells, {errors}, {whole}; {name}",
        _ours(grid),
        lambda: fipy(2 if tiny else int(SECONDS / STEP_S), fastest),
    )


def _fastest_of_fipy(one_step: Callable[[object], object]) -> tuple[str, object]:
    """Try every iterative solver that FiPy offers here for a step."""
    from fipy import solvers  # noqa: PLC0415 - [bench]

    found = []
    for name in ("LinearPCGSolver", "LinearCGSolver", "LinearBicgstabSolver", "LinearCGSSolver", "LinearGMRESSolver"):
        for precon in (None, "JacobiPreconditioner", "SSORPreconditioner"):
            kinds = [getattr(solvers, kind, None) for kind in (name, precon) if kind]
            if None in kinds:
                continue
            try:
                solver = kinds[0](tolerance=1e-6, iterations=1000, **({"precon": kinds[1]()} if precon else {}))
                start = time.perf_counter()
                one_step(solver)
            except Exception:  # noqa: BLE001, S112 - not every pair exists in every suite
                continue
            found.append((time.perf_counter() - start, f"{name} {precon or ''}".strip(), solver))
    _, name, solver = min(found, key=lambda row: row[0])
    return name, solver
