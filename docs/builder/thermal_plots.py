"""The figures of the page on heat and cold: closed forms as lines, what the kernels compute as points."""

from __future__ import annotations

from math import pi
from pathlib import Path
from typing import Any

import numpy as np

import planner as pl
from planner.validate.thermal import cold, sources
from planner.validate.thermal.closed_forms import point_source, touching_slabs
from planner.validate.thermal.fronts import along_radius, line_sink, neumann
from planner.validate.thermal.setups import BLOOD_C, CAPACITY, CONDUCTIVITY, MM, PERFUSION

INKS = ("#1f4e79", "#b3541e", "#4b7f52", "#6b4c8a")
POINTS = {"linestyle": "none", "marker": "o", "markersize": 3.5}


def heat_figure(path: Path) -> None:
    """Point source, two tissues in contact, a sphere's potential, order of convergence."""
    figure, ((a, b), (c, d)) = _panels()
    places, ran = sources.point_run(0.75, 13.875, 2.0, PERFUSION, (60.0, 600.0))
    x, middle = places[0], int(np.abs(places[0]).argmin())
    fine, seen = np.linspace(2.0, 20.0, 200), (x > 1.9) & (x < 20.0)
    for n, time_s in enumerate((60.0, 600.0)):
        exact = BLOOD_C + point_source(fine * MM, time_s, 2.0, CONDUCTIVITY, CAPACITY, PERFUSION)
        a.plot(fine, exact, color=INKS[n], label=f"{time_s:g} s")
        a.plot(x[seen], ran.temperature_c[n, seen, middle, middle], color=INKS[n], **POINTS)
    a.axhline(50.0, color="0.7", lw=0.8)
    _name(a, "Point source of 2 W in perfused bone", "mm from the source", "°C")

    bone, muscle, cells, step = (0.32, 2.5e6, 60.0), (0.5, 3.9e6, 37.0), 120, 0.5
    at = (np.arange(cells) + 0.5 - cells / 2) * step
    k, heat, start = (np.where(at < 0.0, *pair)[:, None, None] for pair in zip(bone, muscle, strict=True))
    ran = pl.bioheat(k, heat, 0.0, np.zeros((cells, 1, 1)), step, [10.0, 60.0], start, boundary="insulated", dose=False)
    seen, fine = np.abs(at) < 12.0, np.linspace(-12.0, 12.0, 400)
    for n, time_s in enumerate((10.0, 60.0)):
        b.plot(fine, touching_slabs(fine * MM, time_s, bone, muscle), color=INKS[n], label=f"{time_s:g} s")
        b.plot(at[seen], ran.temperature_c[n, seen, 0, 0], color=INKS[n], **POINTS)
    _name(b, "Warm bone against muscle", "mm from the contact", "°C")

    from planner.simulate.grid import TensorGrid  # noqa: PLC0415

    grid, volt, radius = TensorGrid.graded([(-9.0, 9.0)] * 3, [(-60.0, 60.0)] * 3, 0.75), 20.0, 1.5
    centre = np.array([0.5 * w.sum() for w in grid.widths_mm])
    for n, shift in enumerate((0.0, 0.3)):
        ball = pl.Electrode.sphere(centre + shift, 2.0 * radius, volt)
        found = pl.electric_field(0.087, [ball], grid.widths_mm, shape=grid.shape, boundary="infinity")
        away = np.linalg.norm(grid.points_mm - grid.to_world(centre + shift), axis=-1).ravel()
        near = np.flatnonzero((away > 1.6) & (away < 15.0))[::97]
        label = "centred on a corner" if n == 0 else "shifted by 0.3 mm"
        c.plot(away[near], found.potential_v.ravel()[near], color=INKS[n], label=label, **POINTS)
    fine = np.linspace(1.5, 15.0, 200)
    c.plot(fine, volt * radius / fine, color="0.2", lw=1.0)
    _name(c, "Potential around a 3-mm sphere, 0.75-mm cells", "mm from its centre", "V")

    counts, errors = (12, 24, 48, 96), []
    for count in counts:
        edges = np.linspace(0.0, 24.0, count + 1)
        cosine = 20.0 * np.diff(np.sin(pi * edges / 24.0)) * 24.0 / pi / np.diff(edges)
        ran = pl.bioheat(
            CONDUCTIVITY, CAPACITY, 0.0, np.zeros((count, 1, 1)), (24.0 / count, 1.0, 1.0), [60.0],
            37.0 + cosine[:, None, None], boundary="insulated", dose=False, precision="double", longest_step_s=1.0,
        )  # fmt: skip
        left = np.exp(-CONDUCTIVITY / CAPACITY * (pi / (24.0 * MM)) ** 2 * 60.0)
        errors.append(np.abs(ran.temperature_c[0, :, 0, 0] - 37.0 - cosine * left).max())
    sizes = 24.0 / np.array(counts)
    d.loglog(sizes, errors, color=INKS[0], marker="o", ms=4, label="computed")
    d.loglog(sizes, errors[0] * (sizes / sizes[0]) ** 2, color="0.5", ls="--", lw=1.0, label="second order")
    d.set_xticks(sizes, [f"{size:g}" for size in sizes], minor=False)
    d.set_xticks([], minor=True)
    _name(d, "Error against the width of a cell", "mm", "°C")
    _save(figure, path)


def cold_figure(path: Path) -> None:
    """Fronts in a half-space, profiles around a probe, fronts around a line of constant power, error by cell."""
    figure, ((a, b), (c, d)) = _panels()
    times = np.array([30.0, 60.0, 120.0, 200.0, 300.0, 400.0, 500.0, 600.0])
    fine = np.linspace(1.0, 600.0, 200)
    for n, (name, tissue, wall) in enumerate((("water", cold.WATER, -150.0), ("tissue", cold.TISSUE, -140.0))):
        x = neumann(tissue, wall)
        a.plot(fine, 2.0 * x * np.sqrt(tissue.a_s * fine) / MM, color=INKS[n], label=f"{name}, wall at {wall:g} °C")
        fields = cold.beside_wall(tissue, 0.2, wall, 0.75, tuple(times))
        fronts = [cold.front_mm(tissue, 0.2, field, 0.75) for field in fields]
        a.plot(times, fronts, color=INKS[n], **POINTS)
    _name(a, "Freezing half-space (Neumann)", "s", "mm of ice")

    moments, radius = (60.0, 300.0, 600.0), 1.2
    at, exact = along_radius(cold.PERFUSED, cold.RANGE_K, cold.FLOW, radius * MM, -140.0, moments, 1)
    phase = pl.ProbePhase(700.0, -140.0)
    _, ran = cold.around_line(
        cold.PERFUSED, cold.RANGE_K, radius, phase, moments, shift=(0.375, 0.2), perfusion=cold.FLOW
    )
    line = cold.line_places(0.75)[1]
    column = int(np.abs(line - 0.2).argmin())
    away = np.hypot(line - 0.375, line[column] - 0.2)
    for n, time_s in enumerate(moments):
        b.plot(at[at < 0.025] / MM, exact[n, at < 0.025], color=INKS[n], label=f"{time_s:g} s")
        seen = (away > radius) & (away < 25.0) & (line > 0.375)
        b.plot(away[seen], ran.temperature_c[n, seen, column, 2], color=INKS[n], **POINTS)
    for value in (0.0, -20.0, -40.0):
        b.axhline(value, color="0.8", lw=0.8)
    _name(b, "2.4-mm cryoprobe at −140 °C between cells of 0.75 mm", "mm from its axis", "°C")

    for n, watt in enumerate((500.0, 1000.0)):
        phase = pl.ProbePhase(700.0, -265.0, power_w=watt * 3.0 * MM)
        found, _ = cold.around_line(cold.TISSUE, 0.2, 1.2, phase, (100.0, 200.0, 300.0, 450.0, 600.0))
        x = line_sink(cold.TISSUE, watt)
        c.plot(fine, 2.0 * x * np.sqrt(cold.TISSUE.a_s * fine) / MM, color=INKS[n], label=f"{watt:g} W/m")
        c.plot((100.0, 200.0, 300.0, 450.0, 600.0), found[:, 0].mean(axis=1), color=INKS[n], **POINTS)
    _name(c, "Ice around a line that draws a constant power", "s", "mm")

    at, exact = along_radius(cold.PERFUSED, cold.RANGE_K, cold.FLOW, 0.0, -140.0, (600.0,), 0)
    sizes = (2.0, 1.5, 1.0, 0.75, 0.5, 0.375)
    for n, value in enumerate((0.0, -20.0, -40.0)):
        right = float(np.interp(value, exact[0], at)) / MM
        off = []
        for size in sizes:
            field = cold.beside_wall(cold.PERFUSED, cold.RANGE_K, -140.0, size, (600.0,), perfusion=cold.FLOW)[0]
            off.append(float(np.interp(value, field, size * np.arange(len(field)))) - right)
        d.plot(sizes, off, color=INKS[n], marker="o", ms=4, label=f"{value:g} °C")
    d.axhspan(-0.15, 0.15, color="0.92", zorder=0)
    _name(d, "Slab, 600 s: error of isotherms (grey: allowed)", "mm of a cell", "mm")
    _save(figure, path)


def _panels() -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 9})
    return plt.subplots(2, 2, figsize=(9.0, 6.4), constrained_layout=True)


def _name(axes: Any, title: str, x: str, y: str) -> None:
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.legend(frameon=False, fontsize=7)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110, metadata={"Software": None})


FIGURES = {"thermal_heat.png": heat_figure, "thermal_cold.png": cold_figure}
"""File → what draws it. Pictures differ by fonts and are not compared byte by byte."""
