"""Beside real vertebrae, which the repository does not hold."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import vertebrae as v

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from benchmarks import likeness
from planner.geometry.mesh import Mesh

FEW = 600
"""Points a surface; the mean moves by less than 0.05 mm against thousands."""


@pytest.fixture(scope="module")
def real(shared_data):
    return likeness.real(shared_data)


def test_one_thoracic_level_looks_like_a_real_one(real):
    assert likeness.fit(v.vertebra("T7"), real["T7"]["slicerigt"], FEW).mean_mm < 1.6


@pytest.mark.slow
@pytest.mark.parametrize("level", ["T7", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"])
def test_every_level_looks_like_real_ones(real, level):
    apart = [likeness.fit(v.vertebra(level), mesh).mean_mm for mesh in real[level].values()]

    assert np.mean(apart) <= likeness.GOAL_MM


def test_a_similarity_is_found_again():
    """The ruler itself: the same surface turned, moved and grown lies on itself."""
    mesh = v.body("L3")
    angle = 0.25
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    other = Mesh.of(1.2 * mesh.vertices @ turn.T + [30.0, -5.0, 8.0], mesh.faces)
    found = likeness.fit(mesh, other, FEW)

    assert found.mean_mm < 0.05
    assert found.scale == pytest.approx(1.2, rel=0.002)


def test_the_wrong_shape_is_told_apart():
    """A body alone, or a vertebra upside down, is no vertebra."""
    whole = v.vertebra("L3")
    turned = whole.transformed(np.diag([1.0, -1.0, -1.0, 1.0]))

    assert likeness.fit(v.body("L3"), whole, FEW).mean_mm > likeness.GOAL_MM
    assert likeness.fit(turned, whole, FEW).mean_mm > likeness.GOAL_MM
