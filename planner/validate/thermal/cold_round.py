"""Round fronts: a cylinder and a ball, latent heat alone and with warmth and blood; the balance with blood."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.exposure import Floats
from planner.simulate.thermal.freeze import freeze
from planner.simulate.thermal.freezing import FreezeSolver, Frozen
from planner.simulate.thermal.probes import Cryoprobe, ProbePhase
from planner.validate.models import Case, Row
from planner.validate.thermal.cold import (
    FLOW,
    ISOTHERMS_C,
    PERFUSED,
    PLACE_MM,
    RANGE_K,
    SPHERE_SHARE,
    STEP_MM,
    around_line,
    as_told,
    line_places,
)
from planner.validate.thermal.fronts import Freezing, along_radius, quasi_steady_cylinder
from planner.validate.thermal.laws import patchwork
from planner.validate.thermal.setups import MM

BLOOD_SHARE = 1e-3
"""Steps of 10 s: what blood brings is summed here by the trapezium rule."""


def _cylinder() -> Iterable[Row]:
    """Ice around a held line in tissue at its freezing point: only latent heat, all but a twentieth."""
    t = Freezing(2.0, 0.5, 1.25e5, 2.5e5, 250e6, start_c=-1.0)
    radius, depth, edges = 1.2, 99.0, (7.0, 10.0)
    times = tuple(quasi_steady_cylinder(radius * MM, edge * MM, t.k_s, t.latent, depth) for edge in edges)
    _, ran = around_line(t, 0.2, radius, ProbePhase(1e5, -100.0), times, half_mm=20.0, core_mm=13.0, initial_c=-0.9)
    _, at, w = line_places(STEP_MM, 13.0, 20.0)
    outside = np.hypot(*np.meshgrid(at, at, indexing="ij")) > radius
    form = "quasi-steady ice around a held cylinder: t = L/(kΔ)·[R²/2·ln(R/a) − (R²−a²)/4]; R of the frozen area"
    for field, edge in zip(ran.temperature_c, edges, strict=True):
        share = np.clip((t.freezes_c + 0.1 - field[:, :, 0]) / 0.2, 0.0, 1.0)
        got = sqrt(float((share * np.outer(w, w))[outside].sum()) / pi + radius**2)
        yield Row(f"radius_asked_{edge:g}mm_mm", "closed_form", edge, got, SPHERE_SHARE * edge, form)


def _ball() -> Iterable[Row]:
    """A ball of 6 mm at −140 °C in warm, perfused tissue, between cells."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

    radius, times = 3.0, (300.0, 600.0)
    at, fine = along_radius(PERFUSED, RANGE_K, FLOW, radius * MM, -140.0, times, 2)
    grid = TensorGrid.graded([(-15.0, 15.0)] * 3, [(-50.0, 50.0)] * 3, STEP_MM, 1.25)
    along, centre = np.array([0.0, 0.0, 1.0]), np.array([0.25, -0.15, 0.3]) * STEP_MM
    tip, entry = (tuple(grid.to_grid(centre + z * along)) for z in (-radius, radius))
    ball = Cryoprobe(tip, entry, 2.0 * radius, 2.0 * radius, program=(ProbePhase(1e5, -140.0),))
    ran = freeze(
        perfusion=FLOW, probes=[ball], spacing_mm=grid.widths_mm, times_s=times, shape=grid.shape, lethal_c=(),
        **as_told(PERFUSED, RANGE_K),
    )  # fmt: skip
    ways = np.array([way for way in product((-1.0, 0.0, 1.0), repeat=3) if any(way)])
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    r = np.arange(radius + STEP_MM, 16.0, 0.02)
    form = "method of lines on fine cells, LSODA; the worst of 26 ways"
    for n, time_s in enumerate(times):
        read = RegularGridInterpolator([grid.centres_mm(a) for a in range(3)], ran.temperature_c[n])
        lines = [read(grid.to_grid(centre + r[:, None] * way)) for way in ways]
        for value in ISOTHERMS_C:
            expected = float(np.interp(value, fine[n], at)) / MM
            places = [float(np.interp(value, line, r)) for line in lines]
            got = max(places, key=lambda place: abs(place - expected))
            yield Row(f"radius_{value:g}c_{time_s:g}s_mm", "worked_example", expected, got, PLACE_MM, form)


class _Blood:
    """Sums the heat that blood brings, J, from the temperatures alone."""

    def __init__(self, watt_k: NDArray[np.float64], blood_k: float, range_k: float) -> None:
        self.watt_k, self.blood_k, self.range_k, self.given_j = watt_k, blood_k, range_k, 0.0

    def add(self, above_c: Floats, rise_c: Floats, base_c: float, step_s: float) -> None:  # noqa: ARG002 - its protocol
        """Take a step."""
        self.given_j += 0.5 * step_s * (self._watts(above_c) + self._watts(above_c - rise_c))

    def _watts(self, theta: Floats) -> float:
        flows = 1.0 - np.clip(-theta / self.range_k, 0.0, 1.0)
        return float((self.watt_k * flows * (self.blood_k - theta)).sum(dtype=np.float64))


def _balance_with_blood() -> Iterable[Row]:
    n, step = 25, 1.0
    k, c, _ = patchwork(n)
    grid, flow = TensorGrid.uniform((n, n, n), step), np.linspace(500.0, 9000.0, n)[:, None, None]
    tip, entry = (12.2, 12.4, 5.0), (12.2, 12.4, 60.0)
    probe = Cryoprobe(tip, entry, 1.7, 14.0, program=(ProbePhase(300.0, -120.0), ProbePhase(200.0)))
    tissue = Frozen.of_water(k, c, np.clip((c - 2.2e6) / 2.2e6, 0.1, 0.8), (-8.0, -1.0))
    solver = FreezeSolver(grid, tissue, flow, [probe], precision=np.float64)
    blood = _Blood(flow * solver.beside.open_part * grid.volumes_m3, 38.0, 7.0)
    solver.exposures, start = (blood,), solver.enthalpy_j
    solver.advance(500.0)
    given = float(solver.probe_energy_j.sum()) + blood.given_j
    form = "change of heat with latent heat, over what probe and blood gave; insulated"
    yield Row("change_over_given_500s", "closed_form", 1.0, (solver.enthalpy_j - start) / given, BLOOD_SHARE, form)


CASES = (
    Case("ice around a cylinder", _cylinder),
    Case("ice around a ball in warm tissue", _ball),
    Case("heat of freezing with blood", _balance_with_blood),
)
