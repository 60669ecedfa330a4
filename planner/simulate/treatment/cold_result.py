"""What a freezing step leaves: ice at its largest and over time, with the interval from its properties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.simulate.thermal.thermocouples import read_at
from planner.simulate.tissues import BODY_C
from planner.simulate.treatment.cold_probe import ColdPosition
from planner.simulate.treatment.cold_treatment import ICE_C, LETHAL_C, ColdCurves, ColdRun
from planner.simulate.treatment.isosurface import SimulatedZone, zone_above

Array = NDArray[np.float64]
KILLS_C, SURE_C = LETHAL_C[0], LETHAL_C[-1]
"""The warmest temperature that a source calls lethal, and the one that all agree on."""


@dataclass(frozen=True, eq=False)
class ColdResult:
    """A simulated freezing step.

    Attributes
    ----------
    run : the treatment with its fields, at the base of every property.
    coarse : the same on the coarse grid, and then with one group of properties at an end of its range each.
    caveats : what keeps a value from being a clean pass.
    assumed : what was assumed of tissue and device.
    positions : the probes in each of their places.
    """

    run: ColdRun
    coarse: tuple[ColdRun, ...]
    caveats: tuple[str, ...]
    assumed: tuple[str, ...]
    positions: tuple[ColdPosition, ...] = ()

    @property
    def curves(self) -> ColdCurves:
        """What probes and thermocouples showed."""
        return self.run.curves

    @property
    def ice(self) -> SimulatedZone | None:
        """The ice at its largest: where 0 °C was reached, a degree before the first water of tissue freezes."""
        return self.isotherm(ICE_C)

    @property
    def zone(self) -> SimulatedZone | None:
        """Where tissue is meant to die: −20 °C reached."""
        return self.isotherm(KILLS_C)

    def isotherm(self, level_c: float) -> SimulatedZone | None:
        """Return the surface within which it was colder at some time; None where nothing was."""
        return isotherm_of(self.run, level_c)

    def isotherms(self) -> dict[str, SimulatedZone]:
        """Return the surfaces that people look at, by what they mark; those that do not exist are left out."""
        named = {f"{level:.0f} °C".replace("-", "−"): self.isotherm(level) for level in (ICE_C, KILLS_C, SURE_C)}
        return {name: zone for name, zone in named.items() if zone is not None}

    def volume_ml(self, level_c: float) -> Array:
        """Return the volume colder than 0 °C or one of `LETHAL_C` at each of `curves.time_s`, mL."""
        return np.asarray(self.curves.ice_ml[:, (ICE_C, *LETHAL_C).index(level_c)])

    def min_temperature_at(self, points_mm: Array) -> Array:
        """Return the lowest temperature at points (n, 3), LPS mm, °C; beyond the grid it is the body's."""
        return min_temperature_at(self.run, points_mm)


@lru_cache(maxsize=64)
def isotherm_of(run: ColdRun, level_c: float) -> SimulatedZone | None:
    """Return the surface within which it was colder at some time; None where nothing was."""
    return zone_above(run.grid, -run.min_c, -level_c)


def min_temperature_at(run: ColdRun, points_mm: Array) -> Array:
    """Return the lowest temperature at points (n, 3), LPS mm, °C; beyond the grid it is the body's."""
    return read_at(run.grid, run.min_c, points_mm, BODY_C)
