"""Closed forms of heat conduction in tissue. SI units; lengths in metres, temperatures above that of the blood."""

from __future__ import annotations

from math import exp, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def erf(x: ArrayLike) -> Array:
    """Error function."""
    from scipy.special import erf as function  # noqa: PLC0415

    return np.asarray(function(x))


def point_source(  # noqa: PLR0917 - its physics as plain arguments
    radius: ArrayLike, time_s: float, power_w: float, conductivity: float, capacity: float, perfusion: float
) -> Array:
    """Continuous point source in a perfused medium, switched on at 0.

    P/(8πkr)·[e^(−r/λ)·erfc(r/√(4αt) − √(βt)) + e^(r/λ)·erfc(r/√(4αt) + √(βt))], λ = √(k/B), β = B/ρc; without perfusion
    it is the classical P/(4πkr)·erfc(r/√(4αt)) (Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed., § 10.4).
    """
    r = np.asarray(radius, dtype=np.float64)
    spread, washed = r / sqrt(4.0 * conductivity / capacity * time_s), sqrt(perfusion / capacity * time_s)
    decay = r * sqrt(perfusion / conductivity)
    both = np.exp(-decay) * (1.0 - erf(spread - washed)) + np.exp(decay) * (1.0 - erf(spread + washed))
    return np.asarray(power_w / (8.0 * pi * conductivity * r) * both)


def perfused_sphere(radius: ArrayLike, edge: float, surface: float, conductivity: float, perfusion: float) -> Array:
    """Steady temperature outside a sphere of radius `edge` held at `surface`: (a/r)·e^(−(r−a)/λ)."""
    r = np.asarray(radius, dtype=np.float64)
    return np.asarray(surface * edge / r * np.exp(-(r - edge) * sqrt(perfusion / conductivity)))


def heated_ball(  # noqa: PLR0917 - its physics as plain arguments
    radius: ArrayLike, edge: float, power_w: float, inside: float, outside: float, perfusion: float
) -> Array:
    """Steady: an evenly heated, unperfused ball in a perfused medium of another conductivity."""
    r = np.asarray(radius, dtype=np.float64)
    decay = sqrt(perfusion / outside)
    surface = power_w / (4.0 * pi * outside * edge * (1.0 + edge * decay))
    density = power_w / (4.0 / 3.0 * pi * edge**3)
    within = surface + density * (edge**2 - r**2) / (6.0 * inside)
    beyond = surface * edge / np.maximum(r, 0.5 * edge) * np.exp(-(r - edge) * decay)
    return np.where(r < edge, within, beyond)


def touching_slabs(
    x: ArrayLike, time_s: float, left: tuple[float, float, float], right: tuple[float, float, float]
) -> Array:
    """Two half-spaces brought into contact at x = 0; each is (conductivity, capacity, initial temperature).

    The contact keeps (e₁T₁ + e₂T₂)/(e₁ + e₂), e = √(kρc); each side follows an error function (Carslaw and Jaeger §
    2.15).
    """
    x = np.asarray(x, dtype=np.float64)
    (k1, c1, t1), (k2, c2, t2) = left, right
    e1, e2 = sqrt(k1 * c1), sqrt(k2 * c2)
    contact = (e1 * t1 + e2 * t2) / (e1 + e2)
    low = contact + (t1 - contact) * erf(-x / (2.0 * sqrt(k1 / c1 * time_s)))
    high = contact + (t2 - contact) * erf(x / (2.0 * sqrt(k2 / c2 * time_s)))
    return np.where(x < 0.0, low, high)


def gaussian_in_line(x: ArrayLike, time_s: float, width: float, diffusivity: float, loss_per_s: float) -> Array:
    """What becomes of e^(−(x/w)²) in one dimension with perfusion."""
    grown = width**2 + 4.0 * diffusivity * time_s
    x = np.asarray(x, dtype=np.float64)
    return np.asarray(width / sqrt(grown) * np.exp(-(x**2) / grown) * exp(-loss_per_s * time_s))


def radius_where(profile: Any, value: float, low: float, high: float) -> float:
    """Where a falling profile passes a value."""
    from scipy.optimize import brentq  # noqa: PLC0415

    return float(brentq(lambda r: float(profile(r)) - value, low, high, xtol=1e-9))
