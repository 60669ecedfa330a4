"""A timeline of heat: deliveries one after the other on one grid, then the heat that is left after the last stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.compiled import on_cores
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.damage import CORD, arrhenius_laws
from planner.simulate.thermal.exposure import ArrheniusDamage, Cem43Dose, Extremes, TimeAbove
from planner.simulate.thermal.left import Left
from planner.simulate.tissues import BODY_C
from planner.simulate.treatment.delivery import Delivery
from planner.simulate.treatment.frames import Frame
from planner.simulate.treatment.probe import Probe
from planner.simulate.treatment.properties import Properties
from planner.simulate.treatment.record import Record

Array = NDArray[np.float64]
Field = NDArray[np.float32]
RESIDUAL_S = 180.0
"""How long the run goes on after the stop: what is hot still warms what lies around it."""
ONE_CORE_CELLS = 100_000
"""Fewer cells are done sooner on one core: handing planes to a second one then takes as long as it saves."""
NEURAL_C = 45.0
"""Time above this is counted: the usual stop beside neural tissue."""


@dataclass(frozen=True, eq=False)
class Curves:
    """What generator and thermocouples showed, one value a reading, (n,).

    Attributes
    ----------
    watched_c : for each name, such as `spinal_cord` or a virtual thermocouple, the highest of its points.
    stops_s : when each delivery ended.
    """

    time_s: Array
    power_w: Array
    impedance_ohm: Array
    electrode_c: Array
    tissue_max_c: Array
    stop_c: Array
    watched_c: Mapping[str, Array]
    stops_s: tuple[float, ...]

    @property
    def energy_j(self) -> Array:
        """Delivered until each reading; power holds from one reading to the next."""
        return np.concatenate([[0.0], np.cumsum(self.power_w[:-1] * np.diff(self.time_s))])

    def overshoot_k(self, name: str) -> float:
        """How much warmer it grew after the last stop than it was then; never below 0."""
        after = self.watched_c[name][self.time_s >= self.stops_s[-1] - 1e-6]
        return float(max(after.max() - after[0], 0.0))


@dataclass(frozen=True, eq=False)
class Delivered:
    """What a run leaves; fields are (nx, ny, nz).

    Attributes
    ----------
    max_c, cem43_min, cord_cem43_min, omega : highest temperature, thermal dose in general and by the cord's slope,
        Arrhenius damage of soft tissue. above_45_s : time above 45 °C.
    curves : over time. ended, ended_s : why and when the last delivery ended.
    reached : whether every set-point was come within 2 K of. pauses : how often impedance rose and power paused.
    edge_rise_k : warming of the outermost cells: what the far boundary costs.
    frames : seconds and temperature, °C, at some moments.
    left : temperature and doses at the last stop, from which a later step of the same level goes on.
    """

    grid: TensorGrid
    max_c: Field
    cem43_min: Field
    cord_cem43_min: Field
    omega: Field
    above_45_s: Field
    curves: Curves
    ended: str
    ended_s: float
    reached: bool
    pauses: int
    edge_rise_k: float
    frames: tuple[Frame, ...] = ()
    left: Left | None = None


def deliver(
    burns: Sequence[Probe],
    grid: TensorGrid,
    tissue: Properties,
    *,
    watched_mm: Mapping[str, Array] | None = None,
    earlier: Delivered | None = None,
    residual_s: float = RESIDUAL_S,
    body_c: float = BODY_C,
    progress: Callable[[float], None] | None = None,
) -> Delivered:
    """Run deliveries in their order and what follows them.

    Parameters
    ----------
    burns, grid, tissue : devices in place, cells and what they hold.
    watched_mm : for each name (n, 3) LPS mm, points whose highest temperature is recorded.
    earlier : what an earlier step of the same plan left: its doses add up, its heat is gone.
    residual_s : how long to go on after the last stop.
    body_c : temperature of blood and of tissue before; a bench has its own.
    progress : told the time after each reading; what it raises stops the run.

    Raises
    ------
    SimulationError
        When temperatures are no longer numbers.
    """
    from planner.simulate.electric.warm import warm_up  # noqa: PLC0415 - numba
    from planner.simulate.thermal.warm import warm_up_treatment  # noqa: PLC0415 - numba

    warm_up()
    warm_up_treatment()
    with on_cores(1 if grid.cells < ONE_CORE_CELLS else None):
        return _delivered(burns, grid, tissue, watched_mm or {}, earlier, residual_s, body_c, progress)


def _delivered(  # noqa: PLR0917 - the same arguments
    burns: Sequence[Probe],
    grid: TensorGrid,
    tissue: Properties,
    watched_mm: Mapping[str, Array],
    earlier: Delivered | None,
    residual_s: float,
    body_c: float,
    progress: Callable[[float], None] | None,
) -> Delivered:
    dose, cord = Cem43Dose(grid.shape), Cem43Dose(grid.shape, CORD)
    damage, above = ArrheniusDamage(grid.shape, arrhenius_laws()["cell_kill"]), TimeAbove(grid.shape, NEURAL_C)
    start: NDArray[np.floating] | float = body_c if tissue.start_c is None else tissue.start_c
    extremes = Extremes(np.zeros(grid.shape, np.float32))
    if earlier is not None:
        _carry_over(earlier, grid, dose, cord, damage, above, extremes)
    record = Record(grid, watched_mm, body_c)
    time_s, stops, reached, pauses, ended = 0.0, [], True, 0, ""
    last = None
    for burn in burns:
        run = Delivery(burn, grid, tissue, (extremes, dose, cord, damage, above), dose, start, body_c, record, time_s)
        if last is not None:
            run.boiling.dried = last.boiling.dried
        if burn.pause_s > 0.0:
            run.wait(burn.pause_s, progress)
        run.deliver(progress)
        stops.append(run.now_s)
        reached, pauses, ended = reached and run.reached, pauses + run.pauses, run.ended
        start, time_s, last = run.heat.temperature_c, run.now_s, run
    left = None
    if last is not None:
        now = last.heat.temperature_c.astype(np.float32)
        left = Left(grid, now, 0.0, dose.minutes.copy(), cord.minutes.copy())
        last.cool(residual_s, progress)
    highest, rows = extremes.highest, record.columns
    curves = Curves(
        rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], record.watched_c(body_c), tuple(stops)
    )  # fmt: skip
    edge = max(float(np.take(highest, end, axis).max()) for axis in range(3) for end in (0, -1))
    return Delivered(
        grid, highest.astype(np.float32) + np.float32(body_c), dose.minutes, cord.minutes, damage.omega, above.seconds,
        curves, ended, stops[-1], reached, pauses, edge,
        tuple(record.frames.held), left,
    )  # fmt: skip


def _carry_over(  # noqa: PLR0917 - everything that adds up
    earlier: Delivered,
    grid: TensorGrid,
    dose: Cem43Dose,
    cord: Cem43Dose,
    damage: ArrheniusDamage,
    above: TimeAbove,
    extremes: Extremes,
) -> None:
    """Begin with what an earlier step left in the same tissue, read on this grid."""
    from planner.simulate.thermal.thermocouples import Thermocouples  # noqa: PLC0415

    points = grid.points_mm.reshape(-1, 3)
    inside = earlier.grid.contains(points)
    if not inside.any():
        return
    at = Thermocouples(earlier.grid, points[inside])
    for now, then in (
        (dose.minutes, earlier.cem43_min), (cord.minutes, earlier.cord_cem43_min), (damage.omega, earlier.omega),
        (above.seconds, earlier.above_45_s),
    ):  # fmt: skip
        now.reshape(-1)[inside] = at.read(then)
    extremes.highest.reshape(-1)[inside] = np.maximum(at.read(earlier.max_c) - BODY_C, 0.0)
