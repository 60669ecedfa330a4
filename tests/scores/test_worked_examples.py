"""Published and computed examples, to the digit."""

from __future__ import annotations

import pytest

from planner.check.scores import score
from planner.core.errors import InputError

SINS = ("location", "pain", "lesion", "alignment", "collapse", "posterolateral")


@pytest.mark.parametrize(
    ("answers", "value", "name"),
    [
        (("junctional", "mechanical", "lytic", "deformity", "under_50", "bilateral"), 15, "unstable"),
        (("semirigid", "occasional", "mixed", "normal", "body_involved", "none"), 4, "stable"),
        (("L3", "mechanical", "lytic", "normal", "under_50", "unilateral"), 10, "potentially_unstable"),
        (("L1", "mechanical", "lytic", "subluxation", "over_50", "bilateral"), 18, "unstable"),
        (("rigid", "none", "blastic", "normal", "none", "none"), 0, "stable"),
    ],
)
def test_sins(answers, value, name):
    found = score("sins", **dict(zip(SINS, answers, strict=True)))
    assert (found.value, found.class_name) == (value, name)
    assert sum(item.points for item in found.items.values()) == value


@pytest.mark.parametrize(("total", "name"), [(6, "stable"), (7, "potentially_unstable"), (12, "potentially_unstable")])
def test_sins_classes_begin_where_published(total, name):
    answers = {
        6: "rigid mechanical blastic normal none bilateral",
        7: "semirigid mechanical blastic normal none bilateral",
    }
    answers[12] = "junctional mechanical lytic subluxation none none"
    found = score("sins", **dict(zip(SINS, answers[total].split(), strict=True)))
    assert (found.value, found.class_name) == (total, name)


def test_odi():
    assert score("odi", total_points=16, sections_answered=10).value == 32
    assert score("odi", total_points=16, sections_answered=9).value == pytest.approx(35.56, abs=0.005)
    sections = dict.fromkeys(("pain_intensity", "personal_care", "lifting", "walking"), 4)
    rest = dict.fromkeys(("sitting", "standing", "sleeping", "sex_life", "social_life", "travelling"), 0)
    assert score("odi", **sections, **rest).value == 32
    assert score("odi", total_points=20, sections_answered=10).class_name == "moderate"
    assert score("odi", total_points=10, sections_answered=10).class_name == "minimal"
    assert score("odi", **sections).outcome == "not_evaluated"


def test_survival_scores():
    asked = {"kps": 70, "extraspinal": 2, "vertebral": 3, "organ": "none", "primary": "breast", "palsy": "E"}
    found = score("tokuhashi", **asked)
    assert [item.points for item in found.items.values()] == [1, 1, 0, 2, 5, 2]
    assert (found.value, found.class_name) == (11, "at_least_6_months")
    assert score("tomita", primary="lung", visceral="untreatable", bone="multiple").value == 10
    assert score("nesms", bauer=3, ambulatory="yes", albumin_g_dl=3.8).value == 3  # 4, capped
    assert score("nesms", bauer=1, ambulatory="yes", albumin_g_dl=3.0).value == 1
    assert score("mirels", lesion="lytic", size="half", site="lower_limb", pain="functional").value == 10


@pytest.mark.parametrize(
    ("dose", "fractions", "alpha_beta", "bed", "eqd2"),
    [
        (12.4, 1, 2, 89.28, 44.64), (17, 2, 2, 89.25, 44.62), (20.3, 3, 2, 88.98, 44.49), (23, 4, 2, 89.125, 44.56),
        (25.3, 5, 2, 89.31, 44.65), (14, 1, 2, 112, 56), (8, 1, 10, 14.4, 12), (20, 5, 10, 28, 23.33),
        (30, 10, 10, 39, 32.5), (24, 1, 10, 81.6, 68), (24, 2, 10, 52.8, 44), (27, 3, 10, 51.3, 42.75),
        (30, 5, 10, 48, 40),
    ],
)  # fmt: skip
def test_dose(dose, fractions, alpha_beta, bed, eqd2):
    asked = {"dose_gy": dose, "fractions": fractions, "alpha_beta": alpha_beta}
    assert score("bed", **asked).value == pytest.approx(bed, abs=0.006)
    assert score("eqd2", **asked).value == pytest.approx(eqd2, abs=0.006)


def test_cord_dose():
    for fractions, limit in {1: 14.0, 2: 17.0, 3: 20.3, 4: 23.0, 5: 25.3}.items():
        assert score("hytec_cord", cord_dmax_gy=limit, fractions=fractions).class_name == "within"
        assert score("hytec_cord", cord_dmax_gy=limit + 0.01, fractions=fractions).class_name == "beyond"
    asked = {"first_dmax_gy": 30, "first_fractions": 10, "sbrt_dmax_gy": 12, "sbrt_fractions": 3}
    found = score("hytec_reirradiation", **asked, interval_months=6)
    # 30 · (1 + 3/2) / 2 = 37.5 and 12 · (1 + 4/2) / 2 = 18
    assert (found.value, found.class_name) == (pytest.approx(55.5), "within")
    assert score("hytec_reirradiation", **asked, interval_months=4.9).class_name == "outside"


@pytest.mark.parametrize(
    ("before", "after", "omed_before", "omed_after", "name"),
    [
        (8, 6, 60, 60, "partial_response"),
        (8, 8, 60, 45, "partial_response"),
        (5, 0, 60, 60, "complete_response"),
        (5, 0, 60, 66, "indeterminate_response"),
        (4, 6, 60, 60, "pain_progression"),
        (4, 5, 60, 75, "pain_progression"),
        (8, 7, 60, 60, "indeterminate_response"),
        (4, 7, 60, 80, "pain_progression"),
    ],
)
def test_pain_response(before, after, omed_before, omed_after, name):
    asked = {"pain_before": before, "pain_after": after, "omed_before_mg": omed_before, "omed_after_mg": omed_after}
    assert score("icpre", **asked).class_name == name


def test_calcium():
    assert score("corrected_calcium", calcium_mmol_l=1.95, albumin_g_l=30).value == pytest.approx(2.15)
    assert score("ctcae_hypocalcaemia", corrected_calcium_mmol_l=1.70).class_name == "grade_3"
    assert score("ctcae_hypocalcaemia", corrected_calcium_mmol_l=2.05).missing == ("lower_limit_mmol_l",)
    assert score("ctcae_hypocalcaemia", corrected_calcium_mmol_l=2.05, lower_limit_mmol_l=2.1).class_name == "grade_1"
    assert score("ctcae_hypocalcaemia", corrected_calcium_mmol_l=2.45).class_name == "grade_0"


@pytest.mark.parametrize(
    ("breach", "grade"), [(0, "a"), (0.1, "b"), (1.99, "b"), (2, "c"), (3.99, "c"), (4, "d"), (5.99, "d"), (6, "e")]
)
def test_gertzbein_robbins(breach, grade):
    assert score("gertzbein_robbins", breach_mm=breach).class_name == grade


def test_bone_response():
    assert score("mda_bone", lytic="sclerotic_rim", new_lesion="no").class_name == "partial_response"
    assert score("mda_bone", lytic="filled_in", new_lesion="yes", flare="yes").class_name == "complete_response"
    assert score("mda_bone", lytic="filled_in", new_lesion="yes").class_name == "progressive_disease"
    assert score("mda_bone", measurable_change_percent=-50, new_lesion="no").class_name == "partial_response"
    assert score("mda_bone", measurable_change_percent=24.9, new_lesion="no").class_name == "stable_disease"
    assert score("mda_bone", measurable_change_percent=25, new_lesion="no").class_name == "progressive_disease"
    assert score("mda_bone", new_lesion="no").outcome == "not_evaluated"
    with pytest.raises(InputError, match="flare"):
        score("mda_bone", lytic="unchanged", new_lesion="no", flare="yes")


def test_responders():
    assert score("vas_response", before=8, after=4).class_name == "responder"
    assert score("vas_response", before=8, after=4.1).class_name == "no_responder"
    assert score("odi_response", before=50, after=35).class_name == "responder"
    assert score("odi_response", before=50, after=36).class_name == "no_responder"


@pytest.mark.parametrize(
    ("kps", "name"), [(100, "ecog_0"), (90, "ecog_1"), (80, "ecog_1"), (70, "ecog_2"), (50, "ecog_3"), (30, "ecog_4")]
)
def test_karnofsky_to_ecog(kps, name):
    assert score("kps", kps=kps).class_name == name
