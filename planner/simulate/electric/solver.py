"""Solves the field of given needles again and again while the tissue's conductivity changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.electric.boundary import Boundary, close
from planner.simulate.electric.coverage import Covered, covered
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.gradients import solve
from planner.simulate.electric.multigrid import multigrid
from planner.simulate.electric.network import INNER, SIEMENS, Double, Network, Single, Widths, network_of, padded

TOLERANCE = 3e-6
"""Residual at which a field is done; currents then balance to about 1e-5."""
MOST_ITERATIONS = 100


@dataclass(frozen=True, eq=False)
class ElectricField:
    """A solved field; arrays are (nx, ny, nz).

    Attributes
    ----------
    potential_v : mean of each cell outside needles; inside one, its contact's.
    heat_w_m3 : Joule heat over the whole volume of each cell; times volumes it sums to `heat_w`.
    current_a : out of each contact, in the order of needles and their contacts.
    power_w : what the generator delivers, the sum of potential × current.
    heat_w : the part of it that stays inside the grid.
    resistance_ohm : squared largest difference of potential over power.
    imbalance : sum of all currents, the one through the boundary included, over half of their absolute sum.
    iterations : of conjugate gradients.
    open_part : share of each cell that no needle takes.
    scale : what potentials were multiplied by, to reach a power.
    """

    potential_v: Double
    heat_w_m3: Single
    current_a: tuple[float, ...]
    power_w: float
    heat_w: float
    resistance_ohm: float
    imbalance: float
    iterations: int
    open_part: Single
    scale: float = 1.0

    def scaled_to(self, power_w: float) -> ElectricField:
        """Return the same field at another power; potentials grow with its square root."""
        by = power_w / self.power_w
        return ElectricField(
            self.potential_v * by**0.5,
            self.heat_w_m3 * np.float32(by),
            tuple(i * by**0.5 for i in self.current_a),
            power_w,
            self.heat_w * by,
            self.resistance_ohm,
            self.imbalance,
            self.iterations,
            self.open_part,
            self.scale * by**0.5,
        )


class FieldSolver:
    """Needles on a grid: how they cover it is worked out once.

    Parameters are those of :func:`planner.electric_field`, taken as checked.
    """

    def __init__(self, widths_mm: Widths, electrodes: Sequence[Electrode], boundary: Boundary = "insulated") -> None:
        self.widths_mm, self.electrodes, self.boundary = widths_mm, tuple(electrodes), boundary
        self.covered: tuple[Covered, ...] = tuple(covered(e, widths_mm) for e in electrodes)
        middles = [e.at(0.5 * (c.near_mm + c.far_mm)) for e in electrodes for c in e.contacts]
        self.centre_mm: Double = np.mean(middles or [np.array([0.5 * float(w.sum()) for w in widths_mm])], axis=0)
        self.open_part = np.ones(tuple(len(w) for w in widths_mm), np.float32)
        for one in self.covered:
            self.open_part[one.touched] *= one.open_part

    def solved(
        self, sigma_s_m: Single, start: ElectricField | None = None, tolerance: float = TOLERANCE
    ) -> ElectricField:
        """Solve at a conductivity (nx, ny, nz), from an earlier field where there is one."""
        from planner.simulate.electric.kernels.heat import heat_of_faces  # noqa: PLC0415 - compiles

        network = network_of(sigma_s_m, self.widths_mm)
        inflow = self.insert(network, sigma_s_m)
        outer = close(network, sigma_s_m, self.widths_mm, self.boundary, self.centre_mm)
        guess = padded(sigma_s_m.shape, np.float64)
        if start is not None:
            guess[INNER] = start.potential_v / start.scale
        found = solve(
            network, inflow, multigrid(network, self.widths_mm), guess, tolerance=tolerance, most=MOST_ITERATIONS
        )
        watts = np.empty(sigma_s_m.shape)
        heat_of_faces(sigma_s_m, *self.widths_mm, *network.parts[:3], found.potential, watts)
        potential = found.potential[INNER]
        currents, power, extremes = [], 0.0, [] if outer is None else [0.0]
        for electrode, one in zip(self.electrodes, self.covered, strict=True):
            for contact, cells, wall in zip(electrode.contacts, one.walls, one.wall_mm, strict=True):
                conductance = wall * sigma_s_m[cells]
                drop = contact.potential_v - potential[cells]
                currents.append(SIEMENS * float((conductance * drop).sum()))
                watts[cells] += conductance * drop**2
                power += contact.potential_v * currents[-1]
                extremes.append(contact.potential_v)
        leaving = 0.0 if outer is None else SIEMENS * float((outer * potential).sum())
        through = 0.5 * (abs(leaving) + sum(map(abs, currents)))
        potential = potential.copy()
        for electrode, one in zip(self.electrodes, self.covered, strict=True):
            _fill(potential, electrode, one, self.widths_mm)
        x, y, z = self.widths_mm
        volume = x[:, None, None] * y[None, :, None] * z[None, None, :]
        return ElectricField(
            potential,
            (watts * (SIEMENS * 1e9) / volume).astype(np.float32),
            tuple(currents),
            power,
            SIEMENS * float(watts.sum()),
            (max(extremes) - min(extremes)) ** 2 / power if power > 0.0 else math.inf,
            abs(sum(currents) - leaving) / through if through > 0.0 else 0.0,
            found.iterations,
            self.open_part,
        )

    def insert(self, network: Network, sigma_s_m: Single) -> Single:
        """Let the needles change the network; return the currents that contacts drive into cells at 0 V."""
        inflow = padded(sigma_s_m.shape)
        for electrode, one in zip(self.electrodes, self.covered, strict=True):
            for conductance, cells, factor in zip(network.parts[:3], one.faces, one.factor, strict=True):
                conductance[INNER][cells] *= factor
            for contact, cells, wall in zip(electrode.contacts, one.walls, one.wall_mm, strict=True):
                joined = wall * sigma_s_m[cells]
                network.to_fixed[INNER][cells] += joined
                inflow[INNER][cells] += np.float32(contact.potential_v) * joined
        return inflow


def _fill(potential: Double, electrode: Electrode, one: Covered, widths: Widths) -> None:
    """Give cells inside a needle the potential of the contact beside them."""
    cells = np.stack(one.touched, axis=1)[one.open_part == 0.0]
    if not len(cells) or not electrode.contacts:
        return
    at = np.stack([(np.cumsum(w) - 0.5 * w)[cells[:, a]] for a, w in enumerate(widths)], axis=1)
    place = (at - np.asarray(electrode.tip_mm)) @ electrode.shaft
    away = [np.maximum(np.maximum(c.near_mm - place, place - c.far_mm), 0.0) for c in electrode.contacts]
    held = np.array([c.potential_v for c in electrode.contacts])
    values: NDArray[np.float64] = held[np.argmin(away, axis=0)]
    potential[tuple(cells.T)] = values
