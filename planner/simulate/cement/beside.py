"""Load on the neighbours: the disc beside a stiffened endplate.

A nucleus keeps its volume. When the disc is shortened by δ, what the nucleus loses over its area A goes into the bulge
of both endplates and of the annulus, A δ = (C_u + C_l + C_a) p, while F = A p + k δ with the annulus beside it. Cement
below one endplate takes most of its C away. At the same load the pressure then rises little, because the disc shortens
less; at the same shortening, as where posture and muscles set it, it rises as 1/ΣC.
"""

from __future__ import annotations

from dataclasses import dataclass

BULGE_SHARE = 0.5
"""Of the nucleus' loss of volume that both endplates take: their bulge was as large as the shortening (brinckmann1983),
and a bulge over a round nucleus holds half of its height times area."""
NUCLEUS_LOAD = 0.65
"""Share of the load that the nucleus bears: 1.5 times the mean pressure over 43 % of the area (both remembered)."""


@dataclass(frozen=True)
class Beside:
    """What a neighbour gets, over what it got before.

    Attributes
    ----------
    own_bulge : of the cemented endplate, under the same pressure. pressure : of the nucleus, and so bulge of the
        neighbour's endplate, at the same load and at the same shortening. stiffness : of the disc.
    """

    own_bulge: float
    pressure: tuple[float, float]
    stiffness: float


def beside(bulge_ratio: float) -> Beside:
    """Return what changes when one of two like endplates bulges by `bulge_ratio` of what it did."""
    give = 1.0 - 0.5 * BULGE_SHARE * (1.0 - bulge_ratio)  # ΣC now over ΣC before
    same_load = 1.0 / (NUCLEUS_LOAD + (1.0 - NUCLEUS_LOAD) * give)
    return Beside(bulge_ratio, (same_load, 1.0 / give), NUCLEUS_LOAD / give + 1.0 - NUCLEUS_LOAD)
