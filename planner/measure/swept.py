"""Reads a simulated treatment, hot or cold, at structures: value, interval from its property runs, place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Structure
from planner.core.names import LEVELS
from planner.geometry.mesh import Mesh
from planner.measure.instrument import MODELLED_ROOTS, at_stand_in
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.neighbours import Span, instrument_span
from planner.measure.registry import StepContext, place
from planner.simulate.grid import TensorGrid
from planner.simulate.treatment.isosurface import SimulatedZone
from planner.simulate.treatment.result import surface_points
from planner.simulate.treatment.spread import combined

Array = NDArray[np.float64]
NO_SKIN, NO_SAC = "no skin is labelled", "no thecal sac is labelled"


class Run(Protocol):
    """What a run leaves."""

    @property
    def grid(self) -> TensorGrid:
        """Its cells."""


R = TypeVar("R", bound=Run)
R_co = TypeVar("R_co", bound=Run, covariant=True)
Read = Callable[[R, Array], Array]
"""Values of a run at points (n, 3), LPS mm."""


class Swept(Protocol[R_co]):
    """A run, and coarse ones over the ranges of properties."""

    @property
    def run(self) -> R_co:
        """At the base of every property."""

    @property
    def coarse(self) -> tuple[R_co, ...]:
        """On the coarse grid: the base, then the ends of the ranges; empty where there is no interval."""

    @property
    def caveats(self) -> tuple[str, ...]:
        """What keeps a value from being a clean pass."""


S = TypeVar("S", bound=Swept[Any])


def with_result(
    of: Callable[[StepContext], S | str],
) -> Callable[[Callable[[StepContext, S], Outcome]], Callable[[StepContext], Outcome]]:
    """Return what gives a measurement the step's result, says why there is none, and hands on what it assumes."""

    def decorate(function: Callable[[StepContext, S], Outcome]) -> Callable[[StepContext], Outcome]:
        def measured(context: StepContext) -> Outcome:
            result = of(context)
            return NotEvaluated(result) if isinstance(result, str) else _told(function(context, result), result.caveats)

        measured.__doc__ = function.__doc__
        return measured

    return decorate


def _told(found: Outcome, caveats: tuple[str, ...]) -> Outcome:
    """Mark a value as simulated and hand on what speaks against it."""
    if not isinstance(found, Measured):
        return found
    return replace(simulated(found), caveat="; ".join(filter(None, (found.caveat, *caveats))) or None)


def simulated(found: Measured) -> Measured:
    """Mark a value as simulated."""
    return replace(found, origin="simulated")


def assumed(names: tuple[str, ...]) -> str | None:
    """Say what was assumed."""
    return f"assumed: {', '.join(names)}" if names else None


def spread(result: Swept[R], of: Callable[[R], float]) -> tuple[float, tuple[float, float] | None]:
    """Return the value of a run and its interval from property uncertainty; None without coarse runs."""
    value = of(result.run)
    return value, combined([value, *map(of, result.coarse)]) if result.coarse else None


def at_cord(
    context: StepContext, result: Swept[R], span: Span, read: Read[R], *, lowest: bool = False
) -> Measured | NotEvaluated:
    """Read the highest value, or the lowest, at the cord, or at what stands for it over this span."""
    return at_stand_in(context, span, lambda cord: at_structure(result, cord, read, lowest=lowest))


def at_structure(result: Swept[R], structure: Structure, read: Read[R], *, lowest: bool = False) -> Measured:
    """Read the highest value, or the lowest, at a structure; where its surface may lie widens the interval."""
    return _extreme(result, structure, inside_too(structure.mesh), read, lowest=lowest)


def _extreme(result: Swept[R], structure: Structure, points: Array, read: Read[R], *, lowest: bool) -> Measured:
    worst, found = np.min if lowest else np.max, read(result.run, points)
    where = points[int(found.argmin() if lowest else found.argmax())]
    value, interval = spread(result, lambda run: float(worst(read(run, points))))
    shift = structure.uncertainty_mm(where - points.mean(axis=0))
    if shift > 0.0:
        ends = [float(worst(read(result.run, surface_points(structure.mesh, s)))) for s in (shift, -shift)]
        interval = wider(value, interval, ends)
    return Measured(value, interval, place(where))


def at_surfaces(
    result: Swept[R],
    structures: Sequence[Structure],
    missing: str,
    caveat: str | None,
    read: Read[R],
    *,
    lowest: bool = False,
) -> Outcome:
    """Read the highest value, or the lowest, at any of the structures, or say what is `missing`."""
    if not structures:
        return NotApplicable(missing) if missing in (NO_SKIN, NO_SAC) else NotEvaluated(missing)
    points = np.concatenate([inside_too(s.mesh) for s in structures])
    near = points[result.run.grid.contains(points)]
    if not len(near):
        near = points[:1]  # all of them are beyond what is computed, where nothing changes
    worst, found = np.min if lowest else np.max, read(result.run, near)
    value, interval = spread(result, lambda run: float(worst(read(run, near))))
    return Measured(value, interval, place(near[int(found.argmin() if lowest else found.argmax())]), caveat=caveat)


def at_lesion_edge(context: StepContext, result: Swept[R], read: Read[R], *, lowest: bool) -> Outcome:
    """Read the lowest value, or the highest, of the lesion's surface."""
    name = context.step.target.lesion
    lesion = context.case.anatomy.get(name) if name else None
    if lesion is None:
        return NotEvaluated("the step names no lesion")
    return _extreme(result, lesion, surface_points(lesion.mesh), read, lowest=lowest)


def roots_of(context: StepContext) -> tuple[Sequence[Structure], str, str | None]:
    """Return roots that are labelled, else those of the level and the one above as they are modelled."""
    anatomy = context.case.anatomy
    labelled = [s for name in anatomy.names if name.startswith("nerve_root_") and (s := anatomy.get(name))]
    if labelled:
        return labelled, "", None
    at = LEVELS.index(context.step.level)
    names = [f"nerve_root_{level}_{side}" for level in LEVELS[max(at - 1, 0) : at + 1] for side in ("left", "right")]
    modelled = [s for name in names if (s := anatomy.get(name))]
    return modelled, "not in the labels: nerve roots, and they could not be modelled", MODELLED_ROOTS


def skin_of(context: StepContext) -> tuple[Sequence[Structure], str, str | None]:
    """Return the skin, where it is labelled."""
    names = context.case.anatomy.names
    skin = context.case.anatomy.get("skin") if "skin" in names else None
    return [skin] if skin else [], NO_SKIN, None


def zone_span(context: StepContext, zone: SimulatedZone | None) -> Span:
    """Return the height over which a structure must be known: the zone's, or the instrument's without one."""
    if zone is None:
        tips = [float(tool.tip[2]) for tool in context.step.instruments]
        return Span(min(tips) - 1.0, max(tips) + 1.0) if tips else instrument_span(context)
    low, high = zone.bounds[:, 2]
    return Span(float(low), float(high))


def inside_too(mesh: Mesh) -> Array:
    """Surface and a layer below: blood warms the surface of a heat sink from within as well."""
    return np.concatenate([surface_points(mesh), surface_points(mesh, -0.5)])


def wider(value: float, interval: tuple[float, float] | None, ends: list[float]) -> tuple[float, float]:
    """Add what a shift of the surface changes to an interval."""
    low, high = interval or (value, value)
    down, up = min(0.0, *(e - value for e in ends)), max(0.0, *(e - value for e in ends))
    return value - float(np.hypot(value - low, down)), value + float(np.hypot(high - value, up))
