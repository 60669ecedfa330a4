"""Cryoprobes side by side in a gel, as on a bench: a quarter or half of it where the arrangement is symmetric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import cos, pi, sin, sqrt
from typing import Any

import numpy as np

from planner.simulate.grid import graded_widths
from planner.simulate.thermal.argon import ArgonCooling
from planner.simulate.thermal.freeze import freeze
from planner.simulate.thermal.probes import Cryoprobe, ProbePhase
from planner.validate.thermal.fronts import Array
from planner.validate.thermal.setups import centres

STEP_MM, GROWTH = 1.25, 1.3
"""Cells; at 0.85 mm diameters of −30 °C change by 0.3 mm and of the ice by 0.1 mm (`docs/thermal.md`)."""
FAR_MM = 90.0
"""Of the gel's insulated edge: warmth reaches 45 mm in 15 min."""
ROUND_MM, BEYOND_MM = 26.0, 12.0
"""Fine cells around the outermost probe and beyond the tip."""
SHAFT_MM = 20.0
AREA_MM = 0.25
"""Squares by which areas are counted."""
WATER, WATER_W_M_K, WATER_J_M3_K = 0.98, 0.60, 4.1e6
"""Agar and gelatin of 2 %: nearly water (0.60 W/(m·K), 4.18 MJ/(m³·K)), so that 327 MJ/m³ freeze out."""
ICE_W_M_K = 2.40
"""Mean of ice between −40 and 0 °C by k = 488/T + 0.47 W/(m·K), T in kelvin (Hobbs 1974, from memory)."""
FREEZING_C = (-1.0, 0.0)
"""No solute to speak of."""
GEL: dict[str, Any] = {
    "conductivity": WATER_W_M_K, "heat_capacity": WATER_J_M3_K, "perfusion": 0.0, "water": WATER,
    "frozen_conductivity": ICE_W_M_K, "freezing_c": FREEZING_C,
}  # fmt: skip


@dataclass(frozen=True)
class Rig:
    """Probes of one kind, parallel and level, and what they do.

    Attributes
    ----------
    count, apart_mm : one, or two, three (triangle) or four (square) with neighbours so far apart.
    diameter_mm, active_mm : of each.
    start_c : of the medium, and of blood where it is perfused.
    freezes : (seconds, duty), a duty of 0 thaws passively.
    share : of the fitted flux. cooling : other limits than those of an argon probe.
    medium : what :func:`planner.freeze` is told; None is gel.
    """

    count: int
    apart_mm: float
    diameter_mm: float
    active_mm: float
    start_c: float
    freezes: tuple[tuple[float, float], ...]
    share: float = 1.0
    cooling: ArgonCooling | None = None
    medium: tuple[tuple[str, Any], ...] | None = None
    step_mm: float = STEP_MM

    @property
    def places_mm(self) -> Array:
        """(probes, 2) where they stand around the middle."""
        if self.count == 1:
            return np.zeros((1, 2))
        radius = 0.5 * self.apart_mm / sin(pi / self.count)
        turn = pi / 4 if self.count == 4 else 0.0
        at = [turn + 2.0 * pi * n / self.count for n in range(self.count)]
        return radius * np.array([[cos(a), sin(a)] for a in at])

    @property
    def mirrored(self) -> tuple[bool, bool]:
        """Whether one side of the middle stands for both, across and along."""
        return self.count in {2, 4}, self.count == 4

    @property
    def limits(self) -> ArgonCooling:
        """What one probe can draw."""
        return self.cooling or ArgonCooling.of(self.diameter_mm, self.active_mm, share=self.share)


@dataclass(frozen=True, eq=False)
class Frozen:
    """Ice halfway along the probes, and in the plane of the first probe and the middle.

    Attributes
    ----------
    rig : what was run.
    x_mm, y_mm, z_mm : centres of cells from the middle; z from half the active length towards the tip.
    temperature_c : (nx, ny, nz) at the end.
    probe_c, power_w : metal and heat drawn by the whole of the first probe, at the end.
    """

    rig: Rig
    x_mm: Array
    y_mm: Array
    z_mm: Array
    temperature_c: Array
    probe_c: float
    power_w: float

    def across(self, points_mm: Array) -> Array:
        """Temperature halfway along the probes at points (…, 2) from the middle."""
        from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

        mirror = np.where(self.rig.mirrored, np.abs(points_mm), points_mm)
        field = self.temperature_c[:, :, 0]
        read = RegularGridInterpolator((self.x_mm, self.y_mm), field, bounds_error=False, fill_value=None)
        return np.asarray(read(mirror))

    def area_mm2(self, value_c: float) -> float:
        """Area colder than a temperature."""
        half = float(np.abs(self.rig.places_mm).max()) + 2.0 * ROUND_MM
        line = np.arange(0.5 * AREA_MM - half, half, AREA_MM)
        points = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
        return float((self.across(points) < value_c).sum()) * AREA_MM**2

    def diameter_mm(self, value_c: float) -> float:
        """Diameter of the circle of that area."""
        return 2.0 * sqrt(self.area_mm2(value_c) / pi)

    def beyond_mm(self, value_c: float) -> float:
        """From the axis of the first probe outwards to an isotherm."""
        place = self.rig.places_mm[0]
        out = place / np.linalg.norm(place) if self.rig.count > 1 else np.array([1.0, 0.0])
        r = np.arange(0.5 * self.rig.diameter_mm, 2.0 * ROUND_MM, 0.02)
        return float(np.interp(value_c, self.across(place + r[:, None] * out), r))

    def middle_c(self) -> float:
        """Temperature in the middle between the probes."""
        return float(self.across(np.zeros((1, 2)))[0])

    def waist(self) -> float:
        """Width of the ice between the first two probes over its width at them; 1 is straight, 0 apart."""
        first, second = self.rig.places_mm[:2]
        along = (second - first) / self.rig.apart_mm
        out = np.array([along[1], -along[0]])
        out = out if out @ (first + second) >= 0.0 else -out
        r = np.arange(0.0, 2.0 * ROUND_MM, 0.05)
        between, beside = (
            float(np.interp(0.0, self.across(start + r[:, None] * out), r)) for start in (0.5 * (first + second), first)
        )
        return between / max(beside, 1e-9)

    def length_mm(self, value_c: float) -> float:
        """Extent along a lone probe, taken alike at both ends."""
        column = self.temperature_c[int(np.argmin(np.abs(self.x_mm))), int(np.argmin(np.abs(self.y_mm)))]
        past = self.z_mm > 0.5 * self.rig.active_mm
        return 2.0 * float(np.interp(value_c, column[past], self.z_mm[past]))


@cache
def run(rig: Rig) -> Frozen:
    """Freeze."""
    half, reach = 0.5 * rig.active_mm, float(np.abs(rig.places_mm).max()) + ROUND_MM
    lines = [
        graded_widths((0.0 if one else -reach, reach), (0.0 if one else -FAR_MM, FAR_MM), rig.step_mm, GROWTH)
        for one in rig.mirrored
    ]
    lines.append(graded_widths((0.0, half + BEYOND_MM), (0.0, FAR_MM), rig.step_mm, GROWTH))
    widths, starts = [w for _, w in lines], [start for start, _ in lines]
    limits = rig.limits
    program = tuple(
        replace(limits.phase(seconds, duty), power_w=0.5 * limits.power_w) if duty else ProbePhase(seconds)
        for seconds, duty in rig.freezes
    )
    probes = [
        Cryoprobe(
            (x - starts[0], y - starts[1], half),
            (x - starts[0], y - starts[1], -SHAFT_MM),
            rig.diameter_mm,
            half,
            program=program,
        )
        for x, y in _standing_for(rig)
    ]
    x, y, z = (len(w) for w in widths)
    ran = freeze(
        probes=probes, spacing_mm=widths, times_s=[sum(s for s, _ in rig.freezes)], initial_c=rig.start_c,
        arterial_c=rig.start_c, boundary="insulated", shape=(x, y, z), lethal_c=(),
        **(GEL if rig.medium is None else dict(rig.medium)),
    )  # fmt: skip
    at = [start + centres(w) for start, w in lines]
    return Frozen(
        rig, at[0], at[1], at[2], ran.temperature_c[-1], float(ran.probe_c[-1, 0]),
        2.0 * float(ran.probe_power_w[-1, 0]),
    )  # fmt: skip


def _standing_for(rig: Rig) -> Sequence[Array]:
    return [p for p in rig.places_mm if all(not m or c > 0.0 for m, c in zip(rig.mirrored, p, strict=True))]
