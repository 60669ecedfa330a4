"""A timeline of cold: probes in one place after the other, freezing and thawing, then the thaw after the last stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.exposure import Exposure, Extremes, ThawRate, TimeBelow
from planner.simulate.thermal.freezing import FreezeSolver, Frozen
from planner.simulate.thermal.left import Left
from planner.simulate.thermal.probes import Cryoprobe
from planner.simulate.thermal.steps import LONGEST_S
from planner.simulate.thermal.thermocouples import Thermocouples
from planner.simulate.tissues import BODY_C
from planner.simulate.treatment.cold_probe import ColdPosition
from planner.simulate.treatment.frames import Frame
from planner.simulate.treatment.properties import Properties
from planner.simulate.treatment.record import Record

Array = NDArray[np.float64]
Field = NDArray[np.float32]
ICE_C = 0.0
"""The edge of the ice, as benches and CT show it; the first water of tissue freezes a degree below."""
LETHAL_C = (-20.0, -30.0, -40.0)
"""Where sources let tissue die: the warmest, one between, and what all agree on."""
COUNTED_C = (-10.0, *LETHAL_C)
"""Temperatures below which time is counted in each freeze; cells in a dish begin to die at the first."""
TIMED_C = (-20.0, 0.0)
"""The thaw is timed between these."""
AFTER_S, AFTER_STEP_S = 900.0, 20.0
"""How long the thaw is followed after the last stop at most, and in which steps: nothing is switched any more."""


@dataclass(frozen=True, eq=False)
class ColdCurves:
    """What was seen, one value a step, (n,); two axes where there are several.

    Attributes
    ----------
    coldest_c : of all cells.
    ice_ml : (n, 1 + levels) tissue below 0 °C and below each of `LETHAL_C`, mL.
    probe_c, power_w : (n, probes) temperature of the active surface (NaN while it does nothing), heat drawn by each.
    watched_c : for each name, such as `spinal_cord` or a virtual thermocouple, the lowest of its points.
    freezes_s : begin and end of each freeze. stops_s : when the cycle in each place ended.
    """

    time_s: Array
    coldest_c: Array
    ice_ml: Array
    probe_c: Array
    power_w: Array
    watched_c: Mapping[str, Array]
    freezes_s: tuple[tuple[float, float], ...]
    stops_s: tuple[float, ...]

    def after_drop_k(self, name: str) -> float:
        """How much colder it grew after the last freeze than it was at its end; never below 0."""
        after = self.watched_c[name][self.time_s >= self.freezes_s[-1][1] - 1e-6]
        return float(max(after[0] - after.min(), 0.0))


@dataclass(frozen=True, eq=False)
class ColdRun:
    """What a run leaves; fields are (nx, ny, nz).

    Attributes
    ----------
    min_c : lowest temperature of all times.
    seconds_below : for each of `COUNTED_C` (freezes, nx, ny, nz) seconds below it, from the start of a freeze to the
        next.
    thaw_k_min : (freezes, nx, ny, nz) how fast tissue thawed from −20 to 0 °C after each freeze, K/min; where 0 °C
        was not reached, until then; NaN where −20 °C was not passed.
    curves : over time. frames : seconds and temperature, °C, at some moments.
    edge_fall_k : cooling of the outermost cells: what the far boundary costs.
    drawn_j, stored_j : heat that all probes drew, and by how much less the cells hold than before.
    steps : number of time steps.
    left : temperature when the thaw was no longer followed, from which a later step of the same level goes on.
    """

    grid: TensorGrid
    min_c: Field
    seconds_below: Mapping[float, Field]
    thaw_k_min: Field
    curves: ColdCurves
    edge_fall_k: float
    drawn_j: float
    stored_j: float
    steps: int
    frames: tuple[Frame, ...] = ()
    left: Left | None = None

    @property
    def freezes(self) -> int:
        """How often tissue was frozen, those of earlier steps included."""
        return len(self.thaw_k_min)


def freeze_timeline(
    positions: Sequence[ColdPosition],
    grid: TensorGrid,
    tissue: Properties,
    frozen: Frozen,
    *,
    watched_mm: Mapping[str, Array] | None = None,
    earlier: ColdRun | None = None,
    after_s: float = AFTER_S,
    body_c: float = BODY_C,
    progress: Callable[[float], None] | None = None,
) -> ColdRun:
    """Run the cycles in their order and the thaw that follows them.

    Parameters
    ----------
    positions, grid, tissue, frozen : probes in place, cells, what they hold and what freezing changes of it.
    watched_mm : for each name (n, 3) LPS mm, points whose lowest temperature is recorded.
    earlier : what an earlier step of the same plan left: its freezes count before these, its cold is gone.
    after_s : how long the thaw is followed at most; it ends when there is no ice and nothing watched grows colder.
    body_c : temperature of blood and of tissue before; a bench has its own.
    progress : told the time after each step; what it raises stops the run.

    Raises
    ------
    SimulationError
        When temperatures are no longer numbers.
    """
    timeline = _Timeline(grid, tissue, frozen, watched_mm or {}, body_c, len(positions[0].needles), progress)
    for place in positions:
        timeline.cycle(place)
    timeline.thaw(after_s)
    return timeline.run(earlier)


class _Timeline:
    """The state of a treatment between its parts, and what has been gathered."""

    def __init__(  # noqa: PLR0917 - the same arguments
        self,
        grid: TensorGrid,
        tissue: Properties,
        frozen: Frozen,
        watched_mm: Mapping[str, Array],
        body_c: float,
        probes: int,
        progress: Callable[[float], None] | None,
    ) -> None:
        self.grid, self.tissue, self.frozen, self.body_c, self.progress = grid, tissue, frozen, body_c, progress
        self.base_c, self.probes = frozen.freezing_c[1], probes
        self.state_c: NDArray[np.floating] | float = body_c if tissue.start_c is None else tissue.start_c
        above = np.asarray(self.state_c, np.float32) - np.float32(self.base_c)
        self.extremes = Extremes(np.broadcast_to(above, grid.shape).copy())
        self.record = Record(grid, watched_mm, self.base_c, lowest=True)
        self.below: list[tuple[TimeBelow, ...]] = []
        self.thaws: list[ThawRate] = []
        self._counted: list[TimeBelow | ThawRate] = []
        self.time_s, self.drawn_j, self.stored_j, self.steps = 0.0, 0.0, 0.0, 0
        self.freezes_s: list[tuple[float, float]] = []
        self.stops_s: list[float] = []

    def cycle(self, place: ColdPosition) -> None:
        """Run the cycle of the probes in one place."""
        solver, begins = self._solver(place.probes(self.grid)), [begin for begin, _ in place.freezes_s]
        before = solver.enthalpy_j
        for until in [*(t for t in begins if t > 0.0), place.duration_s]:
            if any(abs(begin - solver.time_s) < 1e-9 for begin in begins):
                self.below.append(tuple(TimeBelow(self.grid.shape, level) for level in COUNTED_C))
                self.thaws.append(ThawRate(self.grid.shape, *TIMED_C))
                self._counted += [*self.below[-1], self.thaws[-1]]
            self._advance(solver, until)
        self.freezes_s += [(self.time_s + begin, self.time_s + end) for begin, end in place.freezes_s]
        self._leave(solver, before)
        self.stops_s.append(self.time_s)

    def thaw(self, after_s: float) -> None:
        """Let the ice thaw, the probes out."""
        solver = self._solver((), AFTER_STEP_S)
        before = solver.enthalpy_j
        while solver.time_s < after_s - 1e-6:
            coldest = self.record.watched_now()
            self._advance(solver, min(after_s, solver.time_s + 3.0 * AFTER_STEP_S))
            if self.record.rows[-1][2] == 0.0 and (self.record.watched_now() >= coldest).all():
                break
        self._leave(solver, before)

    def run(self, earlier: ColdRun | None) -> ColdRun:
        """Return what is left of all parts."""
        lowest = self.extremes.lowest + np.float32(self.base_c)
        below = {c: np.array([row[n].seconds for row in self.below]) for n, c in enumerate(COUNTED_C)}
        rates = np.array([one.k_min for one in self.thaws])
        first = np.asarray(self.body_c if self.tissue.start_c is None else self.tissue.start_c)
        edges = np.broadcast_to(first, self.grid.shape) - lowest
        fall = max(float(np.take(edges, end, axis).max()) for axis in range(3) for end in (0, -1))
        if earlier is not None:
            lowest, below, rates = _after(earlier, self.grid, lowest, below, rates)
        columns, n = self.record.columns, self.probes
        curves = ColdCurves(
            columns[0], columns[1], columns[2 : 3 + len(LETHAL_C)].T, columns[-2 * n : -n].T, columns[-n:].T,
            self.record.watched_c(self.body_c), tuple(self.freezes_s), tuple(self.stops_s),
        )  # fmt: skip
        return ColdRun(
            self.grid, lowest, below, rates, curves, fall, self.drawn_j, self.stored_j, self.steps,
            tuple(self.record.frames.held),
            Left(self.grid, np.asarray(self.state_c, np.float32), self.time_s - self.stops_s[-1]),
        )  # fmt: skip

    def _solver(self, probes: Sequence[Cryoprobe], longest_s: float = LONGEST_S) -> FreezeSolver:
        # A fluid colder than the body would go on taking heat from what is frozen: it is left standing.
        flow = np.where(np.asarray(self.tissue.flow_c) >= self.body_c, self.tissue.flow, 0.0)
        return FreezeSolver(
            self.grid, self.frozen, self.tissue.perfusion + flow, probes,
            source=flow * (np.asarray(self.tissue.flow_c) - self.body_c), arterial_c=self.body_c,
            initial_c=self.state_c, longest_step_s=longest_s,
        )  # fmt: skip

    def _advance(self, solver: FreezeSolver, until_s: float) -> None:
        exposures: list[Exposure] = [self.extremes, *(self.below[-1] if self.below else ()), *self.thaws[-1:]]
        solver.exposures = tuple(exposures)
        volume = (self.grid.volumes_m3 * solver.beside.open_part * 1e6).astype(np.float32).ravel()
        idle = np.full(self.probes, np.nan), np.zeros(self.probes)

        def note(now_s: float) -> None:
            theta = solver.theta.ravel()
            inside = [float(np.dot(volume, theta < level - self.base_c)) for level in (ICE_C, *LETHAL_C)]
            surface, power = (solver.probe_c, -solver.probe_power_w) if solver.probes else idle
            row = (self.time_s + now_s, float(theta.min()) + self.base_c, *inside, *surface, *power)
            self.record.add(row, solver.theta)
            if self.progress is not None:
                self.progress(row[0])

        solver.advance(until_s, after_step=note)

    def _leave(self, solver: FreezeSolver, before_j: float) -> None:
        """Add up what a part came to; a cell that a probe fills goes through what the tissue beside it does."""
        filled, beside = solver.beside.inside, solver.beside.beside
        lowest = self.extremes.lowest.reshape(-1)
        lowest[filled] = np.minimum(lowest[filled], lowest[beside])
        for one in self._counted:
            one.copy(beside, filled)
        self._counted.clear()
        self.stored_j += before_j - solver.enthalpy_j
        self.drawn_j -= float(solver.probe_energy_j.sum())
        self.steps += solver.steps
        self.state_c, self.time_s = solver.temperature_c, self.time_s + solver.time_s


def _after(
    earlier: ColdRun, grid: TensorGrid, lowest: Field, below: Mapping[float, Field], rates: Field
) -> tuple[Field, dict[float, Field], Field]:
    """Begin with what an earlier step left in the same tissue, read on this grid."""
    points = grid.points_mm.reshape(-1, 3)
    inside = earlier.grid.contains(points)
    at = Thermocouples(earlier.grid, points[inside]) if inside.any() else None

    def there(field: Field, beyond: float) -> Field:
        found = np.full(len(points), beyond, np.float32)
        if at is not None:
            found[inside] = at.read(field)
        return found.reshape(grid.shape)

    return (
        np.minimum(lowest, there(earlier.min_c, BODY_C)),
        {c: np.concatenate([[there(one, 0.0) for one in earlier.seconds_below[c]], f]) for c, f in below.items()},
        np.concatenate([[there(one, np.nan) for one in earlier.thaw_k_min], rates]),
    )
