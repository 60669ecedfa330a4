"""What a CT number of bone stands for: mineral density, volume fraction and grade, by the packaged calibration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from planner.core.model import Model
from planner.core.names import Bone
from planner.core.resources import data_folder
from planner.core.sourced import SourcedFigure


class Calibration(Model):
    """What a file of `protocols/calibration` holds."""

    calibration: str
    version: str
    figures: dict[str, SourcedFigure]

    def __getitem__(self, name: str) -> float:
        return self.figures[name].value


@dataclass(frozen=True)
class Estimate:
    """A value with the interval it lies in with about 95 % confidence, and what a reader should know of it."""

    value: float
    low: float
    high: float
    caveat: str | None = None


@cache
def calibration(name: str = "bone_ct") -> Calibration:
    """Return a packaged calibration.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415

    return validated(Calibration, read_mapping(data_folder("protocols") / "calibration" / f"{name}.yaml"), path="$")


def mineral_density(hu: float) -> Estimate:
    """Return the mineral density (mg/cm³, hydroxyapatite) that a mean CT number stands for."""
    c = calibration()
    value = max(0.0, c["bmd_slope_mg_cm3_per_hu"] * hu + c["bmd_offset_mg_cm3"])
    half = c["bmd_relative_error"] * value + c["bmd_absolute_error_mg_cm3"]
    return Estimate(value, max(0.0, value - half), value + half, "generic calibration, not this scanner's own")


def assumed_density(bone: Bone | None) -> Estimate:
    """Return the density without a CT: the stated grade's range, or the range of all grades."""
    c = calibration()
    thin, thinner = c["osteopenic_below_mg_cm3"], c["osteoporotic_below_mg_cm3"]
    ranges = {"normal": (thin, 2.0 * thin), "osteopenic": (thinner, thin), "osteoporotic": (0.3 * thinner, thinner)}
    low, high = ranges[bone] if bone else (0.3 * thinner, 2.0 * thin)
    said = f"bone stated as {bone}" if bone else "no grade of bone stated, any is assumed"
    return Estimate(0.5 * (low + high), low, high, f"without a CT: {said}")


def bone_grade(mg_cm3: float) -> Bone:
    """Return the grade of a trabecular density."""
    c = calibration()
    if mg_cm3 < c["osteoporotic_below_mg_cm3"]:
        return "osteoporotic"
    return "osteopenic" if mg_cm3 < c["osteopenic_below_mg_cm3"] else "normal"


def volume_fraction(mg_cm3: float) -> float:
    """Return bone volume over total volume for a mineral density: ash, then apparent, then tissue density."""
    c = calibration()
    if mg_cm3 <= 0.0:
        return 0.0
    ash = c["ash_slope"] * mg_cm3 + c["ash_offset_mg_cm3"]
    return float(min(1.0, ash / c["ash_over_apparent"] / c["tissue_density_mg_cm3"]))
