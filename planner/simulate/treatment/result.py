"""What a heating step leaves: fields, zones and readings at surfaces, each with the interval from its properties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.left import LEAST_DOSE_MIN, read_dose
from planner.simulate.thermal.thermocouples import read_at
from planner.simulate.tissues import BODY_C
from planner.simulate.treatment.isosurface import SimulatedZone, zone_above
from planner.simulate.treatment.probe import Probe
from planner.simulate.treatment.spread import combined
from planner.simulate.treatment.treatment import Curves, Delivered

Array = NDArray[np.float64]
LETHAL_CEM43_MIN = 240.0
"""Equivalent minutes after which soft tissue is dead: what half an hour at 46 °C or 0.1 s at 60 °C gives."""
LETHAL_C, WARM_C = 60.0, 50.0


@dataclass(frozen=True, eq=False)
class HeatResult:
    """A simulated heating step.

    Attributes
    ----------
    run : the delivery with its fields, at the base of every property.
    coarse : the same on the coarse grid, and then with one group of properties at an end of its range each.
    caveats : what keeps a value from being a clean pass.
    assumed : what was assumed of tissue and device.
    burns : the deliveries.
    """

    run: Delivered
    coarse: tuple[Delivered, ...]
    caveats: tuple[str, ...]
    assumed: tuple[str, ...]
    burns: tuple[Probe, ...] = ()

    @property
    def curves(self) -> Curves:
        """What generator and thermocouples showed."""
        return self.run.curves

    @cached_property
    def zone(self) -> SimulatedZone | None:
        """Where tissue dies: CEM43 ≥ 240 min, which 60 °C reaches at once. None where nothing does."""
        return zone_of(self.run)

    @property
    def at_60_c(self) -> SimulatedZone | None:
        """Where 60 °C was reached."""
        return self.above(LETHAL_C)

    @property
    def at_50_c(self) -> SimulatedZone | None:
        """Where 50 °C was reached."""
        return self.above(WARM_C)

    def above(self, level_c: float) -> SimulatedZone | None:
        """Return where a temperature was exceeded; None where nothing was. Found once, then kept."""
        return isotherm_of(self.run, level_c)

    def isotherms(self) -> dict[str, SimulatedZone]:
        """Return the surfaces that people look at, by what they mark; those that do not exist are left out."""
        named = {"60 °C": self.at_60_c, "50 °C": self.at_50_c, "240 CEM43": self.zone}
        return {name: zone for name, zone in named.items() if zone is not None}

    def kill_probability(self, points_mm: Array) -> Array:
        """Return at points (n, 3) the share of cells that die, 1 − exp(−Ω), on average over the property runs."""
        runs = self.coarse or (self.run,)
        dies = [1.0 - np.exp(-read_at(run.grid, run.omega, points_mm)) for run in runs]
        return np.asarray(np.mean(dies, axis=0))

    def spread(self, values: list[float]) -> tuple[float, float]:
        """Return the interval of a value: `values` are those of `run` and of all of `coarse`."""
        return combined(values)


@lru_cache(maxsize=32)
def isotherm_of(run: Delivered, level_c: float) -> SimulatedZone | None:
    """Return where a run exceeded a temperature."""
    return zone_above(run.grid, run.max_c, level_c)


@lru_cache(maxsize=32)
def zone_of(run: Delivered) -> SimulatedZone | None:
    """Return the zone of a run; the dose is read by its logarithm, in which it runs almost straight."""
    dose = np.log2(np.maximum(run.cem43_min, LEAST_DOSE_MIN))
    return zone_above(run.grid, dose, float(np.log2(LETHAL_CEM43_MIN)))


class Heated(Protocol):
    """What has been hot: a delivery, or cement that has set."""

    @property
    def grid(self) -> TensorGrid:
        """Where."""

    @property
    def max_c(self) -> NDArray[np.float32]:
        """Highest temperature of each cell."""

    @property
    def cem43_min(self) -> NDArray[np.float32]:
        """Equivalent minutes at 43 °C."""

    @property
    def cord_cem43_min(self) -> NDArray[np.float32]:
        """The same by the cord's own slope."""


def max_temperature_at(run: Heated, points_mm: Array) -> Array:
    """Return the highest temperature at points (n, 3), LPS mm, °C; beyond the grid it is the body's."""
    return read_at(run.grid, run.max_c, points_mm, BODY_C)


def time_above_45_at(run: Delivered, points_mm: Array) -> Array:
    """Return the time above 45 °C at points (n, 3), s."""
    return read_at(run.grid, run.above_45_s, points_mm)


def dose_at(run: Heated, points_mm: Array, *, cord: bool = False) -> Array:
    """Return CEM43 at points (n, 3), min; `cord` by the cord's own slope."""
    return read_dose(run.grid, run.cord_cem43_min if cord else run.cem43_min, points_mm)


def surface_points(mesh: Mesh, away_mm: float = 0.0) -> Array:
    """Return the corners of a surface, moved outwards (negative: inwards) along their normals."""
    if away_mm == 0.0:
        return np.asarray(mesh.vertices, dtype=np.float64)
    corners = mesh.triangles
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros_like(mesh.vertices, dtype=np.float64)
    for corner in range(3):
        np.add.at(summed, mesh.faces[:, corner], normal)
    size = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(mesh.vertices + away_mm * summed / np.where(size > 0.0, size, 1.0))
