"""How hot setting cement makes itself, canal, cord and roots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.core.names import ABLATION, CEMENTING
from planner.geometry.mesh import Mesh
from planner.measure.augmentation import NO_CEMENT, augmentation_of
from planner.measure.instrument import at_stand_in
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.neighbours import Span, reaching
from planner.measure.registry import StepContext, place, quantity
from planner.simulate.cement.exotherm import Setting
from planner.simulate.cement.material import MINUTE
from planner.simulate.cement.met import FREEZING_C
from planner.simulate.treatment.result import dose_at, max_temperature_at

Settings = tuple[Setting, Setting, Setting]
Read = Callable[[Setting, np.ndarray], np.ndarray]


def settings_of(context: StepContext) -> Settings | NotEvaluated | NotApplicable:
    """Return base, cool and hot setting of a step, or why there is none."""
    whole = augmentation_of(context)
    if isinstance(whole, str):
        return NotEvaluated(whole)
    if whole.setting is None:
        return NotApplicable(NO_CEMENT)
    return NotEvaluated(whole.setting) if isinstance(whole.setting, str) else whole.setting


def _at(settings: Settings, mesh: Mesh, read: Read) -> Measured:
    points = np.asarray(mesh.vertices, dtype=np.float64)
    values = [read(setting, points) for setting in settings]
    peaks = [float(v.max()) for v in values]
    return Measured(
        peaks[0], (min(peaks), max(peaks)), place(points[int(values[0].argmax())]), origin="simulated"
    )  # fmt: skip


def _span(settings: Settings) -> Span:
    grid, cement = settings[0].grid, settings[0].cement
    heights = grid.points_mm[cement > 0.05][:, 2]
    return Span(float(heights.min()), float(heights.max()))


def at_cord(context: StepContext, read: Read) -> Outcome:
    """Read at the cord, or at what stands for it."""
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    return at_stand_in(context, _span(settings), lambda cord: _at(settings, cord.mesh, read))


@quantity("cord_temperature_max_c", CEMENTING)
def cement_cord_temperature(context: StepContext) -> Outcome:
    """Hottest point of the cord while cement sets."""
    return at_cord(context, max_temperature_at)


@quantity("cord_cem43_min", CEMENTING)
def cement_cord_cem43(context: StepContext) -> Outcome:
    """Largest heat dose of the cord while cement sets."""
    return at_cord(context, dose_at)


@quantity("cement_temperature_max_c")
def cement_temperature(context: StepContext) -> Outcome:
    """Hottest cement."""
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    peaks = [setting.hottest_c for setting in settings]
    return Measured(peaks[0], (min(peaks), max(peaks)), origin="simulated")


@quantity("canal_temperature_max_c")
def canal_temperature(context: StepContext) -> Outcome:
    """Hottest point of the canal's wall."""
    return _at_canal(context, max_temperature_at)


@quantity("canal_cem43_min")
def canal_cem43(context: StepContext) -> Outcome:
    """Largest heat dose of the canal's wall, that of an ablation before included."""
    return _at_canal(context, dose_at)


def _at_canal(context: StepContext, read: Read) -> Outcome:
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    structures, why = reaching(context, ("spinal_canal",), _span(settings))
    if not structures:
        return NotEvaluated(why)
    found = _at(settings, structures[0].mesh, read)
    return replace(found, modelled=structures[0].origin == "modelled")


@quantity("root_temperature_max_c", CEMENTING)
def root_temperature(context: StepContext) -> Outcome:
    """Hottest nerve root of the level, labelled or modelled."""
    return _at_roots(context, max_temperature_at)


@quantity("root_cem43_min", CEMENTING)
def root_cem43(context: StepContext) -> Outcome:
    """Largest heat dose of a nerve root of the level, that of an ablation before included."""
    return _at_roots(context, dose_at)


def _at_roots(context: StepContext, read: Read) -> Outcome:
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    level, anatomy = context.step.level, context.case.anatomy
    names = [name for name in anatomy.names if name.startswith("nerve_root_")]
    names = names or [f"nerve_root_{level}_{side}" for side in ("left", "right")]
    roots = [root for name in names if (root := anatomy.get(name))]
    if not roots:
        return NotEvaluated("not in the labels: nerve roots, and they could not be modelled")
    found = max((_at(settings, root.mesh, read) for root in roots), key=lambda f: f.value)
    return replace(found, modelled=all(root.origin == "modelled" for root in roots))


@quantity("temperature_before_cement_c")
def temperature_before_cement(context: StepContext) -> Outcome:
    """Hottest tissue when the injection begins, where an ablation of the same level came before."""
    case, step = context.case, context.step
    before = [s for s in case.steps[: case.steps.index(step)] if s.level == step.level and s.kind in ABLATION]
    if not before or step.plan.cement is None:
        return NotApplicable("no ablation of this level comes before" if step.plan.cement else NO_CEMENT)
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    met = [setting.met for setting in settings if setting.met is not None]
    if not met:
        return NotEvaluated("the ablation before it was not simulated, so what it left is not known")
    peaks, wait = [m.hottest_c for m in met], f"{met[0].wait_s / MINUTE:.1f} min after the stop"
    stated = step.plan.cement.after_ablation_s is not None
    said = [] if stated else ["mixing is taken to begin at the stop: the plan states no after_ablation"]
    if met[0].too_late:
        said.append("the thaw was followed for longer than the pause: the bone was colder than told")
    if min(m.coldest_c for m in met) < FREEZING_C:
        said.append("ice is left that thaws later than computed")
    caveat = "; ".join(said) or None
    return Measured(
        peaks[0], (min(peaks), max(peaks)), place(met[0].where_mm), caveat=caveat, note=wait, origin="simulated"
    )  # fmt: skip
