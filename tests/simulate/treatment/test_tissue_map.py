"""The cortical shell by exact depth and by the quick bound that leaves deep cells out."""

from __future__ import annotations

import numpy as np
import pytest

from planner.anatomy.structures import from_mesh
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.geometry.tessellate import unit_sphere
from planner.simulate.treatment.tissue_map import _depth

RADIUS_MM = 12.0


@pytest.mark.parametrize("fineness", [1, 4])  # facets of 7 mm and of 0.9 mm
def test_depth_is_exact_where_it_is_asked_for_and_a_bound_below(fineness):
    ball = unit_sphere(fineness)
    bone = from_mesh("vertebra_L3", Mesh.of(RADIUS_MM * ball.vertices, ball.faces), "segmented")
    points = np.random.default_rng(3).uniform(-1.1 * RADIUS_MM, 1.1 * RADIUS_MM, (4000, 3))
    points = points[index_of(bone.mesh).inside(points)]
    asked = np.linspace(0.2, 3.0, len(points))
    found, exact = _depth(bone, points, asked), index_of(bone.mesh).closest(points)[0]
    near = exact <= asked
    assert near.sum() > 100
    assert found[near] == pytest.approx(exact[near], abs=1e-12)
    deep = exact > asked
    assert (found[deep] > asked[deep]).all()
