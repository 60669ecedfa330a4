"""Pressure by conjugate gradients and a sweep of cement from high pressure to low, on a list of cells.

Cells are listed, not boxed: `near` (n, 6) holds the neighbours in x, y and z, below and above, −1 outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel


@kernel
def links(near: Any, along: Any, viscosity: Any, width: Any, link: Any) -> None:
    """Write the conductances to the three upper neighbours: both half cells in series, m³/(Pa·s)."""
    for i in range(near.shape[0]):
        for a in range(3):
            j = near[i, 2 * a + 1]
            if j < 0:
                link[i, a] = 0.0
            else:
                ki, kj = along[i, a], along[j, a]
                link[i, a] = width * 2.0 / (viscosity[i] / ki + viscosity[j] / kj)


@kernel
def product(near: Any, link: Any, sink: Any, x: Any, out: Any) -> None:
    """Write flow out of each cell at pressures `x`; `sink` conducts to the outside."""
    n = near.shape[0]
    for i in range(n):
        out[i] = sink[i] * x[i]
    for i in range(n):
        xi, total = x[i], 0.0
        for a in range(3):
            j = near[i, 2 * a + 1]
            if j >= 0:
                flow = link[i, a] * (xi - x[j])
                total += flow
                out[j] -= flow
        out[i] += total


@kernel
def solve(near: Any, link: Any, sink: Any, source: Any, x: Any, tolerance: float, most: int) -> int:
    """Solve for the pressure, from `x` on; return the number of rounds, or −1 where they did not suffice."""
    n = near.shape[0]
    diagonal = sink.copy()
    for i in range(n):
        for a in range(3):
            j = near[i, 2 * a + 1]
            if j >= 0:
                diagonal[i] += link[i, a]
                diagonal[j] += link[i, a]
    flow = np.empty(n)
    product(near, link, sink, x, flow)
    r = source - flow
    z = np.empty(n)
    p = np.empty(n)
    rz, goal = 0.0, 0.0
    for i in range(n):
        z[i] = r[i] / diagonal[i] if diagonal[i] > 0.0 else 0.0
        p[i] = z[i]
        rz += r[i] * z[i]
        goal += source[i] * source[i]
    goal *= tolerance * tolerance
    for count in range(most):
        left = 0.0
        for i in range(n):
            left += r[i] * r[i]
        if left <= goal:
            return count
        product(near, link, sink, p, flow)
        bend = 0.0
        for i in range(n):
            bend += p[i] * flow[i]
        step = rz / bend
        next_rz = 0.0
        for i in range(n):
            x[i] += step * p[i]
            r[i] -= step * flow[i]
            z[i] = r[i] / diagonal[i] if diagonal[i] > 0.0 else 0.0
            next_rz += r[i] * z[i]
        for i in range(n):
            p[i] = z[i] + next_rz / rz * p[i]
        rz = next_rz
    return -1


@kernel
def sweep(
    order: Any, near: Any, link: Any, gate: Any, group: Any, x: Any, room: Any, arriving: Any, held: Any, out: Any
) -> None:
    """Carry cement on, cell by cell from high pressure to low: what a full cell cannot hold goes where its flow goes.

    `gate` (n,) conducts to the opening `group` (n,) of a cell; `out` gathers what left through each opening. Nothing is
    lost: what finds no way stays in its cell until the next step.
    """
    for k in range(order.shape[0]):
        i = order[k]
        amount = held[i] + arriving[i]
        arriving[i] = 0.0
        held[i] = min(amount, room[i])
        excess = amount - held[i]
        if excess <= 0.0:
            continue
        total = gate[i] * max(x[i], 0.0)
        for a in range(3):
            up, down = near[i, 2 * a + 1], near[i, 2 * a]
            if up >= 0 and x[up] < x[i]:
                total += link[i, a] * (x[i] - x[up])
            if down >= 0 and x[down] < x[i]:
                total += link[down, a] * (x[i] - x[down])
        if total <= 0.0:
            held[i] += excess
            continue
        if gate[i] > 0.0:
            out[group[i]] += excess * gate[i] * max(x[i], 0.0) / total
        for a in range(3):
            up, down = near[i, 2 * a + 1], near[i, 2 * a]
            if up >= 0 and x[up] < x[i]:
                arriving[up] += excess * link[i, a] * (x[i] - x[up]) / total
            if down >= 0 and x[down] < x[i]:
                arriving[down] += excess * link[down, a] * (x[i] - x[down]) / total
