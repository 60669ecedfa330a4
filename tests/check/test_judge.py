"""A value held against a limit: sides, uncertainty, caveats, missing values, crashes; and the verdict over all."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import cases
import pytest
import rule_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.check import judge as judging
from planner.check.judge import judge
from planner.check.region import Region
from planner.check.subject import subjects
from planner.check.verdict import check_plan
from planner.core.errors import InputError
from planner.core.quantity import QUANTITIES
from planner.core.validation import validated
from planner.measure import registry
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.protocol.load import load_protocol
from planner.protocol.models import Protocol, Rule

BOOK = load_protocol()
RULES = {rule.id: rule for rule in BOOK.rules}
GEOMETRY = {"cord_clearance_mm": 9.0, "canal_clearance_mm": 9.0, "zone_cord_clearance_mm": 20.0}


def rule(limit, warn=None, severity="block", quantity="cord_clearance_mm", **more):
    raw = {
        "id": "T-1", "title": "A rule of the tests", "quantity": quantity, "unit": QUANTITIES[quantity].unit, "severity": severity,
        "purpose": "safety", "limit": limit, "warn": warn, "because": "It is a rule for tests.", "remedy": "Nothing to do.",
        "source": {"ref": "sola2015", "grade": "cohort", "flag": "V"},
    }  # fmt: skip
    return validated(Rule, {key: value for key, value in (raw | more).items() if value is not None})


def book(*rules):
    return Protocol(name="t", version="0", title="of the tests", rules=rules, sha256="0" * 64)


@pytest.fixture(scope="session")
def finding_of(result_of):
    """Rule and value → the one finding on a radiofrequency step."""

    def finding(this, value, step="rfa"):
        result = result_of(step, {this.quantity: value})
        found = [judge(this, subject, result) for subject in subjects(this, result)]
        assert len(found) == 1
        return found[0]

    return finding


# ---- sides ------------------------------------------------------------------------------------------------------

SIDES = [
    ({"at_least": 2}, 2.5, "pass", 0.5),
    ({"at_least": 2}, 2.0, "pass", 0.0),
    ({"at_least": 2}, 1.9, "fail", -0.1),
    ({"at_most": 2}, 2.0, "pass", 0.0),
    ({"at_most": 2}, 2.1, "fail", -0.1),
    ({"between": [1, 4]}, 1.0, "pass", 0.0),
    ({"between": [1, 4]}, 3.0, "pass", 1.0),
    ({"between": [1, 4]}, 0.5, "fail", -0.5),
    ({"between": [1, 4]}, 4.5, "fail", -0.5),
    ({"equals": 3}, 3.0, "pass", 0.0),
    ({"equals": 3}, 3.5, "fail", -0.5),
]


@pytest.mark.parametrize(("limit", "value", "outcome", "margin"), SIDES)
def test_margin_is_positive_inside_and_the_limit_itself_holds(limit, value, outcome, margin, finding_of):
    found = finding_of(rule(limit), value)
    assert found.outcome == outcome
    assert found.margin == pytest.approx(margin, abs=1e-9)
    (kind,) = limit
    assert found.limit["kind"] == kind
    assert found.interval is None
    assert found.p_violation is None, "without an interval there is no probability"


@pytest.mark.parametrize(
    ("interval", "value", "outcome"),
    [
        ((2.1, 2.9), 2.5, "pass"), ((2.0, 3.0), 2.5, "pass"), ((1.9, 3.1), 2.5, "warn"),  # right side
        ((1.4, 2.4), 1.9, "fail"), ((1.0, 1.8), 1.4, "fail"),  # wrong side, whatever the interval reaches
    ],
)  # fmt: skip
def test_uncertainty_warns_on_the_right_side_and_excuses_nothing_on_the_wrong(interval, value, outcome, finding_of):
    found = finding_of(rule({"at_least": 2}), Measured(value, interval))
    assert found.outcome == outcome
    assert found.interval == interval
    if outcome == "warn":
        assert "across the limit" in found.because


@pytest.mark.parametrize("limit", [{"at_least": 2}, {"at_most": 2}])
def test_probability_at_the_limit_is_a_half(limit, finding_of):
    assert finding_of(rule(limit), Measured(2.0, (1.5, 2.5))).p_violation == pytest.approx(0.5)


def test_probability_at_the_intervals_end_is_a_fortieth(finding_of):
    """The interval is read as 95 %: 2.5 % lie beyond either end."""
    assert finding_of(rule({"at_least": 2}), Measured(2.5, (2.0, 3.0))).p_violation == pytest.approx(0.025, abs=1e-4)
    assert finding_of(rule({"at_least": 2}), Measured(1.5, (1.0, 2.0))).p_violation == pytest.approx(0.975, abs=1e-4)


def test_probability_is_the_share_of_the_samples_where_there_are_some(finding_of):
    """Leaks are none at all but for a few: a normal with their interval would put most of itself beyond the limit."""
    drawn = (0.0,) * 95 + (0.4,) * 5
    found = finding_of(rule({"at_most": 0.05}), Measured(0.011, (0.0, 0.4), samples=drawn))
    assert found.p_violation == pytest.approx(0.05)
    assert finding_of(rule({"at_most": 0.05}), Measured(0.011, (0.0, 0.4))).p_violation > 0.5


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.05, 3))
def test_probability_grows_towards_the_wrong_side(first, second, half):
    region = Region("at_least", 0.0, math.inf)
    near, far = sorted((first, second))
    assert region.p_violation((near - half, near + half)) >= region.p_violation((far - half, far + half))
    assert 0.0 <= region.p_violation((near - half, near + half)) <= 1.0


@pytest.mark.parametrize(
    ("value", "outcome"), [(6.0, "pass"), (5.0, "pass"), (4.9, "warn"), (2.0, "warn"), (1.9, "fail")]
)
def test_amber_band_warns(value, outcome, finding_of):
    found = finding_of(rule({"at_least": 2}, {"at_least": 5}), value)
    assert found.outcome == outcome
    assert ("better" in found.because) == (outcome == "warn")


def test_caveat_makes_a_pass_a_warning_and_heals_no_failure(finding_of):
    assert finding_of(rule({"at_least": 2}), Measured(9.0, caveat="the sheet is for 80 °C")).outcome == "warn"
    assert (
        "sheet is for 80" in finding_of(rule({"at_least": 2}), Measured(9.0, caveat="the sheet is for 80 °C")).because
    )
    assert finding_of(rule({"at_least": 2}), Measured(1.0, caveat="the sheet is for 80 °C")).outcome == "fail"


def test_note_is_told_and_moves_nothing(finding_of):
    found = finding_of(rule({"at_least": 2}), Measured(9.0, note="measured to the spinal canal"))
    assert found.outcome == "pass"
    assert "Measured to the spinal canal" in found.because


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_passes(value, finding_of):
    for limit in ({"at_least": 2}, {"at_most": 2}, {"between": [1, 2]}):
        assert finding_of(rule(limit), value).outcome in {"fail", "error", "not_evaluated"}


def test_missing_value_says_why_and_keeps_its_limit(finding_of):
    found = finding_of(rule({"at_least": 2}), NotEvaluated("spinal_cord is not in the labels"))
    assert (found.outcome, found.severity, found.value, found.margin) == ("not_evaluated", "block", None, None)
    assert "spinal_cord is not in the labels" in found.because
    assert found.limit == {"kind": "at_least", "low": 2.0, "high": None}


def test_what_has_no_meaning_here_is_not_applicable(finding_of, result_of):
    assert finding_of(rule({"at_least": 2}), NotApplicable("extrapedicular")).outcome == "not_applicable"
    this = rule({"at_most": 3}, quantity="balloon_volume_ml")
    result = result_of("rfa", {})
    assert judge(this, subjects(this, result)[0], result).outcome == "not_applicable"


# ---- severity in the finding ------------------------------------------------------------------------------------


def test_unverified_limit_advises_and_says_so(finding_of):
    this = rule({"at_least": 2}, source={"ref": "house", "grade": "assumed", "flag": "E"})
    found = finding_of(this, 1.0)
    assert (found.outcome, found.severity, found.declared_severity, found.verified) == ("fail", "warn", "block", False)
    assert "not read in its source" in found.because


@pytest.mark.parametrize(("modelled", "severity"), [(False, "block"), (True, "warn")])
def test_needle_in_a_segmented_canal_blocks_and_in_a_modelled_one_warns(modelled, severity, finding_of):
    found = finding_of(RULES["ACC-CANAL-INSIDE"], Measured(-0.5, modelled=modelled), "rfa_canal")
    assert (found.outcome, found.severity) == ("fail", severity)
    assert ("modelled, not segmented" in found.because) == modelled


@pytest.mark.parametrize(
    ("step", "severity", "says"), [("rfa_curative", "warn", False), ("rfa_unstated", "warn", True)]
)
def test_shipped_curative_rule_without_intent_says_so(step, severity, says, finding_of):
    found = finding_of(RULES["ABL-MARGIN-CUR"], 1.0, step)
    assert (found.outcome, found.severity) == ("fail", severity)
    assert ("states no intent" in found.because) == says


def test_blocking_curative_rule_is_lowered_where_intent_is_unstated(finding_of):
    this = rule({"at_least": 2}, applies_when={"intent": ["curative"]})
    assert finding_of(this, 1.0, "rfa_curative").severity == "block"
    assert finding_of(this, 1.0, "rfa_unstated").severity == "warn"
    assert finding_of(this, 1.0, "rfa").outcome == "not_applicable", "a palliative plan is not judged by it"


# ---- the verdict ------------------------------------------------------------------------------------------------


def word(result, *rules):
    return check_plan(result.case, result, book(*rules)).word


def test_words_by_the_fold(result_of):
    result = result_of("rfa", GEOMETRY | {"canal_clearance_mm": NotEvaluated("none")})
    good, bad = rule({"at_least": 2}), rule({"at_least": 99}, id="T-2")
    missing = rule({"at_least": 2}, id="T-3", quantity="canal_clearance_mm")
    advice = rule({"at_least": 99}, id="T-4", severity="warn")
    absent = rule({"at_least": 2}, id="T-5", applies_when={"kind": ["screw"]})
    assert word(result, good) == "compliant"
    assert word(result, good, advice) == "warning"
    assert word(result, good, missing) == "incomplete"
    assert word(result, good, missing, bad) == "violation"
    assert word(result, absent) == "incomplete", "no applicable rule"
    assert word(result, good, absent) == "compliant"


def test_crashing_check_is_an_error_and_the_others_run(result_of, monkeypatch):
    result = result_of("rfa", GEOMETRY)
    original = judging.region_of

    def crash(limit, sheet, level):
        if limit.kind == "at_most":
            raise ZeroDivisionError("on purpose")
        return original(limit, sheet, level)

    monkeypatch.setattr(judging, "region_of", crash)
    verdict = check_plan(
        result.case, result, book(rule({"at_least": 2}), rule({"at_most": 99}, id="T-2", severity="note"))
    )
    assert [f.outcome for f in verdict.findings] == ["pass", "error"]
    assert "ZeroDivisionError: on purpose" in verdict.findings[1].because
    assert verdict.word == "incomplete"


def test_crashing_measurement_is_not_evaluated(patient, monkeypatch):
    def crash(context):
        raise RuntimeError("on purpose")

    heating = "radiofrequency_ablation"
    monkeypatch.setitem(registry._FUNCTIONS, ("cord_clearance_mm", heating), crash)
    monkeypatch.setitem(registry._FUNCTIONS, ("needle_angle_deg", heating), lambda _context: Measured(math.nan))
    found = cases.measured(cases.plan(), patient)[0]
    assert "RuntimeError: on purpose" in found["cord_clearance_mm"].reason
    assert isinstance(found["needle_angle_deg"], NotEvaluated)
    assert isinstance(found["vessel_clearance_mm"], Measured)


@given(st.randoms(use_true_random=False))
def test_order_of_rules_changes_no_word(result_of, random):
    result = result_of(("rfa", "balloon"), GEOMETRY | {"balloon_pressure_kpa": 1000.0, "cement_volume_ml": 4.0})
    shuffled = BOOK.with_(rules=tuple(random.sample(BOOK.rules, len(BOOK.rules))))
    assert check_plan(result.case, result, shuffled).word == check_plan(result.case, result, BOOK).word


@given(st.tuples(st.floats(0, 30), st.floats(0, 10)), st.floats(-10, 40), st.floats(0.0, 2.0), st.booleans())
def test_tightening_a_limit_never_turns_fail_into_pass(finding_of, bounds, value, half, least):
    limit, tighter = bounds
    order = ("pass", "warn", "fail")
    sign = 1.0 if least else -1.0
    key = "at_least" if least else "at_most"
    interval = (value - half, value + half) if half else None
    outcomes = [
        finding_of(rule({key: float(bound)}), Measured(value, interval)).outcome
        for bound in (limit, limit + sign * tighter)
    ]
    assert order.index(outcomes[1]) >= order.index(outcomes[0])


@given(st.lists(st.floats(-5, 15), min_size=2, max_size=5))
def test_more_clearance_is_never_judged_worse(finding_of, values):
    order = ("fail", "warn", "pass")
    this = rule({"at_least": 2}, {"at_least": 5})
    ranks = [order.index(finding_of(this, Measured(v, (v - 0.4, v + 0.4))).outcome) for v in sorted(values)]
    assert all(a <= b for a, b in pairwise(ranks))


@pytest.mark.parametrize(
    "names", [("rfa",), ("rfa", "balloon"), ("rfa", "balloon", "cement", "screw"), ("cryo", "radiotherapy_1")]
)
def test_one_finding_for_each_rule_and_step_level_or_session(names, result_of):
    result = result_of(names, GEOMETRY)
    verdict = check_plan(result.case, result)
    levels = {step.level for step in result.case.steps}
    for this in BOOK.rules:
        found = [f for f in verdict.findings if f.rule == this.id]
        assert len(found) == {"step": len(names), "level": len(levels), "session": 1}[this.scope]
        assert {f.step for f in found} == (set(range(len(names))) if this.scope == "step" else {None})
    keys = [(f.rule, f.step, f.level) for f in verdict.findings]
    assert len(keys) == len(set(keys))


def test_worst_comes_first(result_of):
    result = result_of("rfa", {"cord_clearance_mm": -1.0, "vessel_clearance_mm": 1.0, "needle_angle_deg": 10.0})
    first = check_plan(result.case, result).worst_first()[0]
    assert (first.rule, first.outcome, first.severity) == ("ACC-CORD-INSIDE", "fail", "block")


def test_result_of_another_case_is_refused(result_of):
    with pytest.raises(InputError, match="another case"):
        check_plan(result_of("rfa", {}).case, result_of("cement", {}))


# ---- by logic, on a real plan -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pressure", "fails"),
    [
        ("300 psi", False),
        ("400 psi", False),
        ("401 psi", True),
        ("450 psi", True),
        ("31 bar", True),
        ("28 atm", True),
        ("27 atm", False),
    ],
)
def test_pressure_beyond_the_balloons_own_sheet_is_a_violation(pressure, fails, patient):
    raw = cases.plan(steps__1__balloon__pressure=pressure)
    raw["steps"] = raw["steps"][1:]
    verdict = check_plan(load_plan(raw, folder=patient))
    finding = next(f for f in verdict.findings if f.rule == "IBT-P-RATED")
    assert not finding.verified, "it blocks by logic"
    assert (finding.outcome == "fail") == fails
    assert finding.severity == "block"
    assert (verdict.word == "violation") == fails


def test_volume_beyond_the_balloons_own_sheet_is_a_violation(patient):
    raw = cases.plan(steps__1__balloon__volume="4.5 mL")
    raw["steps"] = raw["steps"][1:]
    assert check_plan(load_plan(raw, folder=patient)).word == "violation"


def test_the_same_pressure_on_a_stronger_balloon_is_none(patient):
    raw = cases.plan(steps__1__balloon__pressure="450 psi", steps__1__device="kyphon_xpander_15")
    raw["steps"] = raw["steps"][1:]
    verdict = check_plan(load_plan(raw, folder=patient))
    finding = next(f for f in verdict.findings if f.rule == "IBT-P-RATED")
    assert finding.limit["high"] == pytest.approx(
        load_plan(raw, folder=patient).steps[0].sheet.value("rated_pressure_kpa")
    )


@pytest.mark.parametrize("simulate", [True, False])
def test_thermal_rules_keep_a_good_plan_from_being_compliant(simulate, patient):
    raw = cases.plan(
        steps__0__access={"entry": [28, 66, 4], "target": [2, -14, 0], "gauge": 13},
        steps__0__protection=["thermocouple"],
    )
    raw["steps"] = raw["steps"][:1]
    case = load_plan(raw, folder=patient)
    verdict = check_plan(case, simulate_plan(case, simulate=simulate))
    blocking = {f.rule for f in verdict.findings if f.outcome == "not_evaluated" and f.severity == "block"}
    assert {"ABL-NEU-HOT", "ABL-NEU-CEM"} <= blocking
    assert verdict.word == "incomplete"
    assert all("simulation" in f.because for f in verdict.findings if f.rule in {"ABL-NEU-HOT", "ABL-NEU-CEM"})


# ---- units ------------------------------------------------------------------------------------------------------

PSI_KPA, ATM_KPA = 6.894757293168, 101.325
WRITTEN = {
    "setpoint": (lambda c: f"{c!r} degC", lambda c: f"{c * 9 / 5 + 32!r} degF", lambda c: f"{c + 273.15!r} K"),
    "duration": (lambda s: f"{s!r} s", lambda s: f"{s / 60!r} min", lambda s: f"{s / 3600!r} h"),
    "pressure": (
        lambda kpa: f"{kpa!r} kPa", lambda kpa: f"{kpa / PSI_KPA!r} psi", lambda kpa: f"{kpa / 100!r} bar",
        lambda kpa: f"{kpa / ATM_KPA!r} atm", lambda kpa: f"{kpa / 1000!r} MPa",
    ),
    "volume": (lambda ml: f"{ml!r} mL", lambda ml: f"{ml!r} cc", lambda ml: f"{ml * 1000!r} mm**3", lambda ml: f"{ml / 1000!r} L"),
}  # fmt: skip
"""The same value as one clinic and another writes it."""


VALUES = {
    "setpoint": st.sampled_from([60.0, 90.0, 90.1]) | st.floats(45, 99),
    "duration": st.sampled_from([240.0, 360.0]) | st.floats(60, 1200),
    "pressure": st.sampled_from([400 * PSI_KPA, 2757.9]) | st.floats(200, 3400),
    "volume": st.sampled_from([3.5, 4.0, 8.0]) | st.floats(0.5, 9),
}
"""Also what lies on a limit."""


@settings(max_examples=12)
@given(
    st.fixed_dictionaries(VALUES), st.fixed_dictionaries({key: st.sampled_from(ways) for key, ways in WRITTEN.items()})
)
def test_the_unit_of_an_input_never_changes_a_verdict(case_of, patient, values, ways):
    """Every reading of the plan is judged alike, also of values that lie on their limit."""
    known = case_of("rfa", "balloon").anatomy  # read once; surfaces stay

    def judged(written):
        raw = cases.plan(target__intent="palliative", target__lesion_type="lytic")
        heat = rule_cases.RFA | {"setpoint": written["setpoint"], "duration": written["duration"]}
        lift = rule_cases.STEPS["balloon"] | {
            "balloon": {"volume": "3 mL", "pressure": written["pressure"]},
            "cement": {"material": "pmma_generic", "volume": written["volume"]},
        }
        raw["steps"] = [heat, lift]
        case = replace(load_plan(raw, folder=patient), anatomy=known)
        return check_plan(case, simulate_plan(case, simulate=False))

    plain = judged({key: WRITTEN[key][0](value) for key, value in values.items()})
    other = judged({key: ways[key](value) for key, value in values.items()})
    assert other.word == plain.word
    for one, two in zip(plain.findings, other.findings, strict=True):
        assert (two.rule, two.outcome, two.severity, two.step) == (one.rule, one.outcome, one.severity, one.step)
        assert two.margin == one.margin or two.margin == pytest.approx(one.margin, abs=1e-5)
