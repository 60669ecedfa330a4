"""What a cement's sheet says of its injection and of its heat; what it lacks is told, not guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.plan.case import CaseStep
from planner.plan.devices import MaterialSheet, material_sheet
from planner.simulate.cement.flow import Filled

MINUTE = 60.0
RATE_ML_MIN = 3.0
"""Where the plan states none: the rate of the cadaver series whose pressures were read (josr2015)."""
START_MIN = 4.0
WALL_MM = 0.33
"""Wall of a bone needle: half the difference of outer and inner diameter in the gauge table (10G to 13G)."""
HAND_KPA = {"vertebroplasty": 2000.0, "kyphoplasty": 10_000.0}
"""Most pressure of a hand on a syringe (remembered), and on the rod of a filler tube, whose bore is narrower
(assumed)."""


@dataclass(frozen=True)
class Pushed:
    """How a step's cement is injected.

    Attributes
    ----------
    sheet : of the material. volume_ml, rate_ml_s, start_s, end_s : as planned, or the material's own.
    limit_kpa : at the syringe. assumed : what the plan did not state.
    """

    sheet: MaterialSheet
    volume_ml: float
    rate_ml_s: float
    start_s: float
    end_s: float
    limit_kpa: float
    assumed: tuple[str, ...]

    def viscosity(self, seconds: float) -> float:
        """Pa·s by the time since mixing."""
        assert self.sheet.viscosity is not None  # noqa: S101 - a plan without one is refused
        return self.sheet.viscosity.at(seconds / MINUTE)


def pushed(step: CaseStep) -> Pushed | str:
    """Return how cement goes in, or why there is none."""
    cement = step.plan.cement
    if cement is None:
        return "no cement is planned"
    sheet = material_sheet(cement.material)
    if sheet is None or sheet.viscosity is None:
        return f"the sheet {cement.material} has no viscosity curve"
    assumed = []
    start, rate = cement.start_s, cement.rate_ml_min
    if start is None:
        start = MINUTE * (sheet.value("injection_start_min") or START_MIN)
        assumed.append(f"injection begins {start / MINUTE:g} min after mixing")
    if rate is None:
        rate = RATE_ML_MIN
        assumed.append(f"{rate:g} mL a minute")
    ends = [t for t in (sheet.value("working_end_min"), sheet.value("setting_time_min")) if t is not None]
    end = MINUTE * min(ends) if ends else MINUTE * sheet.viscosity.points[-1][0]
    return Pushed(sheet, cement.volume_ml, rate / MINUTE, start, end, HAND_KPA[step.kind], tuple(assumed))


def would_end_s(filled: Filled, push: Pushed) -> float:
    """Return when the last cement would be in: what had to stay out goes on at the last rate, or the planned one."""
    end, left = float(filled.time_s[-1]), max(0.0, push.volume_ml - filled.delivered_ml)
    if filled.stopped is None:
        return end
    took = np.diff(filled.time_s)
    rates = np.diff(filled.volume_ml)[took > 0.0] / took[took > 0.0]
    return end + left / (min(push.rate_ml_s, float(rates[-1])) if len(rates) else push.rate_ml_s)
