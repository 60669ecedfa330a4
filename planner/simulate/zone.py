"""The expected ablation zone of a step: the operator's own figure, else the device sheet's.

A sheet's zone is what the maker saw in gel, muscle or liver, not in this patient's bone: it is `planned`,
never `simulated`, and a simulation replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.core.names import FREEZING
from planner.geometry.bodies import Spheroid
from planner.plan.case import CaseStep
from planner.plan.devices import DeviceSheet, Figure

SAME_SETTING = 1e-6
"""Set-points and times that differ by less are the same; what is left is rounding of unit conversions."""


class Body(Protocol):
    """Something with an inside."""

    def distance(self, points: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Signed distances (n,) of points (n, 3), LPS mm, negative inside."""


@dataclass(frozen=True, eq=False)
class ExpectedZone:
    """The zone of a step.

    Attributes
    ----------
    lethal : where tissue is meant to die; one body for each instrument, which count together: whether they burn
        one after the other or as a pair or array, what lies in any of them is treated.
    hazard : how far harm may reach; the ice edge for cold, the same as `lethal` for heat.
    origin : in words, for the report.
    caveat : why the figure may not hold for this step; None where nothing speaks against it.
    """

    lethal: tuple[Spheroid, ...]
    hazard: tuple[Spheroid, ...]
    origin: str
    caveat: str | None = None


_HEAT: dict[str, tuple[Figure, Figure]] = {"lethal": ("zone_long_axis_mm", "zone_short_axis_mm")}
_COLD: dict[str, tuple[Figure, Figure]] = {
    "lethal": ("iso20_long_axis_mm", "iso20_short_axis_mm"),
    "hazard": ("ice_long_axis_mm", "ice_short_axis_mm"),
}


def expected_zone(step: CaseStep) -> ExpectedZone | str:
    """Return the zone of an ablation step, or the reason why there is none."""
    stated, sheet = step.plan.zone, step.sheet
    if sheet is None:
        return "no device sheet"
    axes: dict[str, tuple[float, float]] = {}
    if stated is not None:
        axes["lethal"] = (stated.long_axis_mm, stated.short_axis_mm)
        origin, caveat = "stated by the operator", None
    else:
        for use, (long_key, short_key) in (_COLD if step.kind in FREEZING else _HEAT).items():
            long_axis, short_axis = sheet.value(long_key), sheet.value(short_key)
            if long_axis is None or short_axis is None:
                return f"the sheet {sheet.device} states no zone and the plan gives none"
            axes[use] = (long_axis, short_axis)
        origin, caveat = f"sheet {sheet.device}", _off_sheet(step, sheet)
    from_tip = stated.centre_from_tip_mm if stated is not None else None
    if from_tip is None:
        active = sheet.value("active_length_mm")
        if active is None:
            return f"the sheet {sheet.device} states no active length to place the zone by; give `zone.centre_from_tip`"
        from_tip = active / 2.0
    bodies = {use: tuple(_placed(step, from_tip, *pair)) for use, pair in axes.items()}
    return ExpectedZone(bodies["lethal"], bodies.get("hazard", bodies["lethal"]), origin, caveat)


def _placed(step: CaseStep, from_tip: float, long_axis: float, short_axis: float) -> list[Spheroid]:
    return [
        Spheroid(tool.tip - from_tip * tool.direction, tool.direction, long_axis / 2.0, short_axis / 2.0)
        for tool in step.instruments
    ]


def _off_sheet(step: CaseStep, sheet: DeviceSheet) -> str | None:
    """A sheet's zone holds for the sheet's own set-point and time; say where the plan differs from them."""
    checked: tuple[tuple[str, Figure, str], ...] = (
        ("setpoint_c", "nominal_setpoint_c", "°C"),
        ("duration_s", "nominal_duration_s", "s"),
    )
    differs = []
    for key, figure, unit in checked:
        planned, nominal = getattr(step.plan, key, None), sheet.value(figure)
        if planned is not None and nominal is not None and abs(planned - nominal) > SAME_SETTING:
            differs.append(f"{nominal:g} {unit} (planned {planned:g})")
    return f"the sheet's zone is for {' and '.join(differs)}" if differs else None
