"""Needles and the bare metal on them, as exact shapes that owe nothing to the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Contact:
    """Bare metal around a needle, at one potential.

    Attributes
    ----------
    near_mm, far_mm : where it begins and ends along the needle, measured from the very tip towards the handle.
    potential_v : held there; alternating current in root mean square.
    """

    near_mm: float
    far_mm: float
    potential_v: float


@dataclass(frozen=True)
class Electrode:
    """A straight needle with round ends: insulated but for its contacts.

    Attributes
    ----------
    tip_mm : the most distal point of the needle, in grid coordinates: mm along the grid's axes from the outer corner
        of cell (0, 0, 0).
    entry_mm : the other end of what is modelled; it may lie outside the grid.
    diameter_mm : outer diameter.
    contacts : bare parts; they do not overlap.
    """

    tip_mm: tuple[float, float, float]
    entry_mm: tuple[float, float, float]
    diameter_mm: float
    contacts: tuple[Contact, ...]

    @classmethod
    def monopolar(
        cls, tip_mm: Point, entry_mm: Point, diameter_mm: float, active_mm: float, potential_v: float = 1.0
    ) -> Electrode:
        """Build a needle whose last `active_mm` are bare; two of them with opposite signs are a bipolar pair."""
        return cls(_point(tip_mm), _point(entry_mm), diameter_mm, (Contact(0.0, active_mm, potential_v),))

    @classmethod
    def bipolar(
        cls,
        tip_mm: Point,
        entry_mm: Point,
        diameter_mm: float,
        *,
        distal_mm: float,
        gap_mm: float,
        proximal_mm: float,
        voltage_v: float = 1.0,
    ) -> Electrode:
        """Build a needle with two bare bands of opposite potential and insulation between them."""
        second = distal_mm + gap_mm
        contacts = (Contact(0.0, distal_mm, voltage_v / 2), Contact(second, second + proximal_mm, -voltage_v / 2))
        return cls(_point(tip_mm), _point(entry_mm), diameter_mm, contacts)

    @classmethod
    def sphere(cls, centre_mm: Point, diameter_mm: float, potential_v: float = 1.0) -> Electrode:
        """Build a bare sphere: a needle as long as it is thick."""
        x, y, z = _point(centre_mm)
        half = diameter_mm / 2
        return cls((x, y, z - half), (x, y, z + half), diameter_mm, (Contact(0.0, diameter_mm, potential_v),))

    @property
    def length_mm(self) -> float:
        """From end to end."""
        return float(np.linalg.norm(np.subtract(self.entry_mm, self.tip_mm)))

    @property
    def shaft(self) -> NDArray[np.float64]:
        """Unit vector from the tip towards the handle."""
        along: NDArray[np.float64] = np.subtract(self.entry_mm, self.tip_mm) / self.length_mm
        return along

    def at(self, from_tip_mm: float) -> NDArray[np.float64]:
        """Return a point of the axis."""
        point: NDArray[np.float64] = np.asarray(self.tip_mm) + from_tip_mm * self.shaft
        return point


def _point(values: Point) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
