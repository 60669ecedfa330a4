from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import vertebrae as v
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.body import body_box, body_field
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.cortex import (
    ANTERIOR_MM,
    ARCH_MM,
    ENDPLATE_MM,
    POSTERIOR_MM,
    cancellous_grid,
    thickness_at,
)
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import stack
from planner.anatomy.parametric.morphometry import LEVELS, table
from planner.anatomy.parametric.ribs import RIBBED, rib_mesh
from planner.anatomy.parametric.variation import PatientSpec, rows_for
from planner.anatomy.parametric.vertebra import vertebra_grid
from planner.geometry.mesh import Mesh

SLOW = pytest.mark.slow
SOME = ("T1", "T5", "T12", "L3", "L5")


def some(levels=LEVELS):
    """Every level, all but a few of them slow."""
    return [level if level in SOME else pytest.param(level, marks=SLOW) for level in levels]


@pytest.mark.parametrize("level", some())
def test_one_closed_piece_that_nowhere_crosses_itself(level):
    for mesh in (v.vertebra(level), v.body(level)):
        v.assert_closed(mesh)
        assert v.crossings(mesh) == 0


def test_a_crossing_is_found():
    """The ruler itself: two closed boxes pushed into each other."""
    box = v.body("L3")
    moved = Mesh.of(
        np.concatenate([box.vertices, box.vertices + np.array([7.0, 3.0, 1.0])]),
        np.concatenate([box.faces, box.faces + len(box.vertices)]),
    )

    assert v.crossings(moved) > 0


@pytest.mark.parametrize("level", SOME)
def test_left_mirrors_right(level):
    points = v.vertebra(level).vertices

    assert KDTree(points).query(points * [-1.0, 1.0, 1.0])[0].max() < 1e-3


@pytest.mark.parametrize("level", some(LEVELS[1:]))
def test_joint_spaces_stay_open_between_neighbours(level):
    column = v.column(level)
    upper = LEVELS[LEVELS.index(level) - 1]
    above = vertebra_grid(column, upper, v.COARSE_MM).surface()
    above = Mesh.of(column.poses[upper].to_world(above.vertices), above.faces)
    near = above.vertices[above.vertices[:, 2] < v.vertebra(level).bounds[1, 2] + 1.0]

    assert not v.inside(near, v.vertebra(level)).any()
    # The whole column lets each vertebra give way to the one above besides.
    assert 0.3 < v.distance(near, v.vertebra(level)).min() < 3.0


def test_what_a_surgeon_looks_for():
    """Mid-thoracic spines fall below the next body, lumbar ones hardly fall; transverse processes point back in the chest."""
    thoracic, lumbar = v.vertebra("T6"), v.vertebra("L3")
    t6, l3 = (Landmarks.of(table()[level]) for level in ("T6", "L3"))

    assert thoracic.vertices[:, 2].min() < t6.bottom - 18.0
    assert lumbar.vertices[:, 2].min() > l3.bottom - 14.0
    tips = {level: mesh.vertices[mesh.vertices[:, 0].argmax()] for level, mesh in (("T6", thoracic), ("L3", lumbar))}
    assert tips["T6"][1] > t6.apex
    assert tips["L3"][0] > 1.25 * tips["T6"][0]
    # Superior facets stand above the endplate, inferior ones hang below the lower: vertebral notches and foramina.
    for mesh, at in ((thoracic, t6), (lumbar, l3)):
        assert mesh.vertices[mesh.vertices[:, 1] > at.wall][:, 2].max() > at.top + 4.0
        notch = np.array([[at.pedicle[0], at.wall + 4.0, at.bottom + 2.0]])
        assert not v.inside(notch, mesh).any()


@pytest.mark.parametrize("level", ["T1", "T5", "T12", *(pytest.param(x, marks=SLOW) for x in RIBBED if x not in SOME)])
def test_ribs_reach_body_and_transverse_process_without_touching(level):
    column = v.column(level)
    left, right = (rib_mesh(column, level, side, v.COARSE_MM) for side in ("left", "right"))
    gap = v.distance(left.vertices, v.vertebra(level))
    length = np.linalg.norm(left.vertices[:, None, ::1][::40] - left.vertices[None, ::40], axis=2).max()

    v.assert_closed(left)
    assert not v.inside(left.vertices, v.vertebra(level)).any()
    assert 0.3 <= gap.min() <= 1.2
    assert 40.0 < length < 60.0
    assert left.bounds[0, 0] > 0.0 > right.bounds[1, 0]
    np.testing.assert_allclose(right.bounds[:, 1:], left.bounds[:, 1:], atol=1e-6)
    # Two joints: at the body, and but for the floating ribs at the process.
    touching = left.vertices[gap < 1.3]
    wall = Landmarks.of(table()[level]).wall
    assert touching[:, 1].min() < wall
    if level not in ("T11", "T12"):
        assert touching[:, 1].max() > wall + 5.0


@pytest.mark.parametrize("level", ["T5", "L3"])
def test_cancellous_bone_lies_inside_its_shell(level):
    m = table()[level]
    inner, outer = cancellous_grid(v.grid(level, 0.6), m).surface(), v.vertebra(level, 0.6)
    v.assert_closed(inner)
    asked = thickness_at(m, inner.vertices)
    miss = v.distance(inner.vertices, outer) - asked

    assert v.inside(inner.vertices, outer).all()
    assert abs(float(miss.mean())) < 0.03
    assert np.abs(miss).mean() < 0.08


def test_the_shell_is_thick_where_it_was_measured_thick():
    m = table()["L3"]
    at = Landmarks.of(m)
    spots = {
        "endplate": ([0.0, 0.0, 0.5 * m.height], ENDPLATE_MM),
        "anterior": ([0.0, at.wall - m.depth_upper, 0.0], ANTERIOR_MM),
        "posterior": ([0.0, at.wall - 0.2, 0.0], POSTERIOR_MM),
        "lamina": ([6.0, at.apex + 5.0, -4.0], ARCH_MM),
    }
    for point, asked in spots.values():
        assert thickness_at(m, np.array([point]))[0] == pytest.approx(asked, rel=0.02)


GROWS = ("width_upper", "width_lower", "depth_upper", "depth_lower", "height", "height_ratio")


def body_volume(m) -> float:
    low, high = body_box(m)
    grid = Grid.over(low, high, 1.5, mirrored=True)
    grid.add(lambda c: body_field(m, c), low, high, 0.1)
    return grid.surface().volume_mm3


@settings(max_examples=12, deadline=None)
@given(level=st.sampled_from(LEVELS), name=st.sampled_from(GROWS), share=st.floats(0.02, 0.15))
def test_the_body_grows_with_each_of_its_dimensions(level, name, share):
    m = table()[level]

    assert body_volume(replace(m, **{name: (1.0 + share) * getattr(m, name)})) > body_volume(m)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), level=st.sampled_from(LEVELS), source=st.sampled_from(["panjabi", "ct"]))
def test_the_canal_is_open_in_everybody(seed, level, source):
    rows = rows_for(PatientSpec(variation=1.5), source, seed)
    m = rows[level]
    column = Column.of(rows, stack(rows, level))
    mesh = vertebra_grid(column, level, 1.2).surface()
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    middle = 0.5 * (2.0 * Landmarks.of(m).wall + m.canal_depth)
    for z in np.linspace(-0.45, 0.45, 5) * m.height:
        ring = [0.4 * m.canal_width * np.cos(turn), middle + 0.36 * m.canal_depth * np.sin(turn), np.full(24, z)]
        assert not v.inside(np.stack(ring, axis=1), mesh).any()
    v.assert_closed(mesh)


def test_a_collapsed_row_keeps_its_arch():
    m = table()["L1"]
    low = replace(m, height=0.7 * m.height, height_ratio=0.7, dish_upper_mm=4.0)
    before, after = Landmarks.of(m), Landmarks.of(low)

    assert after.top - after.bottom == pytest.approx(before.top - before.bottom)
    assert after.pedicle[2] + 0.5 * m.pedicle_height < 0.5 * low.height + 0.1
    assert {f.name for f in fields(m)} >= {"dish_upper_mm", "dish_lower_mm", "arch_height"}
