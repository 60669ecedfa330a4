"""Freezing: fronts against closed forms, probes below the size of a cell, energy, order of convergence."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from math import cos, log2, pi, sin, sqrt
from typing import Any

import numpy as np

from planner.simulate.grid import TensorGrid, graded_widths, needle_axes
from planner.simulate.thermal.freeze import FreezeResult, freeze
from planner.simulate.thermal.freezing import FreezeSolver, Frozen
from planner.simulate.thermal.probes import Cryoprobe, ProbePhase, double_freeze
from planner.validate.models import Case, Row
from planner.validate.thermal.fronts import (
    Array,
    Freezing,
    along_radius,
    largest_ice,
    line_sink,
    neumann,
    neumann_isotherm,
    quasi_steady_sphere,
)  # fmt: skip
from planner.validate.thermal.laws import patchwork
from planner.validate.thermal.setups import MM, centres

STEP_MM = 0.75
FRONT_MM = 0.15
"""Asked at 0.75 mm of the front and of −20 and −40 °C."""
EARLY_MM = 0.4
"""Where ice of 5 mm is as steep as 30 K a cell: half a cell."""
RADIUS_SHARE = 0.02
"""Asked of a front around a line that draws a constant power."""
STEADY_SHARE = 0.02
"""After six hours the ice has 1 % of its growth before it, and the domain ends at ten lengths of damping."""
SPHERE_SHARE = 0.05
"""Sensible heat of a twentieth of the latent slows the front by about as much; the closed form leaves it out."""
ENERGY_SHARE = 1e-4
"""Asked of the balance with latent heat."""
PLACE_MM = 0.2
"""Asked when the grid is refined, shifted or turned; the worst place of a thin probe makes 2 % of its resistance."""
ISOTHERMS_C = (0.0, -20.0, -40.0)
WATER = Freezing(2.22, 0.56, 2.05e6, 4.186e6, 334e6, freezes_c=0.0)
TISSUE = Freezing(2.0, 0.5, 1.8e6, 3.6e6, 250e6)
PERFUSED, FLOW, RANGE_K = Freezing(1.3, 0.5, 2.1e6, 3.6e6, 234e6), 2500.0, 7.0
"""Soft tissue that is 70 % water, its perfusion in W/(m³·K), and a range from −8 to −1 °C."""


def as_told(t: Freezing, range_k: float) -> dict[str, Any]:
    """What `freeze` is told of a tissue; `range_k` below its freezing point, or around it where it is narrow."""
    top = t.freezes_c if range_k > 1.0 else t.freezes_c + 0.5 * range_k
    return {
        "conductivity": t.k_l, "heat_capacity": t.c_l, "water": 0.7, "frozen_conductivity": t.k_s,
        "frozen_heat_capacity": t.c_s, "latent_heat": t.latent, "freezing_c": (top - range_k, top),
    }  # fmt: skip


def beside_wall(
    t: Freezing, range_k: float, wall_c: float, step_mm: float, times: tuple[float, ...], **more: Any
) -> Array:
    """Temperature along a line whose first cell, by its centre, is the wall."""
    n = int(120.0 / step_mm) + 1
    held = np.zeros((n, 1, 1), dtype=bool)
    held[0] = True
    ran = freeze(
        perfusion=more.pop("perfusion", 0.0), probes=[], spacing_mm=step_mm, times_s=times, boundary="insulated",
        shape=(n, 1, 1), held=held, held_c=wall_c, **as_told(t, range_k), **more,
    )  # fmt: skip
    return ran.temperature_c[:, :, 0, 0]


def front_mm(t: Freezing, range_k: float, field: Array, step_mm: float) -> float:
    """Ice beside a wall, by the frozen share of each cell."""
    share = np.clip((t.freezes_c + 0.5 * range_k - field) / range_k, 0.0, 1.0)
    return step_mm * (float(share.sum()) - 0.5)


def line_places(step_mm: float, core_mm: float = 24.0, half_mm: float = 60.0) -> tuple[float, Array, Array]:
    """Where an axis across an endless probe begins, its cell centres from the middle and their widths."""
    start, w = graded_widths((-core_mm, core_mm), (-half_mm, half_mm), step_mm, 1.1)
    return start, start + centres(w), w


def _half_space(t: Freezing, wall_c: float) -> Iterable[Row]:
    times, range_k = (60.0, 300.0, 600.0), 0.2
    x = neumann(t, wall_c)
    fields = beside_wall(t, range_k, wall_c, STEP_MM, times)
    form = "Neumann's half-space; frozen cells and the frozen share of the one at the front, range of 0.2 K"
    for time_s, field in zip(times, fields, strict=True):
        got = front_mm(t, range_k, field, STEP_MM)
        yield Row(f"front_{time_s:g}s_mm", "closed_form", 2.0 * x * sqrt(t.a_s * time_s) / MM, got, FRONT_MM, form)
    along = STEP_MM * np.arange(fields.shape[1])
    for value in ISOTHERMS_C[1:]:
        z = neumann_isotherm(t, wall_c, x, value)
        expected = 2.0 * z * sqrt(t.a_s * times[-1]) / MM
        got = float(np.interp(value, fields[-1], along))
        yield Row(
            f"place_of_{value:g}c_600s_mm", "closed_form", expected, got, FRONT_MM, "Neumann's profile in the ice"
        )


def _slab_with_range() -> Iterable[Row]:
    times = (120.0, 300.0, 600.0)
    at, fine = along_radius(PERFUSED, RANGE_K, FLOW, 0.0, -140.0, times, 0)
    fields = beside_wall(PERFUSED, RANGE_K, -140.0, STEP_MM, times, perfusion=FLOW)
    along = STEP_MM * np.arange(fields.shape[1])
    for time_s, expected, got in zip(times, fine, fields, strict=True):
        for value in ISOTHERMS_C:
            yield Row(
                f"place_of_{value:g}c_{time_s:g}s_mm", "worked_example", float(np.interp(value, expected, at)) / MM,
                float(np.interp(value, got, along)), FRONT_MM, "method of lines on fine cells, LSODA",
            )  # fmt: skip


def around_line(
    t: Freezing, range_k: float, radius_mm: float, phase: ProbePhase, times: tuple[float, ...], *,
    shift: tuple[float, float] = (0.0, 0.0), step_mm: float = STEP_MM, perfusion: float = 0.0, half_mm: float = 60.0,
    core_mm: float = 24.0, longest_step_s: float = 10.0, initial_c: float = 37.0,
) -> tuple[Array, FreezeResult]:  # fmt: skip
    """Distances of 0, −20 and −40 °C from an endless probe, (times, isotherms, ways), and the run."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

    (start, at, w), layers = line_places(step_mm, core_mm, half_mm), 4
    height = layers * step_mm
    tip, entry = (shift[0] - start, shift[1] - start, -9.0), (shift[0] - start, shift[1] - start, height + 9.0)
    probe = Cryoprobe(tip, entry, 2.0 * radius_mm, height - 2e-3, dead_mm=9.001, program=(phase,))
    ran = freeze(
        perfusion=perfusion, probes=[probe], spacing_mm=(w, w, step_mm), times_s=times, boundary="insulated",
        shape=(len(w), len(w), layers), longest_step_s=longest_step_s, initial_c=initial_c, **as_told(t, range_k),
    )  # fmt: skip
    r = np.arange(radius_mm + 0.5 * step_mm, 0.8 * half_mm, 0.02)
    found = []
    for field in ran.temperature_c:
        read = RegularGridInterpolator((at - shift[0], at - shift[1]), field[:, :, layers // 2])
        lines = [read(r[:, None] * np.array([cos(a), sin(a)])) for a in np.linspace(0.0, 2.0 * pi, 16, endpoint=False)]
        found.append([[float(np.interp(value, line, r)) for line in lines] for value in (t.freezes_c, *ISOTHERMS_C)])
    return np.array(found), ran


def _line_sink(watt_per_m: float) -> Iterable[Row]:
    phase = ProbePhase(700.0, -265.0, power_w=watt_per_m * (4.0 * STEP_MM) * MM)
    found, ran = around_line(TISSUE, 0.2, 1.2, phase, (300.0, 600.0))
    x, form = line_sink(TISSUE, watt_per_m), "line sink of constant power with freezing; mean of 16 ways"
    for n, time_s in enumerate((300.0, 600.0)):
        expected = 2.0 * x * sqrt(TISSUE.a_s * time_s) / MM
        got = float(found[n, 0].mean())
        yield Row(f"front_{time_s:g}s_mm", "closed_form", expected, got, RADIUS_SHARE * expected, form)
    drawn = float(ran.probe_energy_j[0]) / (phase.power_w * 600.0)
    yield Row("drawn_over_asked", "closed_form", 1.0, drawn, 1e-4, "the power is what was asked for")


def _largest_ice(k_s: float, k_l: float, damping: float, core_mm: float) -> Iterable[Row]:
    radius = 0.75
    still = Freezing(k_s, k_l, 1.8e6, 2.7e6, 5e7)
    phase = ProbePhase(1e6, -140.0)
    found, _ = around_line(
        still, 0.2, radius, phase, (21600.0,), perfusion=k_l / (damping * MM) ** 2, half_mm=9.0 * damping,
        step_mm=1.2, core_mm=core_mm, longest_step_s=120.0,
    )  # fmt: skip
    form = "steady ice around a cylinder in perfused tissue, K₀ and K₁ outside, ln r inside; after six hours"
    for n, value in ((0, -1.0), (2, -20.0), (3, -40.0)):
        expected = largest_ice(radius, -140.0, value, k_s, k_l, damping)
        yield Row(
            f"radius_{value:g}c_mm", "closed_form", expected, float(found[0, n].mean()), STEADY_SHARE * expected, form
        )


def _sphere() -> Iterable[Row]:
    """Ice around a ball of 6 mm at −100 °C in tissue at its freezing point: only latent heat, all but a twentieth."""
    t = Freezing(2.0, 0.5, 1.25e5, 2.5e5, 250e6, start_c=-1.0)
    radius, depth, n = 3.0, 99.0, 48
    centre = (0.5 * n * STEP_MM + 0.2, 0.5 * n * STEP_MM - 0.1, 0.5 * n * STEP_MM + 0.3)
    tip, entry = (*centre[:2], centre[2] - radius), (*centre[:2], centre[2] + radius)
    ball = Cryoprobe(tip, entry, 2.0 * radius, 2.0 * radius, program=(ProbePhase(1e5, -100.0),))
    edges = (7.0, 10.0)
    times = [quasi_steady_sphere(radius * MM, edge * MM, t.k_s, t.latent, depth) for edge in edges]
    ran = freeze(
        perfusion=0.0, probes=[ball], spacing_mm=STEP_MM, times_s=times, shape=(n, n, n), initial_c=-0.9,
        boundary="insulated", lethal_c=(), **as_told(t, 0.2),
    )  # fmt: skip
    solid = 4.0 / 3.0 * pi * radius**3
    form = "quasi-steady ice around a held ball: t = L/(kΔ)·[(R³−a³)/3a − (R²−a²)/2]; R of the frozen volume"
    for field, edge in zip(ran.temperature_c, edges, strict=True):
        share = np.clip((t.freezes_c + 0.1 - field) / 0.2, 0.0, 1.0)
        at = STEP_MM * (np.arange(n) + 0.5)
        away = np.sqrt(
            sum((line - c) ** 2 for line, c in zip(np.meshgrid(at, at, at, indexing="ij"), centre, strict=True))
        )
        outside = float(share[away > radius].sum()) * STEP_MM**3 + solid
        got = (outside * 3.0 / (4.0 * pi)) ** (1.0 / 3.0)
        yield Row(f"radius_asked_{edge:g}mm_mm", "closed_form", edge, got, SPHERE_SHARE * edge, form)


def _cylinder(shift: tuple[float, float], radius_mm: float) -> Iterable[Row]:
    times = (60.0, 300.0, 600.0)
    at, fine = along_radius(PERFUSED, RANGE_K, FLOW, radius_mm * MM, -140.0, times, 1)
    found, _ = around_line(PERFUSED, RANGE_K, radius_mm, ProbePhase(700.0, -140.0), times, shift=shift, perfusion=FLOW)
    form = "method of lines on fine cells, LSODA; the worst of 16 ways"
    for n, time_s in enumerate(times):
        for m, value in enumerate(ISOTHERMS_C):
            expected = float(np.interp(value, fine[n], at)) / MM
            got = max((float(r) for r in found[n, m + 1]), key=lambda r: abs(r - expected))
            allowed = EARLY_MM if time_s < 100.0 else PLACE_MM
            yield Row(f"radius_{value:g}c_{time_s:g}s_mm", "worked_example", expected, got, allowed, form)


def _energy() -> Iterable[Row]:
    """Five tissues, two probes, freezing twice and thawing; insulated and without blood."""
    n, step = 25, 1.0
    k, c, _ = patchwork(n)
    water = np.clip((c - 2.2e6) / 2.2e6, 0.1, 0.8)
    program = double_freeze(180.0, 60.0, temperature_c=-120.0, warming_s=40.0)
    probes = [
        Cryoprobe((10.2, 15.1, 5.0), (12.0, 19.0, 60.0), 1.7, 14.0, program=program),
        Cryoprobe((19.3, 14.2, 6.0), (19.3, 14.2, 60.0), 1.7, 14.0, program=(ProbePhase(300.0, -120.0, 6.0, 0.7),)),
    ]
    for precision in (np.float32, np.float64):
        solver = FreezeSolver(
            TensorGrid.uniform((n, n, n), step), Frozen.of_water(k, c, water, (-8.0, -1.0)), 0.0, probes,
            precision=precision,
        )  # fmt: skip
        start = solver.enthalpy_j
        for until in (180.0, 460.0):
            solver.advance(until)
            change, given = solver.enthalpy_j - start, float(solver.probe_energy_j.sum())
            form = "change of heat with latent heat, over what probes gave"
            name = f"change_over_given_{np.dtype(precision).name}_{until:g}s"
            yield Row(name, "closed_form", 1.0, change / given, ENERGY_SHARE, form)


def _reached(field: Array, grid: TensorGrid, middle: Array, axis: Array) -> Array:
    """Distances at which 0, −20 and −40 °C lie on eight ways across a probe's middle and one beyond its tip."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

    read = RegularGridInterpolator([grid.centres_mm(a) for a in range(3)], field)
    frame = needle_axes(axis)
    ways = [cos(a) * frame[:, 0] + sin(a) * frame[:, 1] for a in np.linspace(0.0, 2.0 * pi, 8, endpoint=False)]
    found = []
    for way, r in [*((way, np.arange(1.5, 18.0, 0.02)) for way in ways), (-axis, np.arange(9.0, 20.0, 0.02))]:
        line = read(grid.to_grid(middle + r[:, None] * way))
        found.append([float(np.interp(value, line, r)) for value in ISOTHERMS_C])
    return np.array(found)


@cache
def _placed(step_mm: float, shift: float, axis: tuple[float, float, float], aligned: bool) -> Array:
    """A probe of 2.4 mm with 15 mm of active length, 300 s: isotherms around its middle, (ways, isotherms)."""
    direction = np.array(axis) / np.linalg.norm(axis)
    core, outer = [(-11.0, 11.0)] * 3, [(-36.0, 36.0)] * 3
    turn = needle_axes(direction) if aligned else np.eye(3)
    grid = TensorGrid.graded(core, outer, step_mm, 1.15, axes=turn)
    middle = turn @ (np.full(3, shift) * step_mm)
    tip, entry = (grid.to_grid(middle + s * direction) for s in (-7.5, 60.0))
    probe = Cryoprobe(tuple(tip), tuple(entry), 2.4, 15.0, program=(ProbePhase(400.0, -140.0),))
    ran = freeze(
        perfusion=FLOW, probes=[probe], spacing_mm=grid.widths_mm, times_s=[300.0], shape=grid.shape, lethal_c=(),
        **as_told(PERFUSED, RANGE_K),
    )  # fmt: skip
    return _reached(ran.temperature_c[0], grid, middle, direction)


def _placement() -> Iterable[Row]:
    along, space = (0.0, 0.0, 1.0), (1.0, 2.0, 2.0)
    base = _placed(1.0, 0.0, along, False)
    ways = "eight ways across and one beyond the tip, 0, −20 and −40 °C, 300 s"
    for name, other in (
        ("shifted", _placed(1.0, 0.37, along, False)),
        ("turned", _placed(1.0, 0.2, space, False)),
        ("turned_with_its_grid", _placed(1.0, 0.2, space, True)),
        ("finer_cells", _placed(STEP_MM, 0.0, along, False)),
    ):
        # Ways around a turned probe begin elsewhere, so means across are compared, and the way beyond the tip.
        apart = max(
            float(np.abs(other[:-1].mean(axis=0) - base[:-1].mean(axis=0)).max()),
            float(np.ptp(other[:-1], axis=0).max()) / 2,
        )
        apart = max(apart, float(np.abs(other[-1] - base[-1]).max()))
        yield Row(f"{name}_mm", "closed_form", 0.0, apart, PLACE_MM, f"a probe freezes alike on any grid; {ways}")


def _orders() -> Iterable[Row]:
    """A cosine in tissue that freezes from −60 to −1 °C and stays within: nothing jumps; against a finer run."""
    t, length = Freezing(1.3, 0.5, 2.1e6, 3.6e6, 2e8), 24.0

    def run(n: int, longest: float) -> Array:
        edges = np.linspace(0.0, length, n + 1)
        start = -30.0 + 25.0 * np.diff(np.sin(pi * edges / length)) * length / pi / np.diff(edges)
        ran = freeze(
            perfusion=0.0, probes=[], spacing_mm=(length / n, 1.0, 1.0), times_s=[120.0], boundary="insulated",
            initial_c=start[:, None, None], precision="double", longest_step_s=longest, **as_told(t, 59.0),
        )  # fmt: skip
        return ran.temperature_c[0, :, 0, 0]

    fine = run(192, 1.0)
    errors = [float(np.abs(run(n, 1.0) - fine.reshape(n, -1).mean(axis=1)).max()) for n in (24, 48)]
    yield Row("order_in_space", "closed_form", 2.0, log2(errors[0] / errors[1]), 0.3, "24 against 48 cells")
    best = run(48, 0.125)
    errors = [float(np.abs(run(48, s) - best).max()) for s in (4.0, 2.0)]
    yield Row("order_in_time", "closed_form", 2.0, log2(errors[0] / errors[1]), 0.5, "steps of 4 against 2 s")


CASES = (
    Case("freezing half-space of water", partial(_half_space, WATER, -150.0)),
    Case("freezing half-space of tissue", partial(_half_space, TISSUE, -140.0)),
    Case("freezing slab, −8 to −1 °C, perfused", _slab_with_range),
    *(Case(f"ice around a line of {q:g} W/m", partial(_line_sink, q)) for q in (500.0, 1000.0)),
    Case("largest ice around a cylinder in bone", partial(_largest_ice, 0.9, 0.31, 11.8, 24.0)),
    Case("largest ice around a cylinder in muscle", partial(_largest_ice, 1.8, 0.495, 13.9, 40.0)),
    Case("ice around a ball", _sphere),
    Case("cryoprobe of 1.5 mm", partial(_cylinder, (0.0, 0.0), 0.75)),
    Case("cryoprobe of 2.4 mm between cells", partial(_cylinder, (0.375, 0.2), 1.2)),
    Case("heat of freezing and thawing", _energy),
    Case("cryoprobe anywhere on the grid", _placement),
    Case("orders of convergence while freezing", _orders),
)
