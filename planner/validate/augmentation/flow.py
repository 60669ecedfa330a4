"""Fronts of cement against closed forms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from planner.simulate.cement.box import neighbours
from planner.simulate.cement.flow import Filled, Injection, Medium, inject
from planner.validate.models import Case, Row

K_M2, PORES, RATE_ML_S = 4e-8, 0.85, 0.05
WIDTH_MM, CELLS = 0.75, 41
FRONT_SHARE = 0.02
"""What was asked of the front."""
PRESSURE_SHARE = 0.02
"""The far boundary is a cube, the closed form's a ball of the same volume."""
KEPT_SHARE = 1e-3
WATSON = 0.252731009858663
"""Resistance from a point of an endless cubic lattice to infinity, in units of one link (Watson's integral)."""


def point_injection(viscosity: float, marrow: float, volume_ml: float = 2.5) -> tuple[Medium, Filled]:
    """Inject from the middle cell of a cube of even bone."""
    mask = np.ones((CELLS,) * 3, dtype=bool)
    near = neighbours(mask)
    n = len(near)
    drain = (near < 0).sum(axis=1).astype(np.float64)
    medium = Medium(WIDTH_MM, near, np.full(n, PORES * WIDTH_MM**3 * 1e-3), np.full((n, 3), K_M2), drain, marrow)
    middle = np.array([n // 2])
    return medium, inject(medium, Injection(middle, volume_ml, RATE_ML_S, lambda _: viscosity))


def _sphere(viscosity: float, marrow: float) -> Iterable[Row]:
    medium, found = point_injection(viscosity, marrow)
    radius = (3.0 * 2.5e3 / (4.0 * np.pi * PORES)) ** (1.0 / 3.0)
    part = (found.held_ml / medium.room_ml).reshape((CELLS,) * 3)
    away = (np.indices(part.shape) - CELLS // 2) * WIDTH_MM
    got = float(np.sqrt(5.0 / 3.0 * ((away**2).sum(axis=0) * part).sum() / part.sum()))
    form = "R = (3V/4πφ)^(1/3), from the second moment of the cement"
    yield Row("front_radius_mm", "closed_form", radius, got, FRONT_SHARE * radius, form)
    moment = np.array([(away[a] ** 2 * part).sum() for a in range(3)])
    yield Row("roundness", "closed_form", 1.0, float(moment.min() / moment.max()), 1e-6, "the same along all axes")
    reach = np.sqrt((away**2).sum(axis=0))
    inner, outer = float((part * (reach > radius)).sum() / part.sum()), 0.0
    yield Row("cement_beyond_the_ball", "closed_form", outer, inner, 0.06, "a ball; cells of 0.75 mm at its surface")
    kept = float(found.held_ml.sum())
    yield Row("volume_ml", "closed_form", 2.5, kept, KEPT_SHARE * 2.5, "none is lost or made")
    # The last pressure was computed with what had gone in until then.
    done = float(found.volume_ml[-2]) * 1e-6
    front = (3.0 * done / (4.0 * np.pi * PORES)) ** (1.0 / 3.0)
    far = (3.0 / (4.0 * np.pi)) ** (1.0 / 3.0) * CELLS * WIDTH_MM * 1e-3
    tip = viscosity * (WATSON / (WIDTH_MM * 1e-3) - 1.0 / (4.0 * np.pi * front))
    expected = RATE_ML_S * 1e-6 / K_M2 * (tip + marrow / (4.0 * np.pi) * (1.0 / front - 1.0 / far)) / 1e3
    form = "Q/k·[μ_c (0.2527/h − 1/4πR) + μ_m/4π (1/R − 1/R_out)], 0.2527 Watson's integral"
    yield Row(
        "tip_pressure_kpa", "closed_form", expected, float(found.pressure_kpa[-2]), PRESSURE_SHARE * expected, form
    )


def _line() -> Iterable[Row]:
    """Cement of 100 Pa·s drives marrow of 10 Pa·s out of a column."""
    length, h, area = 60, 0.5, (0.5e-3) ** 2
    near = neighbours(np.ones((length, 1, 1), dtype=bool))
    drain = np.zeros(length)
    drain[-1] = 1.0
    room = PORES * h**3 * 1e-3
    medium = Medium(h, near, np.full(length, room), np.full((length, 3), K_M2), drain, 10.0)
    found = inject(medium, Injection(np.array([0]), 0.6 * length * room, 1e-3, lambda _: 100.0))
    for n in (4, 8, 11):
        front = float(found.volume_ml[n]) * 1e-6 / (PORES * area)
        way = 100.0 * max(front - 0.5e-3 * h, 0.0) + 10.0 * (length * h * 1e-3 - max(front, 0.5e-3 * h))
        expected = 1e-9 / (area * K_M2) * way / 1e3
        form = "Q/(kA)·(μ_c x + μ_m (L − x)), from the middle of the first cell"
        yield Row(f"pressure_kpa_at_front_{front * 1e3:.1f}_mm", "closed_form", expected, float(found.pressure_kpa[n]),
                  0.005 * expected, form)  # fmt: skip
    front = float((found.held_ml / room).sum() * h)
    yield Row("front_mm", "closed_form", 0.6 * length * h, front, FRONT_SHARE * 18.0, "V/(φA)")


CASES = (
    Case("cement from a point, 20 times as thick as marrow", partial(_sphere, 200.0, 10.0)),
    Case("cement from a point, as thick as marrow", partial(_sphere, 10.0, 10.0)),
    Case("cement and marrow in a column", _line),
)
