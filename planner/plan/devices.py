"""Device and material sheets: what the maker says, each figure with its source."""

from __future__ import annotations

from functools import cache
from typing import Literal

from planner.core.model import Model
from planner.core.names import KINDS
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
JOINING: tuple[Family, ...] = ("rf_bipolar", "cryoprobe")
"""Families whose several instruments make one zone together."""


class DeviceSheet(Model):
    """One device of ``protocols/devices``."""

    device: str
    title: str
    kind: tuple[str, ...]
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
def devices() -> dict[str, DeviceSheet]:
    """Return every device sheet by its id.

    Raises
    ------
    InputError
        When a packaged sheet is damaged or names an unknown kind.
    """
    sheets = [validated(DeviceSheet, read_mapping(p), path=p.name) for p in _files("devices")]
    unknown = [s.device for s in sheets if not set(s.kind) <= set(KINDS)]
    if unknown:
        raise ValueError(f"device sheets for unknown kinds of step: {unknown}")
    return {sheet.device: sheet for sheet in sheets}


@cache
def materials() -> dict[str, MaterialSheet]:
    """Return every cement by its id."""
    return {
        s.material: s for p in _files("materials") for s in [validated(MaterialSheet, read_mapping(p), path=p.name)]
    }


def _files(kind: str) -> list:  # type: ignore[type-arg]
    return sorted((data_folder("protocols") / kind).glob("*.yaml"))
