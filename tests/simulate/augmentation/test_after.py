"""Stiffness, strength and load on the neighbours: a block of closed form, and what may never fall."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.simulate.cement.beside import BULGE_SHARE, NUCLEUS_LOAD, beside
from planner.simulate.cement.box import neighbours
from planner.simulate.cement.elastic import POISSON, coarse, solid

FEW = settings(max_examples=20)
LAYER_SHARE = 0.02
"""Plates hold the ends of a block, which stiffens it by this much where it is four times as high as wide."""


def block(nx, ny, nz, width=1.1):
    mask = np.ones((nx, ny, nz), bool)
    return SimpleNamespace(
        mask=mask, in_body=np.ones(mask.sum(), bool), width_mm=width, near=neighbours(mask)
    )  # fmt: skip


def test_even_block_is_as_stiff_as_a_rod():
    cells, young = block(8, 8, 32), 300.0
    found = solid(cells, np.full(cells.mask.sum(), young), bulge=False).stiffness_n_mm
    rod = young * (8 * 1.1) ** 2 / (32 * 1.1)
    confined = (1.0 - POISSON) / ((1.0 + POISSON) * (1.0 - 2.0 * POISSON))
    assert rod < found < rod * confined  # between free sides and sides that cannot move
    assert found == pytest.approx(rod, rel=2.0 * LAYER_SHARE)


def test_layers_one_after_the_other_add_their_give():
    cells = block(8, 8, 32)
    soft = np.where(np.argwhere(cells.mask)[:, 2] < 16, 100.0, 400.0)
    found = solid(cells, soft, bulge=False).stiffness_n_mm
    assert found == pytest.approx(160.0 * (8 * 1.1) ** 2 / (32 * 1.1), rel=3.0 * LAYER_SHARE)  # 2 / (1/100 + 1/400)


def test_coarse_cells_keep_the_mean_modulus_and_leave_out_what_hangs_loose():
    cells = block(6, 6, 6)
    cells.mask[4:, :, :] = False
    cells.mask[5, 5, 5] = True
    modulus = np.linspace(100.0, 300.0, int(cells.mask.sum()))
    cells.in_body = np.ones(len(modulus), bool)
    e, kept, width = coarse(cells, modulus)
    assert width == pytest.approx(2.2)
    assert kept.sum() == 2 * 3 * 3
    assert e[kept].mean() == pytest.approx(modulus[:-1].mean())


def test_stiffer_bone_bulges_less_and_in_proportion():
    cells = block(16, 16, 12)
    soft, hard = (solid(cells, np.full(cells.mask.sum(), e)).bulge_mm3_mpa for e in (100.0, 200.0))
    assert hard[0] == pytest.approx(0.5 * soft[0], rel=1e-3)
    assert soft[0] == pytest.approx(soft[1], rel=1e-3)  # upside down it is the same
    pillar = np.full(cells.mask.sum(), 100.0)
    at = np.argwhere(cells.mask)
    pillar[(np.abs(at[:, :2] - 7.5) < 4.0).all(axis=1)] = 2000.0
    assert max(solid(cells, pillar).bulge_mm3_mpa) < 0.3 * soft[0]


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@FEW
def test_less_give_never_lowers_the_load_on_the_neighbour(one, other):
    less, more = (beside(r) for r in sorted((one, other)))
    for a, b in zip(less.pressure, more.pressure, strict=True):
        assert a >= b >= 1.0
    assert less.pressure[0] <= less.pressure[1]  # the same shortening asks for more than the same load
    assert less.stiffness >= more.stiffness >= 1.0


def test_disc_in_closed_form():
    give = 1.0 - 0.5 * BULGE_SHARE
    stiff = beside(0.0)
    assert stiff.pressure[1] == pytest.approx(1.0 / give)
    assert stiff.stiffness == pytest.approx(NUCLEUS_LOAD * stiff.pressure[1] + 1.0 - NUCLEUS_LOAD)
    assert stiff.pressure[0] == pytest.approx(stiff.pressure[1] / stiff.stiffness)  # same load: less shortening
    assert beside(1.0).pressure == (1.0, 1.0)
