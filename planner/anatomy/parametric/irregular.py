"""Smooth random functions, drawn from a seed: what makes a lesion irregular and its texture patchy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.fields import Coordinates, Field


@dataclass(frozen=True, eq=False)
class Waves:
    """A sum of plane waves in random directions: mean about 0, standard deviation 1.

    Attributes
    ----------
    rows : (n, 4) wave vector and phase.
    """

    rows: NDArray[np.float64]

    @classmethod
    def seeded(cls, seed: int, lengths: tuple[float, float], count: int = 16) -> Waves:
        """Draw waves with lengths between the two; the same seed gives the same function."""
        draw = np.random.default_rng(seed)
        way = draw.normal(size=(count, 3))
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        length = draw.uniform(*lengths, size=(count, 1))
        return cls(np.hstack([2.0 * np.pi * way / length, draw.uniform(0.0, 2.0 * np.pi, size=(count, 1))]))

    def __call__(self, at: Coordinates) -> Field:
        """Return the value at each place; the coordinates broadcast."""
        x, y, z = at
        total: Field = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape), dtype=np.float32)
        for a, b, c, phase in self.rows.astype(np.float32):
            total += np.cos(a * x + b * y + (c * z + phase))
        return np.asarray(total * np.float32(np.sqrt(2.0 / len(self.rows))), dtype=np.float32)


_LOBES = (1.4, 4.0)
"""Lengths of the waves on a unit sphere, whose girth is 6.3: two to five lobes round it."""

_SWING = 0.26
"""Spread of the radius's logarithm at irregularity 1."""


@dataclass(frozen=True, eq=False)
class Star:
    """A ball whose radius changes smoothly with direction; seen from its centre all of its surface is in sight."""

    waves: Waves
    irregularity: float

    @classmethod
    def seeded(cls, seed: int, irregularity: float) -> Star:
        """Draw one; irregularity 0 gives the ball."""
        return cls(Waves.seeded(seed, _LOBES), irregularity)

    def reach(self, at: Coordinates) -> tuple[Field, Field]:
        """Return each place's distance from the centre (the origin) and its direction's factor on the radius."""
        x, y, z = at
        r = np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-3))
        swing = np.float32(2.0) * np.tanh(self.waves((x / r, y / r, z / r)) / np.float32(2.0))
        return r, np.exp(np.float32(_SWING * self.irregularity) * swing)

    def surface(self, count: int = 3000) -> NDArray[np.float64]:
        """Return points (count, 3) spread evenly over the directions, on the surface of mean radius about 1."""
        turn = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
        z = 1.0 - (2.0 * np.arange(count) + 1.0) / count
        flat = np.sqrt(1.0 - z * z)
        ways = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
        x, y, up = (ways[:, i].astype(np.float32) for i in range(3))
        return np.asarray(ways * self.reach((x, y, up))[1][:, None].astype(np.float64))

    def volume(self) -> float:
        """Return the volume at mean radius about 1."""
        return float(4.0 / 3.0 * np.pi * np.mean(np.linalg.norm(self.surface(), axis=1) ** 3))
