"""Freezing by cryoprobes as one function of arrays; needs no plan and no anatomy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.exposure import Extremes, TimeBelow
from planner.simulate.thermal.freezing import ICE_HEAT_J_M3, WATER_LESS_ICE_J_M3_K, FreezeSolver, Frozen
from planner.simulate.thermal.inputs import (
    ABSOLUTE_ZERO_C,
    MEMORY_LIMIT_MB,
    Boundary,
    InputCheck,
    Precision,
    held_cells,
)
from planner.simulate.thermal.probes import Cryoprobe
from planner.simulate.thermal.steps import LONGEST_S

Array = NDArray[np.float64]
EXTRA_ARRAYS = 10
"""Arrays of one number a cell beyond those of heat, and room to set up."""


@dataclass(frozen=True, eq=False)
class FreezeResult:
    """What a tissue went through, and what the probes did.

    Attributes
    ----------
    times_s : (n,) the moments asked for.
    temperature_c : (n, nx, ny, nz) temperature at these, °C; cells inside a probe have that of the tissue beside it.
    min_c, max_c : (nx, ny, nz) extremes of all steps, the initial temperature included.
    lethal_c : the temperatures that were counted.
    seconds_below : for each of these (cycles, nx, ny, nz) seconds below it; a cycle runs from one start of freezing
        to the next.
    cycle_starts_s : when each cycle began.
    curve_s : (m,) ends of all steps.
    volume_below_ml : (m, 1 + len(lethal_c)) tissue below 0 °C and below each of `lethal_c` then, mL.
    probe_c, probe_power_w : (m, probes) temperature of the surface (NaN while passive) and heat drawn, W (negative
        while it warms).
    probe_energy_j : (probes,) heat drawn in all.
    steps : number of time steps taken.
    """

    times_s: Array
    temperature_c: Array
    min_c: Array
    max_c: Array
    lethal_c: tuple[float, ...]
    seconds_below: tuple[NDArray[np.float32], ...]
    cycle_starts_s: tuple[float, ...]
    curve_s: Array
    volume_below_ml: Array
    probe_c: Array
    probe_power_w: Array
    probe_energy_j: Array
    steps: int


def freeze(  # noqa: PLR0917 - its physics as plain arguments
    conductivity: ArrayLike,
    heat_capacity: ArrayLike,
    perfusion: ArrayLike,
    water: ArrayLike,
    probes: Sequence[Cryoprobe],
    spacing_mm: float | Sequence[Any],
    times_s: ArrayLike,
    initial_c: ArrayLike = 37.0,
    arterial_c: float = 37.0,
    boundary: Boundary = "fixed",
    *,
    shape: tuple[int, int, int] | None = None,
    frozen_conductivity: ArrayLike | None = None,
    frozen_heat_capacity: ArrayLike | None = None,
    latent_heat: ArrayLike | None = None,
    freezing_c: tuple[float, float] = (-8.0, -1.0),
    source: ArrayLike = 0.0,
    held: NDArray[np.bool_] | None = None,
    held_c: ArrayLike = 37.0,
    reperfused: bool = True,
    lethal_c: Sequence[float] = (-20.0, -40.0),
    longest_step_s: float = LONGEST_S,
    precision: Precision = "single",
    memory_limit_mb: float = MEMORY_LIMIT_MB,
    progress: Callable[[float], None] | None = None,
) -> FreezeResult:
    """Compute freezing and thawing of perfused tissue by the enthalpy method, with probes anywhere on the grid.

    Enthalpy is the unknown, so that latent heat is never lost; the flux between two cells is the integral of the
    conductivity over temperature (Kirchhoff), both half cells in series. Perfusion stops in proportion to the ice.

    Parameters
    ----------
    conductivity, heat_capacity, perfusion : of unfrozen tissue as in :func:`planner.bioheat`: W/(m·K), J/(m³·K),
        W/(m³·K); numbers or arrays (nx, ny, nz).
    water : share of the volume that is water that freezes, 0 to 1. From it follow the latent heat (334 MJ/m³ of
        water) and, unless stated, what freezing changes: conductivity grows by (2.22/0.60)^water, heat capacity falls
        by 2.14 MJ/(m³·K) of water.
    probes : :class:`planner.Cryoprobe`, each with its program; together they make the timeline.
    spacing_mm, times_s, initial_c, arterial_c, boundary : as in :func:`planner.bioheat`.
    shape : of the grid, where everything above is a number.
    frozen_conductivity, frozen_heat_capacity, latent_heat : W/(m·K), J/(m³·K), J/m³ where they are known.
    freezing_c : where the last and the first water freezes, °C; latent heat is released evenly between.
    source : W/m³.
    held, held_c : cells held at a temperature from the start, such as those of a warmed fluid.
    reperfused : whether blood flows again where ice has thawed.
    lethal_c : temperatures below which time is counted, for each cycle of freezing.
    longest_step_s : the longest time step; those after a switch are shorter in proportion.
    precision : "single" is right to 0.01 °C and half as large.
    memory_limit_mb : a call that needs more is refused.
    progress : told the time reached after each step; what it raises stops the run.

    Raises
    ------
    InputError
        With every problem of the arguments, before any work.
    SimulationError
        When temperatures leave the range of numbers.

    >>> import planner as pl
    >>> from planner.simulate.thermal.probes import ProbePhase
    >>> probe = pl.Cryoprobe((12.0, 12.0, 4.0), (12.0, 12.0, 40.0), 2.4, 14.0, program=(ProbePhase(60.0, -140.0),))
    >>> ice = pl.freeze(0.5, 3.7e6, 2500.0, 0.75, [probe], 1.0, [60.0], shape=(24, 24, 24))
    >>> bool(0.5 < ice.volume_below_ml[-1, 0] < 5.0)
    True
    """
    check = InputCheck()
    k = check.field("conductivity", conductivity, 0.0)
    capacity = check.field("heat_capacity", heat_capacity, 0.0, open_end=True)
    flow = check.field("perfusion", perfusion, 0.0)
    wet = check.field("water", water, 0.0)
    start = check.field("initial_c", initial_c, ABSOLUTE_ZERO_C)
    cold = check.field("held_c", held_c, ABSOLUTE_ZERO_C)
    heat = check.field("source", source)
    frozen_k = None if frozen_conductivity is None else check.field("frozen_conductivity", frozen_conductivity, 0.0)
    frozen_c = None
    if frozen_heat_capacity is not None:
        frozen_c = check.field("frozen_heat_capacity", frozen_heat_capacity, 0.0, open_end=True)
    latent = None if latent_heat is None else check.field("latent_heat", latent_heat, 0.0)
    mask = check.mask("held", held)
    arterial = check.number("arterial_c", arterial_c, ABSOLUTE_ZERO_C)
    longest = check.number("longest_step_s", longest_step_s, 0.0, open_end=True)
    times = check.times("times_s", times_s)
    check.numerics(boundary, precision)
    freezing = _range(check, freezing_c)
    thresholds = tuple(check.number(f"lethal_c[{n}]", c, ABSOLUTE_ZERO_C) for n, c in enumerate(lethal_c))
    if np.max(wet) > 1.0:
        check.problems.add(
            "$.water", f"a value of {np.max(wet):g}", "a share of at most 1", "give a share, not percent"
        )
    elif frozen_c is None and not check.problems.found and np.min(capacity - WATER_LESS_ICE_J_M3_K * wet) <= 0.0:
        check.problems.add(
            "$.water", f"tissue of {np.min(capacity):g} J/(m³·K) that would store nothing when frozen",
            "heat capacity above 2.14e6 × water", "correct one of them or state `frozen_heat_capacity`",
        )  # fmt: skip
    cells = check.shape() if shape is None else check.shape_or(shape)
    widths = check.spacing(spacing_mm, cells)
    if cells is not None:
        item = 4 if precision == "single" else 8
        counted = len(thresholds) * max(1, len(_cycle_starts(probes, freezing[1], times[-1:])))
        check.memory(int(np.prod(cells)), times.size, item, EXTRA_ARRAYS + counted, memory_limit_mb)
        check.ends(boundary, cells)
        if len(widths) == 3:
            check_probes(check, probes, TensorGrid.of(widths))
    check.problems.raise_if_any()
    grid = TensorGrid.of(widths)

    made = Frozen.of_water(k, capacity, wet, freezing)
    tissue = Frozen(
        k, made.frozen_conductivity if frozen_k is None else frozen_k, capacity,
        made.frozen_heat_capacity if frozen_c is None else frozen_c,
        ICE_HEAT_J_M3 * wet if latent is None else latent, freezing,
    )  # fmt: skip
    solver = FreezeSolver(
        grid, tissue, flow, probes, source=heat, arterial_c=arterial, initial_c=start, reperfused=reperfused,
        longest_step_s=longest, precision=np.float32 if precision == "single" else np.float64,
    )  # fmt: skip
    if (edge := held_cells(boundary, grid.shape, arterial, mask, cold)) is not None:
        solver.hold(*edge)
    return _run(solver, times, thresholds, progress)


def _run(
    solver: FreezeSolver, times: Array, thresholds: tuple[float, ...], progress: Callable[[float], None] | None
) -> FreezeResult:
    grid, starts = solver.grid, _cycle_starts(solver.probes, solver.base_c, times[-1:])
    extremes = Extremes(solver.theta)
    counted = [[TimeBelow(grid.shape, c) for _ in starts] for c in thresholds]
    volume = (grid.volumes_m3 * solver.beside.open_part * 1e6).astype(np.float32).ravel()
    limits = [c - solver.base_c for c in (0.0, *thresholds)]
    curve: list[tuple[float, list[float], Array, Array]] = []

    def note(time_s: float) -> None:
        theta = solver.theta.ravel()
        inside = [float(np.dot(volume, theta < limit)) for limit in limits]
        curve.append((time_s, inside, solver.probe_c.copy(), -solver.probe_power_w))
        if progress is not None:
            progress(time_s)

    fields = np.empty((len(times), *grid.shape))
    for n, until in enumerate(times):
        for begin in [t for t in starts if solver.time_s < t < until] + [until]:
            cycle = sum(t <= solver.time_s * (1.0 + 1e-12) for t in starts) - 1
            solver.exposures = (extremes, *(row[cycle] for row in counted if cycle >= 0))
            solver.advance(begin, after_step=note)
        fields[n] = solver.temperature_c
    return FreezeResult(
        times, fields, solver.shown(extremes.lowest), solver.shown(extremes.highest), thresholds,
        tuple(np.array([one.seconds for one in row]).reshape(-1, *grid.shape) for row in counted), tuple(starts),
        np.array([row[0] for row in curve]), np.array([row[1] for row in curve]), np.array([row[2] for row in curve]),
        np.array([row[3] for row in curve]), -solver.probe_energy_j, solver.steps,
    )  # fmt: skip


def _cycle_starts(probes: Sequence[Cryoprobe], from_c: float, end: Array) -> list[float]:
    """When freezing begins: a probe freezes and none did just before."""
    if not all(isinstance(probe, Cryoprobe) for probe in probes):
        return []
    switches = sorted({0.0, *(t for probe in probes for t in probe.switch_times_s)})
    working = [any(probe.at(t).freezes(from_c) for probe in probes) for t in switches]
    return [
        t for n, t in enumerate(switches) if working[n] and (n == 0 or not working[n - 1]) and t < end.max(initial=0.0)
    ]


def _range(check: InputCheck, freezing_c: tuple[float, float]) -> tuple[float, float]:
    found = np.asarray(freezing_c, dtype=np.float64)
    if found.shape != (2,) or not np.isfinite(found).all() or not ABSOLUTE_ZERO_C < found[0] < found[1]:
        check.problems.add(
            "$.freezing_c", freezing_c, "two rising temperatures, °C", "0.2 K apart is as good as a point"
        )
        return (-8.0, -1.0)
    return float(found[0]), float(found[1])


def check_probes(check: InputCheck, probes: Sequence[Any], grid: TensorGrid) -> None:
    """Note what is wrong with probes and their programs on a grid."""
    from planner.simulate.electric.inputs import needle_problems  # noqa: PLC0415

    for n, probe in enumerate(probes):
        path = f"$.probes[{n}]"
        if not isinstance(probe, Cryoprobe):
            check.problems.add(
                path, probe, "a planner.Cryoprobe", "build one with tip, entry, diameter and active length"
            )
            continue
        needle_problems(check.problems, path, probe.shape, grid.widths_mm)
        for m, phase in enumerate(probe.program):
            where = f"{path}.program[{m}]"
            t = phase.temperature_c
            for name, got, fits, expected in (
                ("duration_s", phase.duration_s, phase.duration_s > 0.0, "seconds above 0"),
                (
                    "temperature_c",
                    t,
                    t is None or ABSOLUTE_ZERO_C < t < 100.0,
                    "None, or °C below boiling",
                ),
                ("power_w", phase.power_w, phase.power_w > 0.0, "watts above 0"),
                ("duty", phase.duty, 0.0 <= phase.duty <= 1.0, "a share from 0 to 1"),
            ):
                if not fits:
                    check.problems.add(f"{where}.{name}", got, expected, "correct the program")
