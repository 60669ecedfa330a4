"""Cryoprobes of a step and what they do: the plan's figures, else the device sheet's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from planner.anatomy.calibration import calibration
from planner.plan.case import CaseStep, Instrument
from planner.plan.devices import DeviceSheet
from planner.plan.models import Phase
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.argon import ArgonCooling
from planner.simulate.thermal.probes import Cryoprobe, ProbePhase
from planner.simulate.tissues import Bound

FREEZING = ("stick", "freeze")
"""Phases in which a probe makes ice."""
THAW_C = 15.0
"""Of a probe that thaws actively, where the sheet does not say (288 K is coded for argon probes elsewhere)."""


@dataclass(frozen=True, eq=False)
class ColdPosition:
    """All probes of a step in one place, and their cycle there.

    Attributes
    ----------
    needles : tip and entry of each, LPS mm.
    diameter_mm, active_mm : of each probe; its active part ends at the tip.
    phases : the cycle.
    freeze_c, thaw_c : of the active surface while it freezes and while it thaws actively.
    power_w : the most heat that a probe draws.
    duty : share of the time in which it freezes, where the phase itself states none.
    pause_s : time without any probe at work before the cycle.
    assumed : what plan and sheet leave open.
    """

    needles: tuple[Instrument, ...]
    diameter_mm: float
    active_mm: float
    phases: tuple[Phase, ...]
    freeze_c: float
    thaw_c: float
    power_w: float = inf
    duty: float = 1.0
    pause_s: float = 0.0
    assumed: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Pause and cycle."""
        return self.pause_s + sum(phase.duration_s for phase in self.phases)

    @property
    def program(self) -> tuple[ProbePhase, ...]:
        """The same for the kernel."""
        made = [ProbePhase(self.pause_s)] if self.pause_s > 0.0 else []
        for phase in self.phases:
            if phase.kind in FREEZING:
                duty = self.duty if phase.duty is None else phase.duty
                made.append(ProbePhase(phase.duration_s, self.freeze_c, self.power_w, duty))
            elif phase.kind == "active_thaw":
                made.append(ProbePhase(phase.duration_s, self.thaw_c, duty=phase.duty or 1.0))
            else:
                made.append(ProbePhase(phase.duration_s))
        return tuple(made)

    @property
    def freezes_s(self) -> tuple[tuple[float, float], ...]:
        """Begin and end of each freeze; what sticks the probe belongs to the freeze that follows at once."""
        found, now = list[tuple[float, float]](), self.pause_s
        for phase in self.phases:
            if phase.kind in FREEZING:
                begin = found.pop()[0] if found and found[-1][1] == now else now
                found.append((begin, now + phase.duration_s))
            now += phase.duration_s
        return tuple(found)

    def probes(self, grid: TensorGrid) -> tuple[Cryoprobe, ...]:
        """Return the probes in the grid's coordinates."""
        made = []
        for needle in self.needles:
            tip, entry = (tuple(float(v) for v in grid.to_grid(end)) for end in (needle.tip, needle.entry))
            made.append(Cryoprobe(tip, entry, self.diameter_mm, self.active_mm, program=self.program))  # type: ignore[arg-type]
        return tuple(made)

    def electrodes(self, grid: TensorGrid) -> tuple[Electrode, ...]:
        """Return them as needles with one contact."""
        return tuple(probe.shape for probe in self.probes(grid))

    def with_power(self, bound: Bound) -> ColdPosition:
        """Return the same with the heat that a probe draws at an end of its range."""
        share = calibration("cryoprobe")["flux_spread"]
        return replace(self, power_w=self.power_w * {"low": 1.0 - share, "base": 1.0, "high": 1.0 + share}[bound])

    def pulled_back(self, by_mm: float) -> ColdPosition:
        """Return the same with every probe drawn back along its shaft."""
        return replace(self, needles=tuple(replace(n, tip=n.tip - by_mm * n.direction) for n in self.needles))


def positions_of(step: CaseStep) -> tuple[ColdPosition, ...] | str:
    """Return what the step's probes do, place by place, or the reason why that cannot be told."""
    sheet, plan = step.sheet, step.plan
    if sheet is None or sheet.family != "cryoprobe":
        return "the device sheet describes no cryoprobe"
    if not step.instruments:
        return "the step has no instrument"
    active, diameter = sheet.value("active_length_mm"), sheet.value("outer_diameter_mm")
    if active is None or diameter is None:
        missing = [w for w, v in (("active length", active), ("outer diameter", diameter)) if v is None]
        return f"the sheet {sheet.device} states no {' and no '.join(missing)}"
    if not all(plan.cycles):
        return "the plan states no `cycle`"
    limits, assumed = limits_of(sheet, diameter, active), list[str]()
    coldest = limits.coldest_c if plan.probe_temperature_c is None else plan.probe_temperature_c
    power = limits.power_w if plan.power_w is None else plan.power_w
    if plan.power_w is None and sheet.value("freeze_power_w") is None:
        assumed.append(f"a probe draws at most {power:.0f} W and is no colder than {coldest:g} °C")
    warm = sheet.value("thaw_temperature_c")
    if warm is None:
        warm = THAW_C
        if any(phase.kind == "active_thaw" for cycle in plan.cycles for phase in cycle):
            assumed.append(f"active thaw at {THAW_C:g} °C")
    duty = 1.0 if plan.duty_fraction is None else plan.duty_fraction
    base = ColdPosition(step.instruments, diameter, active, (), coldest, warm, power, duty, 0.0, tuple(assumed))
    places = plan.positions or (None,)
    return tuple(
        replace(
            base.pulled_back((place.pull_back_mm or 0.0) if place else 0.0),
            phases=tuple(cycle),
            pause_s=(place.pause_s or 0.0) if place else 0.0,
        )
        for place, cycle in zip(places, plan.cycles, strict=True)
    )


def limits_of(sheet: DeviceSheet, diameter_mm: float, active_mm: float) -> ArgonCooling:
    """Return what the device can do: by its sheet, else as fitted for probes of its kind."""
    fitted = ArgonCooling.of(diameter_mm, active_mm)
    coldest, power = sheet.value("freeze_temperature_c"), sheet.value("freeze_power_w")
    return ArgonCooling(fitted.coldest_c if coldest is None else coldest, fitted.power_w if power is None else power)
