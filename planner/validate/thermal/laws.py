"""What must hold whatever the numbers: energy, order of convergence, independence of grid, place and integrator."""

from __future__ import annotations

from collections.abc import Iterable
from math import log2, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.bioheat import bioheat
from planner.simulate.thermal.solver import HeatSolver
from planner.validate.models import Case, Row
from planner.validate.thermal.setups import (
    BLOOD_C,
    CAPACITY,
    CONDUCTIVITY,
    MM,
    PERFUSION,
    RAYS,
    Array,
    ball_share,
    centres,
    isotherm_mm,
    octant_widths,
)  # fmt: skip

ENERGY_SHARE = 1e-5
"""Asked of an insulated box."""
BALANCE_SHARE = 1e-3
"""The losses are summed by the trapezoid from step to step; asked is 1 %."""
INTEGRATORS_K = 0.05
"""Asked between the two integrators."""
PLACE_MM = 0.15
"""Asked of isotherms when the grid is shifted or turned under the source."""
HALVED_MM, HALVED_SHARE = 0.3, 0.01
"""Suggested for halving the cells and the steps."""


def patchwork(n: int, seed: int = 7) -> tuple[Array, Array, Array]:
    """Blocks of tissue with the spread of cortex, marrow, cord and metal: conductivity, capacity, perfusion."""
    pick = np.random.default_rng(seed).integers(0, 5, size=(5, 5, 5))
    blocks = np.kron(pick, np.ones((n // 5 + 1,) * 3, dtype=int))[:n, :n, :n]
    table = np.array([
        (0.32, 2.5e6, 1207.0), (0.28, 2.7e6, 8787.0), (0.51, 3.9e6, 10907.0), (0.57, 4.1e6, 0.0), (7.0, 2.3e6, 0.0),
    ])  # fmt: skip
    k, c, b = (table[blocks, column] for column in range(3))
    return k, c, b


def _insulated_box() -> Iterable[Row]:
    n, step = 30, 1.0
    k, c, _ = patchwork(n)
    source = np.zeros((n, n, n))
    source[10:14, 12:18, 5:25] = 5e5
    ran = bioheat(k, c, 0.0, source, step, [120.0, 600.0], boundary="insulated", dose=False)
    for t, field in zip(ran.times_s, ran.temperature_c, strict=True):
        stored = float((c * (field - BLOOD_C)).sum()) / float(source.sum() * t)
        form = "heat stored over heat given, five materials from k 0.28 to 7"
        yield Row(f"stored_over_given_{t:g}s", "closed_form", 1.0, stored, ENERGY_SHARE, form)


def _balance() -> Iterable[Row]:
    """Stored + carried off by blood + let through a held face = given."""
    n, step = 32, 1.0
    grid = TensorGrid.uniform((n, n, n), step)
    k, c, b = patchwork(n)
    source = np.zeros((n, n, n))
    source[14:18, 14:18, 10:22] = 4e5
    solver = HeatSolver(grid, k, c, b)
    held = np.zeros((n, n, n), dtype=bool)
    held[0] = True
    solver.hold(held, BLOOD_C)
    solver.heat(source)
    volume, free = (step * MM) ** 3, ~held
    face = 2.0 * k[0] * k[1] / (k[0] + k[1]) / (step * MM) * (step * MM) ** 2
    last, lost = np.zeros(3), np.zeros(2)

    def gather(time_s: float) -> None:
        u = solver.system.u.astype(np.float64)
        now = np.array([time_s, float((b * u)[free].sum() * volume), float((face * u[1]).sum())])
        lost[:] += 0.5 * (now[0] - last[0]) * (now[1:] + last[1:])
        last[:] = now

    solver.advance(600.0, after_step=gather)
    stored = float((c * (solver.temperature_c - BLOOD_C))[free].sum() * volume)
    given = float(source.sum() * volume * 600.0)
    form = "(stored + carried off by blood + through the held face) over given, 600 s"
    yield Row("accounted_over_given", "closed_form", 1.0, (stored + lost.sum()) / given, BALANCE_SHARE, form)


def _burn(step_mm: float, centre_mm: tuple[float, float, float], n: int, **keywords: Any) -> tuple[list[Array], Array]:
    """A ball of 4 mm heated with 3 W for 300 s, anywhere in a cube of 48 mm; places are from the ball's centre."""
    widths = [np.full(n, step_mm)] * 3
    places = [centres(w) - 0.5 * n * step_mm - at for w, at in zip(widths, centre_mm, strict=True)]
    share = ball_share(places, widths, 4.0)
    density = 3.0 / (4.0 / 3.0 * pi * (4.0 * MM) ** 3)
    ran = bioheat(CONDUCTIVITY, CAPACITY, PERFUSION, density * share, step_mm, [300.0], dose=False, **keywords)
    return places, ran.temperature_c[0]


def _shifted() -> Iterable[Row]:
    form = "the same ball, 3 W, in four places within a cell; 1-mm cells; spread of the 50 °C radius over 12 rays"
    found = []
    for centre in ((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.25, 0.4, 0.1), (0.5, 0.5, 0.5)):
        places, field = _burn(1.0, centre, 48)
        found.append([isotherm_mm(field, places, 50.0, ray, 4.0) for ray in RAYS])
    spread = float(np.ptp(np.array(found), axis=0).max())
    yield Row("radius_spread_mm", "closed_form", 0.0, spread, PLACE_MM, form)


def _turned() -> Iterable[Row]:
    """A rod heated along the grid, and across its diagonal: the same zone."""
    step, n, half, radius = 1.0, 48, 8.0, 1.5
    found = []
    for direction in ((0.0, 0.0, 1.0), (1.0, 1.0, 1.0), (1.0, 2.0, 0.0)):
        axis = np.array(direction) / np.linalg.norm(direction)
        side = np.cross(axis, (1.0, 0.0, 0.0))
        side /= np.linalg.norm(side)
        at = centres(np.full(n, step)) - 0.5 * n * step
        source = rod_share(at, step, axis, half, radius)
        source *= 4.0 / (pi * (radius * MM) ** 2 * 2.0 * half * MM)
        field = bioheat(CONDUCTIVITY, CAPACITY, PERFUSION, source, step, [300.0], dose=False).temperature_c[0]
        found.append([_where(field, at, ray, 50.0) for ray in (axis, side, np.cross(axis, side))])
    form = "rod of 16 mm along an axis, a space diagonal and between; 1-mm cells; spread of the 50 °C surface"
    spread = float(np.ptp(np.array(found), axis=0).max())
    yield Row("zone_spread_mm", "closed_form", 0.0, spread, PLACE_MM, form)


def rod_share(at: Array, step: float, axis: Array, half: float, radius: float, parts: int = 4) -> Array:  # noqa: PLR0917 - plain arguments
    """Share of each cell inside a straight rod through the middle."""
    fine = (at[:, None] + step * ((np.arange(parts) + 0.5) / parts - 0.5)).ravel().astype(np.float32)
    x, y, z = fine[:, None, None], fine[None, :, None], fine[None, None, :]
    a, b, c = (np.float32(v) for v in axis)
    along = x * a + y * b + z * c
    inside = (np.abs(along) <= half) & (x * x + y * y + z * z - along * along <= radius * radius)
    n = len(at)
    return np.asarray(inside.reshape(n, parts, n, parts, n, parts).mean(axis=(1, 3, 5)))


def _where(field: Array, at: Array, ray: Array, value: float) -> float:
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    r = np.arange(0.5, float(at[-1]), 0.02)
    cells = (r[:, None] * ray - at[0]).T / (at[1] - at[0])
    line = map_coordinates(field, cells, order=3, mode="nearest")
    n = int(np.flatnonzero(line >= value)[-1])
    return float(r[n] + 0.02 * (line[n] - value) / (line[n] - line[n + 1]))


def _integrators() -> Iterable[Row]:
    n, step = 24, 1.0
    k, c, b = patchwork(n)
    source = np.zeros((n, n, n))
    source[10:14, 10:14, 6:18] = 4e5
    runs = [bioheat(k, c, b, source, step, [60.0, 600.0], dose=False, method=m).temperature_c for m in ("adi", "rkl2")]
    form = "largest difference in any cell; alternating directions against Runge–Kutta–Legendre, metal included"
    for time_s, one, other in zip((60, 600), *runs, strict=True):
        apart = float(np.abs(one - other).max())
        yield Row(f"apart_{time_s}s_k", "closed_form", 0.0, apart, INTEGRATORS_K, form)


def _halved() -> Iterable[Row]:
    widths = {step: octant_widths(step, 13.5, 60.0) for step in (1.5, 0.75)}
    radius = {}
    for step, w in widths.items():
        places = [centres(w)] * 3
        share = ball_share(places, [w] * 3, 3.0)
        heat = 3.0 / (4.0 / 3.0 * pi * (3.0 * MM) ** 3) * share
        for longest in (10.0, 5.0):
            ran = bioheat(
                CONDUCTIVITY, CAPACITY, PERFUSION, heat, [w] * 3, [360.0], boundary="insulated", dose=False,
                longest_step_s=longest
            )  # fmt: skip
            radius[step, longest] = float(
                np.mean([isotherm_mm(ran.temperature_c[0], places, 50.0, ray, 3.0) for ray in RAYS])
            )
    moved = abs(radius[1.5, 10.0] - radius[0.75, 10.0])
    yield Row(
        "radius_moved_by_cells_mm", "closed_form", 0.0, moved, HALVED_MM, "50 °C radius, cells of 1.5 against 0.75 mm"
    )
    moved = abs(radius[0.75, 10.0] / radius[0.75, 5.0] - 1.0)
    yield Row(
        "radius_moved_by_steps",
        "closed_form",
        0.0,
        moved,
        HALVED_SHARE,
        "50 °C radius, steps of 10 against 5 s, relative",
    )


def _order_in_space() -> Iterable[Row]:
    """Error against the closed form of a cosine, cells halved twice on a grid whose cells differ smoothly."""
    errors, length, time_s = [], 24.0, 60.0
    for n in (12, 24, 48):
        at = np.linspace(0.0, 1.0, n + 1)
        edges = length * (at + 0.1 * np.sin(2.0 * pi * at) / pi)
        w = np.diff(edges)
        start = 37.0 + 20.0 * np.diff(np.sin(pi * edges / length)) * length / pi / w  # cell means
        ran = bioheat(
            CONDUCTIVITY, CAPACITY, 0.0, np.zeros((n, 1, 1)), [w, 1.0, 1.0], [time_s], start[:, None, None],
            boundary="insulated", dose=False, precision="double", longest_step_s=1.0,
        )  # fmt: skip
        left = np.exp(-CONDUCTIVITY / CAPACITY * (pi / (length * MM)) ** 2 * time_s)
        errors.append(np.abs(ran.temperature_c[0, :, 0, 0] - 37.0 - (start - 37.0) * left).max())
    order = log2(errors[1] / errors[2])
    yield Row("order_in_space", "closed_form", 2.0, order, 0.3, "decay of a cosine, 24 against 48 graded cells")


def _order_in_time() -> Iterable[Row]:
    """Difference from steps so short that what is left is space."""
    n = 20
    k, c, b = patchwork(n)
    k = np.minimum(k, 0.6)
    x = np.cos(pi * (np.arange(n) + 0.5) / n)
    start = 60.0 + 20.0 * x[:, None, None] * x[None, :, None] * x[None, None, :]

    def run(longest: float) -> NDArray[np.float64]:
        ran = bioheat(
            k, c, b, np.zeros((n, n, n)), 1.5, [400.0], start, dose=False, boundary="insulated", precision="double",
            longest_step_s=longest,
        )  # fmt: skip
        return np.asarray(ran.temperature_c[0])

    exact = run(1.0)  # leaves 1 % of the error of 10 s, 0.02 of the order
    errors = [float(np.abs(run(longest) - exact).max()) for longest in (20.0, 10.0)]
    yield Row(
        "order_in_time",
        "closed_form",
        2.0,
        log2(errors[0] / errors[1]),
        0.3,
        "steps of 20 against 10 s, 400 s, five tissues",
    )


CASES = (
    Case("insulated box", _insulated_box),
    Case("balance of energy", _balance),
    Case("two integrators", _integrators),
    Case("grid shifted under the source", _shifted),
    Case("source turned on the grid", _turned),
    Case("cells and steps halved", _halved),
    Case("order of convergence in space", _order_in_space),
    Case("order of convergence in time", _order_in_time),
)
