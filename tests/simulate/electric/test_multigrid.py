from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from planner.simulate.electric.gradients import solve
from planner.simulate.electric.multigrid import multigrid
from planner.simulate.electric.network import INNER, network_of, padded
from planner.simulate.grid import graded_widths

MOST, MOST_GRADED = 12, 16
"""Iterations that the product promises; metal that runs on into long cells costs a few more."""


def matrix_of(network):
    """The same network, assembled independently."""
    shape = network.shape
    index = np.arange(np.prod(shape)).reshape(shape)
    total = sp.diags(network.to_fixed[INNER].ravel().astype(float)).tocsr()
    for axis, g in enumerate(network.parts[:3]):
        low, high = np.delete(index, -1, axis).ravel(), np.delete(index, 0, axis).ravel()
        value = np.delete(g[INNER], -1, axis).ravel().astype(float)
        pair = sp.coo_matrix((value, (low, high)), shape=(index.size,) * 2)
        pair = pair + pair.T
        total = total + sp.diags(np.asarray(pair.sum(axis=1)).ravel()) - pair
    return total.tocsc()


def held(network, where, volts):
    inflow = padded(network.shape)
    for cells, volt in zip(where, volts, strict=True):
        network.to_fixed[INNER][cells] = 5.0
        inflow[INNER][cells] = 5.0 * volt
    return inflow


def tissue(shape, seed=0):
    rng = np.random.default_rng(seed)
    sigma = np.exp(rng.uniform(np.log(0.004), np.log(2.0), shape)).astype(np.float32)
    sigma[rng.random(shape) < 0.05] = 0.0
    sigma[:, 3, :] = 1e4
    return sigma


def test_it_solves_what_a_direct_solver_solves():
    """Random tissue with gas pockets and a metal plate, on cells of unequal widths."""
    rng = np.random.default_rng(1)
    widths = tuple(rng.uniform(0.4, 2.0, n) for n in (13, 11, 14))
    network = network_of(tissue((13, 11, 14)), widths)
    inflow = held(network, [(2, 2, slice(2, 5)), (10, 9, slice(8, 12))], [1.0, -1.0])
    found = solve(
        network, inflow, multigrid(network, widths), padded(network.shape, np.float64), tolerance=1e-7, most=60
    )
    matrix = matrix_of(network)
    alive = matrix.diagonal() > 0
    exact = spsolve(matrix[alive][:, alive], inflow[INNER].ravel()[alive].astype(float))

    assert found.potential[INNER].ravel()[alive] == pytest.approx(exact, abs=2e-5)


CORE = graded_widths((-12.0, 12.0), (-12.0, 12.0), 0.75)[1]
GROWN = graded_widths((-9.0, 9.0), (-90.0, 90.0), 0.75, 1.35)[1]


@pytest.mark.parametrize("line", [CORE, GROWN], ids=["uniform", "graded, 30 to 1"])
@pytest.mark.parametrize("metal", [0.0, 1e4, 1e6], ids=["tissue", "titanium", "true titanium"])
def test_iterations_do_not_depend_on_grid_or_metal(line, metal):
    """Two contacts in layered tissue, with a metal rod beside them."""
    at = np.cumsum(line) - 0.5 * line - 0.5 * line.sum()
    x, y, z = np.meshgrid(at, at, at, indexing="ij")
    sigma = np.where(x**2 + y**2 + z**2 < 64, 0.35, 0.087).astype(np.float32)
    sigma[x < -8] = 0.446
    if metal:
        sigma[(x - 5) ** 2 + z**2 < 4] = metal
    widths = (line, line, line)
    network = network_of(sigma, widths)
    near = x**2 + y**2 < 1.1
    inflow = held(network, [near & (abs(z - 3) < 1.5), near & (abs(z + 3) < 1.5)], [1.0, -1.0])
    found = solve(network, inflow, multigrid(network, widths), padded(sigma.shape, np.float64), tolerance=3e-6, most=60)

    assert found.iterations <= (MOST if line is CORE else MOST_GRADED)


def test_the_cycle_is_symmetric_and_positive():
    """What conjugate gradients ask of a preconditioner."""
    rng = np.random.default_rng(2)
    widths = tuple(rng.uniform(0.5, 3.0, n) for n in (16, 15, 17))
    network = network_of(tissue((16, 15, 17), 3), widths)
    held(network, [(4, 4, 4)], [1.0])
    levels = multigrid(network, widths)
    a, b = padded(network.shape), padded(network.shape)
    a[INNER], b[INNER] = rng.normal(size=(2, *network.shape))
    ma, mb = levels.solved(a).copy(), levels.solved(b).copy()
    inner = float((a.astype(float) * mb).sum())

    assert float((b.astype(float) * ma).sum()) == pytest.approx(inner, rel=1e-3, abs=1e-3 * float((a * ma).sum()))
    assert float((a.astype(float) * ma).sum()) > 0.0


def test_a_network_without_any_contact_is_left_at_rest():
    widths = (np.ones(10),) * 3
    network = network_of(np.ones((10, 10, 10), np.float32), widths)
    found = solve(
        network,
        padded((10, 10, 10)),
        multigrid(network, widths),
        padded((10, 10, 10), np.float64),
        tolerance=1e-6,
        most=9,
    )

    assert (found.iterations, np.abs(found.potential).max()) == (0, 0.0)
