"""The free shape of a balloon: a cylinder with spheroidal ends, seen from its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.plan.devices import DeviceSheet

Array = NDArray[np.float64]
DIRECTIONS = 900
"""Rays from the middle; volume and pressure change by less than 1 % with four times as many."""
NOMINAL_SHARE = 0.7
"""Folded length over free length where a sheet does not state it (10 of 17, 15 of 21 and 20 of 27 mm remembered)."""
UNFOLD_KPA = 150.0
"""Pressure at which a free balloon has its rated shape (assumed: far below what bone asks for)."""
STIFF_KPA = 25_000.0
"""Rise for each unit of stretch beyond the rated shape (assumed: 10 % more diameter asks as much as the rating)."""


@dataclass(frozen=True)
class BalloonShape:
    """What a sheet says of a balloon.

    Attributes
    ----------
    volume_ml, diameter_mm, length_mm : rated volume and the free size at it.
    nominal_mm : length while folded. shaft_mm : outer diameter while folded.
    """

    volume_ml: float
    diameter_mm: float
    length_mm: float
    nominal_mm: float
    shaft_mm: float

    def radii_mm(self, cosines: Array) -> Array:
        """Distance from middle to free surface by the cosine to the axis; the ends are as full as the volume asks."""
        half, radius, volume = 0.5 * self.length_mm, 0.5 * self.diameter_mm, 1000.0 * self.volume_ml
        # πD²(L/4 − c/6) = V gives the depth c of the ends; sheets whose figures contradict each other are scaled.
        cap = 6.0 * (0.25 * self.length_mm - volume / (np.pi * self.diameter_mm**2))
        cap = float(np.clip(cap, 0.1 * radius, half))
        u = np.abs(np.asarray(cosines, dtype=np.float64))
        s, flat = np.sqrt(np.maximum(1.0 - u**2, 1e-12)), half - cap
        side = radius / s
        a, b, c = (s / radius) ** 2 + (u / cap) ** 2, -2.0 * u * flat / cap**2, (flat / cap) ** 2 - 1.0
        end = (-b + np.sqrt(np.maximum(b**2 - 4.0 * a * c, 0.0))) / (2.0 * a)
        found = np.where(side * u <= flat, side, end)
        weight = 4.0 * np.pi / len(found) / 3.0
        return np.asarray(found * (volume / (weight * (found**3).sum())) ** (1.0 / 3.0))


def wall_kpa(stretch: Array) -> Array:
    """Pressure the balloon's own wall asks for by its size over the rated one; what bone asks for comes on top."""
    return np.asarray(UNFOLD_KPA * np.minimum(stretch, 1.0) + STIFF_KPA * np.maximum(stretch - 1.0, 0.0))


def shape_of(sheet: DeviceSheet | None) -> BalloonShape | str:
    """Read a sheet, or say what it lacks."""
    if sheet is None:
        return "no device sheet"
    volume, diameter, length = (
        sheet.value("rated_volume_ml"), sheet.value("free_diameter_mm"), sheet.value("free_length_mm")
    )  # fmt: skip
    if volume is None or diameter is None or length is None:
        return f"the sheet {sheet.device} does not state rated volume, free diameter and free length"
    nominal = sheet.value("active_length_mm") or NOMINAL_SHARE * length
    return BalloonShape(volume, diameter, length, nominal, sheet.value("outer_diameter_mm") or 0.2 * diameter)


def directions(count: int = DIRECTIONS) -> Array:
    """Unit vectors (count, 3), evenly spread: each stands for the same solid angle."""
    n = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * n / count, np.pi * (1.0 + 5.0**0.5) * n
    ring = np.sqrt(1.0 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)
