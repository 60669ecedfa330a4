"""What the simulation of balloon and cement says, as quantities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.plan.devices import MaterialSheet, material_sheet
from planner.simulate.augment import Augmentation
from planner.simulate.balloon.rays import WALLS
from planner.simulate.balloon.simulated import BalloonResult
from planner.simulate.cement.after import HAZARD_NEAR, HAZARD_NEXT, After, adjacent_risk
from planner.simulate.cement.material import MINUTE, would_end_s
from planner.simulate.cement.simulated import CementResult

NO_CEMENT = "no cement is planned"
MOST_KPA, MOST_RATIO = 50_000.0, 100.0
"""Ends of what the quantities can say: no syringe, and no setting cement, comes near."""
MODEL_SPREAD = 0.3
"""Relative error of ratios of stiffness and strength that rest on layers alone (assumed; R² 0.81 in cadavers)."""


def augmentation_of(context: StepContext) -> Augmentation | str:
    """Return what was simulated of the step, or why it was not."""
    return context.own(context.simulation.augmentation)


def _simulated(found: Outcome, caveats: tuple[str, ...]) -> Outcome:
    if not isinstance(found, Measured):
        return found
    said = "; ".join(dict.fromkeys(filter(None, (found.caveat, *caveats)))) or None
    return replace(found, caveat=said, origin=found.origin or "simulated")


def _with(part: str, absent: str, function: Callable[[StepContext, Any], Outcome]) -> Callable[[StepContext], Outcome]:
    def measured(context: StepContext) -> Outcome:
        whole = augmentation_of(context)
        if isinstance(whole, str):
            return NotEvaluated(whole)
        found = getattr(whole, part)
        if found is None:
            return NotApplicable(absent)
        if isinstance(found, str):
            return NotEvaluated(found)
        return _simulated(function(context, found), found.caveats)

    measured.__doc__ = function.__doc__
    return measured


def with_balloon(function: Callable[[StepContext, BalloonResult], Outcome]) -> Callable[[StepContext], Outcome]:
    """Say why there is no inflation, and hand on what it assumes."""
    return _with("balloon", "the step has no balloon", function)


def with_cement(function: Callable[[StepContext, CementResult], Outcome]) -> Callable[[StepContext], Outcome]:
    """Say why there is no injection, and hand on what it assumes."""
    return _with("cement", NO_CEMENT, function)


@quantity("balloon_pressure_predicted_kpa")
@with_balloon
def balloon_pressure_predicted(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Pressure that the bone asks for at the planned volume; the worse balloon."""
    value, low, high = balloon.pressure_kpa
    return Measured(min(value, 20_000.0), (low, min(high, 20_000.0)))


@quantity("endplate_stress_ratio")
@with_balloon
def endplate_stress_ratio(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Stress on the worse endplate over what it bears, at the larger of planned and predicted pressure."""
    value, low, high = balloon.stress_ratio
    return Measured(min(value, 100.0), (low, min(high, 100.0)))


@quantity("balloon_gap_mm")
@with_balloon
def balloon_gap(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Bone left between balloon and the nearest wall of the body; 0 where it touches."""
    return _gap(balloon, None)


@quantity("balloon_endplate_gap_mm")
@with_balloon
def balloon_endplate_gap(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """The same to the nearer endplate alone."""
    return _gap(balloon, (0, 1))


def _gap(balloon: BalloonResult, walls: tuple[int, ...] | None) -> Outcome:
    found: list[tuple[float, Any, int, float]] = []
    for base, *others in zip(balloon.runs, balloon.thin, balloon.dense, strict=True):
        asked = np.ones(len(base.gap_mm), bool) if walls is None else np.isin(base.rays.wall, walls)
        if not asked.any():
            continue
        n = int(np.flatnonzero(asked)[base.gap_mm[asked].argmin()])
        far = max(abs(float(run.gap_mm[asked].min()) - float(base.gap_mm[n])) for run in others)
        where = base.rays.centre + base.radii_mm[n] * base.rays.way[n]
        found.append((float(base.gap_mm[n]), where, int(base.rays.wall[n]), far))
    if not found:
        return NotEvaluated("no such wall is met by any ray from the balloon")
    gap, where, wall, far = min(found, key=lambda f: f[0])
    # An endplate that moved away from the balloon leaves no gap.
    interval = (max(0.0, gap - far), max(0.0, gap + far)) if far > 0.0 else None
    return Measured(max(0.0, gap), interval, place(where), note=WALLS[wall])


@quantity("height_restored_mm")
@with_balloon
def height_restored(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Height that the endplates regain under the preload of a prone patient."""
    if balloon.lost_mm == 0.0:
        return NotApplicable("the body has lost no height that its neighbours would tell")
    return Measured(balloon.restored_mm, (0.0, balloon.lost_mm), note=f"{balloon.lost_mm:.1f} mm had been lost")


@quantity("kyphosis_corrected_deg")
@with_balloon
def kyphosis_corrected(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Wedge angle that comes back with the height at the front."""
    if balloon.lost_mm == 0.0:
        return NotApplicable("the body has lost no height that its neighbours would tell")
    most = float(np.degrees(np.arctan2(balloon.lost_mm, balloon.depth_mm)))
    return Measured(balloon.corrected_deg, (0.0, most))


@quantity("cavity_volume_ml")
@with_balloon
def cavity_volume(_context: StepContext, balloon: BalloonResult) -> Outcome:
    """Volume of all cavities of the step."""
    return Measured(sum(float(run.volume_ml[-1]) for run in balloon.runs))


@quantity("cement_fill_predicted_fraction")
@with_cement
def cement_fill_predicted(context: StepContext, cement: CementResult) -> Outcome:
    """Cement that stays in the body over the body's volume."""
    planned = cement.push.volume_ml / cement.cells.site.body.volume_ml
    leaked = cement.leaks.range_ml() if cement.leaks else (0.0, 0.0)
    low = max(0.0, planned - leaked[1] / cement.cells.site.body.volume_ml)
    value = cement.fill_fraction
    return Measured(value, (min(low, value), max(planned, value)), note=f"{context.step.level} body")


@quantity("cement_delivered_fraction")
@with_cement
def cement_delivered(_context: StepContext, cement: CementResult) -> Outcome:
    """Share of the planned cement that can be pushed in before it is too stiff."""
    return Measured(min(1.0, cement.filled.delivered_ml / cement.push.volume_ml))


@quantity("cement_posterior_distance_fraction")
@with_cement
def cement_posterior_distance(_context: StepContext, cement: CementResult) -> Outcome:
    """From the cement's front to the posterior wall, over the depth of the body."""
    found = cement.posterior
    if found is None:
        return NotEvaluated("no cell of the body is half full")
    depth, half = cement.cells.site.depth_mm, cement.cells.width_mm
    gap, where = found
    interval = (max(0.0, gap - half) / depth, (gap + half) / depth)
    return Measured(gap / depth, interval, place(where), note=f"{gap:.1f} of {depth:.0f} mm")


@quantity("cement_endplate_contact")
@with_cement
def cement_endplate_contact(_context: StepContext, cement: CementResult) -> Outcome:
    """Whether cement reaches both endplates."""
    upper, lower = cement.touches_endplates
    missed = [name for name, met in (("upper", upper), ("lower", lower)) if not met]
    return Measured(float(upper and lower), note=f"not the {' and the '.join(missed)} one" if missed else None)


@quantity("cement_pressure_kpa")
@with_cement
def cement_pressure(_context: StepContext, cement: CementResult) -> Outcome:
    """Highest pressure in the bone at the tip."""
    value = float(cement.filled.pressure_kpa.max(initial=0.0))
    return Measured(value, (0.5 * value, 2.0 * value), note="permeability and viscosity each within a factor of two")


@quantity("cement_syringe_pressure_kpa")
@with_cement
def cement_syringe_pressure(_context: StepContext, cement: CementResult) -> Outcome:
    """Highest pressure at the syringe, cannula included, that the planned rate asks for; a hand may give less."""
    value = min(float(cement.filled.asked_kpa.max(initial=0.0)), MOST_KPA)
    slow = f"at {cement.push.limit_kpa:g} kPa the injection slows down" if value > cement.push.limit_kpa else None
    return Measured(value, (0.5 * value, min(2.0 * value, MOST_KPA)), note=slow)


@quantity("cement_viscosity_pa_s")
def cement_viscosity(context: StepContext) -> Outcome:
    """Viscosity at the planned begin of the injection, from the material's curve."""
    from planner.simulate.cement.material import pushed  # noqa: PLC0415

    if context.step.plan.cement is None:
        return NotApplicable(NO_CEMENT)
    push = pushed(context.step)
    return NotEvaluated(push) if isinstance(push, str) else Measured(push.viscosity(push.start_s))


@quantity("cement_injection_end_min")
@with_cement
def cement_injection_end(_context: StepContext, cement: CementResult) -> Outcome:
    """When the last cement goes in, minutes after mixing."""
    return Measured(float(cement.filled.time_s[-1]) / MINUTE, note="; ".join(cement.assumed) or None)


@quantity("cement_working_time_ratio")
@with_cement
def cement_working_time(_context: StepContext, cement: CementResult) -> Outcome:
    """End of the injection over the end of the material's working time."""
    note = f"working time ends {cement.push.end_s / MINUTE:g} min after mixing"
    filled, push = cement.filled, cement.push
    if not len(filled.time_s):
        return NotEvaluated(filled.stopped or "nothing was injected")
    left = push.volume_ml - filled.delivered_ml
    more = f"; the last {left:.1f} mL do not go in by then" if filled.stopped else ""
    value = would_end_s(filled, push) / push.end_s
    return Measured(min(value, MOST_RATIO), note=note + more)


@quantity("cement_leaked_predicted_ml")
@with_cement
def cement_leaked(_context: StepContext, cement: CementResult) -> Outcome:
    """Cement that leaves the body, all ways together; of the likeliest run, the interval of the samples."""
    return _leaked(cement, tuple(cement.leaked_ml))


def _leaked(cement: CementResult, kinds: tuple[str, ...]) -> Outcome:
    value = sum(cement.leaked_ml[kind] for kind in kinds)
    low, high = cement.leaks.range_ml(kinds) if cement.leaks else (value, value)
    drawn = tuple(cement.leaks.total_ml(kinds).tolist()) if cement.leaks else ()
    return Measured(value, (min(low, value), max(high, value)), samples=drawn)


def _register(kind: str) -> None:
    @quantity(f"cement_leaked_{kind}_ml")
    @with_cement
    def leaked(_context: StepContext, cement: CementResult) -> Outcome:
        found = _leaked(cement, (kind,))
        if not isinstance(found, Measured) or cement.leaks is None:
            return found
        return replace(found, note=f"in {100.0 * cement.leaks.by_type[kind]:.0f} of 100 samples")


for _kind in ("basivertebral", "segmental", "cortical", "disc", "canal"):
    _register(_kind)


@quantity("cement_leak_probability")
@with_cement
def cement_leak_probability(_context: StepContext, cement: CementResult) -> Outcome:
    """Share of samples that leak, over permeability, marrow, veins, hidden cracks and viscosity."""
    if cement.leaks is None:
        return NotEvaluated("no samples were drawn")
    ways = sorted(cement.leaks.by_type.items(), key=lambda pair: -pair[1])
    note = ", ".join(f"{kind} {share:.2f}" for kind, share in ways if share > 0.0)
    return Measured(cement.leaks.probability, cement.leaks.interval, note=note or None)


def _after(context: StepContext, of: Callable[[After], Measured]) -> Outcome:
    whole = augmentation_of(context)
    if isinstance(whole, str):
        return NotEvaluated(whole)
    if whole.after is None:
        return NotApplicable(NO_CEMENT)
    if isinstance(whole.after, str) or isinstance(whole.cement, str) or whole.cement is None:
        return NotEvaluated(str(whole.after))
    return _simulated(of(whole.after), whole.cement.caveats)


def _ratio(name: str) -> Callable[[StepContext], Outcome]:
    def measured(context: StepContext) -> Outcome:
        cement = context.step.plan.cement
        lasts = None if cement is None else _resorption(material_sheet(cement.material))

        def of(after: After) -> Measured:
            value = float(getattr(after, name))
            return Measured(value, (value / (1.0 + MODEL_SPREAD), value * (1.0 + MODEL_SPREAD)), caveat=lasts)

        return _after(context, of)

    return measured


def _resorption(sheet: MaterialSheet | None) -> str | None:
    """What is known of how a cement goes away; None of one that stays."""
    if sheet is None or sheet.value("resorbed_fraction_a_year") == 0.0:
        return None
    seen = sheet.value("resorption_seen_fraction")
    if seen is None:
        return "no rate of resorption is known of this cement"
    share = f"{100.0 * seen:.0f} %"
    return f"resorption was seen in {share} of levels within 30 months: how much of the gain lasts is not known"


quantity("stiffness_gain")(_ratio("stiffness"))
quantity("strength_gain")(_ratio("strength"))


@quantity("adjacent_disc_pressure_rise_fraction")
def adjacent_disc_pressure_rise(context: StepContext) -> Outcome:
    """How much more the disc beside the stiffer endplate, and its neighbour's endplate, bears at the same load."""

    def of(after: After) -> Measured:
        upper, lower = after.beside
        worse = max(upper, lower, key=lambda b: b.pressure[0])
        side = "upper" if worse is upper else "lower"
        note = f"{side} endplate gives {worse.own_bulge:.2f} of what it gave; kyphosis that stays loads more"
        return Measured(worse.pressure[0] - 1.0, (0.0, worse.pressure[1] - 1.0), note=note)

    return _after(context, of)


@quantity("endplate_bulge_fraction")
def endplate_bulge(context: StepContext) -> Outcome:
    """What the stiffer endplate still gives under a nucleus, over what it gave."""

    def of(after: After) -> Measured:
        value = min(side.own_bulge for side in after.beside)
        return Measured(value, (value / (1.0 + MODEL_SPREAD), min(1.0, value * (1.0 + MODEL_SPREAD))))

    return _after(context, of)


@quantity("adjacent_fracture_probability")
@with_cement
def adjacent_fracture(_context: StepContext, cement: CementResult) -> Outcome:
    """Chance of a fracture next to the level within a year, from published rates and the chance of a leak."""
    value, interval = adjacent_risk(cement.leaks)
    note = f"hazard {HAZARD_NEAR:g} one level away, {HAZARD_NEXT:g} two levels away, against farther ones"
    return Measured(value, interval, note=note)
