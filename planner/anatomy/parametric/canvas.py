"""Voxels being filled: what is in them so far, and how much room is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.voxelise import Block

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Canvas:
    """CT numbers weighted by the share of the voxel that holds them.

    Attributes
    ----------
    hu : (i, j, k) sum of share × CT number.
    room : share of each voxel that nothing holds yet.
    """

    hu: Field
    room: Field

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> Canvas:
        """Return a canvas on which nothing is drawn."""
        return cls(np.zeros(shape, dtype=np.float32), np.ones(shape, dtype=np.float32))

    def family(self) -> Field:
        """Return a tally for structures that lie in one another, the innermost drawn first."""
        return np.zeros_like(self.room)

    def add(self, block: Block, value: float | Field, family: Field | None = None) -> Field:
        """Fill a structure's share of each voxel as far as there is room; return the share taken.

        Parameters
        ----------
        block : share of each voxel that lies in the structure.
        value : CT number, one or one a voxel of the block.
        family : what of it others of its family hold already is theirs; the tally goes on.
        """
        window, room = block.window, self.room[block.window]
        share = block.values if family is None else np.maximum(block.values - family[window], 0.0)
        share = np.minimum(share, room)
        self.hu[window] += share * np.asarray(value, dtype=np.float32)
        room -= share
        if family is not None:
            family[window] += share
        return np.asarray(share, dtype=np.float32)

    def fill_rest(self, block: Block, value: float | Field) -> None:
        """Fill what is left of a structure in which all that was drawn lies."""
        room = self.room[block.window]
        share = np.clip(block.values - (1.0 - room), 0.0, room)
        self.hu[block.window] += share * np.asarray(value, dtype=np.float32)
        room -= share

    def finished(self, outside_hu: float) -> Field:
        """Return the CT numbers, the room that is left filled."""
        return np.asarray(self.hu + self.room * np.float32(outside_hu), dtype=np.float32)
