"""What a series of pictures costs the patient: beam time by plane, times what published series measured a minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from planner.core.sourced import references
from planner.show.fluoro.beam import figures
from planner.show.fluoro.positions import Shot

SECONDS_PER_MINUTE = 60.0
SERIES_SPREAD = "lowest and highest patient of the series; another machine, patient or field differs as much"


@dataclass(frozen=True)
class Estimate:
    """A dose and the range in which single patients lay."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """Return it rounded to what it is worth."""
        return {key: float(f"{getattr(self, key):.2g}") for key in ("value", "low", "high")}


@dataclass(frozen=True)
class Dose:
    """What was taken and what it is estimated to cost.

    Attributes
    ----------
    frontal_shots, lateral_shots : pictures with the beam more along, or more across, the patient's front–back axis.
    skin_frontal_mgy, skin_lateral_mgy : entrance skin dose by plane.
    effective_msv : of all of them.
    """

    frontal_shots: int
    lateral_shots: int
    skin_frontal_mgy: Estimate
    skin_lateral_mgy: Estimate
    effective_msv: Estimate

    @property
    def shots(self) -> int:
        """All pictures."""
        return self.frontal_shots + self.lateral_shots

    def as_json(self) -> dict[str, Any]:
        """Return it with its sources."""
        f = figures().figures
        keys = ("skin_dose_ap_mgy_min", "skin_dose_lateral_mgy_min", "effective_dose_msv_min", "shot_s")
        return {
            "shots": self.shots,
            "frontal_shots": self.frontal_shots,
            "lateral_shots": self.lateral_shots,
            "beam_s": self.shots * figures()["shot_s"],
            "entrance_skin_dose_frontal_mgy": self.skin_frontal_mgy.as_json(),
            "entrance_skin_dose_lateral_mgy": self.skin_lateral_mgy.as_json(),
            "effective_dose_msv": self.effective_msv.as_json(),
            "estimated": SERIES_SPREAD,
            "sources": {
                key: {
                    "value": f[key].value,
                    "citation": references()[f[key].source.ref].citation,
                    "grade": f[key].source.grade,
                    "flag": f[key].source.flag,
                    "note": f[key].note,
                }
                for key in keys
            },
        }


def dose_of(shots: Iterable[Shot]) -> Dose:
    """Estimate the dose of pictures; one that is taken twice stands twice."""
    planes = [shot.lateral for shot in shots]
    lateral = sum(planes)
    frontal = len(planes) - lateral
    minutes = figures()["shot_s"] / SECONDS_PER_MINUTE
    return Dose(
        frontal,
        lateral,
        _estimate("skin_dose_ap{}_mgy_min", frontal * minutes),
        _estimate("skin_dose_lateral{}_mgy_min", lateral * minutes),
        _estimate("effective_dose{}_msv_min", len(planes) * minutes),
    )


def _estimate(name: str, minutes: float) -> Estimate:
    f = figures()
    return Estimate(*(f[name.format(end)] * minutes for end in ("", "_low", "_high")))
