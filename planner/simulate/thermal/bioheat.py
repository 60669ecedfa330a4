"""Pennes' bioheat equation as one function of arrays; needs no plan and no anatomy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.damage import Cem43, arrhenius_laws
from planner.simulate.thermal.exposure import ArrheniusDamage, Cem43Dose, Exposure, Extremes
from planner.simulate.thermal.inputs import (
    ABSOLUTE_ZERO_C,
    MEMORY_LIMIT_MB,
    Boundary,
    InputCheck,
    Precision,
    Source,
    held_cells,
)
from planner.simulate.thermal.integrators import Method
from planner.simulate.thermal.solver import HeatSolver, Response
from planner.simulate.thermal.steps import LONGEST_S

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BioheatResult:
    """What a tissue went through.

    Attributes
    ----------
    times_s : (n,) the moments asked for.
    temperature_c : (n, nx, ny, nz) temperature at these, °C.
    max_c, min_c : (nx, ny, nz) extremes of all steps, the initial temperature included.
    cem43_min : (nx, ny, nz) equivalent minutes at 43 °C, saturating near 1e30; None without dose.
    damage : (nx, ny, nz) Arrhenius Ω; None unless a law was named.
    steps : number of time steps taken.
    """

    times_s: Array
    temperature_c: Array
    max_c: Array
    min_c: Array
    cem43_min: Array | None
    damage: Array | None
    steps: int


def bioheat(  # noqa: PLR0917 - its physics as plain arguments
    conductivity: ArrayLike,
    heat_capacity: ArrayLike,
    perfusion: ArrayLike,
    source: Source,
    spacing_mm: float | Sequence[Any],
    times_s: ArrayLike,
    initial_c: ArrayLike = 37.0,
    arterial_c: float = 37.0,
    boundary: Boundary = "fixed",
    dose: bool = True,
    *,
    method: Method = "adi",
    longest_step_s: float = LONGEST_S,
    switch_times_s: ArrayLike = (),
    held: NDArray[np.bool_] | None = None,
    held_c: ArrayLike = 37.0,
    conductivity_slope: ArrayLike = 0.0,
    perfusion_stop: Literal["cem43"] | str | None = None,
    damage: str | None = None,
    cem43_factor: float = 2.0,
    precision: Precision = "single",
    memory_limit_mb: float = MEMORY_LIMIT_MB,
    progress: Callable[[float], None] | None = None,
) -> BioheatResult:
    """Compute ρc ∂T/∂t = ∇·(k∇T) − ω(T − T_arterial) + q on box-shaped cells.

    Values belong to cells, and the flux between two cells follows from both conductivities in series, so that no
    heat is
    lost at an interface. It is linear as given; nothing depends on temperature unless a keyword asks for it.

    Parameters
    ----------
    conductivity : k, W/(m·K). It, the next three and `initial_c` are numbers or arrays (nx, ny, nz), at least one an
    array.
    heat_capacity : ρc, J/(m³·K).
    perfusion : ω·ρ_blood·c_blood, W/(m³·K).
    source : q, W/m³; or a function of time (s) that returns it, asked at the middle of each step.
    spacing_mm : width of the cells; one, one for each axis, or three arrays with the widths of all cells of an axis.
    times_s : increasing, above 0; steps land on each of them.
    initial_c, arterial_c : °C.
    boundary : "fixed" holds the outermost cells, that is their centres, at `arterial_c`; "insulated" lets no heat
    through
        the outer faces of the outermost cells. An axis of one cell has no ends, which makes a problem of one or two
        dimensions.
    dose : whether to compute `cem43_min`.
    method : "adi" (Douglas–Gunn, implicit) or "rkl2" (Runge–Kutta–Legendre, explicit), an independent check.
    longest_step_s : the longest time step; those after a change are shorter in proportion.
    switch_times_s : when a `source` that is a function jumps; steps land there and begin small again.
    held, held_c : cells held at a temperature from the start, such as those of an internally cooled electrode.
    conductivity_slope : relative change of conductivity a kelvin, from its value at 37 °C.
    perfusion_stop : stops perfusion as exp(−Ω); "cem43" (Ω = CEM43 / 240) or the name of a law of damage.
    damage : name of an Arrhenius law whose Ω to return: "cell_kill", "skin", "collagen".
    cem43_factor : factor in time of one degree above 43 °C; 2.25 for the spinal cord.
    precision : "single" is right to 1e-3 °C and half as large and long.
    memory_limit_mb : a call that needs more is refused.
    progress : told the time reached after each step; what it raises stops the run.

    Raises
    ------
    InputError
        With every problem of the arguments, before any work.
    SimulationError
        When temperatures leave the range of numbers.

    >>> import numpy as np
    >>> import planner as pl
    >>> warmed = pl.bioheat(0.5, 3.6e6, 0.0, np.full((4, 4, 4), 3.6e5), 1.0, [10.0], boundary="insulated")
    >>> float(warmed.temperature_c[0, 0, 0, 0].round(6))
    38.0
    """
    check = InputCheck()
    k = check.field("conductivity", conductivity, 0.0)
    capacity = check.field("heat_capacity", heat_capacity, 0.0, open_end=True)
    flow = check.field("perfusion", perfusion, 0.0)
    start = check.field("initial_c", initial_c, ABSOLUTE_ZERO_C)
    slope = check.field("conductivity_slope", conductivity_slope)
    cold = check.field("held_c", held_c, ABSOLUTE_ZERO_C)
    first = check.field("source", source(0.0) if callable(source) else source)
    mask = check.mask("held", held)
    arterial = check.number("arterial_c", arterial_c, ABSOLUTE_ZERO_C)
    longest = check.number("longest_step_s", longest_step_s, 0.0, open_end=True)
    factor = check.number("cem43_factor", cem43_factor, 1.0, open_end=True)
    times, switches = check.times("times_s", times_s), check.times("switch_times_s", switch_times_s, empty=True)
    check.numerics(boundary, precision)
    check.choice("method", method, ("adi", "rkl2"))
    laws = arrhenius_laws()
    check.choice("damage", damage, (None, *laws))  # type: ignore[arg-type]
    check.choice("perfusion_stop", perfusion_stop, (None, "cem43", *laws))  # type: ignore[arg-type]
    shape = check.shape()
    widths = check.spacing(spacing_mm, shape)
    if shape is not None:
        item, extra = (4, 3) if precision == "single" else (8, 2)
        nonlinear = 6 * bool(np.any(slope)) + 3 * (perfusion_stop is not None) + 4 * (method == "rkl2")
        check.memory(int(np.prod(shape)), times.size, item, extra + nonlinear, memory_limit_mb)
        check.ends(boundary, shape)
    check.problems.raise_if_any()
    shape = shape or (0, 0, 0)  # without a shape there was a problem, and nothing comes this far

    dosed = Cem43Dose(shape, Cem43(above=factor)) if dose or perfusion_stop == "cem43" else None
    names = {name for name in (damage, perfusion_stop) if name in laws}
    damaged = {name: ArrheniusDamage(shape, laws[name]) for name in names if name}
    stops = dosed if perfusion_stop == "cem43" else damaged.get(perfusion_stop or "")
    exposures: list[Exposure] = [*([dosed] if dosed else []), *damaged.values()]
    solver = HeatSolver(
        TensorGrid.of(widths), k, capacity, flow, arterial_c=arterial, initial_c=start, method=method,
        longest_step_s=longest, precision=np.float32 if precision == "single" else np.float64,
        response=Response(slope, stops),
    )  # fmt: skip
    if (edge := held_cells(boundary, shape, arterial, mask, cold)) is not None:
        solver.hold(*edge)
    extremes = Extremes(solver.system.u)
    solver.exposures = (extremes, *exposures)
    solver.heat(first)
    return _run(
        solver, source, times, switches, progress, (extremes, dosed if dose else None, damaged.get(damage or ""))
    )


def _run(  # noqa: PLR0917 - its physics as plain arguments
    solver: HeatSolver,
    source: Source,
    times: Array,
    switches: Array,
    progress: Callable[[float], None] | None,
    kept: tuple[Extremes, Cem43Dose | None, ArrheniusDamage | None],
) -> BioheatResult:
    fields = np.empty((len(times), *solver.grid.shape))
    follow = (lambda middle: solver.heat(_at(source, middle), switched=False)) if callable(source) else None
    for n, until in enumerate(times):
        for switch in switches[(switches > solver.time_s) & (switches < until)]:
            solver.advance(switch, before_step=follow, after_step=progress)
            solver.restart()
        solver.advance(until, before_step=follow, after_step=progress)
        if until in switches:
            solver.restart()
        fields[n] = solver.temperature_c
    extremes, dosed, damaged = kept
    base = solver.arterial_c
    return BioheatResult(
        times, fields, extremes.highest.astype(np.float64) + base, extremes.lowest.astype(np.float64) + base,
        dosed.minutes.astype(np.float64) if dosed else None, damaged.omega.astype(np.float64) if damaged else None,
        solver.steps,
    )  # fmt: skip


def _at(source: Callable[[float], ArrayLike], time_s: float) -> Any:
    """Ask a source for its value and hold it against what was promised."""
    check = InputCheck()
    value = check.field(f"source({time_s:g})", source(time_s))
    check.problems.raise_if_any()
    return value
