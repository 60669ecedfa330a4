"""The sequence, its calendar, doses, checks of bone drugs and images, risks, response."""

from __future__ import annotations

import json
from datetime import date

import nibabel
import numpy as np
import pytest
from icalendar import Calendar

from planner.advise.books import compiled, facts_table, techniques
from planner.advise.calendar_file import calendar_bytes
from planner.advise.checks import bone_checks, bone_protection, imaging, questions
from planner.advise.fractions import cord_limit, fitted, planned_course
from planner.advise.pathway import events, pathway
from planner.advise.patient_file import load_patient
from planner.advise.response import response, skeletal_events
from planner.advise.risk import risk_models, risks
from planner.core.errors import InputError
from planner.core.sourced import references
from planner.measure.dose import CORD_ALPHA_BETA_GY, equivalent_dose
from planner.plan.advice import Response
from planner.protocol.load import load_protocol

START = date(2026, 12, 1)


def ids(found):
    return [due.id for due in found.timeline]


def test_the_documents_sequence(patient):
    found = pathway(patient, start=START)
    assert found.technique == "cement_sbrt"
    order = ids(found)
    places = [order.index(i) for i in ("PTH-BOARD", "PTH-CEMENT", "PTH-SBRT-START", "PTH-VCF-WATCH")]
    assert places == sorted(places)
    assert "PTH-REHAB" in order
    mobilised = next(due for due in found.timeline if due.id == "PTH-MOBILISE")
    assert mobilised.dates(START) == (date(2026, 12, 1), date(2026, 12, 2))


def test_cold_brings_its_days_of_pain(patient):
    pain = next(due for due in pathway(patient, technique="cryo").timeline if due.id == "PTH-CRYO-PAIN")
    assert pain.days == (1, 3)
    assert {view.ref for view in pain.rule.views} == {"thacker_mayo", "masala_vas", "callstrom2013"}
    assert "PTH-CRYO-PAIN" not in ids(pathway(patient, technique="rfa"))


def test_frozen_bone_is_spared_for_months(patient):
    weak = next(due for due in pathway(patient, technique="cryo").timeline if due.id == "PTH-COLD-BONE")
    assert weak.days[1] >= 71
    assert "PTH-COLD-BONE" not in ids(pathway(patient, technique="rfa"))


@pytest.mark.parametrize("name", list(techniques()))
def test_every_technique_has_a_sequence_with_roles_and_follow_up(patient, name):
    found = pathway(patient, technique=name, start=START)
    phases = {due.phase for due in found.timeline}
    assert {"before", "follow_up"} <= phases
    assert all(due.who for due in found.timeline)
    assert [due.days for due in found.timeline] == sorted(due.days for due in found.timeline)


def test_the_plans_own_follow_up_is_kept(patient):
    patient["follow_up"] = {"weeks": [2, 8], "instruments": ["vas"], "imaging_months": [6]}
    visits = [due.days[0] for due in pathway(patient).timeline if due.phase == "follow_up"]
    assert visits == [14, 56, 183]


def test_calendar_is_read_back_and_the_same_twice(patient):
    found = pathway(patient, start=START)
    content = calendar_bytes(found)
    assert content == calendar_bytes(pathway(patient, start=START))
    entries = Calendar.from_ical(content).walk("VEVENT")
    assert len(entries) == len(found.timeline)
    assert len({str(entry["UID"]) for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["DTSTART"].dt < entry["DTEND"].dt
    cement = next(e for e in entries if "Cement (" in str(e["SUMMARY"]))
    assert cement["DTSTART"].dt == START
    chinese = Calendar.from_ical(calendar_bytes(found, "zh")).walk("VEVENT")
    assert any("骨水泥强化" in str(entry["SUMMARY"]) for entry in chinese)


def test_a_calendar_needs_a_day(patient):
    with pytest.raises(InputError, match=r"advice\.start"):
        calendar_bytes(pathway(patient))
    patient["advice"] = {"start": "2026-12-01"}
    assert calendar_bytes(pathway(patient))


def test_unknown_technique_is_refused(patient):
    with pytest.raises(InputError, match="--technique"):
        pathway(patient, technique="laser")


def test_schemes_and_the_cords_limit(patient):
    case = load_patient(patient)
    rows = {row.scheme.id: row for row in fitted(case)}
    assert rows["RTS-30-10"].truth is True
    assert "RTS-8X1" not in rows
    assert rows["RTS-24-2"].eqd2_gy == pytest.approx(44.0)
    assert rows["RTS-24-2"].cord_limit_gy == 17.0
    patient["patient"]["expected_survival_months"] = 14
    assert "RTS-30-10" not in {row.scheme.id for row in fitted(load_patient(patient)) if row.truth}


def test_a_second_course_leaves_what_hytec_leaves(patient):
    patient["patient"]["irradiated_before"] = True
    assert cord_limit(load_patient(patient), 3) is None, "the earlier dose is not known"
    patient["patient"]["prior_radiation"] = {"cord_dmax": "40 Gy", "fractions": 20, "interval": "12 months"}
    second = equivalent_dose(cord_limit(load_patient(patient), 3), 3, CORD_ALPHA_BETA_GY)
    first = equivalent_dose(40, 20, CORD_ALPHA_BETA_GY)
    assert second == pytest.approx(min(25.0, 70.0 - first, first))
    patient["advice"] = {"radiotherapy": {"dose": "24 Gy", "fractions": 3, "cord_dmax": "20 Gy"}}
    told = planned_course(load_patient(patient))
    assert (told["score"], told["class"]) == ("hytec_reirradiation", "outside")
    patient["advice"]["radiotherapy"]["cord_dmax"] = "9 Gy"
    assert planned_course(load_patient(patient))["class"] == "within"


def drug(patient, **entries):
    patient["patient"]["bone_drug"] = {"drug": "denosumab", **entries}
    return {row.check.id: row.outcome for row in bone_protection(load_patient(patient).facts)}


def test_bone_protection(patient):
    patient["patient"]["labs"] = {"calcium": "7.4 mg/dL", "albumin": "40 g/L", "creatinine_clearance": "25 mL/min",
                                  "vitamin_d": "30 nmol/L"}  # fmt: skip
    found = drug(patient, dental_exam=False, thigh_pain=True, femur_film=False, last_dose="7 weeks", stopping=False)
    for name in ("BON-CA", "BON-CRCL", "BON-VITD", "BON-DENTAL", "BON-AFF", "BON-INTERVAL"):
        assert found[name] == "act", name
    assert found["BON-ORAL"] == "missing"
    assert "BON-REBOUND" not in found
    patient["patient"]["age_years"] = 14
    stopped = drug(patient, stopping=True, follow_on_drug=False)
    assert stopped["BON-REBOUND"] == stopped["BON-REBOUND-CHILD"] == "act"
    del patient["patient"]["labs"]
    assert drug(patient)["BON-CA"] == "missing"


def test_bone_checks_keep_the_rule_books_limits():
    rules = {rule.id: rule for rule in load_protocol().rules}
    for check in (c for c in bone_checks() if c.limit_of):
        rule = rules[check.limit_of]
        (fact,) = set(check.condition.facts) - {"femur_film"}
        limit = rule.limit
        if rule.row.unit == "yes/no":
            wanted = bool(limit.equals)
            value = {fact: not wanted, "femur_film": False}
            kept = {fact: wanted, "femur_film": True} if fact != "thigh_pain" else {fact: False}
        else:
            bound = limit.at_least if limit.at_least is not None else limit.equals
            value, kept = {fact: (bound - 0.01, bound - 0.01)}, {fact: (bound, bound)}
        assert check.condition.truth(value) is True, check.id
        assert check.condition.truth(kept) is False, check.id


def test_images_that_are_too_old_or_of_unknown_age(patient):
    asked = {row.question.id: row for row in imaging(load_patient(patient).facts)}
    assert asked["IMQ-CANAL"].outcome == "missing"
    patient["patient"]["imaging"] = {"ct_age": "40 days", "mri_age": "10 days", "pet_ct_age": "1 week"}
    asked = {row.question.id: row for row in imaging(load_patient(patient).facts)}
    assert asked["IMQ-DESTRUCTION"].outcome == "act"
    assert asked["IMQ-DESTRUCTION"].repeat == ("xray_ct",)
    assert asked["IMQ-CANAL"].outcome == "in_order"
    assert asked["IMQ-COUNT"].outcome == "in_order"
    assert "IMQ-URGENT" not in asked
    patient["patient"]["neurology"] = {"frankel": "d", "sphincter": True}
    assert {r.question.id: r for r in imaging(load_patient(patient).facts)}["IMQ-URGENT"].outcome == "act"


def test_image_ages_are_those_of_the_rule_book():
    rules = {rule.id: rule for rule in load_protocol().rules}
    for question in (q for q in questions() if q.limit_of):
        assert rules[question.limit_of].limit.at_most == question.at_most_days


def test_risks_are_the_published_ones_and_refuse_outside(patient):
    patient["patient"]["sins_items"] = {"alignment": "deformity", "collapse": "under_50", "posterolateral": "none"}
    patient["patient"]["scores"].pop("sins")
    patient["advice"] = {"radiotherapy": {"dose": "24 Gy", "fractions": 1}, "cement_ml": 4, "cement_viscosity": "high"}
    found = {row.model.id: row for row in risks(load_patient(patient).facts)}
    fracture = found["RSK-VCF-SBRT"]
    assert fracture.ratio[0] == pytest.approx(5.25 * 2.99 * 3.53 * 8.98)
    assert fracture.rate is None, "the risk of the reference patient is not published"
    assert found["RSK-VCF-SRS1"].outcome == "outside"
    assert found["RSK-PCE"].rate == (0.0011, 0.0011)
    assert found["RSK-LEAK"].rate == pytest.approx((0.5 * 0.29, 0.85 * 0.51))
    assert found["RSK-AVF-HU"].missing == ("trabecular_hu",)
    del patient["advice"]["cement_viscosity"]
    assert {r.model.id: r for r in risks(load_patient(patient).facts)}["RSK-LEAK"].missing == ("cement_viscosity",)


def test_every_model_names_population_discrimination_and_source():
    for model in risk_models():
        assert model.source.ref in references()
        assert model.population.en
        assert model.discrimination.zh
        assert compiled(model.within)


def lesion(folder, name, radius, hu):
    grid = np.indices((40, 40, 40)) - 20.0
    inside = np.sqrt((grid**2).sum(axis=0)) <= radius
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(inside.astype(np.uint8) * 3, affine), folder / f"{name}.nii.gz")
    nibabel.save(
        nibabel.Nifti1Image(np.where(inside, hu, 60.0).astype(np.float32), affine), folder / f"{name}_ct.nii.gz"
    )
    return {"labelmap": f"{name}.nii.gz", "label": 3, "ct": f"{name}_ct.nii.gz"}


@pytest.mark.parametrize(
    ("after", "says", "sclerosis", "misleads"),
    [
        ((10.0, 40.0), "stable_disease", False, False),
        ((10.0, 160.0), "partial_response", True, False),
        ((13.0, 160.0), "partial_response", True, True),
        ((10.0, 300.0), "complete_response", True, False),
        ((13.0, 40.0), "progressive_disease", False, False),
    ],
)
def test_response_from_two_label_maps(tmp_path, after, says, sclerosis, misleads):
    asked = {"before": lesion(tmp_path, "a", 10.0, 40.0), "after": lesion(tmp_path, "b", *after)}
    found = response(Response.model_validate(asked | {"findings": {"new_lesion": False}}), tmp_path)
    assert found.score.class_name == says
    assert (found.sclerosis, found.recist_misleads) == (sclerosis, misleads)
    assert found.before.volume_ml == pytest.approx(4 / 3 * np.pi, rel=0.02)
    unsaid = response(Response.model_validate(asked), tmp_path)
    assert unsaid.score.missing == ("new_lesion",)


def test_response_needs_both_days(tmp_path):
    with pytest.raises(InputError, match="both time points"):
        response(Response.model_validate({"before": lesion(tmp_path, "a", 5.0, 40.0)}), tmp_path)
    wrong = {"before": lesion(tmp_path, "a", 5.0, 40.0), "after": lesion(tmp_path, "b", 5.0, 40.0) | {"label": 9}}
    with pytest.raises(InputError, match="a label of the map"):
        response(Response.model_validate(wrong), tmp_path)


def test_skeletal_events_are_four_and_hypercalcaemia_stands_beside():
    found = skeletal_events()
    assert set(found.events) == {"pathological_fracture", "cord_compression", "radiotherapy_to_bone", "surgery_to_bone"}
    assert set(found.beside) == {"hypercalcaemia"}
    assert not set(found.events) & set(found.beside)


def test_every_event_and_check_is_cited_and_its_facts_are_known():
    for rule in (*events(), *bone_checks()):
        assert rule.source.ref in references(), rule.id
        for text in filter(None, (rule.when, getattr(rule, "applies", ""))):
            assert compiled(text).facts <= set(facts_table())


def test_json_round_trip(patient):
    told = pathway(patient, start=START).as_json("zh")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
