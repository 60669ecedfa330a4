"""What the spongiosa of one vertebra bears and lets through, by its CT or else by the grade of bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.calibration import assumed_density, calibration, mineral_density, volume_fraction
from planner.anatomy.density import hu_at
from planner.anatomy.structures import Anatomy
from planner.geometry.clearance import contains
from planner.plan.models import Target

Array = NDArray[np.float64]
HU_TABLE = np.linspace(-200.0, 1500.0, 171)
DENSEST_MG_CM3 = 800.0
"""What reads denser is cortex, contrast medium or metal, not spongiosa."""


@dataclass(frozen=True, eq=False)
class Spongiosa:
    """Density of the bone of one level.

    Attributes
    ----------
    ends : factors of every density that make the low and the high end of the interval.
    caveats : what keeps it from being this patient's own.
    """

    anatomy: Anatomy
    target: Target
    ends: tuple[float, float]
    caveats: tuple[str, ...]

    def density_mg_cm3(self, points_mm: Array) -> Array:
        """Mineral density at points (n, 3), LPS mm."""
        assumed = assumed_density(self.target.bone).value
        ct, found = self.anatomy.ct, np.full(len(points_mm), assumed)
        known = np.zeros(len(points_mm), dtype=bool)
        if ct is not None:
            hu = hu_at(ct, points_mm)
            known = np.isfinite(hu)
            table = [mineral_density(float(level)).value for level in HU_TABLE]
            found[known] = np.interp(hu[known], HU_TABLE, table)
        lesion = self.anatomy.get(self.target.lesion) if self.target.lesion else None
        if lesion is not None and not known.all():
            inside = contains(lesion.mesh, points_mm) & ~known
            blastic = self.target.lesion_type == "blastic"
            found[inside] = calibration("bone_mechanics")[
                "blastic_density_mg_cm3" if blastic else "tumour_density_mg_cm3"
            ]
        return np.asarray(np.minimum(found, DENSEST_MG_CM3))


def spongiosa_of(anatomy: Anatomy, target: Target) -> Spongiosa:
    """Return the bone of a target with what is not known of it."""
    assumed = assumed_density(target.bone)
    estimate = assumed if anatomy.ct is None else mineral_density(100.0)  # relative error at 100 HU
    ends = (estimate.low / estimate.value, estimate.high / estimate.value)
    return Spongiosa(anatomy, target, ends, (estimate.caveat,) if estimate.caveat else ())


def modulus_mpa(density_mg_cm3: ArrayLike) -> Array:
    """Return Young's modulus along the spine for a mineral density; grows with density everywhere."""
    c, rho = calibration("bone_mechanics"), np.asarray(density_mg_cm3, dtype=np.float64)
    line = c["modulus_slope_mpa_per_mg_cm3"] * rho + c["modulus_offset_mpa"]
    return np.asarray(np.maximum(line, c["modulus_floor_mpa_per_mg_cm3"] * rho))


def crushing_kpa(density_mg_cm3: ArrayLike) -> Array:
    """Return the stress at which spongiosa gives way, kPa: modulus times the strain of yield less its offset."""
    c = calibration("bone_mechanics")
    return np.asarray(1000.0 * modulus_mpa(density_mg_cm3) * (c["yield_strain"] - c["yield_offset"]))


def bone_share(density_mg_cm3: ArrayLike) -> Array:
    """Return bone volume over total volume."""
    rho = np.asarray(density_mg_cm3, dtype=np.float64)
    table = np.linspace(0.0, DENSEST_MG_CM3, 81)
    return np.asarray(np.interp(rho, table, [volume_fraction(float(level)) for level in table]))


def permeability_m2(density_mg_cm3: ArrayLike) -> Array:
    """Return the permeability along the spine: Kozeny and Carman's (1 − f)³ / f², through the measured mean."""
    c = calibration("bone_mechanics")
    f, known = np.clip(bone_share(density_mg_cm3), 0.03, 0.9), c["permeability_fraction"]
    return np.asarray(c["permeability_m2"] * ((1.0 - f) / (1.0 - known)) ** 3 * (known / f) ** 2)
