"""The door: units, impossible combinations with both places, unknown words, whole plans."""

from __future__ import annotations

import pytest

from planner.advise.books import contradictions
from planner.advise.indicate import indicate
from planner.advise.patient_file import load_patient
from planner.core.errors import InputError


def changed(patient, **places):
    for place, value in places.items():
        *path, last = place.split("__")
        at = patient
        for key in path:
            at = at.setdefault(key, {})
        at[last] = value
    return patient


IMPOSSIBLE = [
    ({"patient__vertebral_metastases": 3}, "$.patient.vertebral_metastases with $.patient.metastases"),
    ({"patient__pain_vas": 0}, "$.patient.pain_vas with $.patient.pain_type"),
    ({"patient__pain_type": "none"}, "$.patient.pain_vas with $.patient.pain_type"),
    ({"patient__neurology__sphincter": True}, "$.patient.neurology.frankel with $.patient.neurology.sphincter"),
    (
        {"patient__contraindications__new_deficit": True},
        "$.patient.neurology.frankel with $.patient.contraindications.new_deficit",
    ),
    ({"patient__scores__escc": "2"}, "$.patient.scores.escc with $.patient.lesion.cord_distance"),
    ({"target__lesion_type": "osteoid_osteoma"}, "$.target.lesion_type with $.patient.primary"),
    ({"patient__primary": "osteoid_osteoma"}, "$.target.lesion_type with $.patient.primary"),
    (
        {
            "patient__lesion__height_loss_percent": 60,
            "patient__sins_items": {"collapse": "none"},
            "patient__scores__sins": 13,
        },
        "$.patient.lesion.height_loss with $.patient.sins_items.collapse",
    ),
    (
        {"patient__lesion__height_loss_percent": 0, "patient__sins_items": {"collapse": "under_50"}},
        "$.patient.lesion.height_loss with $.patient.sins_items.collapse",
    ),
    (
        {"patient__pain_type": "inflammatory", "patient__sins_items": {"pain": "mechanical"}},
        "$.patient.sins_items.pain with $.patient.pain_type",
    ),
    (
        {"patient__bone_drug": {"drug": "denosumab", "skeleton_immature": True}},
        "$.patient.bone_drug.skeleton_immature with $.patient.age_years",
    ),
    ({"patient__scores__kps": 40}, "$.patient.scores.ecog with $.patient.scores.kps"),
    ({"patient__scores__sins": 2}, "$.patient.scores.sins with"),
    (
        {"patient__prior_radiation": {"cord_dmax": "30 Gy", "fractions": 10}},
        "$.patient.irradiated_before with $.patient.prior_radiation",
    ),
]


@pytest.mark.parametrize(("places", "path"), IMPOSSIBLE)
def test_impossible_combinations_name_both_places(patient, places, path):
    with pytest.raises(InputError) as told:
        load_patient(changed(patient, **places))
    assert path in str(told.value)


def test_every_stored_contradiction_is_tried():
    tried = {path.split(" with ")[0].removeprefix("$.") for _, path in IMPOSSIBLE}
    assert {rule.paths[0] for rule in contradictions()} <= tried


def test_units_at_the_door(patient):
    p = patient["patient"]
    del p["expected_survival_months"], p["lesion"]["size_mm"]
    p["expected_survival"], p["lesion"]["size"] = "40 weeks", "2.2 cm"
    p["labs"] = {"calcium": "9.2 mg/dL", "albumin": "3.8 g/dL", "vitamin_d": "30 ng/mL"}
    known = load_patient(patient).known
    assert known["expected_survival_months"].value[0] == pytest.approx(9.2, abs=0.01)
    assert known["lesion_size_mm"].value == (22.0, 22.0)
    assert known["corrected_calcium_mmol_l"].value[0] == pytest.approx(2.2955 + 0.04, abs=1e-3)
    assert known["vitamin_d_nmol_l"].value[0] == pytest.approx(74.9, abs=0.1)


def test_all_problems_at_once(patient):
    p = patient["patient"]
    p["pain_vas"], p["scores"]["escc"], p["wishes"] = 11, "4", "none"
    with pytest.raises(InputError) as told:
        load_patient(patient)
    assert {problem.path for problem in told.value.problems} == {
        "$.patient.pain_vas", "$.patient.scores.escc", "$.patient.wishes"
    }  # fmt: skip


def test_site_with_an_unknown_technique(patient):
    patient["advice"] = {"site": {"name": "x", "techniques": ["pvp", "rfa_cemment"]}}
    with pytest.raises(InputError, match="did you mean `rfa_cement`"):
        load_patient(patient)


def test_unknown_primary_is_missing_and_not_guessed(patient):
    patient["patient"]["primary"] = "merkel cell"
    found = indicate(patient)
    assert found.answer == "missing"
    assert "radiosensitivity" in found.decisive


def test_a_plan_answers_from_its_geometry(patient, tmp_path):
    lesion = {"kind": "lytic", "diameter": "18 mm"}
    plan = {
        "planner": 1, "frame": "LPS", "target": {"level": "L3", "lesion": "lesion", "lesion_type": "lytic"},
        "anatomy": {"parametric": {"level": "L3", "levels": "only", "tissues": False, "lesion": lesion}},
        "patient": {**patient["patient"], "lesion": {"posterior_wall_intact": True}},
        "steps": [{"kind": "vertebroplasty", "cement": {"material": "pmma_generic", "volume": "4 mL"},
                   "access": {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13}}],
    }  # fmt: skip
    known = load_patient(plan).known
    assert known["lesion_size_mm"].origin == "measured"
    low, high = known["lesion_size_mm"].value
    assert low <= 18.5
    assert high >= 17.5
    assert known["cord_distance_mm"].origin == "measured"
    assert known["cord_distance_mm"].value[0] > 0
    assert known["height_loss_percent"].origin == "measured"
