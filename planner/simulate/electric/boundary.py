"""What happens at the outer faces of the grid."""

from __future__ import annotations

from typing import Literal

import numpy as np

from planner.simulate.electric.network import INNER, Double, Network, Single, Widths

Boundary = Literal["insulated", "infinity", "ground"]
"""No current leaves · it leaves as if tissue went on for ever, with the far return at 0 V · the faces are at 0 V."""


def close(network: Network, sigma: Single, widths: Widths, boundary: Boundary, centre_mm: Double) -> Double | None:
    """Join the outermost cells to 0 V as the boundary asks; return the conductances added, None where none are.

    Far from its source a potential falls as 1/r, so at a face it sinks by cos/r of itself for each millimetre;
    `centre_mm` is where the source is, from the grid's outer corner.
    """
    if boundary == "insulated":
        return None
    added = np.zeros(network.to_fixed.shape)[INNER]
    lines = [np.cumsum(w) - 0.5 * w for w in widths]
    for axis in range(3):
        side = [a for a in range(3) if a != axis]
        area = np.multiply.outer(widths[side[0]], widths[side[1]])
        aside = np.add.outer(*((lines[a] - centre_mm[a]) ** 2 for a in side))
        for end, face in ((0, 0.0), (-1, float(widths[axis].sum()))):
            cell = tuple(end if a == axis else slice(None) for a in range(3))
            depth, half = abs(face - centre_mm[axis]), 0.5 * widths[axis][end]
            beyond = 0.0 if boundary == "ground" else (aside + depth**2) / max(depth, half)
            added[cell] += sigma[cell] * area / (half + beyond)
    network.to_fixed[INNER] += added.astype(np.float32)
    return added
