"""What protection does to the patient: cooler cord with gas and fluid, cooler skin with a pack where the skin is."""

from __future__ import annotations

from dataclasses import replace

import cases
import numpy as np
import pytest
import trimesh

from planner.anatomy.structures import from_mesh
from planner.geometry.mesh import Mesh
from planner.plan.case import load_plan
from planner.simulate.treatment.names import NUMBER
from planner.simulate.treatment.probe import burns_of, grid_of
from planner.simulate.treatment.properties import properties_of
from planner.simulate.treatment.protection import SKIN_C, SKIN_MM
from planner.simulate.treatment.result import HeatResult, max_temperature_at, surface_points
from planner.simulate.treatment.simulated import simulate_heating
from planner.simulate.treatment.tissue_map import tissue_map

pytestmark = pytest.mark.heat
COARSE_MM = 1.5
BEFORE_THE_CANAL, IN_THE_CANAL = [4.0, -2.0, 0.0], [4.0, 8.0, 0.0]
"""Tips: the active part ends in the body; it passes through the epidural space."""
SKIN_Y_MM = 55.0
"""Where the made skin of the back lies: cells are some millimetres wide there, and it crosses them."""


def cord_max_c(patient, target, *protection):
    raw = cases.plan(steps__0__access__target=target)
    if protection:
        raw["steps"][0]["protection"] = list(protection)
    case = load_plan(raw, folder=patient)
    heat = simulate_heating(case, case.steps[0], step_mm=COARSE_MM, sweep=())
    assert isinstance(heat, HeatResult)
    return float(max_temperature_at(heat.run, surface_points(case.anatomy.get("spinal_cord").mesh)).max())


@pytest.fixture(scope="module")
def unprotected_c(patient):
    return cord_max_c(patient, BEFORE_THE_CANAL)


@pytest.mark.parametrize(
    ("protection", "least_k"),
    [("co2_dissection", 1.0), ("fluid_dissection", 1.5), ("cooled_saline", 5.0)],
)
def test_protection_lowers_the_maximum_of_the_cord(patient, unprotected_c, protection, least_k):
    assert unprotected_c > 44.0
    assert cord_max_c(patient, BEFORE_THE_CANAL, protection) < unprotected_c - least_k


def test_ionic_saline_that_touches_the_active_tip_heats_the_cord_and_fluid_free_of_ions_does_not(patient):
    bare = cord_max_c(patient, IN_THE_CANAL)

    assert cord_max_c(patient, IN_THE_CANAL, "cooled_saline") > bare
    assert cord_max_c(patient, IN_THE_CANAL, "fluid_dissection") < bare - 5.0


@pytest.fixture(scope="module")
def skinned(patient):
    """The case with a block of a body around it, its back `SKIN_Y_MM` behind the body's centre."""
    case = load_plan(cases.plan(), folder=patient)
    low, high = np.array([-80.0, -120.0, -150.0]), np.array([80.0, SKIN_Y_MM, 150.0])
    box = trimesh.creation.box(bounds=[low, high]).subdivide_to_size(40.0)
    skin = from_mesh("skin", Mesh.of(box.vertices, box.faces), "user")
    anatomy = replace(case.anatomy, makers={**case.anatomy.makers, "skin": lambda: skin}, _made={})
    return replace(case, anatomy=anatomy)


def maps(case):
    grid = grid_of(burns_of(case.steps[0]), COARSE_MM, 1.35)
    rest = {"lesion": None, "lesion_type": None, "bone": None}
    return [tissue_map(case.anatomy, grid, protection=p, **rest) for p in ((), ("skin_cooling",))]


def test_beyond_the_skin_is_air_cell_by_cell(skinned):
    plain, _ = maps(skinned)
    points = plain.grid.points_mm
    beyond = points[..., 1] > SKIN_Y_MM
    soft = np.isin(plain.number, [NUMBER["muscle"], NUMBER["air"]])
    within = (np.abs(points[..., 0]) < 79.0) & (points[..., 1] > -119.0) & (np.abs(points[..., 2]) < 149.0)

    assert (plain.number[beyond & soft] == NUMBER["air"]).all()
    assert (plain.number[~beyond & within & soft] == NUMBER["muscle"]).all()


def test_skin_cooling_fills_the_air_along_the_skin_and_nothing_else(skinned):
    plain, cooled = maps(skinned)
    (flow,) = cooled.flows
    y = plain.grid.points_mm[..., 1]
    back = (np.abs(plain.grid.points_mm[..., 0]) < 60.0) & (np.abs(plain.grid.points_mm[..., 2]) < 100.0)

    assert flow.cells.any()
    assert (plain.number[flow.cells] == NUMBER["air"]).all()
    assert (cooled.number[flow.cells] == NUMBER["saline"]).all()
    assert (cooled.number[~flow.cells] == plain.number[~flow.cells]).all()
    near = (y > SKIN_Y_MM) & (y < SKIN_Y_MM + SKIN_MM) & back & (plain.number == NUMBER["air"])
    assert (flow.cells[back] == near[back]).all()
    found = properties_of(cooled)
    assert (np.broadcast_to(found.flow_c, plain.number.shape)[flow.cells] == np.float32(SKIN_C)).all()
    assert found.start_c is not None
    assert (found.start_c[flow.cells] == np.float32(SKIN_C)).all()


def test_skin_cooling_cools_the_skin_and_leaves_the_zone(skinned):
    step = skinned.steps[0]
    cold = replace(step, plan=step.plan.model_copy(update={"protection": ("skin_cooling",)}))
    at = np.array([[step.instruments[0].entry[0], SKIN_Y_MM - 4.0, 0.0]])
    bare, cooled = (simulate_heating(skinned, s, step_mm=2.0, sweep=()) for s in (step, cold))

    assert max_temperature_at(cooled.run, at)[0] <= max_temperature_at(bare.run, at)[0]
    assert cooled.curves.watched_c["skin"][-1] < bare.curves.watched_c["skin"][-1] - 3.0
    assert cooled.zone.mesh.volume_mm3 == pytest.approx(bare.zone.mesh.volume_mm3, rel=0.02)
