"""What advice needs beside the patient: when it starts, what the site has, how the disease went on."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from planner.core.model import Model
from planner.core.units import UnitModel, measure


class Site(Model):
    """What a department can do; a technique that is not named there is advised elsewhere."""

    name: str
    techniques: tuple[str, ...] = Field(min_length=1)
    mr_guided_radiotherapy: bool | None = None


class PlannedRadiotherapy(UnitModel):
    """The course that is planned: dose to the target, and the point maximum of cord or sac."""

    dose_gy: measure("Gy", "gy", 0.5, 150, optional=True) = None  # type: ignore[valid-type]
    fractions: int | None = Field(default=None, ge=1, le=60)
    cord_dmax_gy: measure("Gy", "gy", 0, 150, optional=True) = None  # type: ignore[valid-type]


class CoursePoint(Model):
    """How the patient was on one day: stability, burden and pain, as far as taken."""

    day: date
    sins: int | None = Field(default=None, ge=0, le=18)
    metastases: int | None = Field(default=None, ge=0, le=1000)
    pain_vas: float | None = Field(default=None, ge=0, le=10)


class ResponseFindings(Model):
    """What images before and after show, read by a person."""

    lytic: Literal["filled_in", "rim_or_partly_filled", "unchanged", "larger"] | None = None
    blastic: Literal["normalised", "smaller", "unchanged", "larger"] | None = None
    measurable_change_percent: float | None = Field(default=None, ge=-100, le=10000)
    new_lesion: bool | None = None
    flare: bool | None = None


class ResponseImages(Model):
    """One time point as images: a label map with the lesion's number, and the CT it was drawn on."""

    labelmap: str
    label: int = Field(ge=1, le=65535)
    ct: str


class Response(Model):
    """Entered findings, or two label maps that are compared."""

    findings: ResponseFindings | None = None
    before: ResponseImages | None = None
    after: ResponseImages | None = None


class Advice(Model):
    """Optional section `advice` of a plan or patient file."""

    start: date | None = None
    site: Site | None = None
    radiotherapy: PlannedRadiotherapy | None = None
    cement_ml: float | None = Field(default=None, ge=0, le=60)
    cement_viscosity: Literal["low", "high"] | None = None
    course: tuple[CoursePoint, ...] = ()
    response: Response | None = None
