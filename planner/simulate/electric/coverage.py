"""Electrodes on a grid that knows nothing of them: what they cover, and how current leaves them.

A needle drawn in whole cells moves by half a cell with the grid's luck, and its resistance by a quarter. Here the
cells keep their places and the conductances learn the shape: a face counts by what is open of it, a contact couples to
each cell around it by its surface there, and both carry what the logarithmic profile around a thin cylinder asks for
(as a well is coupled to a coarse reservoir grid: Peaceman 1978, doi 10.2118/6893-PA; Ding and Renard 1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.network import Widths
from planner.simulate.grid import TensorGrid

BAND_CELLS = 3.0
"""How far from the surface, in widths of a cell, faces are matched to the profile; beyond, plain faces are as good."""
CELL_SAMPLES, FACE_SAMPLES, WALL_SAMPLES = 6, 8, 8
"""Samples along an edge of a cell, of a face, and of the surface per width of a cell."""

Cells = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Covered:
    """One needle on the grid; cells are indices of arrays without padding.

    Attributes
    ----------
    touched, open_part : cells that the needle takes a share of, and the share it leaves.
    faces, factor : for each axis the cells whose faces towards +x, +y or +z change, and by which factor.
    walls, wall_mm : for each contact its cells, and the conductance to them at unit conductivity.
    """

    touched: Cells
    open_part: NDArray[np.float32]
    faces: tuple[Cells, ...]
    factor: tuple[NDArray[np.float32], ...]
    walls: tuple[Cells, ...]
    wall_mm: tuple[NDArray[np.float32], ...]


def covered(electrode: Electrode, widths: Widths) -> Covered:
    """Sample a needle on the cells of these widths."""
    from planner.simulate.electric.kernels import coverage  # noqa: PLC0415 - compiles

    radius, cell = electrode.diameter_mm / 2, cell_at_contacts(electrode, widths)
    grid = TensorGrid.of(widths)
    edges = grid.edges_mm(0), grid.edges_mm(1), grid.edges_mm(2)
    ends = np.array([electrode.tip_mm, electrode.entry_mm])
    reach = radius + BAND_CELLS * cell
    lows, highs = ends.min(axis=0) - reach, ends.max(axis=0) + reach
    first = np.array([max(int(np.searchsorted(e, low)) - 2, 0) for e, low in zip(edges, lows, strict=True)])
    after = [min(int(np.searchsorted(e, high)) + 2, len(e) - 1) for e, high in zip(edges, highs, strict=True)]
    shape = tuple(int(b - a) for a, b in zip(first, after, strict=True))
    needle = np.array([*electrode.tip_mm, *electrode.shaft, electrode.length_mm, radius])
    contacts = np.array([(c.near_mm, c.far_mm) for c in electrode.contacts]).reshape(-1, 2)
    wet, mean, factor = (np.zeros((*n, *shape), np.float32) for n in ((), (2,), (3,)))
    wall = np.zeros((len(contacts), *shape), np.float32)
    coverage.cover_cells(*edges, first, needle, BAND_CELLS * cell, CELL_SAMPLES, wet, mean)
    coverage.cover_faces(*edges, first, needle, contacts, FACE_SAMPLES, wet, mean, factor)
    coverage.cover_walls(*edges, first, needle, contacts, cell / WALL_SAMPLES, wet, mean, wall)
    touched, share = _kept(wet, (wet >= 0.0) & (wet < 1.0), first)
    faces = [_kept(f, f != 1.0, first) for f in factor]
    walls = [_kept(w, w > 0.0, first) for w in wall]
    return Covered(
        touched,
        share,
        tuple(cells for cells, _ in faces),
        tuple(values for _, values in faces),
        tuple(cells for cells, _ in walls),
        tuple(values for _, values in walls),
    )


def cell_at_contacts(electrode: Electrode, widths: Widths) -> float:
    """Return the widest cell, mm, that the middle or an end of a contact lies in; infinite where that is none."""
    found = [0.0]
    for contact in electrode.contacts:
        for place in (contact.near_mm, 0.5 * (contact.near_mm + contact.far_mm), contact.far_mm):
            for at, width in zip(electrode.at(place), widths, strict=True):
                index = int(np.searchsorted(np.cumsum(width), at * (1.0 - 1e-9)))
                found.append(float(width[index]) if index < len(width) and at > -1e-9 else np.inf)
    return max(found)


def _kept(
    values: NDArray[np.float32], which: NDArray[np.bool_], first: NDArray[np.int64]
) -> tuple[Cells, NDArray[np.float32]]:
    i, j, k = np.nonzero(which)
    return (i + first[0], j + first[1], k + first[2]), values[which]
