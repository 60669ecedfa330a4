"""Conjugate gradients on a network, with a multigrid cycle before each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.simulate.electric.multigrid import Multigrid
from planner.simulate.electric.network import Double, Network, Single


@dataclass(frozen=True, eq=False)
class Solved:
    """Potentials (padded), how many iterations, and the residual left against the inflow.

    Attributes
    ----------
    residual : both measured as the power that the preconditioner gives them, square root taken.
    """

    potential: Double
    iterations: int
    residual: float


def solve(
    network: Network, inflow: Single, preconditioner: Multigrid, start: Double, *, tolerance: float, most: int
) -> Solved:
    """Solve network · potential = inflow, from `start`, to a residual of `tolerance` or for `most` iterations.

    The potential is kept in double precision: in metal it varies by less than single precision resolves.
    """
    from planner.simulate.electric.kernels import vectors  # noqa: PLC0415 - compiles
    from planner.simulate.electric.kernels.network import leaving, residual  # noqa: PLC0415

    x = start.copy()
    r, p, q = (np.zeros_like(inflow) for _ in range(3))
    powers = np.zeros(len(inflow))

    def product(a: Single, b: Single) -> float:
        vectors.product(a, b, powers)
        return float(powers.sum())

    scale = product(inflow, preconditioner.solved(inflow))
    residual(*network.parts, inflow, x, r)
    z = preconditioner.solved(r)
    rz = product(r, z)
    p[...] = z
    done = 0
    while rz > tolerance**2 * scale and done < most:
        leaving(*network.parts, p, q, powers)
        vectors.advance(x, r, p, q, rz / float(powers[1:-1].sum()))
        done += 1
        z = preconditioner.solved(r)
        before, rz = rz, product(r, z)
        vectors.redirect(p, z, np.float32(rz / before))
    return Solved(x, done, float(np.sqrt(rz / scale)) if scale > 0.0 else 0.0)
