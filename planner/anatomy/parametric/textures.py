"""CT numbers inside a lesion by place, from the packaged figures; the same seed gives the same texture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.host import columns_of
from planner.anatomy.parametric.irregular import Waves
from planner.anatomy.parametric.tissues import hu

if TYPE_CHECKING:
    from planner.anatomy.parametric.disease_spec import ParametricLesion

Vector = NDArray[np.float64]
Texture = Callable[[Vector, Vector], Vector]
"""Points (n, 3), mm in the vertebra's own frame, and their depth (n,), mm, negative inside the lesion, to HU (n,)."""

GRAIN_MM: Final = (4.0, 11.0)
"""Lengths over which a lesion's density varies (assumed)."""
SPREAD_HU: Final = {"lytic": 12.0, "blastic": 95.0}
"""Standard deviation within one lesion (assumed; between lesions blastic ones differ by 176 HU, Ulano 2016)."""
EDGE: Final = 0.15
"""How sharply lytic and blastic patches of a mixed lesion meet, as a part of the wave's own spread (assumed)."""
BIAS: Final = 0.2
"""Where they meet: denser bone outshines its surroundings on a CT, so lytic patches need more than half the room."""
CORE_SHARE: Final = 0.35
CORE_HU: Final = 450.0
"""Calcified middle of a nidus: part of its radius, and what it adds (assumed)."""
RIM_FADE: Final = 0.4
"""Part of its density that reactive sclerosis loses from the nidus outwards (assumed)."""


def lesion_hu(lesion: ParametricLesion, seed: int = 0) -> Texture:
    """Return the texture of a lesion.

    Parameters
    ----------
    seed : of the patient; the lesion's own seed is added to it.
    """
    size = _size_mm(lesion)
    draw = 1_000_003 * (lesion.seed + 1) + seed
    fine = Waves.seeded(draw, GRAIN_MM, 24)
    # A mixed lesion has several patches of either kind, however small it is.
    patches = Waves.seeded(draw + 1, (0.35 * size, 0.75 * size), 24)

    def plain(kind: str, points: Vector) -> Vector:
        return np.asarray(hu(kind) + SPREAD_HU[kind] * np.clip(fine(columns_of(points)), -2.5, 2.5), dtype=np.float64)

    def texture(points: Vector, depth_mm: Vector) -> Vector:
        if lesion.kind == "osteoid_osteoma":
            return _nidus(points, depth_mm, 0.5 * size, lesion.rim, fine)
        if lesion.kind != "mixed":
            return plain(lesion.kind, points)
        part = 0.5 + 0.5 * np.tanh((patches(columns_of(points)) - BIAS) / EDGE)
        return np.asarray((1.0 - part) * plain("lytic", points) + part * plain("blastic", points))

    return texture


def _size_mm(lesion: ParametricLesion) -> float:
    if lesion.diameter_mm is not None:
        return float(lesion.diameter_mm)
    return float(np.cbrt(6.0 / np.pi * 1e3 * lesion.volume_ml))


def _nidus(points: Vector, depth_mm: Vector, radius_mm: float, rim_mm: float, fine: Waves) -> Vector:
    grain = fine(columns_of(points)).astype(np.float64)
    core = np.clip((-depth_mm / radius_mm - (1.0 - CORE_SHARE)) / 0.15, 0.0, 1.0)
    inside = hu("nidus") + CORE_HU * core + 15.0 * grain
    rim = hu("sclerosis") * (1.0 - RIM_FADE * np.clip(depth_mm / max(rim_mm, 0.1), 0.0, 1.0)) + 40.0 * grain
    return np.where(depth_mm <= 0.0, inside, rim)
