"""Needles in tissue: where their contacts touch it, their metal, their coolant, and the heat solver with them in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.solver import FieldSolver
from planner.simulate.grid import MM, TensorGrid
from planner.simulate.thermal.exposure import Exposure
from planner.simulate.thermal.solver import HeatSolver, Response
from planner.simulate.treatment.coolant import Coolant
from planner.simulate.treatment.probe import Probe
from planner.simulate.treatment.properties import Properties

Array = NDArray[np.float64]
METAL_W_M_K = 5.0
"""Of a thin steel tube along its axis, averaged over its cross-section (assumed)."""


@dataclass(frozen=True, eq=False)
class Wall:
    """Where a contact touches tissue: its cells, their share of its surface, and W/K from cell to wall to coolant."""

    cells: tuple[NDArray[np.int64], ...]
    share: Array
    through: Array
    film: Array


def walls_of(probe: Probe, tissue: Properties, fields: FieldSolver) -> list[Wall]:
    """Return the contacts of all needles."""
    film = 0.0 if probe.coolant is None else probe.coolant.film_w_m2_k
    found = []
    for electrode, one in zip(fields.electrodes, fields.covered, strict=True):
        for contact, cells, wall in zip(electrode.contacts, one.walls, one.wall_mm, strict=True):
            share = wall.astype(np.float64) / float(wall.sum())
            area = math.pi * probe.diameter_mm * (contact.far_mm - contact.near_mm) * MM**2 * share
            through = tissue.conductivity[cells].astype(np.float64) * wall * MM
            found.append(Wall(cells, share, through, film * area))
    return found


def solver_with_needles(  # noqa: PLR0917 - what it is made of
    probe: Probe,
    grid: TensorGrid,
    tissue: Properties,
    fields: FieldSolver,
    exposures: Sequence[Exposure],
    response: Response,
    start_c: NDArray[np.floating] | float,
    body_c: float,
) -> HeatSolver:
    """Tissue with the needles in it: their metal carries heat along them, coolant takes it away through the wall."""
    open_part = fields.open_part
    along = tissue.conductivity * open_part + METAL_W_M_K * (1.0 - open_part)
    exchange = np.array(np.broadcast_to(tissue.flow, grid.shape), dtype=np.float64)
    towards = exchange * tissue.flow_c
    if isinstance(probe.coolant, Coolant):
        volumes = grid.volumes_m3
        for wall in walls_of(probe, tissue, fields):
            added = wall.through * wall.film / (wall.through + wall.film) / volumes[wall.cells]
            exchange[wall.cells] += added
            towards[wall.cells] += added * probe.coolant.temperature_c
    exchange_c = np.divide(towards, exchange, out=np.full(grid.shape, float(body_c)), where=exchange > 0.0)
    return HeatSolver(
        grid, (tissue.conductivity, tissue.conductivity, along), tissue.heat_capacity, tissue.perfusion * open_part,
        arterial_c=body_c, initial_c=start_c, exchange=exchange, exchange_c=exchange_c, exposures=exposures,
        response=response,
    )  # fmt: skip
