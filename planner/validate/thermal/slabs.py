"""Layers, modes and decays in one and three dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, pi

import numpy as np

from planner.simulate.thermal.bioheat import bioheat
from planner.validate.models import Case, Row
from planner.validate.thermal.closed_forms import gaussian_in_line, touching_slabs
from planner.validate.thermal.setups import BLOOD_C, CAPACITY, CONDUCTIVITY, MM, PERFUSION

KWAVE = "ucl-bug/k-wave@0f1a70f unit test, exact Green's function (Gao, Langer and Corry 1995), evaluated by FFT"


def _contact() -> Iterable[Row]:
    """Bone of 80 °C laid against muscle of 37 °C."""
    step, n, time_s = 0.25, 400, 60.0
    bone, muscle = (0.32, 1908.0 * 1312.8, 80.0), (0.495, 1090.4 * 3421.2, 37.0)
    left = (np.arange(n) < n // 2)[:, None, None]
    k, c, start = (np.where(left, *pair) for pair in zip(bone, muscle, strict=True))
    ran = bioheat(k, c, 0.0, np.zeros((n, 1, 1)), step, [time_s], start, boundary="insulated", dose=False)
    x = (np.arange(n) + 0.5 - n // 2) * step
    form = "contact (e₁T₁ + e₂T₂)/(e₁ + e₂), e = √(kρc), error functions on either side; Carslaw and Jaeger § 2.15"
    for at in (-6, -2, 2, 6):
        expected = float(touching_slabs(at * MM, time_s, bone, muscle))
        got = float(np.interp(at, x, ran.temperature_c[0, :, 0, 0]))
        yield Row(f"temperature_at_{at:+d}mm_c", "closed_form", expected, got, 0.05, form)


def _two_layers_steady() -> Iterable[Row]:
    """Ends held at 37 and 60 °C, two layers in series; the flux is one and the same in both."""
    n, step = 41, 0.5
    k = np.where(np.arange(n) < 20, 0.3, 1.2)[:, None, None]
    ends = np.zeros((n, 1, 1), dtype=bool)
    ends[[0, -1]] = True
    held = np.where(np.arange(n) == 0, 37.0, 60.0)[:, None, None]
    ran = bioheat(
        k, CAPACITY, 0.0, np.zeros((n, 1, 1)), step, [72000.0], boundary="insulated", dose=False, longest_step_s=300.0,
        held=ends, held_c=held, precision="double",
    )  # fmt: skip
    field = ran.temperature_c[0, :, 0, 0]
    near, far = 19.5 * step * MM / 0.3, 20.5 * step * MM / 1.2
    flux = 23.0 / (near + far)
    for cell, expected in ((10, 37.0 + flux * 10 * step * MM / 0.3), (30, 60.0 - flux * 10 * step * MM / 1.2)):
        form = "resistances in series: T changes by flux · distance / k"
        yield Row(f"temperature_of_cell_{cell}_c", "closed_form", expected, float(field[cell]), 1e-3, form)
    got = 0.3 * (field[10] - field[5]) / (5 * step * MM)
    yield Row(
        "flux_w_m2", "closed_form", flux, float(got), 1e-3 * flux, "temperature difference over the two resistances"
    )


def _insulated_mode() -> Iterable[Row]:
    n, step, time_s = 24, 1.0, 120.0
    x = np.cos(pi * (np.arange(n) + 0.5) / n)
    mode = 20.0 * x[:, None, None] * x[None, :, None] * x[None, None, :]
    ran = bioheat(
        CONDUCTIVITY,
        CAPACITY,
        PERFUSION,
        np.zeros((n, n, n)),
        step,
        [time_s],
        37.0 + mode,
        boundary="insulated",
        dose=False,
    )
    rate = CONDUCTIVITY / CAPACITY * 3.0 * (pi / (n * step * MM)) ** 2 + PERFUSION / CAPACITY
    form = "cos·cos·cos decays by e^(−(3α(π/L)² + B/ρc)t), L = n cells: no flux through the outer faces"
    got = float(((ran.temperature_c[0] - 37.0) * mode).sum() / (mode * mode).sum())
    yield Row("share_left", "closed_form", exp(-rate * time_s), got, 2e-3, form)


def _fixed_mode() -> Iterable[Row]:
    n, step, time_s = 25, 1.0, 120.0
    x = np.sin(pi * np.arange(n) / (n - 1))
    mode = 20.0 * x[:, None, None] * x[None, :, None] * x[None, None, :]
    ran = bioheat(CONDUCTIVITY, CAPACITY, 0.0, np.zeros((n, n, n)), step, [time_s], 37.0 + mode, dose=False)
    rate = CONDUCTIVITY / CAPACITY * 3.0 * (pi / ((n - 1) * step * MM)) ** 2
    form = "sin·sin·sin decays by e^(−3α(π/L)²t), L = n − 1 cells: the centres of the outermost cells are held"
    got = float(((ran.temperature_c[0] - 37.0) * mode).sum() / (mode * mode).sum())
    yield Row("share_left", "closed_form", exp(-rate * time_s), got, 2e-3, form)
    edge = float(np.abs(ran.temperature_c[0][[0, -1]] - 37.0).max())
    yield Row("edge_off_arterial_k", "closed_form", 0.0, edge, 1e-9, "the edge is held")


def _washed_out() -> Iterable[Row]:
    ran = bioheat(
        CONDUCTIVITY, CAPACITY, PERFUSION, np.full((3, 3, 3), 4000.0), 1.0, [600.0], 50.0, arterial_c=36.0,
        boundary="insulated", dose=False,
    )  # fmt: skip
    level, left = 36.0 + 4000.0 / PERFUSION, exp(-PERFUSION / CAPACITY * 600.0)
    expected = level + (50.0 - level) * left
    form = "even tissue: T → Ta + q/B as e^(−Bt/ρc)"
    yield Row("temperature_c", "closed_form", expected, float(ran.temperature_c[0, 1, 1, 1]), 1e-3, form)


def _kwave() -> Iterable[Row]:
    """A Gaussian of 1 mm after 150 s; 0.25-mm cells, since their own 1 mm is too coarse for finite volumes."""
    step, n, time_s, density, heat = 0.25, 513, 150.0, 1079.0, 3540.0
    x = (np.arange(n) - n // 2) * step
    start = (BLOOD_C + gaussian_in_line(x * MM, 0.0, MM, 0.0, 0.0))[:, None, None]
    for loss, places in (
        (1060.0 * 0.01 * 3617.0, {0: 37.024403525705054, 2: 37.02325100923203, 6: 37.01578904099698}),
        (0.0, {0: 37.109987515439556, 2: 37.10479308472886}),
    ):
        ran = bioheat(
            0.52, density * heat, loss, np.zeros((n, 1, 1)), step, [time_s], start, boundary="insulated", dose=False
        )
        named = "perfused" if loss else "unperfused"
        for at, expected in places.items():
            got = float(np.interp(at, x, ran.temperature_c[0, :, 0, 0]))
            yield Row(f"{named}_at_{at}mm_c", "published", expected, got, 1e-4, KWAVE)


CASES = (
    Case("bone against muscle", _contact),
    Case("two layers, steady", _two_layers_steady),
    Case("decay in an insulated box", _insulated_mode),
    Case("decay between held edges", _fixed_mode),
    Case("perfusion and source in even tissue", _washed_out),
    Case("k-Wave, spreading of a Gaussian", _kwave),
)
