"""Device and material sheets: what the maker says, each figure with its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from planner.core.model import Model
from planner.core.names import Kind
from planner.core.resources import data_folder
from planner.core.sourced import SourcedFigure
from planner.core.validation import validated
from planner.core.yamlio import read_mapping

Figure = Literal[
    "outer_diameter_mm", "active_length_mm", "max_setpoint_c", "stop_temperature_c", "stop_distance_mm", "max_power_w",
    "nominal_setpoint_c", "nominal_duration_s", "zone_long_axis_mm", "zone_short_axis_mm", "ice_long_axis_mm",
    "ice_short_axis_mm", "iso20_long_axis_mm", "iso20_short_axis_mm", "iso40_long_axis_mm", "iso40_short_axis_mm",
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


class MaterialSheet(Model):
    """One cement of ``protocols/materials``."""

    material: str
    title: str
    family: str
    figures: dict[str, SourcedFigure]
    note: str | None = None


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
