"""Ice in a block of tissue: one probe and four, frozen once and twice, on equal and graded cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.heat import TISSUES
from benchmarks.job import Prepared, Run
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.freeze import FreezeResult, freeze
from planner.simulate.thermal.probes import Cryoprobe, ProbePhase, double_freeze

HALF_MM, SPACING_MM = 36.0, 15.0
WATER = np.array([0.15, 0.40, 0.15, 0.75, 0.70, 0.99])
"""Of bone, marrow, fat, muscle, cord and CSF by volume, rounded."""
ICE = (ProbePhase(600.0, -140.0),)


def _run(grid: TensorGrid, places: list[tuple[float, float]], program: tuple[ProbePhase, ...]) -> Run:
    at = grid.points_mm
    pick = np.random.default_rng(1).integers(0, len(WATER), (13, 13, 13))
    number = pick[tuple(np.moveaxis(np.clip((at / 6.0 + 6.5).astype(int), 0, 12), -1, 0))]
    k, c, b = np.moveaxis(TISSUES[number + (number > 0)], -1, 0)
    probes = []
    for x, y in places:
        tip, entry = grid.to_grid([(x, y, -12.0), (x, y, 300.0)])
        probes.append(Cryoprobe(tuple(tip), tuple(entry), 1.7, 25.0, program=program))
    seconds = sum(phase.duration_s for phase in program)
    return lambda: freeze(k, c, b, WATER[number], probes, grid.widths_mm, [seconds])


def _uniform(cells: int) -> TensorGrid:
    return TensorGrid.uniform([cells] * 3, 2.0 * HALF_MM / cells, [-HALF_MM] * 3)


def once(_folder: Path, tiny: bool) -> Prepared:
    n, less = (44, 44) if tiny else (96, 64)
    program = (ProbePhase(20.0, -140.0),) if tiny else ICE
    place = [(0.1, 0.2)]
    return f"ice, {n}³ cells, 600 s", _run(_uniform(n), place, program), _run(_uniform(less), place, program)


def twice(_folder: Path, tiny: bool) -> Prepared:
    """Ten minutes, eight of thaw, ten again, with four probes."""
    n, ours = _array(tiny, None)
    return f"double freeze, 4 probes, {n}", ours, _array(tiny, 44 if tiny else 64)[1]


def graded(_folder: Path, tiny: bool) -> Prepared:
    place = 0.5 * SPACING_MM + 16.0
    step = 1.7 if tiny else 1.0
    grid = TensorGrid.graded([(-place, place), (-place, place), (-20.0, 22.0)], [(-HALF_MM, HALF_MM)] * 3, step)
    ours = _run(grid, _square(), _program(tiny))
    equal = _array(tiny, None)[1]
    apart = [_radius_ml(run()) for run in (ours, equal)]
    title = (
        f"double freeze, 4 probes, graded {grid.shape}, equal radius of ice within {abs(apart[0] - apart[1]):.2f} mm"
    )
    return title, ours, equal


def _radius_ml(ran: FreezeResult) -> float:
    """Radius of a ball as large as the largest ice, mm."""
    return float((ran.volume_below_ml[:, 0].max() * 3000.0 / (4.0 * np.pi)) ** (1.0 / 3.0))


def _square() -> list[tuple[float, float]]:
    return [(x * SPACING_MM / 2, y * SPACING_MM / 2) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]


def _program(tiny: bool) -> tuple[ProbePhase, ...]:
    return double_freeze(10.0, 10.0, warming_c=None) if tiny else double_freeze(warming_c=None)


def _array(tiny: bool, cells: int | None) -> tuple[str, Run]:
    n = cells or (44 if tiny else 96)
    return f"{n}³ cells", _run(_uniform(n), _square(), _program(tiny))
