"""Device and material sheets: what the maker says, each figure with its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from planner.core.model import Model
from planner.core.names import Kind
from planner.core.resources import data_folder
from planner.core.sourced import Source, SourcedFigure
from planner.core.validation import validated
from planner.core.yamlio import read_mapping

Figure = Literal[
    "outer_diameter_mm", "active_length_mm", "max_setpoint_c", "stop_temperature_c", "stop_distance_mm", "max_power_w",
    "nominal_setpoint_c", "nominal_duration_s", "zone_long_axis_mm", "zone_short_axis_mm", "ice_long_axis_mm",
    "ice_short_axis_mm", "iso20_long_axis_mm", "iso20_short_axis_mm", "iso40_long_axis_mm", "iso40_short_axis_mm",
    "freeze_temperature_c", "thaw_temperature_c", "freeze_power_w", "max_duty_fraction",
    "rated_pressure_kpa", "rated_volume_ml", "free_diameter_mm", "free_length_mm", "cannula_gauge", "diameter_mm",
    "length_mm",
]  # fmt: skip
"""What a device sheet may state; the unit ends the key."""

Family = Literal["rf_monopolar", "rf_bipolar", "rf_cooled", "cryoprobe", "balloon", "cement_needle", "screw"]


class DeviceSheet(Model):
    """One device of ``protocols/devices``."""

    device: str
    title: str
    kind: Annotated[tuple[Kind, ...], Field(min_length=1)]
    family: Family
    figures: dict[Figure, SourcedFigure]
    note: str | None = None

    def value(self, figure: Figure) -> float | None:
        """Return a figure's value, or None where the sheet does not state it."""
        found = self.figures.get(figure)
        return None if found is None else found.value


MaterialFigure = Literal[
    "setting_time_min", "setting_time_latest_min", "initial_setting_time_min", "initial_setting_time_latest_min",
    "setting_width_min", "injection_start_min", "working_end_min", "peak_temperature_c", "canal_peak_temperature_c",
    "compressive_strength_mpa", "compressive_strength_peak_mpa", "bending_strength_mpa", "elastic_modulus_mpa",
    "density_kg_m3", "specific_heat_j_kg_k", "thermal_conductivity_w_m_k", "heat_j_g",
    "leak_risk_ratio", "leaked_mass_g", "leaked_mass_late_g", "viscosity_low_pa_s", "viscosity_high_pa_s",
    "powder_mass_g", "liquid_mass_g", "opacifier_mass_fraction", "resorbed_fraction_a_year",
    "resorption_seen_fraction",
]  # fmt: skip
"""What a material sheet may state; the unit ends the key. Times run from the start of mixing."""


class ViscosityCurve(Model):
    """Viscosity while it is injected, by the time since mixing; straight between the points on a logarithmic scale.

    Attributes
    ----------
    points : (minutes, Pa·s), both rising.
    source : who says so.
    """

    points: Annotated[tuple[tuple[float, float], ...], Field(min_length=2)]
    source: Source
    note: str | None = None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        rows = np.array(self.points)
        if not (rows[0, 0] >= 0.0 and rows[0, 1] > 0.0 and (np.diff(rows, axis=0) > 0.0).all()):
            raise ValueError(f"expected minutes and Pa·s that both rise from point to point, got {self.points}")
        return self

    def at(self, minutes: float) -> float:
        """Return Pa·s; before the first point its value, after the last on along the last stretch."""
        time, log = np.array(self.points)[:, 0], np.log(np.array(self.points)[:, 1])
        if minutes > time[-1]:
            slope = (log[-1] - log[-2]) / (time[-1] - time[-2])
            return float(np.exp(min(log[-1] + slope * (minutes - time[-1]), 30.0)))
        return float(np.exp(np.interp(minutes, time, log)))


class MaterialSheet(Model):
    """One cement of ``protocols/materials``."""

    material: str
    title: str
    family: str
    figures: dict[MaterialFigure, SourcedFigure]
    viscosity: ViscosityCurve | None = None
    note: str | None = None

    def value(self, figure: MaterialFigure) -> float | None:
        """Return a figure's value, or None where the sheet does not state it."""
        found = self.figures.get(figure)
        return None if found is None else found.value


@cache
def device_names() -> tuple[str, ...]:
    """Return the ids of all device sheets; a sheet's file is named by its id."""
    return _ids("devices")


@cache
def device_sheet(name: str) -> DeviceSheet | None:
    """Return a device sheet by its id, or None where there is none.

    Raises
    ------
    InputError
        When the packaged sheet is damaged.
    """
    if name not in device_names():
        return None
    return validated(DeviceSheet, read_mapping(_file("devices", name)), path=f"devices/{name}.yaml")


@cache
def material_names() -> tuple[str, ...]:
    """Return the ids of all cements."""
    return _ids("materials")


@cache
def material_sheet(name: str) -> MaterialSheet | None:
    """Return a cement by its id, or None where there is none; errors as :func:`device_sheet`."""
    if name not in material_names():
        return None
    return validated(MaterialSheet, read_mapping(_file("materials", name)), path=f"materials/{name}.yaml")


def _file(kind: str, name: str) -> Path:
    return data_folder("protocols") / kind / f"{name}.yaml"


def _ids(kind: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (data_folder("protocols") / kind).glob("*.yaml")))
