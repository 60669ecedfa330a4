"""What freezing changes in the cells of a tissue map, at a chosen place of each range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.simulate.thermal.freezing import Frozen
from planner.simulate.tissues import Bound
from planner.simulate.treatment.properties import Properties, Variation

FREEZING_C = (-8.0, -1.0)
"""Where the last and the first water of tissue freezes (coded as 265 and 272 K for cryoablation elsewhere)."""
LATENT_SHARE: dict[Bound, float] = {"low": 0.6, "base": 1.0, "high": 1.4}
"""Of the latent heat that follows from water: sources differ by two fifths (150 to 250 MJ/m³ for soft tissue)."""
FROZEN_SHARE: dict[Bound, float] = {"low": 0.7, "base": 1.0, "high": 1.5}
"""Of the frozen conductivity that follows from water: 0.9 to 2.0 W/(m·K) around 1.3 in soft tissue (assumed)."""


def frozen_of(tissue: Properties, variation: Variation) -> Frozen:
    """Let the share of water tell latent heat, frozen conductivity and frozen heat capacity."""
    made = Frozen.of_water(tissue.conductivity, tissue.heat_capacity, tissue.water, FREEZING_C)
    wet = np.asarray(tissue.water) > 0.0
    share = np.where(wet, FROZEN_SHARE[variation.frozen_conductivity], 1.0)
    return replace(
        made,
        latent_heat=LATENT_SHARE[variation.latent_heat] * np.asarray(made.latent_heat),
        frozen_conductivity=share * np.asarray(made.frozen_conductivity),
    )
