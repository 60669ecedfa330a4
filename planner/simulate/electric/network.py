"""The field's equations: cells joined by conductances to their six neighbours and to contacts.

Arrays are padded by one layer of cells whose conductances are zero, so that kernels need no case for the edge.
A conductance is σ·area/length in (S/m)·mm: times 1e-3 it is in siemens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]
Double = NDArray[np.float64]
Widths = tuple[Double, Double, Double]

SIEMENS = 1e-3
"""Siemens in one (S/m)·mm."""
INNER = (slice(1, -1), slice(1, -1), slice(1, -1))
"""The cells of a padded array."""


@dataclass(frozen=True, eq=False)
class Network:
    """A resistor network on a padded grid of shape (nx + 2, ny + 2, nz + 2).

    Attributes
    ----------
    to_x, to_y, to_z : conductance from a cell to its next neighbour along an axis; 0 from the last one.
    to_fixed : conductance from a cell to contacts and to a grounded boundary, whose potentials are given.
    """

    to_x: Single
    to_y: Single
    to_z: Single
    to_fixed: Single

    @property
    def shape(self) -> tuple[int, int, int]:
        """Count of cells along each axis, without the padding."""
        x, y, z = (n - 2 for n in self.to_x.shape)
        return x, y, z

    @property
    def parts(self) -> tuple[Single, Single, Single, Single]:
        """The four arrays, as the kernels take them."""
        return self.to_x, self.to_y, self.to_z, self.to_fixed


def padded(shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
    """Return zeros for cells of a shape and the layer around them."""
    return np.zeros(tuple(n + 2 for n in shape), dtype)


def network_of(sigma_s_m: Single, widths_mm: Widths) -> Network:
    """Return the network of tissue alone: no contacts, and no current through the outer faces."""
    from planner.simulate.electric.kernels.network import join_neighbours  # noqa: PLC0415 - compiles

    network = Network(*(padded(sigma_s_m.shape) for _ in range(4)))
    join_neighbours(sigma_s_m, *widths_mm, *network.parts[:3])
    return network
