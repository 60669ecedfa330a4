"""The grammar of rules on several quantities."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.check.expression import combined
from planner.core.errors import InputError
from planner.core.validation import validated
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.protocol.expression import parse
from planner.protocol.models import Rule

NAMES = ("cement_volume_ml", "balloon_volume_ml")


@pytest.mark.parametrize(
    "text",
    [
        "", "2", "a + b", "cement_volume_ml +", "(cement_volume_ml", "cement_volume_ml)", "cement_volume_ml ** 2",
        "__import__('os')", "cement_volume_ml cement_volume_ml", "cement_volume_ml.x", "cement_volume_ml % 2",
        "cement_volume_ml / " * 20 + "1", "lambda: 0", "-", "1e400 * cement_volume_ml",
    ],
)  # fmt: skip
def test_nothing_else_is_read(text):
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


numbers = st.floats(0.1, 50).map(lambda v: round(v, 3))
texts = st.recursive(
    st.sampled_from(NAMES) | numbers.map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=5,
)


@given(texts, numbers, numbers)
def test_values_are_those_of_arithmetic(text, first, second):
    if not any(name in text for name in NAMES):
        return
    values = dict(zip(NAMES, (first, second), strict=True))
    try:
        expected = eval(text, {}, values)  # noqa: S307 - the oracle; the text is made here
    except ZeroDivisionError:
        return
    low, high = parse(text).of({name: (v, v) for name, v in values.items()})
    if not math.isnan(low):
        assert low == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert high == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(texts, numbers, numbers, st.floats(0, 1), st.floats(0, 1))
def test_ranges_hold_every_value_inside(text, first, second, share, other):
    if not any(name in text for name in NAMES):
        return
    ranges = {NAMES[0]: (first, first * 1.2), NAMES[1]: (second, second * 1.2)}
    inside = {NAMES[0]: first * (1 + 0.2 * share), NAMES[1]: second * (1 + 0.2 * other)}
    low, high = parse(text).of(ranges)
    value = parse(text).of({name: (v, v) for name, v in inside.items()})[0]
    if not math.isnan(low) and not math.isnan(value):
        slack = 1e-9 * max(1.0, abs(value))
        assert low - slack <= value <= high + slack


def test_units_must_fit():
    assert parse("cement_volume_ml / balloon_volume_ml").fits("1")
    assert parse("cement_volume_ml / cement_fill_fraction").fits("mL")
    assert parse("setpoint_c - tissue_temperature_max_c").fits("degC")
    assert not parse("cement_volume_ml / balloon_volume_ml").fits("mL")
    assert not parse("cement_volume_ml + setpoint_c").fits("mL")
    assert not parse("ablation_duration_s / 60").fits("mm")


def rule(**more):
    raw = {
        "id": "T-RATIO", "title": "Cement fills the cavity", "quantity": "cement_volume_ml", "unit": "1",
        "expression": "cement_volume_ml / balloon_volume_ml", "label": "cement over cavity", "severity": "warn",
        "purpose": "safety", "limit": {"at_most": 1.5}, "because": "It is a rule for tests.", "remedy": "Nothing to do.",
        "source": {"ref": "house", "grade": "assumed", "flag": "E"},
    }  # fmt: skip
    return validated(Rule, raw | more)


def test_rules_of_expressions():
    assert rule().row.label == "cement over cavity"
    assert rule().row.text(1.25) == "1.2"
    for wrong, told in (
        ({"unit": "mL"}, "unit of cement_volume_ml"), ({"label": None}, "label"),
        ({"quantity": "setpoint_c"}, "in it"), ({"expression": "cement_volume_ml +"}, "expression of quantities"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=told):
            rule(**wrong)


def test_a_part_without_a_value_leaves_the_whole_without():
    expression = parse("cement_volume_ml / balloon_volume_ml")
    whole = {"cement_volume_ml": Measured(6.0, (5.0, 7.0), caveat="a"), "balloon_volume_ml": Measured(3.0)}
    found = combined(expression, whole.get, "cement_volume_ml")
    assert (found.value, found.interval, found.caveat) == (2.0, pytest.approx((5 / 3, 7 / 3)), "a")
    for missing in (NotEvaluated("why"), NotApplicable("why")):
        assert combined(expression, (whole | {"balloon_volume_ml": missing}).get, "cement_volume_ml") is missing
    assert combined(expression, {"cement_volume_ml": whole["cement_volume_ml"]}.get, "cement_volume_ml") is None
    nothing = whole | {"balloon_volume_ml": dataclasses.replace(whole["balloon_volume_ml"], value=0.0)}
    assert isinstance(combined(expression, nothing.get, "cement_volume_ml"), NotEvaluated)
