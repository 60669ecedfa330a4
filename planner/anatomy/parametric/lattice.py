"""The voxels of an image to be made: any spacing, any order and direction of its axes, tilted if asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_VOXELS: Final = 150_000_000
"""More than a thoracolumbar CT at 0.7 mm holds; beyond it the spacing is a slip."""

_TOWARDS: Final = {"L": (0, 1.0), "R": (0, -1.0), "P": (1, 1.0), "A": (1, -1.0), "S": (2, 1.0), "I": (2, -1.0)}


class LatticeError(ValueError):
    """No grid can be laid so."""


def read_orientation(code: str) -> tuple[tuple[int, float], ...]:
    """Return, for each array axis, the patient axis it follows and in which direction.

    >>> read_orientation("PIR")
    ((1, 1.0), (2, -1.0), (0, -1.0))

    Raises
    ------
    LatticeError
        The letters do not name each of the three axes once.
    """
    found = tuple(_TOWARDS.get(letter, (-1, 0.0)) for letter in code.upper())
    if sorted(axis for axis, _ in found) != [0, 1, 2]:
        raise LatticeError("three letters, one each of L or R, P or A, S or I: where each array axis runs to")
    return found


@dataclass(frozen=True, eq=False)
class Lattice:
    """Voxel centres of an image.

    Attributes
    ----------
    affine_lps : (4, 4) voxel indices to LPS mm.
    shape : voxels along each array axis.
    """

    affine_lps: NDArray[np.float64]
    shape: tuple[int, int, int]

    @classmethod
    def over(
        cls,
        low: ArrayLike,
        high: ArrayLike,
        spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
        orientation: str = "LPS",
        tilt_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Lattice:
        """Cover a box; the same box and spacing in any untilted orientation have the same voxel centres.

        Parameters
        ----------
        low, high : (3,) corners of the box, LPS mm.
        spacing_mm : along L, P and S, whatever the order of the array's axes.
        orientation : where the array's axes run to, as nibabel and DICOM viewers name it: LPS, RAS, PIR, ….
        tilt_deg : turns about the L, P and S axes, in this order, about the middle of the box.

        Raises
        ------
        LatticeError
            Letters that name no orientation, a spacing that is not positive, or more than `MOST_VOXELS`.
        """
        order = read_orientation(orientation)
        size, middle = np.subtract(high, low).astype(float), 0.5 * np.add(high, low)
        spacing = np.asarray(spacing_mm, dtype=np.float64)
        if not (np.isfinite(spacing).all() and (spacing > 0.0).all()):
            raise LatticeError("a spacing above 0 mm")
        turn = _turn(tilt_deg)
        reach = np.abs(turn.T) @ size  # the box's extent along each tilted axis
        # The smallest fraction of a voxel must not add a layer, or two equal boxes might differ by one.
        counts = np.maximum(np.ceil(reach / spacing - 1e-6), 1.0).astype(int)
        if float(np.prod(counts.astype(float))) > MOST_VOXELS:
            raise LatticeError(f"at most {MOST_VOXELS:.1g} voxels; {' × '.join(map(str, counts))} are asked for")
        affine = np.eye(4)
        for axis, (along, sense) in enumerate(order):
            affine[:3, axis] = sense * spacing[along] * turn[:, along]
        shape = tuple(int(counts[along]) for along, _ in order)
        affine[:3, 3] = middle - affine[:3, :3] @ (0.5 * (np.array(shape) - 1.0))
        return cls(affine, (shape[0], shape[1], shape[2]))

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """(3,) along the array's axes."""
        return np.asarray(np.linalg.norm(self.affine_lps[:3, :3], axis=0))

    @property
    def slice_axis(self) -> int:
        """The array axis that runs most nearly along the body: a CT's slices are stacked along it."""
        return int(np.argmax(np.abs(self.affine_lps[2, :3]) / self.spacing_mm))


def _turn(tilt_deg: tuple[float, float, float]) -> NDArray[np.float64]:
    turn = np.eye(3)
    for axis, angle in enumerate(tilt_deg):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        one = np.eye(3)
        u, v = (axis + 1) % 3, (axis + 2) % 3
        one[u, u], one[u, v], one[v, u], one[v, v] = c, -s, s, c
        turn = one @ turn
    return turn
