from __future__ import annotations

import numpy as np
import pytest

from planner.anatomy.calibration import calibration
from planner.anatomy.parametric import ParametricLesion
from planner.anatomy.parametric.textures import lesion_hu
from planner.anatomy.parametric.tissues import hu

LYTIC, BLASTIC = calibration()["lytic_below_hu"], calibration()["blastic_above_hu"]


def ball(radius: float) -> np.ndarray:
    axis = np.arange(-radius, radius + 0.1, 0.7)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    return points[np.linalg.norm(points, axis=1) < radius]


def values(kind: str, size: float = 16.0, seed: int = 0, place: float = 0.0) -> np.ndarray:
    points = ball(0.5 * size)
    depth = np.linalg.norm(points, axis=1) - 0.5 * size
    return lesion_hu(ParametricLesion(kind=kind, diameter_mm=size, seed=seed))(points + place, depth)


def test_each_kind_reads_back_by_the_thresholds_of_the_import():
    lytic, blastic = values("lytic"), values("blastic")

    assert lytic.mean() == pytest.approx(hu("lytic"), abs=8.0)
    assert (lytic < LYTIC).mean() > 0.99
    assert blastic.mean() == pytest.approx(hu("blastic"), abs=60.0)
    assert (blastic > BLASTIC).mean() > 0.98


@pytest.mark.parametrize("size", [7.0, 14.0, 28.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_mixed_lesion_holds_both(size, seed):
    found = values("mixed", size, seed, place=seed * 3.0)

    assert (found < LYTIC).mean() > 0.3
    assert (found > BLASTIC).mean() > 0.3


def test_a_nidus_is_lucent_within_dense_bone_and_calcified_in_its_middle():
    texture = lesion_hu(ParametricLesion(kind="osteoid_osteoma", diameter_mm=8.0, rim_mm=3.0))
    at = np.zeros((4, 3))
    middle, shell, rim, outer = texture(at, np.array([-4.0, -1.0, 0.5, 3.0]))

    assert shell < middle
    assert shell < outer < rim


def test_the_same_seed_is_the_same_texture():
    one, two, other = (values("mixed", seed=s) for s in (3, 3, 4))

    assert one.tobytes() == two.tobytes()
    assert not np.allclose(one, other)
