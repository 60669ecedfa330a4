"""What is in the beam besides the patient: needles at a depth, balloons and cement at a share of their volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.core.names import ABLATION
from planner.geometry.bodies import Capsule, Spheroid
from planner.measure.result import Result
from planner.plan.case import Case, CaseStep, Instrument
from planner.plan.models import GAUGE_MM
from planner.show.filling import balloon_bodies, cement_bodies
from planner.show.fluoro.beam import figures
from planner.show.fluoro.carm import CArm
from planner.show.fluoro.chords import Body, chords
from planner.show.fluoro.grid import Grid
from planner.show.slices.field import cement_frames

LAST = 1.0 - 1e-9
"""Share from which all cement is in."""
LEAST_MM = 0.5
"""A needle pushed in by less is not drawn."""
UNKNOWN_RADIUS_MM = 0.75
"""Of an instrument of unknown diameter; nothing is measured with it."""
BAND_WIDER = 1.06
"""A marker band stands a little above the shaft."""


@dataclass(frozen=True)
class Moment:
    """A moment of the procedure.

    Attributes
    ----------
    step : number of the step whose instruments are in, from 0; None without any.
    depth : share of the way from entry to target that they have gone.
    balloon : share of the planned balloon volume; earlier steps' balloons are out again.
    cement : share of the planned cement of this step; earlier steps' cement is in whole.
    """

    step: int | None = None
    depth: float = 1.0
    balloon: float = 0.0
    cement: float = 0.0


@dataclass(frozen=True, eq=False)
class Part:
    """A body, or shares of voxels, of one attenuation; parts of one `tool` are one piece and do not add up."""

    body: Body | Grid
    per_mm: float
    tool: str | None = None


Clouds = Mapping[int, Sequence[tuple[float, Grid]]]
"""Step → share of its cement that is in, and how much of each voxel's volume it takes; rising, the end last."""


def parts_at(case: Case, moment: Moment, clouds: Clouds | None = None) -> list[Part]:
    """Return what is in the beam at a moment; cement that was simulated stands in `clouds`."""
    found: list[Part] = []
    for step in case.steps:
        now = step.index == moment.step
        before = moment.step is not None and step.index < moment.step
        if now:
            for index, tool in enumerate(step.instruments):
                found += _instrument(step, index, tool, moment.depth)
            found += [
                Part(_share(body, moment.balloon), _contrast())
                for _, body in balloon_bodies(step)
                if moment.balloon > 0.0
            ]
        share = 1.0 if before else moment.cement if now else 0.0
        if share > 0.0 and clouds and step.index in clouds:
            cloud = next(grid for part, grid in clouds[step.index] if part >= share or part >= LAST)
            found.append(Part(cloud, figures()["cement_per_mm"]))
        elif share > 0.0:
            found += [Part(_share(body, share), figures()["cement_per_mm"]) for _, body in cement_bodies(step)]
    return found


def _contrast() -> float:
    return figures()["contrast_per_mm"]


def _share(body: Spheroid, share: float) -> Spheroid:
    """The same shape about the same centre at a share of its volume."""
    size = share ** (1.0 / 3.0)
    return Spheroid(body.centre, body.axis, body.long_semi * size, body.short_semi * size)


def _instrument(step: CaseStep, index: int, tool: Instrument, depth: float) -> Iterator[Part]:
    f = figures()
    tip = tool.entry + depth * (tool.tip - tool.entry)
    length = float(np.linalg.norm(tip - tool.entry))
    if length < LEAST_MM:
        return
    name = f"{step.index}.{index}"
    metal = f["titanium_per_mm" if step.kind == "screw" else "steel_per_mm"]
    cannula, device, active = _sizes(step, index, tool)
    # The working end comes out of the cannula only at the target.
    bare = min(active, length) if depth >= 1.0 else 0.0
    if device:
        yield Part(Capsule(tool.entry, tip, device), metal, name)
    if cannula and (cannula > (device or 0.0)):
        yield Part(Capsule(tool.entry, tip - bare * tool.direction, cannula), metal, name)
    if bare > 0.0 and device and length > bare + f["marker_length_mm"]:
        rear = tip - bare * tool.direction
        start, end = rear, rear - f["marker_length_mm"] * tool.direction
        yield Part(Capsule(start, end, device * BAND_WIDER), f["marker_per_mm"], name)


def _sizes(step: CaseStep, index: int, tool: Instrument) -> tuple[float | None, float | None, float]:
    """Radius of cannula and of device, and the length that works outside the cannula, mm."""
    access = step.plan.accesses[index]
    gauge = getattr(access, "gauge", None)
    cannula = GAUGE_MM[gauge] / 2.0 if gauge is not None else None
    stated = step.sheet.value("outer_diameter_mm") if step.sheet else None
    device = stated / 2.0 if stated else None
    if cannula is None and device is None:
        device = tool.radius_mm or UNKNOWN_RADIUS_MM
    active = step.sheet.value("active_length_mm") if step.sheet and step.kind in ABLATION else None
    return cannula, device, float(active or 0.0) if device else 0.0


def shadow(parts: list[Part], carm: CArm) -> NDArray[np.float64]:
    """(rows, columns) what parts add to the integral of attenuation; they stand in place of soft tissue."""
    water = figures()["water_per_mm"]
    total = np.zeros((carm.machine.pixels,) * 2)
    tools: dict[str, NDArray[np.float64]] = {}
    for part in parts:
        lengths = part.body.integrals(carm) if isinstance(part.body, Grid) else chords(part.body, carm)
        added = lengths * (part.per_mm - water)
        if part.tool is None:
            total += added
        else:
            tools[part.tool] = np.maximum(tools.get(part.tool, 0.0), added)
    return np.asarray(total + sum(tools.values()))


def clouds_of(result: Result | None) -> dict[int, list[tuple[float, Grid]]]:
    """Return the simulated cement of each step that has any, as shares of voxels."""
    found: dict[int, list[tuple[float, Grid]]] = {}
    for number, augmentation in enumerate(result.simulation.augmentation if result is not None else ()):
        cement = None if augmentation is None or isinstance(augmentation, str) else augmentation.cement
        if cement is None or isinstance(cement, str) or not cement.filled.delivered_ml > 0.0:
            continue
        pores = np.zeros(cement.cells.mask.shape)
        pores[cement.cells.mask] = cement.cells.pore_share
        filled, frames = cement.filled, cement_frames(cement)
        shares = np.interp([time_s for time_s, _ in frames], filled.time_s, filled.volume_ml / filled.delivered_ml)
        shares[-1] = 1.0
        found[number] = [
            (float(share), Grid.of(part * pores, cement.cells.affine_lps))
            for share, (_, part) in zip(shares, frames, strict=True)
        ]
    return found
