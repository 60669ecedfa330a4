"""The table of needs says what the measuring functions do: without a structure no value, with it one."""

from __future__ import annotations

from dataclasses import replace

import cases
import numpy as np
import pytest
import trimesh

import planner.measure.result  # noqa: F401 - registers every measuring function
from planner.anatomy.structures import Anatomy, from_mesh
from planner.core.quantity import QUANTITIES
from planner.geometry.mesh import Mesh
from planner.measure.models import Measured, NotEvaluated
from planner.measure.needs import NEEDS, unmet
from planner.measure.neighbours import ARTERIES, CORD_OR_STAND_IN, VEINS
from planner.measure.registry import StepContext, measure_one
from planner.plan.case import load_plan
from planner.simulate.run import run_simulation


def solid(made, name, origin="segmented"):
    structure = from_mesh(name, Mesh.of(made.vertices, made.faces), origin)
    return lambda: structure


def tube(name, x, y, radius, origin="segmented"):
    made = trimesh.creation.cylinder(radius=radius, height=120)
    return solid(made.apply_translation([x, y, 0]), name, origin)


def everything(patient):
    """The closed-form patient with every structure that anything asks for."""
    raw = cases.plan()
    raw["steps"].append({"kind": "cryoablation", "device": "generic_cryo_17g", "access": raw["steps"][0]["access"]})
    case = load_plan(raw, folder=patient)
    makers = dict(case.anatomy.makers)
    for number, name in enumerate((*CORD_OR_STAND_IN, *ARTERIES, *VEINS, "nerve_root_L3_left")):
        makers.setdefault(name, tube(name, 5.0 * number, 27.0 if name in CORD_OR_STAND_IN else -40.0, 4.0))
    skin = trimesh.creation.box(extents=(300, 160, 300)).apply_translation([0, -20, 0])
    makers["skin"] = solid(skin, "skin")
    return case, makers


@pytest.fixture(scope="module")
def measure(patient):
    case, makers = everything(patient)

    image = case.anatomy.images[0]
    # Bone where the labels have bone, marrow inside, soft tissue elsewhere.
    ct = replace(image, array=np.where(image.array == 1, 300, np.where(image.array == 4, 90, 40)).astype(np.int16))
    simulation = run_simulation(case, simulate=False)

    def measured(quantity, keep=None, also=None):
        def kept(name):
            return keep is None or keep(name)

        chosen = {name: make for name, make in makers.items() if kept(name)} | (also or {})
        anatomy = Anatomy(chosen, case.anatomy.images, ct=ct if kept("ct") else None)
        patient = replace(case, anatomy=anatomy)
        step = next(step for step in patient.steps if step.kind in QUANTITIES[quantity].kinds)
        return measure_one(quantity, StepContext(patient, step, simulation)), anatomy

    measured.makers = makers
    return measured


def fits(name, need):
    asked = need.names("L3", "lesion")
    return name in asked or any(a.endswith("*") and name.startswith(a[:-1]) for a in asked)


EVERYWHERE = {quantity: needs for quantity, needs in NEEDS.items() if not any(need.regions for need in needs)}
"""Those of one region alone are held against it in `test_organs`."""


@pytest.mark.parametrize("quantity", EVERYWHERE)
def test_with_everything_there_is_a_value(quantity, measure):
    found, anatomy = measure(quantity)
    assert isinstance(found, Measured), found
    assert unmet(quantity, anatomy, "L3", "lesion") == ()


@pytest.mark.parametrize(("quantity", "number"), [(q, n) for q, needs in EVERYWHERE.items() for n in range(len(needs))])
def test_without_any_of_them_there_is_none_and_each_alone_will_do(quantity, number, measure):
    need = NEEDS[quantity][number]
    found, anatomy = measure(quantity, lambda name: not fits(name, need))
    assert isinstance(found, NotEvaluated), found
    assert need in unmet(quantity, anatomy, "L3", "lesion")
    for only in [name for name in (*measure.makers, "ct") if fits(name, need)]:
        found, anatomy = measure(quantity, lambda name, only=only: name == only or not fits(name, need))
        assert isinstance(found, Measured), (only, found)
        assert unmet(quantity, anatomy, "L3", "lesion") == ()


@pytest.mark.parametrize("quantity", ["cord_clearance_mm", "zone_cord_clearance_mm"])
def test_a_modelled_canal_does_not_stand_for_the_cord(quantity, measure):
    modelled = {"spinal_canal": tube("spinal_canal", 0, 27, 7, "modelled")}
    found, anatomy = measure(quantity, lambda name: name not in CORD_OR_STAND_IN, modelled)
    assert isinstance(found, NotEvaluated)
    assert unmet(quantity, anatomy, "L3", "lesion")
    found, anatomy = measure("canal_clearance_mm", lambda name: name not in CORD_OR_STAND_IN, modelled)
    assert isinstance(found, Measured)
    assert unmet("canal_clearance_mm", anatomy, "L3", "lesion") == ()


def test_names_are_rows_of_the_quantity_table():
    assert set(NEEDS) <= set(QUANTITIES)
