"""How conductivity follows temperature: it rises while ions move more easily, and falls when water boils away.

The rise is 1.5 to 2 % a kelvin in soft tissue (convention); porcine spinal muscle went from 0.36 to 1.28 S/m between 20
and 90 °C, which is 1.8 % a kelvin, compounding (Kumru 2022, doi 10.1115/1.4056516). That it then falls by two to
four orders of magnitude within some kelvins is a modelling convention (Trujillo and Berjano 2013, from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.tissues import BODY_C


@dataclass(frozen=True)
class Warming:
    """A law for conductivity at a temperature, relative to the one at 37 °C.

    Attributes
    ----------
    rise_per_k : of the conductivity at 37 °C, linear; below 37 °C the same line goes on, not below `dry`.
    boils_c, dry_c : vaporisation begins and is complete; between them the logarithm falls in a straight line.
    dry : what is left of the conductivity at 37 °C. Bone and marrow are less well known than soft tissue.
    """

    rise_per_k: float = 0.02
    boils_c: float = 100.0
    dry_c: float = 105.0
    dry: float = 0.01

    def relative(self, temperature_c: ArrayLike) -> NDArray[np.float32]:
        """Return the factor on the conductivity at 37 °C; NaN stays NaN."""
        t = np.asarray(temperature_c, dtype=np.float64)
        wet = np.maximum(1.0 + self.rise_per_k * (np.minimum(t, self.boils_c) - BODY_C), self.dry)
        gone = np.clip((t - self.boils_c) / (self.dry_c - self.boils_c), 0.0, 1.0)
        factor: NDArray[np.float32] = (wet * (self.dry / wet) ** gone).astype(np.float32)
        return factor


def warmed(
    sigma_s_m: NDArray[np.float32],
    temperature_c: ArrayLike,
    law: Warming | None = None,
    tissue: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Return the conductivity at a temperature.

    Parameters
    ----------
    sigma_s_m : (nx, ny, nz) at 37 °C, S/m.
    temperature_c : the same shape, °C.
    tissue : where the law holds; elsewhere, in metal and cement, conductivity stays. Everywhere, if left out.
    """
    factor = (law or Warming()).relative(temperature_c)
    if tissue is not None:
        factor = np.where(tissue, factor, np.float32(1.0))
    changed: NDArray[np.float32] = sigma_s_m * factor
    return changed
