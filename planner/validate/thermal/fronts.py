"""Closed forms of freezing, and a fine solution in one dimension by a method of lines. SI units, °C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, erfc, exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Freezing:
    """Tissue: conductivity and heat capacity frozen and not, latent heat, where it freezes, where it started."""

    k_s: float
    k_l: float
    c_s: float
    c_l: float
    latent: float
    freezes_c: float = -1.0
    start_c: float = 37.0

    @property
    def a_s(self) -> float:
        """Diffusivity of ice, m²/s."""
        return self.k_s / self.c_s

    @property
    def ratio(self) -> float:
        """Diffusivity of ice over that of unfrozen tissue."""
        return self.a_s / (self.k_l / self.c_l)


def neumann(tissue: Freezing, wall_c: float) -> float:
    """Return x of the front X = 2x√(αt) in a half-space whose wall is held.

    e^(−x²)/erf x − (k_l/k_s)√(α_s/α_l)·(T₀−Tf)/(Tf−Tw)·e^(−x²α_s/α_l)/erfc(x√(α_s/α_l)) = xL√π/(c_s(Tf−Tw));
    Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed., § 11.2.
    """
    t, depth = tissue, tissue.freezes_c - wall_c
    warmth = t.k_l / t.k_s * sqrt(t.ratio) * (t.start_c - t.freezes_c) / depth

    def residual(x: float) -> float:
        far = exp(-x * x * t.ratio) / erfc(x * sqrt(t.ratio))
        return exp(-x * x) / erf(x) - warmth * far - x * t.latent * sqrt(pi) / (t.c_s * depth)

    return _root(residual, 1e-3, 2.0)


def neumann_isotherm(tissue: Freezing, wall_c: float, x: float, value_c: float) -> float:
    """Return z of the place 2z√(αt) of an isotherm in the ice."""
    depth = tissue.freezes_c - wall_c
    return _root(lambda z: wall_c + depth * erf(z) / erf(x) - value_c, 0.0, x)


def line_sink(tissue: Freezing, watt_per_m: float) -> float:
    """Return x of the front R = 2x√(αt) around a line that draws a constant power.

    (Q/4π)e^(−x²) − k_l(T₀−Tf)e^(−x²α_s/α_l)/E₁(x²α_s/α_l) = x²α_sL (Paterson 1952; Carslaw and Jaeger § 11.6).
    """
    from scipy.special import exp1  # noqa: PLC0415

    t = tissue

    def residual(x: float) -> float:
        y = x * x * t.ratio
        warmth = t.k_l * (t.start_c - t.freezes_c) * exp(-y) / float(exp1(y))
        return watt_per_m / (4.0 * pi) * exp(-x * x) - warmth - x * x * t.a_s * t.latent

    return _root(residual, 1e-3, 2.0)


def largest_ice(  # noqa: PLR0917 - its physics as plain arguments
    radius: float, probe_c: float, value_c: float, k_s: float, k_l: float, damping: float, freezes_c: float = -1.0
) -> float:
    """Radius of an isotherm of the steady ice around an endless cylinder in perfused tissue at 37 °C.

    k_s(Tf−Tp)/(R ln(R/a)) = k_l(Tb−Tf)K₁(R/λ)/(λK₀(R/λ)); in the ice temperature runs with ln r.
    """
    from scipy.special import k0, k1  # noqa: PLC0415

    def residual(r: float) -> float:
        out = k_l * (37.0 - freezes_c) * float(k1(r / damping)) / (damping * float(k0(r / damping)))
        return k_s * (freezes_c - probe_c) / (r * log(r / radius)) - out

    edge = _root(residual, 1.01 * radius, 100.0 * radius)
    share = (value_c - probe_c) / (freezes_c - probe_c)
    return float(radius * (edge / radius) ** share)


def quasi_steady_sphere(radius: float, edge: float, k_s: float, latent: float, depth_k: float) -> float:
    """Time, s, until ice around a held sphere reaches a radius, where only latent heat counts."""
    return latent / (k_s * depth_k) * ((edge**3 - radius**3) / (3.0 * radius) - (edge**2 - radius**2) / 2.0)


def quasi_steady_cylinder(radius: float, edge: float, k_s: float, latent: float, depth_k: float) -> float:
    """Time, s, until ice around a held endless cylinder reaches a radius, where only latent heat counts."""
    return latent / (k_s * depth_k) * (edge**2 / 2.0 * log(edge / radius) - (edge**2 - radius**2) / 4.0)


def along_radius(  # noqa: PLR0917 - its physics as plain arguments
    tissue: Freezing, range_k: float, perfusion: float, inner: float, wall_c: float, times_s: Sequence[float],
    dimension: int, *, outer: float = 0.07, cells: int = 320,
) -> tuple[Array, Array]:  # fmt: skip
    """Places (m) and temperatures (times, cells) around a wall at `inner`, flat (0), round (1) or a ball (2).

    A method of lines on 320 cells that grow outwards, integrated by SciPy's LSODA to 1e-6: it shares no line with the
    solver.
    """
    from scipy.integrate import solve_ivp  # noqa: PLC0415

    t, w = tissue, range_k
    edges = inner + (outer - inner) * np.expm1(3.0 * np.linspace(0.0, 1.0, cells + 1)) / np.expm1(3.0)
    at, area = 0.5 * (edges[1:] + edges[:-1]), edges**dimension
    volume = np.diff(edges ** (dimension + 1)) / (dimension + 1)
    whole = t.latent + 0.5 * (t.c_s + t.c_l) * w

    def warmth(e: Array) -> Array:
        return np.maximum(e, 0.0) / t.c_l + np.clip(e, -whole, 0.0) * w / whole + np.minimum(e + whole, 0.0) / t.c_s

    def potential(theta: Array) -> Array:
        below = np.maximum(-theta, 0.0)
        part = np.minimum(below, w)
        return t.k_l * theta - (t.k_s - t.k_l) * (part**2 / (2.0 * w) + below - part)

    wall = float(potential(np.array([wall_c - t.freezes_c]))[0])

    def change(_: float, e: Array) -> Array:
        theta = warmth(e)
        p = potential(theta)
        flux = np.zeros(cells + 1)
        flux[0] = area[0] * (wall - p[0]) / (at[0] - inner)
        flux[1:-1] = area[1:-1] * (p[:-1] - p[1:]) / np.diff(at)
        blood = perfusion * (1.0 - np.clip(-theta / w, 0.0, 1.0)) * (37.0 - t.freezes_c - theta)
        return np.asarray((flux[:-1] - flux[1:]) / volume + blood)

    start = np.full(cells, t.c_l * (t.start_c - t.freezes_c))
    ran = solve_ivp(
        change, (0.0, times_s[-1]), start, "LSODA", t_eval=times_s, lband=1, uband=1, rtol=1e-6, atol=1e2, max_step=5.0
    )
    return at, np.stack([warmth(e) + t.freezes_c for e in ran.y.T])


def _root(residual: object, low: float, high: float) -> float:
    from scipy.optimize import brentq  # noqa: PLC0415

    return float(brentq(residual, low, high, xtol=1e-10))
