"""Needles, thermocouples and generator limits of a heating step: the plan's figures, else the device sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from planner.plan.case import CaseStep, Instrument
from planner.plan.devices import DeviceSheet
from planner.simulate.electric.boundary import Boundary
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.grid import TensorGrid, needle_axes
from planner.simulate.treatment.coolant import Coolant

DEFAULT_POWER_W = 50.0
"""What a generator delivers at most where the sheet does not say (assumed)."""
BELOW_BOILING_C = 95.0
"""Where a sheet stops on a temperature away from the metal and states no set-point, the metal is held below this
(assumed)."""
STOP_WITHIN_S = 900.0
"""A delivery that waits for a stop temperature ends by then, where neither plan nor sheet states a time (assumed)."""
GAP_SHARE = 0.35
"""Of the active length of a bipolar needle is insulation between its two contacts (assumed)."""
ROLL_OFF = 0.3
"""Rise of impedance over its lowest at which delivery by power pauses (generators react to a like rise)."""
HOTTEST_OVER_READ = 1.3
"""A cooled needle's thermocouple is cooled as well: the hottest tissue rises by so many times what it reads. FITTED on
the zone that the 10-mm tip makes in gel at 37 °C (19 × 14 mm on its sheet); 7, 15 and 20 mm are held against it."""
CORE_MM, FAR_MM = 14.0, 45.0
"""How far fine cells reach around the active tips, and how far the outer faces lie from them at least."""


@dataclass(frozen=True, eq=False)
class Probe:
    """Everything a run needs of the device.

    Attributes
    ----------
    needles : tip and entry of each, LPS mm.
    diameter_mm, active_mm : of each needle.
    bipolar, coolant : two contacts on one shaft; water inside, None where there is none.
    mode : `temperature` leads a thermocouple to `setpoint_c`; `power` gives `max_power_w` and pauses when impedance
        rises; `current` gives `current_a` within `max_power_w`, with the same pauses.
    setpoint_c : what the thermocouple is led to. stop_c, stop_mm : temperature that ends the delivery, read so far
        from the middle of the active length towards the handle; None where there is none.
    duration_s, max_power_w : the longest delivery, ramp included, and the most power.
    pause_s : time without power before this delivery.
    assumed : what plan and sheet leave open.
    gap_share : of the active length of a bipolar needle between its contacts.
    hottest_over_read : rise of the hottest tissue over the rise that a cooled needle's thermocouple reads.
    """

    needles: tuple[Instrument, ...]
    diameter_mm: float
    active_mm: float
    bipolar: bool
    coolant: Coolant | None
    setpoint_c: float
    stop_c: float | None
    stop_mm: float | None
    duration_s: float
    max_power_w: float
    assumed: tuple[str, ...] = ()
    mode: Literal["temperature", "power", "current"] = "temperature"
    current_a: float = 0.0
    rise: float = ROLL_OFF
    pause_s: float = 0.0
    gap_share: float = GAP_SHARE
    hottest_over_read: float = HOTTEST_OVER_READ

    @property
    def boundary(self) -> Boundary:
        """Current of a bipolar needle stays near; that of a monopolar one leaves to a far pad."""
        return "insulated" if self.bipolar else "infinity"

    def electrodes(self, grid: TensorGrid) -> tuple[Electrode, ...]:
        """Return the needles in the grid's coordinates, at one volt."""
        gap = self.gap_share * self.active_mm
        made = []
        for needle in self.needles:
            tip, entry = grid.to_grid(needle.tip), grid.to_grid(needle.entry)
            if self.bipolar:
                half = 0.5 * (self.active_mm - gap)
                made.append(
                    Electrode.bipolar(tip, entry, self.diameter_mm, distal_mm=half, gap_mm=gap, proximal_mm=half)
                )
            else:
                made.append(Electrode.monopolar(tip, entry, self.diameter_mm, self.active_mm))
        return tuple(made)

    def pulled_back(self, by_mm: float) -> Probe:
        """Return the same with every needle drawn back along its shaft."""
        return replace(self, needles=tuple(replace(n, tip=n.tip - by_mm * n.direction) for n in self.needles))

    @property
    def stop_points(self) -> NDArray[np.float64]:
        """(n, 3) where the stop temperature is read, LPS mm."""
        back = 0.5 * self.active_mm + (self.stop_mm or 0.0)
        return np.array([n.tip - back * n.direction for n in self.needles])


class Placed(Protocol):
    """Needles with active tips."""

    @property
    def needles(self) -> tuple[Instrument, ...]:
        """Tip and entry of each, LPS mm."""

    @property
    def active_mm(self) -> float:
        """Length of each active tip."""

    @property
    def diameter_mm(self) -> float:
        """Outer diameter of each."""

    def electrodes(self, grid: TensorGrid) -> tuple[Electrode, ...]:
        """Return the same as shapes in the grid's coordinates."""


def grid_of(
    burns: Sequence[Placed], step_mm: float, growth: float, core_mm: float = CORE_MM, far_mm: float = FAR_MM
) -> TensorGrid:
    """Return cells in line with the first needle, fine to `core_mm` around all active tips of all deliveries."""
    first = burns[0].needles[0]
    axes = needle_axes(-first.direction)
    ends = [n.tip - at * n.direction for burn in burns for n in burn.needles for at in (0.0, burn.active_mm)]
    own = (np.array(ends) - first.tip) @ axes
    low, high = own.min(axis=0), own.max(axis=0)
    core = [(float(a) - core_mm, float(b) + core_mm) for a, b in zip(low, high, strict=True)]
    outer = [(float(a) - far_mm, float(b) + far_mm) for a, b in zip(low, high, strict=True)]
    even = [_even(a, b, step_mm) for a, b in core[:2]]
    return TensorGrid.graded([*even, core[2]], outer, step_mm, growth, first.tip, axes)


def _even(low: float, high: float, step_mm: float) -> tuple[float, float]:
    """Widen a stretch to an even number of whole steps, so that a needle in its middle runs between cells."""
    missing = 2.0 * step_mm * np.ceil((high - low) / (2.0 * step_mm) - 1e-9) - (high - low)
    return low - 0.5 * float(missing), high + 0.5 * float(missing)


def probe_of(step: CaseStep) -> Probe | str:  # noqa: PLR0911 - one reason each
    """Return what the step's device does, or the reason why that cannot be told."""
    sheet, plan = step.sheet, step.plan
    if sheet is None or not sheet.family.startswith("rf_"):
        return "the device sheet describes no radio-frequency needle"
    if not step.instruments:
        return "the step has no instrument"
    active, diameter = sheet.value("active_length_mm"), sheet.value("outer_diameter_mm")
    if diameter is None and step.instruments[0].radius_mm is not None:
        diameter = 2.0 * step.instruments[0].radius_mm
    if active is None or diameter is None:
        missing = [w for w, v in (("active length", active), ("outer diameter", diameter)) if v is None]
        return f"the sheet {sheet.device} states no {' and no '.join(missing)}"
    assumed: list[str] = []
    stop, away = _first(plan.stop_temperature_c, sheet.value("stop_temperature_c")), sheet.value("stop_distance_mm")
    if stop is not None and away is None:
        return f"the sheet {sheet.device} does not say where its stop temperature is measured"
    constant = plan.power_w
    held = _first(plan.setpoint_c, sheet.value("nominal_setpoint_c"))
    duration = _first(plan.duration_s, sheet.value("nominal_duration_s"))
    if stop is None and duration is None:
        return "neither plan nor sheet states a time or a stop temperature"
    if stop is None and held is None and constant is None:
        return "neither plan nor sheet states a set-point, a power or a stop temperature"
    if held is None:
        held = min(BELOW_BOILING_C, sheet.value("max_setpoint_c") or BELOW_BOILING_C)
        if constant is None:
            assumed.append(f"electrode held below {held:g} °C")
    if duration is None:
        duration = STOP_WITHIN_S
        assumed.append(f"delivery for {duration:g} s at most")
    power = _first(constant, sheet.value("max_power_w"))
    if power is None:
        power = DEFAULT_POWER_W
        assumed.append(f"generator of {power:g} W")
    cooled = sheet.family == "rf_cooled"
    return Probe(
        step.instruments, diameter, active, cooled or sheet.family == "rf_bipolar",
        Coolant.in_needle(diameter) if cooled else None, held, stop, away, duration, power,
        (*assumed, *_unknown(sheet, step.instruments, cooled)), "temperature" if constant is None else "power",
    )  # fmt: skip


def burns_of(step: CaseStep) -> tuple[Probe, ...] | str:
    """Return the step's deliveries in their order: one, or one for each of the plan's `burns`."""
    base = probe_of(step)
    if isinstance(base, str) or not step.plan.burns:
        return base if isinstance(base, str) else (base,)
    made = []
    for burn in step.plan.burns:
        probe = base.pulled_back(burn.pull_back_mm or 0.0)
        made.append(
            replace(
                probe,
                duration_s=burn.duration_s or probe.duration_s,
                setpoint_c=burn.setpoint_c or probe.setpoint_c,
                pause_s=burn.pause_s or 0.0,
            )
        )
    return tuple(made)


def _first(*values: float | None) -> float | None:
    return next((v for v in values if v is not None), None)


def _unknown(sheet: DeviceSheet, needles: Sequence[Instrument], cooled: bool) -> list[str]:
    said = []
    if sheet.family != "rf_monopolar":
        said.append("two contacts of equal length on the shaft")
    if cooled:
        said.append(f"water of 20 °C in the shaft; the hottest tissue rises {HOTTEST_OVER_READ:g} times what is read")
    if len(needles) > 1:
        said.append("all needles at once, at one voltage, led by the hottest thermocouple")
    return said
