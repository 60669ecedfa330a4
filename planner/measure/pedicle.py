"""Bone left around the instrument in the pedicle.

The pedicle is the bridge just behind the posterior wall of the body. The stretch judged runs from
`PEDICLE_LENGTH_MM` before the instrument enters the body up to that entry, and leaves out the first
`ENTRY_CORTEX_MM` of bone, where every good needle breaches the cortex on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Structure
from planner.geometry.clearance import clearance_along, contains
from planner.geometry.measures import line_crossings
from planner.geometry.mesh import Mesh
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.neighbours import CORD_OR_STAND_IN, instrument_span, reaching
from planner.measure.registry import StepContext, place, quantity, widened
from planner.plan.case import Instrument

PEDICLE_LENGTH_MM = 12.0
"""Posterior wall back to the isthmus and a little beyond; the narrowest lumbar section lies within it."""
ENTRY_CORTEX_MM = 3.0
"""Depth of bone after which a needle counts as inside the pedicle and not as passing its entry cortex."""
STEP_MM = 0.1
"""Sampling along the axis: distance changes by at most half of this between samples."""
_InPedicle = Callable[[StepContext, Instrument, Structure], Measured | NotEvaluated]


@quantity("pedicle_wall_margin_mm")
def pedicle_wall_margin(context: StepContext) -> Outcome:
    """Smallest bone between instrument surface and pedicle wall; negative where it breaches."""
    return _narrowest(context, _margin)


def _narrowest(context: StepContext, measure: _InPedicle) -> Outcome:
    """Measure each instrument that goes through a pedicle; the smallest value counts, unless one is not known."""
    tools = [tool for tool in context.step.instruments if tool.route == "transpedicular"]
    if not tools:
        return NotApplicable("no instrument goes through a pedicle")
    vertebra = context.case.anatomy.get(f"vertebra_{context.step.level}")
    if vertebra is None:
        return NotEvaluated(f"vertebra_{context.step.level} is not in the labels")
    found = [measure(context, tool, vertebra) for tool in tools]
    missing = [f for f in found if isinstance(f, NotEvaluated)]
    return missing[0] if missing else min((f for f in found if isinstance(f, Measured)), key=lambda f: f.value)


def _sampled(tool: Instrument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depths along the axis, mm from the entry, and the points there."""
    length = float(np.linalg.norm(tool.tip - tool.entry))
    along = np.linspace(0.0, length, max(2, int(np.ceil(length / STEP_MM)) + 1))
    return along, tool.entry + along[:, None] * tool.direction


@quantity("tip_depth_mm")
def tip_depth(context: StepContext) -> Outcome:
    """How deep the tip lies in the vertebra, to its nearest surface; negative outside."""
    vertebra = context.case.anatomy.get(f"vertebra_{context.step.level}")
    if vertebra is None:
        return NotEvaluated(f"vertebra_{context.step.level} is not in the labels")
    if not context.step.instruments:
        return NotEvaluated("the step has no instrument")
    tips = np.array([tool.tip for tool in context.step.instruments])
    distance, nearest = clearance_along(tips, vertebra.mesh)
    worst = int(distance.argmax())
    way = nearest[worst] - tips[worst]
    half = vertebra.uncertainty_mm(way if np.linalg.norm(way) > 1e-6 else np.ones(3))
    depth = -float(distance[worst])
    return Measured(depth, widened(depth, half), place(tips[worst]), place(nearest[worst]))


@quantity("screw_breach_mm")
def screw_breach(context: StepContext) -> Outcome:
    """How far a screw reaches through the wall of its pedicle; 0 where bone holds it all round."""
    found = pedicle_wall_margin(context)
    if not isinstance(found, Measured):
        return found
    low, high = found.interval or (found.value, found.value)
    breach = max(0.0, -found.value)
    interval = None if found.interval is None else (max(0.0, -high), max(0.0, -low))
    half = 0.5 * (high - low)
    sd = _placement_sd_mm(context, found)
    spread = float(np.hypot(sd, half / Z95))
    chance = 100.0 * breach_probability(2.0 * found.value, 0.0, spread)
    placed = f"{chance:.0f} of 100 screws placed with an error of {sd:.2g} mm breach"
    note = "; ".join(filter(None, (f"Gertzbein–Robbins {grade(breach)}", placed, found.note)))
    reach = np.abs(spread * np.array([NORMAL.inv_cdf((n + 0.5) / DRAWS) for n in range(DRAWS)])) - found.value
    return replace(found, value=breach, interval=interval, note=note, samples=tuple(np.maximum(reach, 0.0).tolist()))


PLACEMENT_SD_MM = 1.0
"""Spread of a guided screw to either side at the isthmus (assumed; navigated and robot-guided series are near it)
where the plan states neither error of entry nor of tip."""
DRAWS = 400
"""Even quantiles of the placement; a probability is then known to a quarter of a percent."""
NORMAL, Z95 = NormalDist(), 1.959964


def breach_probability(width_mm: float, diameter_mm: float, sd_mm: float, width_sd_mm: float = 0.0) -> float:
    """Return the chance that a centred instrument, placed with a normal error to either side, leaves its pedicle.

    P = 2 (1 − Φ((width − diameter) / 2σ')), σ' = √(σ² + (spread of the width / 2)²); certain where it does not fit.

    >>> round(breach_probability(8.7, 3.048, 1.0), 4)
    0.0047
    """
    spread = float(np.hypot(sd_mm, 0.5 * width_sd_mm))
    room = 0.5 * (width_mm - diameter_mm)
    return 1.0 if room <= 0.0 else 2.0 * (1.0 - NORMAL.cdf(room / spread)) if spread > 0.0 else 0.0


def placement_sd_mm(entry_sd_mm: float, tip_sd_mm: float, share: float) -> float:
    """Return the spread of a straight instrument across its axis, a share of the way from entry to tip.

    Errors of entry and tip are independent and blend along the axis: σ² = (1 − s)² σ_entry² + s² σ_tip².

    >>> round(placement_sd_mm(1.0, 2.0, 0.5), 3)
    1.118
    """
    return float(np.hypot((1.0 - share) * entry_sd_mm, share * tip_sd_mm))


def _placement_sd_mm(context: StepContext, found: Measured) -> float:
    """Spread where the pedicle holds least: of the plan's errors of entry and tip, or the assumed one."""
    entry, tip = (getattr(context.step.plan, name, None) for name in ("entry_error_mm", "tip_error_mm"))
    if (entry is None and tip is None) or found.other_lps_mm is None:
        return PLACEMENT_SD_MM
    at = np.array(found.other_lps_mm)
    tools = [tool for tool in context.step.instruments if tool.route == "transpedicular"]
    tool = min(tools, key=lambda t: float(np.linalg.norm(np.cross(at - t.entry, t.direction))))
    share = float((at - tool.entry) @ tool.direction / np.linalg.norm(tool.tip - tool.entry))
    entry, tip = (PLACEMENT_SD_MM if error is None else float(error) for error in (entry, tip))
    return placement_sd_mm(entry, tip, share)


GRADES = ((0.0, "A"), (2.0, "B"), (4.0, "C"), (6.0, "D"))
"""Gertzbein and Robbins: A 0, B below 2, C below 4, D below 6 mm, E beyond (jrs2024)."""


def grade(breach_mm: float) -> str:
    """Return the grade of a breach.

    >>> [grade(b) for b in (0.0, 1.9, 2.0, 4.0, 6.0)]
    ['A', 'B', 'C', 'D', 'E']
    """
    if breach_mm <= 0.0:
        return "A"
    return next((name for limit, name in GRADES[1:] if breach_mm < limit), "E")


@quantity("pedicle_width_mm")
def pedicle_width(context: StepContext) -> Outcome:
    """Bone from side to side at the narrowest place along the instrument's way through the pedicle."""
    return _narrowest(context, _width)


def _width(context: StepContext, tool: Instrument, vertebra: Structure) -> Measured | NotEvaluated:
    along, points = _sampled(tool)
    wall, note = _posterior_wall(context, points, along)
    if wall is None:
        return NotEvaluated(note or "the posterior wall cannot be told")
    across = np.cross(tool.direction, np.array([0.0, 0.0, 1.0]))
    across /= np.linalg.norm(across)
    best: tuple[float, np.ndarray] | None = None
    for at in np.arange(max(wall - PEDICLE_LENGTH_MM, 0.0), wall - CUT_MM, 1.0):
        middle = tool.entry + at * tool.direction
        if not contains(vertebra.mesh, middle[None])[0]:
            continue
        hits = line_crossings(middle - HALF_MM * across, middle + HALF_MM * across, vertebra.mesh) - HALF_MM
        left, right = hits[hits < 0.0], hits[hits > 0.0]
        if len(left) and len(right) and (best is None or right.min() - left.max() < best[0]):
            best = (float(right.min() - left.max()), middle)
    if best is None:
        return NotEvaluated("the instrument's axis runs outside the pedicle")
    half = 2.0 * vertebra.uncertainty_mm(across)
    return Measured(best[0], widened(best[0], half), place(best[1]), note=note)


CUT_MM = 2.0
"""Just before the posterior wall a line from side to side already runs into the body."""
HALF_MM = 25.0
"""Half the length of that line; no pedicle is wider."""


def _margin(context: StepContext, tool: Instrument, vertebra: Structure) -> Measured | NotEvaluated:
    if tool.radius_mm is None:
        return NotEvaluated("neither gauge nor device states the instrument's diameter")
    along, points = _sampled(tool)
    in_bone = contains(vertebra.mesh, points)
    if not in_bone.any():
        return NotEvaluated(f"the instrument does not enter vertebra {context.step.level}")
    wall, note = _posterior_wall(context, points, along)
    if wall is None:
        return NotEvaluated(note or "the posterior wall cannot be told")
    bone = float(along[np.argmax(in_bone)])
    start = max(wall - PEDICLE_LENGTH_MM, 0.0)
    if bone + ENTRY_CORTEX_MM < wall:
        start = max(start, bone + ENTRY_CORTEX_MM)
    stretch = (along >= start) & (along <= wall)
    distance, nearest = clearance_along(points[stretch], vertebra.mesh)
    worst = int(np.argmax(distance))
    value = float(-distance[worst] - tool.radius_mm)
    direction = nearest[worst] - points[stretch][worst]
    half = vertebra.uncertainty_mm(direction if np.linalg.norm(direction) > 1e-6 else np.ones(3))
    other = points[stretch][worst]
    caveat = (
        "the path runs through the lesion, which counts as bone here" if _in_lesion(context, points[stretch]) else None
    )
    return Measured(value, widened(value, half), place(nearest[worst]), place(other), caveat, note)


def _in_lesion(context: StepContext, points: NDArray[np.float64]) -> bool:
    name = context.step.target.lesion
    lesion = context.case.anatomy.get(name) if name else None
    return lesion is not None and bool(contains(lesion.mesh, points).any())


def _posterior_wall(
    context: StepContext, points: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[float | None, str | None]:
    """Depth at which the instrument passes the posterior wall of the body, mm from entry, and a note or reason."""
    body = context.case.anatomy.get(f"vertebra_{context.step.level}_body")
    if body is not None:
        inside = contains(body.mesh, points)
        modelled = "posterior wall told by the shape of the vertebra" if body.origin == "modelled" else None
        if inside.any():
            return float(along[np.argmax(inside)]), modelled
        return float(along[-1]), "the instrument ends before the body; judged up to its tip"
    structures, why = reaching(context, CORD_OR_STAND_IN, instrument_span(context))
    if not structures:
        return None, f"without a map of the body or a canal the pedicle cannot be told ({why})"
    canal, vertebra = structures[0].mesh, context.case.anatomy.get(f"vertebra_{context.step.level}")
    assert vertebra is not None  # noqa: S101 - the caller measured in it
    # Front of the canal at the height of the vertebra: y grows toward the back (LPS).
    low, high = vertebra.mesh.bounds[:, 2]
    passed = points[:, 1] <= _front_y(canal, low, high)
    name = structures[0].name.replace("_", " ")
    if not passed.any():
        return float(along[-1]), f"posterior wall taken at the front of the {name}; the instrument ends behind it"
    return float(
        along[np.argmax(passed)]
    ), f"posterior wall taken at the front of the {name}, for want of a map of the body"


def _front_y(mesh: Mesh, low: float, high: float) -> float:
    """Smallest y of a surface between two heights; on a coarse one no vertex need lie there, so edges are cut."""
    start, end = mesh.triangles.reshape(-1, 3), np.roll(mesh.triangles, -1, axis=1).reshape(-1, 3)
    met = (np.minimum(start[:, 2], end[:, 2]) <= high) & (np.maximum(start[:, 2], end[:, 2]) >= low)
    if not met.any():
        return -np.inf
    start, way = start[met], (end - start)[met]
    level = way[:, 2] == 0.0
    rise = np.where(level, 1.0, way[:, 2])
    share = np.clip((np.array([[low], [high]]) - start[:, 2]) / rise, 0.0, 1.0)
    share = np.where(level, [[0.0], [1.0]], share)
    return float((start[:, 1] + share * way[:, 1]).min())
