"""Cement, screws and holes, measured on what was built."""

from __future__ import annotations

import json
from functools import cache

import igl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.parametric.defects import carving
from planner.anatomy.parametric.disease_spec import Defect, OldCement, OldScrew
from planner.anatomy.parametric.implants import cement_mesh, screw_mesh
from planner.anatomy.parametric.morphometry import LEVELS, table
from planner.core.errors import InputError
from planner.geometry.mesh import Mesh


def built(level: str = "L3", **keys: object) -> ParametricSpine:
    return _built(json.dumps({"level": level, "levels": "only", "tissues": False, "resolution_mm": 1.0, **keys}))


@cache
def _built(spec: str) -> ParametricSpine:
    return build_parametric(ParametricSpec.model_validate_json(spec))


def distance(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float64]:
    """Signed, mm; negative inside."""
    p = np.ascontiguousarray(points)
    far = np.sqrt(igl.point_mesh_squared_distance(p, mesh.vertices, mesh.faces)[0])
    return np.where(igl.fast_winding_number(mesh.vertices, mesh.faces, p) > 0.5, -far, far)


def assert_closed(mesh: Mesh) -> None:
    edges = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert mesh.volume_mm3 > 0


@settings(max_examples=6, deadline=None)
@given(
    level=st.sampled_from(("T8", "L1", "L4")),
    share=st.floats(0.05, 0.3),
    side=st.sampled_from(("left", "right", "middle", "both")),
    seed=st.integers(0, 1000),
)
def test_cement_has_its_volume_and_stays_in_the_body(level, share, side, seed):
    spine = built(level)
    volume = share * spine.mesh(f"vertebra_{level}_body").volume_mm3 / 1e3 * (1.0 if side == "both" else 0.5)
    cement = cement_mesh(OldCement(volume_ml=max(volume, 0.1), side=side, seed=seed), spine.column, level, 1.0)

    assert cement.volume_mm3 / 1e3 == pytest.approx(max(volume, 0.1), rel=0.01)
    assert distance(cement.vertices, spine.mesh(f"vertebra_{level}_body")).max() < -0.5
    assert_closed(cement)


def test_more_cement_than_the_body_holds_is_refused():
    with pytest.raises(
        InputError, match=r"got 20 mL on both; expected at most about \d+\.\d mL, which is what T6 holds"
    ):
        built("T6", cement={"T6": "20 mL"})


@pytest.mark.parametrize(("level", "side"), [("L4", "left"), ("T11", "right")])
def test_a_screw_runs_down_its_pedicle_with_its_head_outside(level, side):
    m, spine = table()[level], built(level)
    asked = OldScrew(side=side, diameter_mm=5.5, length_mm=40.0)
    screw = screw_mesh(asked, spine.column, level, side)
    sign = 1.0 if side == "left" else -1.0
    wall = float(spine.mesh(f"vertebra_{level}_body").bounds[1, 1])
    rear, front = screw.vertices[screw.vertices[:, 1].argmax()], screw.vertices[screw.vertices[:, 1].argmin()]
    axis = (front - rear) / np.linalg.norm(front - rear)

    assert_closed(screw)
    assert np.linalg.norm(front - rear) == pytest.approx(40.0 + 2.5 + 14.0, abs=4.0)
    assert rear[0] * sign > front[0] * sign if m.pedicle_transverse_deg > 3 else True
    assert np.degrees(np.arctan2(abs(axis[0]), -axis[1])) == pytest.approx(abs(m.pedicle_transverse_deg), abs=8.0)
    # The shaft lies in bone, all of the head does not.
    bone = spine.mesh(f"vertebra_{level}")
    in_body = screw.vertices[screw.vertices[:, 1] < wall]
    assert distance(in_body, bone).max() < 0.0
    head = screw.vertices[screw.vertices[:, 1] > rear[1] - 8.0]
    assert distance(head, bone).min() > 0.0


def test_an_offset_screw_breaches_the_medial_wall():
    spine = built("L2")
    margins = []
    for medial in (0.0, 4.0):
        keys = {"screws": {"L2": {"side": "left", "diameter": "6 mm", "medial": f"{medial} mm"}}}
        margins.append(built("L2", **keys).truth["screw_L2_left_medial_margin_mm"])
    screw = screw_mesh(OldScrew(side="left", diameter_mm=6.0, medial_mm=6.0), spine.column, "L2", "left")

    assert margins[0] == pytest.approx(0.5 * (table()["L2"].pedicle_width - 6.0))
    assert margins[1] == pytest.approx(margins[0] - 4.0)
    canal = spine.mesh("spinal_canal")
    segment = screw.triangles.mean(axis=1)
    reach = np.linspace(0.0, 1.0, 40)[:, None, None]
    along = (segment[None] * (1 - reach) + np.roll(segment, 1, axis=0)[None] * reach).reshape(-1, 3)
    assert (distance(along, canal) < 0.0).any()


@pytest.mark.parametrize(
    "surface", ["posterior_wall", "anterior_wall", "left_wall", "superior_endplate", "inferior_endplate"]
)
def test_a_hole_is_as_wide_and_deep_as_asked(surface):
    spine = built("L3", defects={"L3": {"surface": surface, "diameter": "8 mm", "depth": "3 mm"}}, resolution_mm=0.6)
    plain = built("L3", resolution_mm=0.6)
    whole, holed = plain.mesh("vertebra_L3_body"), spine.mesh("vertebra_L3_body")
    cut = carving(Defect(surface=surface, diameter_mm=8.0, depth_mm=3.0), spine.column, "L3")
    assert cut is not None
    depth = -distance(holed.vertices, whole)
    # Points of the hole lie inside the whole body; its mouth is the outline of those.
    hole = holed.vertices[(depth > 0.25) & (np.linalg.norm(holed.vertices - cut.mouth, axis=1) < 9.0)]
    across = hole - cut.mouth
    across -= (across @ cut.way)[:, None] * cut.way

    assert 2.0 * np.linalg.norm(across, axis=1).max() == pytest.approx(8.0, abs=0.7)
    middle = np.linalg.norm(across, axis=1) < 1.5
    assert np.max((cut.mouth - hole[middle]) @ cut.way) == pytest.approx(3.0, abs=0.2)
    assert whole.volume_mm3 - holed.volume_mm3 == pytest.approx(np.pi * 4.0**2 * 3.0, rel=0.25)
    assert_closed(holed)
    assert_closed(spine.mesh("vertebra_L3"))


def test_a_hole_off_its_surface_is_refused():
    with pytest.raises(InputError, match=r"\$\.defects\.L3\[0\]: got 30 mm across and 0 mm along the posterior_wall"):
        built("L3", defects={"L3": {"surface": "posterior_wall", "diameter": "4 mm", "across": "30 mm"}})


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_takes_cement_and_screws(level):
    spine = built(
        level,
        cement={level: {"volume": "0.6 mL"}},
        screws={level: {"side": "both", "diameter": "4 mm", "length": "28 mm"}},
    )

    assert spine.mesh(f"cement_{level}").volume_mm3 == pytest.approx(600.0, rel=0.01)
    for side in ("left", "right"):
        assert_closed(spine.mesh(f"screw_{level}_{side}"))
