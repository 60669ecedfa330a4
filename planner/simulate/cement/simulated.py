"""Injects the cement of one step: the base run on fine cells, and its spread over what is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.geometry.clearance import contains
from planner.geometry.mesh import Mesh
from planner.plan.case import Case, CaseStep
from planner.simulate.balloon.simulated import BalloonResult
from planner.simulate.cement.cells import Cells, cells_of
from planner.simulate.cement.flow import Filled, Injection, inject
from planner.simulate.cement.leak import Leaks, leaks_of
from planner.simulate.cement.material import WALL_MM, Pushed, pushed
from planner.simulate.cement.openings import KINDS, Wall, eased, lost_faces, openings_of, wall_of
from planner.simulate.site import site_of
from planner.simulate.spongiosa import spongiosa_of
from planner.simulate.zone import Body

Array = NDArray[np.float64]
WIDTH_MM = 0.75
COARSE_MM = 2.0
"""Cells of the samples; leaks of the base run differ by less than their spread."""
FRAMES = 4
FILLED_SHARE = 0.5
"""A cell from half full on counts as cement where a distance is read."""
TOUCH_CELLS = 1.5
BORE_MM = 1.2
"""Radius of the region where cement leaves the cannula: the bore of an 11G needle."""
BASE_SHARE = 0.3
"""Of the time, for progress: the base run against all samples."""


@dataclass(frozen=True, eq=False)
class CementResult:
    """Cement of one step.

    Attributes
    ----------
    cells, wall, filled : where, and the base run. push : how it went in.
    kinds : type of each opening of the base run. leaks : the samples; None where none were asked for.
    caveats : what keeps a value from being a clean pass. assumed : what the plan did not state.
    """

    cells: Cells
    wall: Wall
    filled: Filled
    push: Pushed
    kinds: tuple[str, ...]
    leaks: Leaks | None
    caveats: tuple[str, ...]
    assumed: tuple[str, ...]

    @cached_property
    def part(self) -> Array:
        """(n,) how full each cell is of cement."""
        return self._share(self.filled.held_ml)

    def _share(self, held_ml: NDArray[np.floating]) -> Array:
        return np.asarray(np.clip(held_ml / np.maximum(self.filled.room_ml, 1e-12), 0.0, 1.0), dtype=np.float64)

    @property
    def leaked_ml(self) -> dict[str, float]:
        """Cement that left the body, by type."""
        found = dict.fromkeys(KINDS, 0.0)
        for kind, amount in zip(self.kinds, self.filled.leaked_ml, strict=True):
            found[kind] += float(amount)
        return found

    @property
    def fill_fraction(self) -> float:
        """Cement that stays in the body over the body's volume."""
        return float(self.filled.held_ml[self.cells.in_body].sum() / self.cells.site.body.volume_ml)

    @cached_property
    def posterior(self) -> tuple[float, Array] | None:
        """Distance from the cement's front to the posterior wall at the same height, mm, and where, LPS mm."""
        full = np.flatnonzero((self.part >= FILLED_SHARE) & self.cells.in_body)
        if not len(full):
            return None
        ijk, last = self.cells.index, np.full(self.cells.mask.shape[0::2], -np.inf)
        body = np.flatnonzero(self.cells.in_body)
        np.maximum.at(last, (ijk[body, 0], ijk[body, 2]), self.cells.own_mm[body, 1])
        # The wall at a height is where most columns near the midline end: pedicles lead farther back.
        x = self.cells.own_mm[:, 0]
        low, high = self.cells.site.bounds
        central = np.abs(self.cells.low_mm[0] + self.cells.width_mm * np.arange(len(last)) - 0.5 * (low[0] + high[0]))
        near = central < 0.25 * (high[0] - low[0])
        rows = last[near]
        wall = np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else high[1] for c in rows.T])
        gap = wall[ijk[full, 2]] - self.cells.own_mm[full, 1]
        worst = int(gap.argmin())
        place = self.cells.site.frame.to_lps([x[full[worst]], self.cells.own_mm[full[worst], 1],
                                              self.cells.own_mm[full[worst], 2]])  # fmt: skip
        return max(0.0, float(gap[worst])), np.asarray(place)

    @property
    def touches_endplates(self) -> tuple[bool, bool]:
        """Whether cement reaches the upper and the lower endplate."""
        found = []
        for sign in (1.0, -1.0):
            faces = (self.wall.axis == 2) & (self.wall.sign == sign)
            cell = self.wall.cell[faces]
            inner = self._behind(cell, sign)
            found.append(bool((np.maximum(self.part[cell], self.part[inner]) >= FILLED_SHARE).any()))
        return found[0], found[1]

    def _behind(self, cell: NDArray[np.int64], sign: float) -> NDArray[np.int64]:
        """The next cell inwards along the spine, or the cell itself where there is none."""
        inward = self.cells.near[cell, 4 if sign > 0.0 else 5]
        return np.where(inward >= 0, inward, cell)

    @cached_property
    def surface(self) -> Mesh | None:
        """Cement at the end, LPS mm."""
        return self.cells.surface(self.part)

    @property
    def frames(self) -> tuple[tuple[float, Mesh | None], ...]:
        """Seconds since mixing, and the cement then."""
        return tuple((time, self.cells.surface(self._share(held))) for time, held in self.filled.frames)


def simulate_cement(
    case: Case,
    step: CaseStep,
    balloons: BalloonResult | None = None,
    *,
    ablated: tuple[Body, ...] = (),
    width_mm: float = WIDTH_MM,
    samples: int = 0,
    progress: Callable[[float], None] | None = None,
) -> CementResult | str:
    """Inject a step's cement as planned, or say why that cannot be computed.

    Parameters
    ----------
    balloons : what they left, where there were some. ablated : what was ablated before; dead tumour gives way.
    samples : runs for the probability of a leak.
    progress : told the share done, 0 to 1; what it raises stops the work.
    """
    push = pushed(step)
    if isinstance(push, str):
        return push
    site = site_of(case.anatomy, step.level)
    if isinstance(site, str):
        return site
    if outside := [t for t in step.instruments if not contains(site.whole.mesh, t.tip[None])[0]]:
        return f"{len(outside)} of {len(step.instruments)} tips lie outside vertebra {step.level}"
    bone = spongiosa_of(case.anatomy, step.target)
    cavities = balloons.runs if balloons else ()

    def made(width: float) -> tuple[Cells, Wall, NDArray[np.bool_]]:
        cells = cells_of(site, bone, width, cavities, ablated)
        wall = wall_of(cells)
        return cells, wall, lost_faces(cells, wall, step.target, case.anatomy)

    cells, wall, lost = made(width_mm)
    first = None if progress is None else lambda share: progress(share * (BASE_SHARE if samples else 1.0))
    openings = openings_of(cells, wall, lost)
    filled = inject(
        cells.medium(openings, permeability=eased(cells, wall)[:, None]),
        injection_of(cells, step, push),
        frames=FRAMES,
        progress=first,
    )
    leaks = None
    if samples:
        later = None if progress is None else lambda share: progress(BASE_SHARE + share * (1.0 - BASE_SHARE))
        coarse, rough_wall, rough_lost = made(COARSE_MM)
        at = injection_of(coarse, step, push)
        leaks = leaks_of(coarse, rough_wall, rough_lost, at, bone, samples, case.plan.seed, progress=later)
    caveats = [*bone.caveats, *([filled.stopped] if filled.stopped else [])]
    return CementResult(cells, wall, filled, push, openings.kind, leaks, tuple(caveats), push.assumed)


def injection_of(cells: Cells, step: CaseStep, push: Pushed) -> Injection:
    """Return the injection through a step's cannulas, all at once and in equal shares."""
    found = [cells.at(tool.tip, max(BORE_MM, 0.6 * cells.width_mm)) for tool in step.instruments]
    ends = np.concatenate([f for f in found if len(f)])
    tubes = []
    for tool in step.instruments:
        bore = max((tool.radius_mm or 1.5) - WALL_MM, 0.3) * 1e-3
        length = float(np.linalg.norm(tool.tip - tool.entry)) * 1e-3
        tubes.append(8.0 * length / (np.pi * bore**4))
    return Injection(
        ends, push.volume_ml, push.rate_ml_s, push.viscosity, push.start_s, push.end_s, push.limit_kpa,
        float(np.mean(tubes)) / len(tubes),
    )  # fmt: skip
