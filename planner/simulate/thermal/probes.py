"""Cryoprobes: where they are, what they do when, and how they meet the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.coverage import Covered, covered
from planner.simulate.electric.electrodes import Contact, Electrode
from planner.simulate.grid import MM, TensorGrid

Array = NDArray[np.float64]
STIFFEST = 4.0
"""A cell is joined to a probe by at most this many times what joins it to its six neighbours; beyond, both have one
temperature already."""


@dataclass(frozen=True)
class ProbePhase:
    """What a probe does for a while.

    Attributes
    ----------
    duration_s : how long.
    temperature_c : of its active surface; None leaves it passive, neither cooling nor warming.
    power_w : the most it exchanges with tissue; below what the temperature asks for, the surface is as warm as need be.
    duty : share of the time in which it works, 0 to 1, in turns that are short against the steps.
    """

    duration_s: float
    temperature_c: float | None = None
    power_w: float = inf
    duty: float = 1.0

    def freezes(self, from_c: float) -> bool:
        """Whether it makes ice."""
        return self.temperature_c is not None and self.temperature_c < from_c and self.duty > 0.0


@dataclass(frozen=True)
class Cryoprobe:
    """A straight probe with a round tip and a part that freezes.

    Attributes
    ----------
    tip_mm : the most distal point, in grid coordinates: mm along the grid's axes from the outer corner of cell (0, 0,
        0).
    entry_mm : the other end of what is modelled; it may lie outside the grid.
    diameter_mm : outer diameter.
    active_mm : length of the part that exchanges heat.
    dead_mm : from the very tip to where that part begins.
    program : what it does, one phase after the other; passive afterwards.
    """

    tip_mm: tuple[float, float, float]
    entry_mm: tuple[float, float, float]
    diameter_mm: float
    active_mm: float
    dead_mm: float = 0.0
    program: tuple[ProbePhase, ...] = ()

    @property
    def shape(self) -> Electrode:
        """The same as a needle with one contact."""
        contact = Contact(self.dead_mm, self.dead_mm + self.active_mm, 1.0)
        return Electrode(self.tip_mm, self.entry_mm, self.diameter_mm, (contact,))

    @property
    def switch_times_s(self) -> list[float]:
        """When a phase ends."""
        return [float(t) for t in np.cumsum([phase.duration_s for phase in self.program])]

    def at(self, time_s: float) -> ProbePhase:
        """Return the phase that follows a moment."""
        for phase, end in zip(self.program, self.switch_times_s, strict=True):
            if time_s < end * (1.0 - 1e-12):
                return phase
        return ProbePhase(inf)


def double_freeze(
    freeze_s: float = 600.0,
    thaw_s: float = 480.0,
    *,
    temperature_c: float = -140.0,
    power_w: float = inf,
    duty: float = 1.0,
    warming_c: float | None = 40.0,
    warming_s: float = 60.0,
) -> tuple[ProbePhase, ...]:
    """Freeze, thaw passively, freeze again, and thaw actively at the end where `warming_c` is given.

    >>> [phase.duration_s for phase in double_freeze()]
    [600.0, 480.0, 600.0, 60.0]
    """
    ice = ProbePhase(freeze_s, temperature_c, power_w, duty)
    last = () if warming_c is None else (ProbePhase(warming_s, warming_c),)
    return (ice, ProbePhase(thaw_s), ice, *last)


@dataclass(frozen=True, eq=False)
class ProbeCells:
    """All probes on a grid: cells beside them, what their faces and the probes add, as the kernels take it.

    Attributes
    ----------
    cells : (n,) flat indices.
    others, extra, widths : for their faces towards −x, +x, −y, +y, −z, +z the neighbour, the factor of the face less
        one, and the two widths in m.
    first, probe, wall : probes of cell n are `probe[first[n]:first[n + 1]]`, with area over distance over volume, 1/m².
    volume : (n,) m³.
    open_part : (nx, ny, nz) share of each cell that no probe takes.
    inside, beside : flat indices of cells that a probe fills, and of the open cell nearest to each.
    """

    cells: NDArray[np.int64]
    others: NDArray[np.int64]
    extra: NDArray[Any]
    widths: NDArray[Any]
    first: NDArray[np.int64]
    probe: NDArray[np.int64]
    wall: NDArray[Any]
    volume: Array
    open_part: NDArray[Any]
    inside: NDArray[np.int64]
    beside: NDArray[np.int64]


def probe_cells(grid: TensorGrid, probes: Sequence[Cryoprobe], precision: type[np.floating]) -> ProbeCells:
    """Sample probes on a grid."""
    shape, size = grid.shape, np.array(grid.shape)
    found: list[Covered] = [covered(probe.shape, grid.widths_mm) for probe in probes]
    open_part = np.ones(shape, precision)
    factor: list[dict[int, float]] = [{}, {}, {}]
    rows: list[tuple[NDArray[np.int64], int, NDArray[Any]]] = []
    for number, one in enumerate(found):
        open_part[one.touched] *= one.open_part
        for axis in range(3):
            flat = np.ravel_multi_index(one.faces[axis], shape)
            for cell, value in zip(flat.tolist(), one.factor[axis].tolist(), strict=True):
                factor[axis][cell] = factor[axis].get(cell, 1.0) * value
        for touched, wall in zip(one.walls, one.wall_mm, strict=True):
            rows.append((np.ravel_multi_index(touched, shape), number, wall.astype(np.float64)))
    strides = (int(size[1] * size[2]), int(size[2]), 1)
    listed = [np.array(sorted(table), dtype=np.int64) for table in factor]
    near = [*listed, *(own + stride for own, stride in zip(listed, strides, strict=True)), *(r[0] for r in rows)]
    cells = np.unique(np.concatenate([*near, np.zeros(0, np.int64)])).astype(np.int64)
    place = np.stack(np.unravel_index(cells, shape), axis=1) if len(cells) else np.zeros((0, 3), np.int64)
    lines = [w * MM for w in grid.widths_mm]
    others, extra = np.repeat(cells[:, None], 6, axis=1), np.zeros((len(cells), 6))
    widths = np.ones((len(cells), 6, 2))
    for axis in range(3):
        for side, step in ((2 * axis, -1), (2 * axis + 1, 1)):
            neighbour = place[:, axis] + step
            there = (neighbour >= 0) & (neighbour < size[axis])
            others[there, side] = cells[there] + step * strides[axis]
            owner = np.where(step > 0, cells, cells - strides[axis])
            share = np.array([factor[axis].get(int(c), 1.0) for c in owner])
            extra[:, side] = np.where(there, share - 1.0, 0.0)
            widths[:, side, 0] = lines[axis][place[:, axis]]
            widths[:, side, 1] = lines[axis][np.clip(neighbour, 0, size[axis] - 1)]
    volume = lines[0][place[:, 0]] * lines[1][place[:, 1]] * lines[2][place[:, 2]]
    joined = np.concatenate([r[0] for r in rows]) if rows else np.zeros(0, np.int64)
    owner = np.searchsorted(cells, joined)
    which = np.concatenate([np.full(len(r[0]), r[1]) for r in rows]) if rows else np.zeros(0, np.int64)
    strength = np.concatenate([r[2] for r in rows]) * MM if rows else np.zeros(0)
    narrow = np.min([lines[axis][place[owner, axis]] for axis in range(3)], axis=0) if len(owner) else np.zeros(0)
    wall = np.minimum(strength / volume[owner], STIFFEST * 6.0 / np.maximum(narrow, 1e-12) ** 2)
    order = np.argsort(owner, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(cells)))]).astype(np.int64)
    inside, beside = _filled(grid, open_part)
    return ProbeCells(
        cells, others, extra.astype(precision), widths.astype(precision), first, which[order].astype(np.int64),
        wall[order].astype(precision), volume, open_part, inside, beside,
    )  # fmt: skip


def _filled(grid: TensorGrid, open_part: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells that probes fill, and the nearest open cell of each."""
    from scipy.spatial import cKDTree  # noqa: PLC0415

    inside = np.flatnonzero(open_part.ravel() == 0.0)
    if not len(inside):
        return inside, inside
    touched = np.flatnonzero(((open_part > 0.0) & (open_part < 1.0)).ravel())
    lines = [grid.centres_mm(axis) for axis in range(3)]

    def at(cells: NDArray[np.int64]) -> Array:
        return np.stack([line[i] for line, i in zip(lines, np.unravel_index(cells, grid.shape), strict=True)], axis=1)

    return inside, touched[cKDTree(at(touched)).query(at(inside))[1]]
