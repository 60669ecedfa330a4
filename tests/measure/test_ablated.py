"""How an ablation lies, against closed forms: ice over a ball, probe to its far side, what the plan states."""

from __future__ import annotations

import cases
import numpy as np
import pytest
import trimesh

import planner.measure.result  # noqa: F401 - registers every measuring function
from planner.geometry.mesh import Mesh
from planner.measure.killed import inside_points
from planner.measure.models import Measured, NotApplicable
from planner.measure.registry import StepContext, measure_step
from planner.plan.case import load_plan
from planner.simulate.run import run_simulation

ENTRY, TIP = np.array(cases.ENTRY), np.array(cases.TIP)
ALONG = (ENTRY - TIP) / np.linalg.norm(ENTRY - TIP)
ACROSS = np.cross(ALONG, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(ALONG, [0.0, 0.0, 1.0]))
ACTIVE_MM, ICE_LONG_MM, ICE_SHORT_MM = 25.0, 41.0, 36.0  # the generic 17G sheet
MADE_MM = 0.1
"""What tessellation of a ball of a few thousand faces costs."""


def step_with(patient, centre, radius=5.0, tools=1, spacing=10.0, **changes):
    """Quantities of a cryo step over a ball that the operator stated."""
    shift = [np.zeros(3), spacing * ACROSS][:tools]
    access = [{"entry": (ENTRY + s).tolist(), "target": (TIP + s).tolist(), "gauge": 17} for s in shift]
    step = {"kind": "cryoablation", "device": "generic_cryo_17g", "access": access, **changes}
    ball = {"sphere": {"centre": np.asarray(centre).tolist(), "diameter": f"{2 * radius} mm"}}
    raw = cases.plan(steps=[step])
    raw["anatomy"]["lesions"] = {"ball": ball}
    raw["target"]["lesion"] = "ball"
    case = load_plan(raw, folder=patient)
    return measure_step(StepContext(case, case.steps[0], run_simulation(case, simulate=False)))


MIDDLE = TIP + 0.5 * ACTIVE_MM * ALONG


def test_ice_over_a_ball_in_the_middle_of_it(patient):
    found = step_with(patient, MIDDLE)["ice_margin_mm"]
    assert isinstance(found, Measured)
    assert found.value == pytest.approx(0.5 * ICE_SHORT_MM - 5.0, abs=MADE_MM)


def test_ice_that_does_not_reach_is_negative(patient):
    found = step_with(patient, MIDDLE + 20.0 * ACROSS)["ice_margin_mm"]
    assert found.value == pytest.approx(0.5 * ICE_SHORT_MM - 25.0, abs=MADE_MM)


@pytest.mark.parametrize("aside", [0.0, 4.0])
def test_the_far_edge_of_a_ball_beside_one_probe(patient, aside):
    found = step_with(patient, MIDDLE + aside * ACROSS)["probe_edge_distance_mm"]
    assert found.value == pytest.approx(aside + 5.0, abs=MADE_MM)


def test_a_second_probe_brings_the_far_edge_nearer(patient):
    centre = MIDDLE + 5.0 * ACROSS
    one, two = (step_with(patient, centre, tools=n)["probe_edge_distance_mm"].value for n in (1, 2))
    assert one == pytest.approx(10.0, abs=MADE_MM)
    # two probes 10 mm apart, the ball's middle between them: farthest is the top, 5 mm up and 5 mm aside
    assert two == pytest.approx(np.hypot(5.0, 5.0), abs=MADE_MM)


def test_what_is_planned_beside_it(patient):
    bare = step_with(patient, MIDDLE)
    wet = step_with(patient, MIDDLE, protection=["warmed_saline"])
    dry = step_with(patient, MIDDLE, protection=["fluid_dissection"])
    assert [found["cord_protection"].value for found in (bare, wet, dry)] == [0.0, 1.0, 1.0]
    assert isinstance(bare["ionic_fluid"], NotApplicable)
    assert [found["ionic_fluid"].value for found in (wet, dry)] == [1.0, 0.0]


@pytest.mark.parametrize("radius", [2.0, 9.0, 25.0])
def test_points_fill_a_body_evenly(radius):
    made = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    points = inside_points(Mesh.of(made.vertices + 3.0, made.faces))
    assert 2000 < len(points) < 8000
    away = np.linalg.norm(points - 3.0, axis=1)
    assert away.max() <= radius
    # the share within half the radius is an eighth
    assert (away < 0.5 * radius).mean() == pytest.approx(0.125, abs=0.02)
