"""What is read while a treatment runs: rows, the extreme of all that is watched, fields at some moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.thermocouples import Thermocouples
from planner.simulate.treatment.frames import Frames

Array = NDArray[np.float64]


class Record:
    """Gathers readings across deliveries.

    Parameters
    ----------
    grid : the cells of the fields.
    watched_mm : for each name (n, 3) LPS mm, of whose points the highest temperature is kept, or the lowest.
    base_c : what the fields count from, °C.
    lowest : whether cold is watched.
    """

    def __init__(
        self, grid: TensorGrid, watched_mm: Mapping[str, Array], base_c: float, *, lowest: bool = False
    ) -> None:
        self.base_c, self.rows, self.frames = base_c, list[tuple[float, ...]](), Frames()
        self.watched: list[Array] = []
        held = {
            name: np.atleast_2d(points)[grid.contains(np.atleast_2d(points))] for name, points in watched_mm.items()
        }
        self.watch = {name: points for name, points in held.items() if len(points)}
        self.starts = np.cumsum([0, *(len(points) for points in self.watch.values())])[:-1]
        self.at = Thermocouples(grid, np.concatenate(list(self.watch.values()))) if self.watch else None
        self.outside = tuple(name for name, points in held.items() if not len(points))
        self._extreme = np.minimum if lowest else np.maximum

    def add(self, row: Sequence[float], u: NDArray[np.floating]) -> None:
        """Take a reading, its time first, and the field above the base."""
        self.rows.append(tuple(row))
        found = np.zeros(0) if self.at is None else self._extreme.reduceat(self.at.read(u), self.starts)
        self.watched.append(found + self.base_c)
        self.frames.add(row[0], u + np.float32(self.base_c))

    def watched_now(self) -> Array:
        """Return the last reading of all that is watched."""
        return self.watched[-1]

    @property
    def columns(self) -> Array:
        """What was read, (columns, readings)."""
        return np.array(self.rows).T

    def watched_c(self, body_c: float) -> dict[str, Array]:
        """Return by name what was watched; what lies beyond the grid stays at the body's temperature."""
        columns = np.array(self.watched).T
        found = dict(zip(self.watch, columns, strict=True))
        return found | {name: np.full(len(self.rows), body_c) for name in self.outside}
