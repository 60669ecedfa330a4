"""Inflates the balloons of one kyphoplasty: the base run, and thinner and denser bone for the interval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.anatomy.calibration import calibration
from planner.anatomy.roles.deformity import height_loss
from planner.anatomy.roles.shape import body_heights
from planner.anatomy.structures import Anatomy
from planner.geometry.clearance import contains
from planner.plan.case import Case, CaseStep, Instrument
from planner.simulate.balloon.inflate import Inflation, inflate
from planner.simulate.balloon.rays import cast
from planner.simulate.balloon.shape import BalloonShape, shape_of
from planner.simulate.site import site_of
from planner.simulate.spongiosa import crushing_kpa, spongiosa_of

TOUCHES_MM = 0.3
"""A gap below this is contact: rays end between two samples of the bone."""


@dataclass(frozen=True, eq=False)
class BalloonResult:
    """All balloons of a step.

    Attributes
    ----------
    runs : one inflation for each balloon; thin, dense : the same at the ends of the bone's interval.
    lost_mm : height the body had lost. depth_mm : of the body, front to back.
    caveats : what keeps a value from being a clean pass.
    """

    runs: tuple[Inflation, ...]
    thin: tuple[Inflation, ...]
    dense: tuple[Inflation, ...]
    lost_mm: float
    depth_mm: float
    caveats: tuple[str, ...]

    @property
    def pressure_kpa(self) -> tuple[float, float, float]:
        """Largest pressure that bone asks for, and its ends."""
        base, thin, dense = (
            max(float(r.pressure_kpa[-1]) for r in runs) for runs in (self.runs, self.thin, self.dense)
        )
        return base, min(thin, base), max(dense, base)

    @property
    def stress_ratio(self) -> tuple[float, float, float]:
        """Stress over strength of the worse endplate, and its ends: bone's, and one spread of the strength."""
        c = calibration("bone_mechanics")
        strength, sd = c["endplate_strength_kpa"], c["endplate_strength_sd_kpa"]
        base, thin, dense = (max(max(r.stress_kpa) for r in runs) for runs in (self.runs, self.thin, self.dense))
        return base / strength, min(base, thin, dense) / (strength + sd), max(base, thin, dense) / (strength - sd)

    @property
    def restored_mm(self) -> float:
        """Height regained, both endplates together."""
        return min(self.lost_mm, max(sum(run.lift_mm) for run in self.runs))

    @property
    def corrected_deg(self) -> float:
        """Wedge angle taken back where the body opens about its back."""
        return float(np.degrees(np.arctan2(self.restored_mm, self.depth_mm)))


def simulate_balloons(case: Case, step: CaseStep) -> BalloonResult | str:
    """Inflate the balloons of a step as planned, or say why that cannot be computed."""
    shape = shape_of(step.sheet)
    if isinstance(shape, str):
        return shape
    plan = step.plan.balloon
    if plan.volume_ml is None and plan.pressure_kpa is None:
        return "the plan states neither volume nor pressure of the balloon"
    site = site_of(case.anatomy, step.level)
    if isinstance(site, str):
        return site
    body, axes = site.body, site.frame.axes
    for tool in step.instruments:
        middle = _middle(tool, shape)
        if not contains(body.mesh, middle[None])[0]:
            return "the balloon's middle lies outside the vertebral body"
    bone = spongiosa_of(case.anatomy, step.target)
    lost, said = _lost(case.anatomy, step.level)

    places = [cast(shape, _middle(tool, shape), tool.direction, body.mesh, axes) for tool in step.instruments]
    seen = [bone.density_mg_cm3(points.reshape(-1, 3)).reshape(points.shape[:2]) for _, points in places]

    def all_of(factor: float) -> tuple[Inflation, ...]:
        made = [replace(rays, crush_kpa=crushing_kpa(factor * d)) for (rays, _), d in zip(places, seen, strict=True)]
        volume, pressure = plan.volume_ml, plan.pressure_kpa
        return tuple(inflate(r, axes[:, 2], volume_ml=volume, planned_kpa=pressure, lost_mm=lost) for r in made)

    low, high = bone.ends
    caveats = (*bone.caveats, *said)
    return BalloonResult(all_of(1.0), all_of(low), all_of(high), lost, site.depth_mm, caveats)


def _middle(tool: Instrument, shape: BalloonShape) -> np.ndarray:
    return np.asarray(tool.tip - 0.5 * shape.nominal_mm * tool.direction)


def _lost(anatomy: Anatomy, level: str) -> tuple[float, tuple[str, ...]]:
    """Height the body has lost beyond what healthy ones differ, mm, and what is not known of it."""
    loss, heights = height_loss(anatomy, level), body_heights(anatomy, level)
    if loss is None or heights is None:
        return 0.0, ("the body's loss of height is not known, so its endplates are taken as whole",)
    if loss.fraction <= loss.error:
        return 0.0, ()
    own = min(heights.anterior, heights.middle, heights.posterior)
    return own * loss.fraction / (1.0 - loss.fraction), ()
