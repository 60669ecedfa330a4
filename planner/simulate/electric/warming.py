"""How conductivity follows temperature and water: it rises while ions move more easily, and falls as water boils off.

The rise is 1.5 to 2 % a kelvin in soft tissue (convention); porcine spinal muscle went from 0.36 to 1.28 S/m between 20
and 90 °C, which is 1.8 % a kelvin, compounding (Kumru 2022, doi 10.1115/1.4056516). That dry tissue conducts two to
four orders of magnitude less is a modelling convention (Trujillo and Berjano 2013, from memory). What falls is a matter
of water and not of degrees: boiling tissue stays at 100 °C until its water is gone, which takes tens of seconds (65 s
from the first steam to the rise of impedance: Zhu 2013, doi 10.1186/1475-925X-12-127, abstract).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.tissues import BODY_C


@dataclass(frozen=True)
class Warming:
    """A law for conductivity at a temperature and a loss of water, relative to the one at 37 °C.

    Attributes
    ----------
    rise_per_k : of the conductivity at 37 °C, linear; below 37 °C the same line goes on, not below `dry`.
    boils_c : it rises no further.
    dry : what is left of the conductivity at 37 °C without water; in between the logarithm falls in a straight line
        (assumed). Bone and marrow are less well known than soft tissue.
    """

    rise_per_k: float = 0.02
    boils_c: float = 100.0
    dry: float = 0.01

    def relative(self, temperature_c: ArrayLike, dried: ArrayLike = 0.0) -> NDArray[np.float32]:
        """Return the factor on the conductivity at 37 °C; `dried` is the share of the water that is gone."""
        t = np.asarray(temperature_c, dtype=np.float64)
        wet = np.maximum(1.0 + self.rise_per_k * (np.minimum(t, self.boils_c) - BODY_C), self.dry)
        gone = np.clip(dried, 0.0, 1.0)
        factor: NDArray[np.float32] = (wet * (self.dry / wet) ** gone).astype(np.float32)
        return factor


def warmed(
    sigma_s_m: NDArray[np.float32],
    temperature_c: ArrayLike,
    law: Warming | None = None,
    tissue: NDArray[np.bool_] | None = None,
    dried: ArrayLike = 0.0,
) -> NDArray[np.float32]:
    """Return the conductivity at a temperature.

    Parameters
    ----------
    sigma_s_m : (nx, ny, nz) at 37 °C, S/m.
    temperature_c : the same shape, °C.
    tissue : where the law holds; elsewhere, in metal and cement, conductivity stays. Everywhere, if left out.
    dried : share of the water that has boiled off, the same shape.
    """
    factor = (law or Warming()).relative(temperature_c, dried)
    if tissue is not None:
        factor = np.where(tissue, factor, np.float32(1.0))
    changed: NDArray[np.float32] = sigma_s_m * factor
    return changed
