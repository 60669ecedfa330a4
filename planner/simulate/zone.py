"""The expected ablation zone of a step: the operator's own figure, else the device sheet's.

A sheet's zone is what the maker saw in gel, muscle or liver, not in this patient's bone: it is `planned`,
never `simulated`, and a simulation replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.core.names import FREEZING
from planner.geometry.bodies import Spheroid
from planner.plan.case import CaseStep
from planner.plan.devices import JOINING


@dataclass(frozen=True, eq=False)
class ExpectedZone:
    """The zone of a step.

    Attributes
    ----------
    lethal : where tissue is meant to die; one body for each instrument.
    hazard : how far harm may reach; the ice edge for cold, the same as `lethal` for heat.
    joined : whether the instruments make one zone together (bipolar pair, array of cryoprobes).
    origin : in words, for the report.
    caveat : why the figure may not hold for this step; None where nothing speaks against it.
    """

    lethal: tuple[Spheroid, ...]
    hazard: tuple[Spheroid, ...]
    joined: bool
    origin: str
    caveat: str | None = None


def expected_zone(step: CaseStep) -> ExpectedZone | str:
    """Return the zone of an ablation step, or the reason why there is none."""
    stated, sheet = step.plan.zone, step.sheet
    if sheet is None:
        return "no device sheet"
    cold = step.kind in FREEZING
    if stated is not None:
        axes = {"lethal": (stated.long_axis_mm, stated.short_axis_mm)}
        origin, caveat = "stated by the operator", None
    else:
        keys = {"lethal": "iso20", "hazard": "ice"} if cold else {"lethal": "zone"}
        found = {use: (sheet.figures.get(f"{key}_long_axis_mm"), sheet.figures.get(f"{key}_short_axis_mm")) for use, key in keys.items()}  # type: ignore[call-overload]
        if any(part is None for pair in found.values() for part in pair):
            return f"the sheet {sheet.device} states no zone and the plan gives none"
        axes = {use: (pair[0].value, pair[1].value) for use, pair in found.items()}
        origin, caveat = f"sheet {sheet.device}", _off_sheet(step)
    from_tip = stated.centre_from_tip_mm if stated is not None else None
    if from_tip is None:
        active = sheet.value("active_length_mm")
        if active is None:
            return f"the sheet {sheet.device} states no active length, so the zone cannot be placed; give `zone.centre_from_tip`"
        from_tip = active / 2.0
    bodies = {use: tuple(_placed(step, from_tip, *pair)) for use, pair in axes.items()}
    joined = len(step.instruments) > 1 and sheet.family in JOINING
    return ExpectedZone(bodies["lethal"], bodies.get("hazard", bodies["lethal"]), joined, origin, caveat)


def _placed(step: CaseStep, from_tip: float, long_axis: float, short_axis: float) -> list[Spheroid]:
    return [
        Spheroid(tool.tip - from_tip * tool.direction, tool.direction, long_axis / 2.0, short_axis / 2.0)
        for tool in step.instruments
    ]


def _off_sheet(step: CaseStep) -> str | None:
    """A sheet's zone holds for the sheet's own set-point and time; say where the plan differs from them."""
    sheet, differs = step.sheet, []
    if sheet is None:
        return None
    for planned, key, unit in (
        (getattr(step.plan, "setpoint_c", None), "nominal_setpoint_c", "°C"),
        (getattr(step.plan, "duration_s", None), "nominal_duration_s", "s"),
    ):
        nominal = sheet.value(key)  # type: ignore[arg-type]
        if planned is not None and nominal is not None and abs(planned - nominal) > 1e-6:
            differs.append(f"{nominal:g} {unit} (planned {planned:g})")
    return f"the sheet's zone is for {' and '.join(differs)}" if differs else None
