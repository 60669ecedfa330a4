"""Collapse: the height asked for is lost, read back with callipers on the finished mesh."""

from __future__ import annotations

from functools import cache

import igl
import numpy as np
import pytest

from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.parametric.collapse import LOST, collapsed, genant, heights_from, heights_of, stations
from planner.anatomy.parametric.disease_spec import Fracture
from planner.anatomy.parametric.measure import hits_mm
from planner.anatomy.parametric.morphometry import LEVELS, table
from planner.geometry.mesh import Mesh


@cache
def broken(
    level: str, shape: str, loss: float, retropulsion: float | None = None, step: float = 1.0
) -> ParametricSpine:
    fracture = {"shape": shape, "height_loss": loss} | ({"retropulsion_mm": retropulsion} if retropulsion else {})
    spec = {
        "level": level,
        "levels": "only",
        "tissues": False,
        "resolution_mm": step,
        "fractures": {level: fracture} if loss else {},
    }
    return build_parametric(ParametricSpec.model_validate(spec))


def body(spine: ParametricSpine) -> Mesh:
    return spine.mesh(f"vertebra_{spine.spec.level}_body")


@pytest.mark.parametrize(
    ("level", "shape", "loss"),
    [("T7", "wedge", 0.35), ("L1", "biconcave", 0.5), ("L3", "crush", 0.4), ("T12", "wedge", 0.7)],
)
def test_height_lost_is_read_back_from_the_mesh(level, shape, loss):
    m = table()[level]
    whole, found = (heights_from(body(broken(level, shape, share)), m) for share in (0.0, loss))

    assert getattr(found, LOST[shape]) == pytest.approx((1.0 - loss) * getattr(whole, LOST[shape]), rel=0.03)
    lost = found.lost(whole)
    if shape == "wedge":
        assert lost.anterior > lost.middle > lost.posterior
        assert lost.posterior < 0.1
    elif shape == "biconcave":
        assert lost.middle > 2.0 * max(lost.anterior, lost.posterior)
    else:
        assert [lost.anterior, lost.middle] == pytest.approx([loss, loss], abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("shape", ["wedge", "biconcave", "crush"])
def test_every_level_loses_what_was_asked(level, shape):
    m = table()[level]
    whole = heights_from(body(broken(level, shape, 0.0, step=0.6)), m)
    for loss in (0.1, 0.25, 0.5, 0.75, 0.9):
        found = heights_from(body(broken(level, shape, loss, step=0.6)), m)
        assert getattr(found, LOST[shape]) == pytest.approx((1.0 - loss) * getattr(whole, LOST[shape]), rel=0.03)


@pytest.mark.parametrize("shape", ["wedge", "biconcave", "crush"])
def test_more_loss_is_less_height(shape):
    m = table()["L2"]
    rows = [collapsed(m, Fracture(shape=shape, height_loss=loss)) for loss in (0.0, 0.2, 0.45, 0.8)]
    heights = [getattr(heights_of(row), LOST[shape]) for row in rows]

    assert (np.diff(heights) < 0).all()


def test_no_loss_changes_nothing_and_the_arch_keeps_its_height():
    m = table()["L2"]

    assert collapsed(m, Fracture(shape="crush", height_loss=0.0)) == m
    assert collapsed(m, Fracture(shape="crush", height_loss=0.5)).arch_height == m.arch_height


def test_another_ruler_finds_the_same_wedge():
    """The body's volume between two slabs, front and rear, needs no callipers."""
    m = table()["L1"]
    whole, found = body(broken("L1", "wedge", 0.0)), body(broken("L1", "wedge", 0.5))
    front, _, rear = stations(m)

    def height(mesh: Mesh, y: float) -> float:
        lines = [hits_mm(mesh, np.array([x, y, 0.0]), np.array([0.0, 0.0, 1.0])) for x in (-4.0, 0.3, 4.0)]
        return float(np.mean([line.max() - line.min() for line in lines]))

    assert height(found, front) / height(whole, front) == pytest.approx(0.5, abs=0.02)
    assert height(found, rear) / height(whole, rear) > 0.92


def test_kyphosis_follows():
    def upper_to_lower(loss: float) -> float:
        spec = {
            "level": "L1",
            "levels": "neighbours",
            "fractures": {"L1": {"shape": "wedge", "height_loss": loss}} if loss else {},
        }
        poses = build_parametric(ParametricSpec.model_validate(spec)).column.poses
        return float(np.degrees(poses["T12"].tilt_rad - poses["L2"].tilt_rad))

    # A wedge that loses half its front tips the upper column forward by about 18°, atan(0.5 × height / depth).
    assert upper_to_lower(0.5) - upper_to_lower(0.0) == pytest.approx(-18.0, abs=4.0)


def test_a_fragment_stands_in_the_canal_as_far_as_asked():
    spine = broken("L1", "crush", 0.5, retropulsion=6.0)
    plain = broken("L1", "crush", 0.5)

    def rear(mesh: Mesh, z: float) -> float:
        near = (np.abs(mesh.vertices[:, 0]) < 1.5) & (np.abs(mesh.vertices[:, 2] - z) < 1.0)
        return float(mesh.vertices[near, 1].max())

    stands = max(rear(body(spine), z) - rear(body(plain), z) for z in np.linspace(-3.0, 3.0, 13))
    canal = spine.mesh("spinal_canal")
    fragment = body(spine).vertices[body(spine).vertices[:, 1] > body(plain).bounds[1, 1]]

    assert stands == pytest.approx(6.0, abs=0.4)
    assert len(fragment) > 50
    edges = np.sort(np.concatenate([body(spine).faces[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert not (igl.fast_winding_number(canal.vertices, canal.faces, np.ascontiguousarray(fragment)) > 0.5).any()
    sac = spine.mesh("thecal_sac")
    assert not (igl.fast_winding_number(sac.vertices, sac.faces, np.ascontiguousarray(fragment)) > 0.5).any()


@pytest.mark.parametrize(("loss", "grade"), [(0.0, 0), (0.19, 0), (0.2, 1), (0.25, 2), (0.4, 2), (0.41, 3)])
def test_genant_grade(loss, grade):
    assert genant(loss) == grade
