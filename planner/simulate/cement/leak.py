"""Probability of a leak over what is not known: permeability, marrow, veins, hidden cracks, viscosity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.simulate.cement.cells import Cells
from planner.simulate.cement.flow import Injection, inject
from planner.simulate.cement.openings import KINDS, Wall, drawn, eased, openings_of
from planner.simulate.runs import Run, Told, side_by_side
from planner.simulate.spongiosa import Spongiosa

Array = NDArray[np.float64]
SEEN_ML = 0.05
"""What counts as a leak: a drop of 4.6 mm, about what a radiograph shows."""
TIME_SD_S = 30.0
"""Spread of the moment of injection, which stands for room temperature and mixing as well (assumed)."""
MARROW_SD = 0.5
"""Spread of the logarithm of the marrow's viscosity (assumed)."""
Z95 = 1.959964


@dataclass(frozen=True, eq=False)
class Leaks:
    """Leaked volume of each sample and type.

    Attributes
    ----------
    leaked_ml : (samples, types) in the order of `KINDS`.
    """

    leaked_ml: Array

    @property
    def probability(self) -> float:
        """Share of the samples that leak somewhere."""
        return float((self.leaked_ml.max(axis=1) >= SEEN_ML).mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share, by the number of samples (Wilson)."""
        n, p = len(self.leaked_ml), self.probability
        middle, half = p + Z95**2 / (2 * n), Z95 * float(np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2)))
        scale = 1.0 + Z95**2 / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

    @property
    def by_type(self) -> dict[str, float]:
        """Share of the samples that leak by each way."""
        return {kind: float((self.leaked_ml[:, n] >= SEEN_ML).mean()) for n, kind in enumerate(KINDS)}

    def total_ml(self, kinds: tuple[str, ...] = KINDS) -> Array:
        """Volume of each sample (samples,), these types together."""
        return np.asarray(self.leaked_ml[:, [KINDS.index(k) for k in kinds]].sum(axis=1))

    def range_ml(self, kinds: tuple[str, ...] = KINDS) -> tuple[float, float]:
        """Volume that 95 of 100 samples lie within, these types together."""
        low, high = np.quantile(self.total_ml(kinds), [0.025, 0.975])
        return float(low), float(high)


def leaks_of(  # noqa: PLR0917 - its physics as plain arguments
    cells: Cells,
    wall: Wall,
    lost: NDArray[np.bool_],
    injection: Injection,
    bone: Spongiosa,
    samples: int,
    seed: int,
    *,
    progress: Callable[[float], None] | None = None,
) -> Leaks:
    """Inject again and again, each time with other draws of what is not known; the same seed draws the same."""
    c = calibration("bone_mechanics")
    spread = float(np.hypot(c["permeability_sd_m2"] / c["permeability_m2"], np.log(bone.ends[1] / bone.ends[0]) / 4.0))

    def leaked(own: np.random.Generator) -> Array:
        ease, thick, late = np.exp(spread * own.standard_normal()), np.exp(MARROW_SD * own.standard_normal()), 0.0
        late = TIME_SD_S * float(own.standard_normal())
        veins = drawn(own)
        openings = openings_of(cells, wall, lost, veins)
        ease = ease * eased(cells, wall, veins)[:, None]
        run = inject(
            cells.medium(openings, permeability=ease, marrow=float(thick)),
            replace(injection, start_s=max(0.0, injection.start_s + late)),
        )
        found = np.zeros(len(KINDS))
        for kind, amount in zip(openings.kind, run.leaked_ml, strict=True):
            found[KINDS.index(kind)] += amount
        return found

    def one(own: np.random.Generator) -> Run[Array]:
        def run(tell: Told) -> Array:
            found = leaked(own)
            tell(1.0)
            return found

        return run

    draws = np.random.default_rng([seed, 8]).spawn(samples)
    return Leaks(np.array(side_by_side([one(own) for own in draws], progress)).reshape(samples, len(KINDS)))
