"""The target vertebra of a whole spine; what else is in it is tested beside its makers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from vertebrae import distance, inside

from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.parametric.morphometry import LEVELS, table

LUMBAR = LEVELS[12:]


@cache
def spine(level: str) -> ParametricSpine:
    return build_parametric(ParametricSpec(level=level, levels="only"))


def test_volumes_are_those_of_real_vertebrae():
    truth = spine("L3").truth

    assert 45.0 < truth["vertebra_volume_ml"] < 66.0
    assert 27.0 < truth["body_volume_ml"] < 35.0


def test_body_is_part_of_its_vertebra():
    meshes = spine("L3").meshes
    body, whole = meshes["vertebra_L3_body"].vertices, meshes["vertebra_L3"]
    outside = ~inside(body, whole)

    # Both are sampled on their own grids, so their common surface differs by interpolation only.
    assert distance(body[outside], whole).max() < 0.02


@pytest.mark.parametrize("level", LUMBAR)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_needle_down_the_pedicle_stays_in_bone(level, side):
    m, built = table()[level], spine(level)
    bone = built.meshes[f"vertebra_{level}"]
    entry, end = built.pedicle_axes[side]
    path = entry + np.linspace(0.02, 1.0, 60)[:, None] * (end - entry)
    wall = m.depth_upper / 2
    pedicle = path[(path[:, 1] > wall) & (path[:, 1] < wall + 0.4 * m.canal_depth)]
    least = min(m.pedicle_width, m.pedicle_height) / 2 - 0.6

    assert (entry[0] > 0) == (side == "left")
    assert distance(entry[None], bone)[0] < 0.01
    assert inside(path, bone).all()
    assert distance(pedicle, bone).min() >= max(1.5, least)
    assert -m.depth_upper / 2 < end[1] < -m.depth_upper / 6


def test_the_same_spec_gives_the_same_bytes():
    spec = ParametricSpec(level="L4", levels="only", resolution_mm=1.2)
    one, two = build_parametric(spec), build_parametric(spec)

    for name in ("vertebra_L4", "vertebra_L4_body", "vertebra_L4_cancellous"):
        mesh = one.mesh(name)
        assert mesh.vertices.tobytes() == two.mesh(name).vertices.tobytes()
        assert mesh.faces.tobytes() == two.mesh(name).faces.tobytes()
