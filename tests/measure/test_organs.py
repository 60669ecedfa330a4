"""Clearance to organs: closed forms, which organs are asked for where, and parts of labels against whole ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cases
import numpy as np
import pytest
import trimesh

import planner.measure.result  # noqa: F401 - registers every measuring function
from planner.anatomy.structures import Anatomy, from_mesh
from planner.check.gaps import gaps
from planner.geometry.clearance import capsule_clearance
from planner.geometry.mesh import Mesh
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.needs import unmet
from planner.measure.organs import REACH_MM
from planner.measure.registry import StepContext, measure_step
from planner.plan.case import load_plan
from planner.protocol.load import load_protocol
from planner.simulate.run import run_simulation

RADIUS = 2.41 / 2.0  # 13G, wider than the electrode
FACETS_MM = 0.02
"""A ball of 20 480 faces lies that far inside its sphere."""


@cache
def ball(centre, radius=10.0):
    made = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    return Mesh.of(made.vertices + np.array(centre), made.faces)


@pytest.fixture(scope="module")
def case(patient):
    return load_plan(cases.plan(), folder=patient)


@pytest.fixture
def measured(case):
    def called(level="L3", images=(), **organs):
        makers = {name: (lambda n=name, m=mesh: from_mesh(n, m, "segmented")) for name, mesh in organs.items()}
        kept = {name: make for name, make in case.anatomy.makers.items() if name.startswith("vertebra")}
        anatomy = Anatomy(kept | makers, images)
        step = replace(case.steps[0], target=case.steps[0].target.with_(level=level))
        moved = replace(case, anatomy=anatomy, steps=(step,))
        found = measure_step(StepContext(moved, step, run_simulation(moved, simulate=False)))
        return found["organ_clearance_mm"], found["zone_organ_clearance_mm"]

    return called


def beside(along, away):
    """A point `away` mm from the needle's axis, `along` mm behind its tip."""
    entry, tip = np.array(cases.ENTRY), np.array(cases.TIP)
    way = (entry - tip) / np.linalg.norm(entry - tip)
    side = np.cross(way, [0.0, 0.0, 1.0])
    return tuple(tip + along * way + away * side / np.linalg.norm(side))


def test_needle_to_an_organ(measured):
    needle, _ = measured(kidney_left=ball(beside(40.0, 25.0)))
    assert needle.value == pytest.approx(25.0 - 10.0 - RADIUS, abs=FACETS_MM)
    assert needle.note == "nearest is the kidney left"
    assert needle.caveat is None


def test_needle_through_an_organ_is_negative_and_fails_no_rule_silently(measured):
    needle, _ = measured(colon=ball(beside(40.0, 0.0)))
    assert needle.value < -RADIUS


def test_the_nearest_of_several_is_named(measured):
    organs = {
        "kidney_left": ball(beside(40.0, 30.0)),
        "oesophagus": ball(beside(20.0, -16.0)),
        "liver": ball(beside(9.0, 12.0)),
    }
    needle, zone = measured(**organs)
    assert needle.value == pytest.approx(16.0 - 10.0 - RADIUS, abs=FACETS_MM)
    assert needle.note == zone.note == "nearest is the oesophagus"


def test_zone_to_an_organ_across_its_middle(measured):
    """At 10 mm behind the tip lies the zone's middle, 8 mm wide."""
    _, zone = measured(small_bowel=ball(beside(10.0, 25.0)))
    assert zone.value == pytest.approx(25.0 - 10.0 - 8.0, abs=0.05)


def test_far_organs_count_as_far(measured):
    needle, zone = measured(kidney_right=ball((-150.0, 0.0, 0.0)))
    assert needle.value == zone.value == REACH_MM
    assert "no labelled organ lies within 25 mm" in needle.note


def test_nothing_is_asked_for_in_the_loin(measured):
    for found in measured("L3"):
        assert isinstance(found, NotApplicable)
    for found in measured("C5"):
        assert isinstance(found, NotApplicable)


def test_lungs_are_asked_for_in_the_chest(measured):
    for found in measured("T8"):
        assert isinstance(found, NotEvaluated)
        assert "lung left, lung right" in found.reason
    # Another organ does not stand for the pleura.
    assert isinstance(measured("T8", oesophagus=ball(beside(40.0, 25.0)))[0], NotEvaluated)


def test_one_lung_says_nothing_of_the_other(measured):
    needle, _ = measured("T8", lung_left=ball(beside(40.0, 25.0)))
    assert isinstance(needle, Measured)
    assert needle.caveat == "not in the labels: lung right"
    both, _ = measured("T8", lung_left=ball(beside(40.0, 25.0)), lung_right=ball((-90.0, 0.0, 0.0)))
    assert both.caveat is None


def test_needle_that_leaves_the_image_is_told(measured, case):
    image = case.anatomy.images[0]
    small = replace(image, array=image.array[:, :80])
    needle, _ = measured(images=(small,), kidney_left=ball(beside(40.0, 25.0)))
    assert "outside the image" in needle.caveat


def test_part_of_a_label_measures_as_the_whole(tmp_path):
    points, affine = cases.grid(1.5)
    labels = cases.labels_at(points)
    labels[np.linalg.norm(points - np.array(beside(35.0, -40.0)), axis=-1) < 26.0] = 9
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    cases.write(tmp_path / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    raw = cases.plan(anatomy__labelmap__0__labels=cases.LABELS | {9: "colon"})
    case = load_plan(raw, folder=tmp_path)
    tool = case.steps[0].instruments[0]
    low, high = np.minimum(tool.entry, tool.tip) - 20.0, np.maximum(tool.entry, tool.tip) + 20.0
    part = case.anatomy.near("colon", low, high)
    whole = case.anatomy.get("colon")
    assert part.volume_ml < 0.8 * whole.volume_ml
    ends = (tool.entry, tool.tip, tool.radius_mm)
    one, other = (capsule_clearance(*ends, structure.mesh).distance_mm for structure in (part, whole))
    assert one == pytest.approx(other, abs=0.1)  # a label is smoothed to keep its volume, which differs
    assert case.anatomy.near("colon", np.full(3, 500.0), np.full(3, 510.0)) is None
    assert case.anatomy.near("spleen", low, high) is None


def test_what_a_missing_lung_disables_is_told_in_the_chest_alone():
    makers = {f"vertebra_{level}": lambda: None for level in ("T8", "L3")}
    anatomy = Anatomy(makers)
    assert unmet("organ_clearance_mm", anatomy, "L3", "lesion") == ()
    assert unmet("organ_clearance_mm", anatomy, "T8", "lesion") != ()
    found = [gap for gap in gaps(anatomy, load_protocol(), levels=("T8", "L3")) if "lung_left" in gap.any_of]
    assert [(gap.levels, gap.rules) for gap in found] == [(("T8",), ("ACC-ORGAN", "ABL-ZONE-ORGAN", "CRY-ICE-ORGAN"))]
    lumbar = gaps(anatomy, load_protocol(), levels=("L3",))
    assert not [gap for gap in lumbar if "lung_left" in gap.any_of]
