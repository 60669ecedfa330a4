"""What is done for cord, roots and skin, in the tissue map: gas or fluid before the sac, cooled or warmed, and skin.

None of these places is known before they are filled: gas and fluid are taken to fill the epidural space in front of
the middle of the sac (or cord), over the whole height of the grid. All of it is assumed and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.geometry.index import index_of
from planner.simulate.treatment.names import NUMBER

if TYPE_CHECKING:
    from planner.simulate.treatment.tissue_map import _Painter

FILLS = {
    "co2_dissection": "carbon_dioxide", "fluid_dissection": "dextrose_5", "cooled_saline": "saline",
    "warmed_saline": "saline",
}  # fmt: skip
"""Fluid beside a radio-frequency needle is free of ions; irrigating saline is not."""
FLUID_C, SKIN_C, WARM_SKIN_C = 22.0, 10.0, 40.0
"""Fluid of the room, a cool pack, warm saline on the skin (assumed)."""
IRRIGATED_C = {"cooled_saline": 10.0, "warmed_saline": 40.0}
"""Saline from ice water warmed on its way, and from a warmer cooled on its way (assumed)."""
IRRIGATION_ML_MIN = 10.0
"""Flow of irrigating saline (assumed)."""
WATER_J_ML_K = 4.18
SKIN_FILM_W_M2_K = 200.0
"""From skin to a pack or running water (assumed)."""
SKIN_MM = 5.0
"""Depth of air beside the skin that is a pack instead."""
HALVES = ("thecal_sac", "spinal_cord", "spinal_canal")
NOT_HEAT = ("thermocouple", "neuromonitoring")


@dataclass(frozen=True, eq=False)
class Flow:
    """Cells past which a fluid runs: W/(m³·K) that it takes, and its temperature, at which the cells also begin."""

    cells: NDArray[np.bool_]
    takes_w_m3_k: float
    temperature_c: float


def protected(painter: _Painter, protection: Sequence[str]) -> tuple[Flow, ...]:
    """Fill what the plan's protection fills; what cannot be simulated is a caveat."""
    flows: list[Flow] = []
    for name in protection:
        if name in FILLS:
            flows += _filled(painter, name)
        elif name == "skin_cooling":
            flows += _skin(painter, "cooled", SKIN_C)
        elif name == "skin_warming":
            flows += _skin(painter, "warmed", WARM_SKIN_C)
        elif name not in NOT_HEAT:
            painter.caveats.append(f"{name.replace('_', ' ')} is not simulated")
    return tuple(flows)


def _filled(painter: _Painter, name: str) -> list[Flow]:
    flat = painter.number.reshape(-1)
    space = np.flatnonzero(flat == NUMBER["epidural_fat"])
    middle = next((s for n in HALVES if (s := painter.anatomy.get(n)) is not None), None)
    words = name.replace("_", " ")
    if middle is None or not len(space):
        painter.caveats.append(f"{words} is not simulated: no epidural space is known")
        return []
    at = painter.points[space]
    if middle.name == "spinal_canal":
        behind = np.full(len(space), middle.mesh.bounds[:, 1].mean())
    else:
        behind = index_of(middle.mesh).closest(at)[2][:, 1]
    chosen = space[at[:, 1] < behind]
    flat[chosen] = NUMBER[FILLS[name]]
    painter.assumed.append(f"{words} fills the epidural space in front of the sac")
    cells = np.zeros(painter.number.shape, bool)
    cells.reshape(-1)[chosen] = True
    if name == "co2_dissection":
        return []
    volume_ml = float((painter.grid.volumes_m3 * cells).sum()) * 1e6
    takes = WATER_J_ML_K * IRRIGATION_ML_MIN / 60.0 / max(volume_ml, 0.1) * 1e6 if name in IRRIGATED_C else 0.0
    return [Flow(cells, takes, IRRIGATED_C.get(name, FLUID_C))]


def _skin(painter: _Painter, done: str, temperature_c: float) -> list[Flow]:
    skin = painter.anatomy.get("skin")
    air = np.flatnonzero(painter.number.reshape(-1) == NUMBER["air"])
    if skin is None:
        painter.caveats.append(f"skin is not {done} in the simulation: no skin is labelled")
        return []
    cells = np.zeros(painter.number.shape, bool)
    if len(air):
        touching = index_of(skin.mesh).closest(painter.points[air])[0] < SKIN_MM
        cells.reshape(-1)[air[touching]] = True
        painter.number[cells] = NUMBER["saline"]
    painter.assumed.append(f"skin {done} to {temperature_c:g} °C wherever it is")
    return [Flow(cells, SKIN_FILM_W_M2_K / (SKIN_MM * 1e-3), temperature_c)]
