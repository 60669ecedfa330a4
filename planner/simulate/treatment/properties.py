"""What the cells of a tissue map conduct, store and are perfused by, at a chosen place of each range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.tissues import BODY_C, WATER_KG_M3, Bound, bone_at, tissue
from planner.simulate.treatment.names import NAMES, NUMBER
from planner.simulate.treatment.tissue_map import TissueMap

Array = NDArray[np.float32]
WATER_J_M3 = 2.257e6 * WATER_KG_M3
"""Heat that boils off a volume of water at 100 °C (steam tables)."""
LEAST_J_M3_K = 2e5
"""Gas stores next to nothing; a twentieth of what tissue stores is as little, and lets steps be as long as there."""


@dataclass(frozen=True)
class Variation:
    """Where in its range each uncertain group is taken: tissue, and what a cryoprobe draws."""

    perfusion: Bound = "base"
    lesion_sigma: Bound = "base"
    bone_conductivity: Bound = "base"
    latent_heat: Bound = "base"
    frozen_conductivity: Bound = "base"
    probe_power: Bound = "base"


@dataclass(frozen=True, eq=False)
class Properties:
    """Cell by cell, (nx, ny, nz).

    Attributes
    ----------
    conductivity, heat_capacity, perfusion : W/(m·K), J/(m³·K), W/(m³·K).
    conductivity_slope : relative change of conductivity a kelvin.
    sigma : S/m at 37 °C. wet : where it follows temperature; metal and cement do not.
    flow, flow_c : W/(m³·K) that a fluid led past takes, and its temperature; 0 where none flows.
    start_c : before the step, where it is not the body's.
    water : share of the volume that is water; it boils and freezes.
    """

    conductivity: Array
    heat_capacity: Array
    perfusion: Array
    conductivity_slope: Array
    sigma: Array
    wet: NDArray[np.bool_]
    flow: Array | float = 0.0
    flow_c: Array | float = 0.0
    start_c: Array | None = None
    water: Array | float = 0.0

    @property
    def water_j_m3(self) -> Array:
        """Heat that boils off all water, J/m³."""
        return np.asarray(np.float32(WATER_J_M3) * self.water, np.float32)


def properties_of(tissues: TissueMap, variation: Variation | None = None) -> Properties:
    """Look up every cell.

    The shell and the bone below it lie one behind the other on the way of heat and current: conductivities mix as
    in series (harmonic), heat capacity and perfusion by volume.
    """
    v, number = variation or Variation(), tissues.number
    rows = [tissue(name) for name in NAMES]
    tumours = [NUMBER["lytic_tumour"], NUMBER["blastic_tumour"]]

    def table(values: list[float]) -> Array:
        return np.asarray(values, np.float32)[number]

    k = table([row.value("conductivity_w_m_k") for row in rows])
    c = table([max(row.heat_capacity_j_m3_k(), LEAST_J_M3_K) for row in rows])
    w = table(
        [
            row.perfusion_w_m3_k(v.perfusion if name != "blood" else "base")
            for row, name in zip(rows, NAMES, strict=True)
        ]
    )
    slope = table([row.value("conductivity_rise_per_k") for row in rows])
    sigma = table([row.value("sigma_s_m", v.lesion_sigma if n in tumours else "base") for n, row in enumerate(rows)])
    water = table([row.water_share() for row in rows])
    bone = number == NUMBER["cancellous_bone"]
    if bone.any():
        density, share = tissues.bone_kg_m3[bone], tissues.shell[bone].astype(np.float64)
        base, shell = bone_at(density), tissue("cortical_bone")
        inner_k = bone_at(density, bound=v.bone_conductivity).conductivity_w_m_k
        inner_w = bone_at(density, bound=v.perfusion).perfusion_w_m3_k
        k[bone] = _series(share, shell.value("conductivity_w_m_k", v.bone_conductivity), inner_k)
        c[bone] = share * shell.heat_capacity_j_m3_k() + (1.0 - share) * base.heat_capacity_j_m3_k
        w[bone] = share * shell.perfusion_w_m3_k(v.perfusion) + (1.0 - share) * inner_w
        sigma[bone] = _series(share, shell.value("sigma_s_m"), base.sigma_s_m)
        water[bone] = share * shell.water_share() + (1.0 - share) * base.water_share
    wet = ~np.isin(number, [NUMBER[n] for n in ("titanium", "pmma", "carbon_dioxide", "air")])
    flow, flow_c = 0.0 * k, 0.0 * k
    start_c: Array | None = None
    for one in tissues.flows:
        flow[one.cells], flow_c[one.cells] = one.takes_w_m3_k, one.temperature_c
        start_c = np.full(number.shape, BODY_C, np.float32) if start_c is None else start_c
        start_c[one.cells] = one.temperature_c
    return Properties(k, c, w, slope, sigma, wet, flow, flow_c, start_c, water)


def _series(share: NDArray[np.float64], shell: float, inner: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (share / shell + (1.0 - share) / inner))
