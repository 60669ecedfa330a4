"""The field at some moments of a run, for those who want to see it spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frame = tuple[float, NDArray[np.float16]]
MOST_FRAMES = 16
FIRST_EVERY_S = 5.0


class Frames:
    """Keeps what it is shown at even intervals; once there are too many, every second goes and the interval doubles.

    Half precision: 0.03 °C at 60 °C, below what a colour shows.
    """

    def __init__(self) -> None:
        self.held: list[Frame] = []
        self._every_s = FIRST_EVERY_S

    def add(self, time_s: float, temperature_c: NDArray[np.floating]) -> None:
        """Show it the field, (nx, ny, nz) °C, at a time not before the last."""
        if self.held and time_s < self.held[-1][0] + self._every_s:
            return
        self.held.append((time_s, temperature_c.astype(np.float16)))
        if len(self.held) > MOST_FRAMES:
            self.held = self.held[::2]
            self._every_s *= 2.0
