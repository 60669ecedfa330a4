"""How the technique is laid out: probes and cycles of cold, instruments, monitoring, metal, cement after heat."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.core.names import CEMENTING, LEVELS, SCREWS
from planner.geometry.segments import segment_to_segments
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.plan.case import Instrument
from planner.plan.models import Cycle

Point = NDArray[np.float64]


@quantity("instrument_diameter_mm")
def instrument_diameter(context: StepContext) -> Outcome:
    """Outer diameter of the widest instrument."""
    radii = [tool.radius_mm for tool in context.step.instruments]
    known = [radius for radius in radii if radius is not None]
    return Measured(2.0 * max(known)) if len(known) == len(radii) else NotEvaluated("no gauge and no device figure")


@quantity("canal_thermometry")
def canal_thermometry(context: StepContext) -> Outcome:
    """Whether a thermocouple watches canal or foramen."""
    return Measured(float("thermocouple" in context.step.plan.protection))


@quantity("neuromonitoring")
def neuromonitoring(context: StepContext) -> Outcome:
    """Whether evoked potentials are watched."""
    return Measured(float("neuromonitoring" in context.step.plan.protection))


@quantity("level_augmented")
def level_augmented(context: StepContext) -> Outcome:
    """Whether some step of the plan cements this level."""
    steps = context.case.steps
    return Measured(float(any(s.kind in CEMENTING and s.level == context.step.level for s in steps)))


@quantity("metal_clearance_mm")
def metal_clearance(context: StepContext) -> Outcome:
    """Surface of the active tip to the nearest screw of the plan."""
    screws = [tool for step in context.case.steps if step.kind in SCREWS for tool in step.instruments]
    if not screws:
        return NotApplicable("the plan has no screw")
    active = None if context.step.sheet is None else context.step.sheet.value("active_length_mm")
    if active is None or any(tool.radius_mm is None for tool in (*screws, *context.step.instruments)):
        return NotEvaluated("the active length or a diameter is not known")
    tails, heads = np.array([s.entry for s in screws]), np.array([s.tip for s in screws])
    found = []
    for tool in context.step.instruments:
        on_tip, on_screw = segment_to_segments(tool.tip - active * tool.direction, tool.tip, tails, heads)
        gaps = np.linalg.norm(on_tip - on_screw, axis=1) - [_radius(tool) + _radius(s) for s in screws]
        nearest = int(np.argmin(gaps))
        found.append((float(gaps[nearest]), on_tip[nearest], on_screw[nearest]))
    gap, here, there = min(found, key=lambda f: f[0])
    return Measured(gap, None, place(here), place(there))


def _radius(tool: Instrument) -> float:
    return 0.0 if tool.radius_mm is None else tool.radius_mm


@quantity("probe_count")
def probe_count(context: StepContext) -> Outcome:
    """Number of probes."""
    return Measured(float(len(context.step.instruments)))


@quantity("probe_spacing_mm")
def probe_spacing(context: StepContext) -> Outcome:
    """Largest distance from a probe's active part to the nearest other, axis to axis."""
    tools = context.step.instruments
    if len(tools) < 2:
        return NotApplicable("there is one probe")
    active = None if context.step.sheet is None else context.step.sheet.value("active_length_mm")
    if active is None:
        return NotEvaluated("the device sheet states no active length")
    ends = [(tool.tip - active * tool.direction, tool.tip) for tool in tools]
    widest, where = 0.0, ends[0][1]
    for index, (start, end) in enumerate(ends):
        others = [pair for other, pair in enumerate(ends) if other != index]
        here, there = segment_to_segments(
            start, end, np.array([o[0] for o in others]), np.array([o[1] for o in others])
        )
        nearest = float(np.linalg.norm(here - there, axis=1).min())
        if nearest > widest:
            widest, where = nearest, 0.5 * (start + end)
    return Measured(widest, None, place(where))


def _cycles(context: StepContext) -> tuple[Cycle, ...] | NotEvaluated:
    cycles: tuple[Cycle, ...] = context.step.plan.cycles
    return cycles if all(cycles) else NotEvaluated("the plan states no `cycle`")


def _freezes(cycle: Cycle) -> list[float]:
    return [phase.duration_s for phase in cycle if phase.kind == "freeze"]


@quantity("freeze_count")
def freeze_count(context: StepContext) -> Outcome:
    """Number of freezes; the fewest of several places."""
    cycles = _cycles(context)
    return cycles if isinstance(cycles, NotEvaluated) else Measured(float(min(len(_freezes(c)) for c in cycles)))


@quantity("shortest_freeze_s")
def shortest_freeze(context: StepContext) -> Outcome:
    """The shortest freeze."""
    cycles = _cycles(context)
    if isinstance(cycles, NotEvaluated):
        return cycles
    return Measured(min(min(_freezes(cycle), default=0.0) for cycle in cycles))


@quantity("shortest_thaw_s")
def shortest_thaw(context: StepContext) -> Outcome:
    """The shortest passive thaw between two freezes; none where one freeze follows another at once."""
    cycles = _cycles(context)
    if isinstance(cycles, NotEvaluated):
        return cycles
    between = []
    for cycle in cycles:
        at = [index for index, phase in enumerate(cycle) if phase.kind == "freeze"]
        between += [sum(p.duration_s for p in cycle[a + 1 : b] if p.kind == "thaw") for a, b in pairwise(at)]
    return Measured(min(between)) if between else NotApplicable("there is one freeze")


@quantity("reference_levels")
def reference_levels(context: StepContext) -> Outcome:
    """Vertebrae between the step's level and the one that carries the navigation's reference."""
    session = context.case.plan.session
    if session is None or session.reference_level is None:
        return NotApplicable("the plan names no vertebra that carries a reference")
    return Measured(float(abs(LEVELS.index(session.reference_level) - LEVELS.index(context.step.level))))
