"""How hot setting cement makes itself, canal, cord and roots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh
from planner.measure.augmentation import NO_CEMENT, augmentation_of
from planner.measure.instrument import cord_at, with_stand_in
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.neighbours import Span, reaching
from planner.measure.registry import StepContext, place, quantity
from planner.simulate.cement.exotherm import BODY_C, Setting
from planner.simulate.thermal.thermocouples import Thermocouples

Array = NDArray[np.float64]
Settings = tuple[Setting, Setting, Setting]
Read = Callable[[Setting, Array], Array]
LEAST_MIN = 1e-12


def settings_of(context: StepContext) -> Settings | NotEvaluated | NotApplicable:
    """Return base, cool and hot setting of a step, or why there is none."""
    whole = augmentation_of(context)
    if isinstance(whole, str):
        return NotEvaluated(whole)
    if whole.setting is None:
        return NotApplicable(NO_CEMENT)
    return NotEvaluated(whole.setting) if isinstance(whole.setting, str) else whole.setting


def hottest_at(setting: Setting, points_mm: Array) -> Array:
    """Highest temperature at points (n, 3); beyond the grid the body's."""
    return _read(setting, setting.max_c, points_mm, BODY_C)


def dose_at(setting: Setting, points_mm: Array) -> Array:
    """CEM43 at points (n, 3)."""
    log = np.log2(np.maximum(setting.cem43_min, LEAST_MIN))
    return np.asarray(2.0 ** _read(setting, log, points_mm, float(np.log2(LEAST_MIN))))


def _read(setting: Setting, field: NDArray[np.floating], points: Array, beyond: float) -> Array:
    found = np.full(len(points), beyond)
    inside = setting.grid.contains(points)
    if inside.any():
        found[inside] = Thermocouples(setting.grid, points[inside]).read(field)
    return found


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
    structures, why = cord_at(context, _span(settings))
    if not structures:
        return NotEvaluated(why)
    return with_stand_in(_at(settings, structures[0].mesh, read), structures[0].name, context.step.level)


def cement_cord_temperature(context: StepContext) -> Outcome:
    """Hottest point of the cord while cement sets."""
    return at_cord(context, hottest_at)


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
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    structures, why = reaching(context, ("spinal_canal",), _span(settings))
    if not structures:
        return NotEvaluated(why)
    found = _at(settings, structures[0].mesh, hottest_at)
    return replace(found, modelled=structures[0].origin == "modelled")


def cement_root_temperature(context: StepContext) -> Outcome:
    """Hottest nerve root of the level, labelled or modelled."""
    settings = settings_of(context)
    if not isinstance(settings, tuple):
        return settings
    level, anatomy = context.step.level, context.case.anatomy
    names = [name for name in anatomy.names if name.startswith("nerve_root_")]
    names = names or [f"nerve_root_{level}_{side}" for side in ("left", "right")]
    roots = [root for name in names if (root := anatomy.get(name))]
    if not roots:
        return NotEvaluated("not in the labels: nerve roots, and they could not be modelled")
    found = max((_at(settings, root.mesh, hottest_at) for root in roots), key=lambda f: f.value)
    return replace(found, modelled=all(root.origin == "modelled" for root in roots))
