"""ESCC grades: asked, then read off the finished surfaces alone."""

from __future__ import annotations

from functools import cache

import igl
import numpy as np
import pytest
from numpy.typing import NDArray

from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.parametric.morphometry import LEVELS
from planner.core.errors import InputError
from planner.geometry.mesh import Mesh

TOUCH_MM = 0.25
DURA_TOUCH_MM = 0.7
FLAT = 0.93
NO_FLUID_MM = 0.75
INTO_CANAL = np.array([0.0, 1.0, 0.0])
GRADES = ("0", "1a", "1b", "1c", "2", "3")


def to_surface(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float64]:
    """Unsigned distances, mm."""
    return np.sqrt(igl.point_mesh_squared_distance(np.ascontiguousarray(points), mesh.vertices, mesh.faces)[0])


def section(mesh: Mesh, z: float) -> NDArray[np.float64]:
    """Points (n, 2) where the edges of a mesh cross a height."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    a, b = mesh.vertices[edges[:, 0]], mesh.vertices[edges[:, 1]]
    cross = (a[:, 2] - z) * (b[:, 2] - z) < 0
    a, b = a[cross], b[cross]
    t = (z - a[:, 2]) / (b[:, 2] - a[:, 2])
    return (a + t[:, None] * (b - a))[:, :2]


def width_along(points: NDArray[np.float64], way: NDArray[np.float64]) -> float:
    """Extent of section points along a direction."""
    along = points @ way[:2]
    return float(np.ptp(along)) if len(along) else float("nan")


def read_grade(lesion: Mesh, canal: Mesh, sac: Mesh, neural: Mesh, healthy: Mesh) -> str:
    """Return the grade.

    Parameters
    ----------
    neural, healthy : cord or cauda equina, with the lesion and in the same patient without it.
    """
    way = INTO_CANAL
    points = lesion.vertices
    inside = igl.fast_winding_number(canal.vertices, canal.faces, np.ascontiguousarray(points)) > 0.5
    deep = to_surface(points[inside], canal)
    if not inside.any() or deep.max() < 0.3:
        return "0"
    if to_surface(points[inside], sac).min() > TOUCH_MM:
        return "1a"
    if min(to_surface(points[inside], neural).min(), to_surface(neural.vertices, lesion).min()) > DURA_TOUCH_MM:
        return "1b"
    low, high = points[inside][:, 2].min(), points[inside][:, 2].max()
    heights = np.linspace(low, high, 25)
    share = np.array([width_along(section(neural, z), way) / width_along(section(healthy, z), way) for z in heights])
    if np.nanmin(share) > FLAT:
        return "1c"
    worst = float(heights[np.nanargmin(share)])
    ring = section(sac, worst)
    gaps = to_surface(np.column_stack([ring, np.full(len(ring), worst)]), neural)
    return "2" if gaps.max() > NO_FLUID_MM else "3"


def inside(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.bool_]:
    return igl.fast_winding_number(mesh.vertices, mesh.faces, np.ascontiguousarray(points)) > 0.5


def neural_name(level: str) -> str:
    return "spinal_cord" if LEVELS.index(level) <= LEVELS.index("L1") else "cauda_equina"


@cache
def spine(level: str, **lesion: object) -> ParametricSpine:
    asked = {"diameter_mm": 14.0, "posterior_wall": "breached", **lesion} if lesion else None
    spec = {"level": level, "levels": "only", "tissues": False, "resolution_mm": 1.0, "lesion": asked}
    return build_parametric(ParametricSpec.model_validate(spec))


def grade_of(level: str, asked: str) -> str:
    found = spine(level, epidural=asked)
    name = neural_name(level)
    meshes = [found.mesh(part) for part in ("lesion", "spinal_canal", "thecal_sac", name)]
    return read_grade(*meshes, spine(level).mesh(name))


def assert_nothing_cuts(found: ParametricSpine, level: str) -> None:
    lesion, sac, neural = (found.mesh(name) for name in ("lesion", "thecal_sac", neural_name(level)))
    assert not inside(sac.vertices, lesion).any()
    assert not inside(neural.vertices, lesion).any()
    assert not inside(lesion.vertices, neural).any()
    assert inside(neural.vertices, sac).all()
    assert not (inside(lesion.vertices, sac) & (to_surface(lesion.vertices, sac) > 0.1)).any()


@pytest.mark.parametrize(("level", "grade"), [("T8", "1b"), ("T8", "2"), ("T8", "3"), ("L3", "1a"), ("L3", "1c")])
def test_the_grade_asked_is_the_grade_read(level, grade):
    assert grade_of(level, grade) == grade
    assert_nothing_cuts(spine(level, epidural=grade), level)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("grade", GRADES)
def test_every_grade_at_every_level(level, grade):
    assert grade_of(level, grade) == grade
    assert_nothing_cuts(spine(level, epidural=grade), level)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "grade"), [("lamina_left", "2"), ("pedicle_right", "1c"), ("lamina_right", "1b")])
def test_a_lesion_of_the_arch_comes_in_from_its_own_side(place, grade):
    found = build_parametric(
        ParametricSpec.model_validate(
            {
                "level": "T8",
                "levels": "only",
                "tissues": False,
                "resolution_mm": 1.0,
                "lesion": {"diameter_mm": 12.0, "place": place, "epidural": grade},
            }
        )
    )
    cord, healthy = found.mesh("spinal_cord"), spine("T8").mesh("spinal_cord")
    height = float(found.mesh("lesion").centroid[2])
    pushed = section(cord, height).mean(axis=0) - section(healthy, height).mean(axis=0)

    assert_nothing_cuts(found, "T8")
    if grade == "2":
        assert pushed[0] < -0.3
        assert pushed[1] < -0.3
    else:
        assert np.abs(pushed).max() < 0.15


def test_the_reader_tells_the_grades_apart():
    """Planted: the cord of another grade under the same lesion must not read the same."""
    two, three = spine("T8", epidural="2"), spine("T8", epidural="3")
    healthy = spine("T8").mesh("spinal_cord")
    parts = [two.mesh(name) for name in ("lesion", "spinal_canal", "thecal_sac", "spinal_cord")]

    assert read_grade(*parts[:3], healthy, healthy) == "1c"
    assert read_grade(parts[0], parts[1], spine("T8").mesh("thecal_sac"), parts[3], healthy) == "2"
    assert read_grade(parts[0], parts[1], three.mesh("thecal_sac"), three.mesh("spinal_cord"), healthy) != "2"


def test_worse_grades_take_more_room_and_leave_the_cord_its_length():
    volume = [spine("T8", epidural=g).truth["lesion_epidural_volume_ml"] for g in ("1b", "2", "3")]
    cord = [spine("T8", epidural=g).mesh("spinal_cord") for g in ("1b", "2", "3")]

    assert volume[0] < volume[1] < volume[2]
    lengths = [np.ptp(c.vertices[:, 2]) for c in cord]
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-3)
    # Flattened, not eaten: what is lost in depth is mostly found in width.
    assert cord[1].volume_mm3 > 0.93 * cord[0].volume_mm3


def test_an_epidural_part_needs_a_lesion_that_reaches_the_wall():
    spec = {
        "level": "T8",
        "levels": "only",
        "tissues": False,
        "lesion": {"diameter": "6 mm", "centre_lps_mm": [0, -5, 0], "epidural": "2"},
    }
    with pytest.raises(InputError) as caught:
        build_parametric(ParametricSpec.model_validate(spec))

    assert [p.path for p in caught.value.problems] == ["$.lesion.diameter", "$.lesion.epidural"]
