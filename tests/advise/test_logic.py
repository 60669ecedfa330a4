"""Three-valued conditions: what is unknown stays unknown, and a further fact never turns what was decided."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.advise.books import facts_table, indications
from planner.advise.logic import FactRow, condition
from planner.advise.sensitivity import answers_of

ROWS = {
    "pain": FactRow("number"), "months": FactRow("number"), "infection": FactRow("yes_no"),
    "grade": FactRow("ordered", ("0", "1a", "1b", "2")), "kind": FactRow("choice", ("lytic", "blastic")),
}  # fmt: skip


def truth(text, **facts):
    return condition(text, ROWS).truth(facts)


def test_numbers_are_intervals():
    assert truth("months > 3", months=(4.0, 9.0)) is True
    assert truth("months > 3", months=(0.0, 3.0)) is False
    assert truth("months > 3", months=(0.0, 5.9)) is None
    assert truth("months = 3", months=(3.0, 3.0)) is True
    assert truth("months = 3", months=(2.0, 4.0)) is None
    assert truth("pain > months", pain=(5.0, 5.0), months=(1.0, 4.0)) is True


def test_words_and_signs():
    assert truth("grade >= 1b", grade="2") is True
    assert truth("grade < 1b", grade="1b") is False
    assert truth("kind in lytic, blastic", kind="lytic") is True
    assert (
        truth("not infection and (kind = lytic or pain >= 4)", infection=False, kind="blastic", pain=(4.0, 4.0)) is True
    )
    assert truth("infection or pain > 3", pain=(7.0, 7.0)) is True
    assert truth("infection and pain > 3", pain=(2.0, 2.0)) is False


def test_missing_names_what_can_still_turn_it():
    asked = condition("pain >= 4 and (infection or kind = lytic)", ROWS)
    assert asked.missing({"pain": (2.0, 2.0)}) == frozenset()
    assert asked.missing({"pain": (5.0, 5.0)}) == {"infection", "kind"}
    assert asked.missing({"pain": (5.0, 5.0), "infection": False}) == {"kind"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("weight > 3", "is no fact"), ("pain", "compared with nothing"), ("pain > high", "no number"),
        ("kind > lytic", "has no order"), ("kind = round", "is no answer"), ("infection = yes", "has no order"),
        ("pain > 3 pain", "follows where"), ("(pain > 3", "is missing"), ("pain > 3 and", "is missing"),
        ("pain > 3 ; drop", "nothing readable"), ("pain > 3 and " * 100 + "infection", "longer than"), ("", "is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        condition(text, ROWS)


@st.composite
def known_and_more(draw):
    """Some facts of a shipped rule, and the same with further ones."""
    rule = draw(st.sampled_from(indications()))
    more = {name: draw(st.sampled_from(answers_of(name)))[1] for name in sorted(rule.condition.facts)}
    return rule, {name: value for name, value in more.items() if draw(st.booleans())}, more


@settings(max_examples=300, deadline=None)
@given(known_and_more())
def test_a_further_fact_never_turns_what_was_decided(drawn):
    rule, some, more = drawn
    before, after = rule.condition.truth(some), rule.condition.truth(more)
    assert after is not None
    if before is not None:
        assert after is before
        assert rule.condition.missing(some) == frozenset()
    else:
        assert rule.condition.missing(some) <= set(more) - set(some)


def test_every_fact_of_the_table_is_asked_somewhere_or_stated():
    for name, row in facts_table().items():
        assert answers_of(name), name
        assert row.at.startswith(("patient.", "target.", "advice."))
