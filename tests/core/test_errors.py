"""Errors carry path, got, expected and way out; all of them."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.core.errors import InputError, PlannerError, Problem, Problems, shown
from planner.core.model import Model
from planner.core.validation import path_of, validated
from planner.core.yamlio import parse_mapping, read_mapping


def test_every_problem_once_and_in_order():
    first, second = Problem("$.a", "1", "2", "mend a"), Problem("$.b", "3", "4", "mend b")
    error = InputError([first, second, first])
    assert error.problems == (first, second)
    assert str(error) == "$.a: got 1; expected 2. mend a\n$.b: got 3; expected 4. mend b"
    assert isinstance(error, PlannerError)
    assert first.as_dict() == {"path": "$.a", "got": "1", "expected": "2", "way_out": "mend a"}


def test_collector_raises_all_or_nothing():
    problems = Problems()
    problems.raise_if_any()
    problems.add("$.a", None, "a number", "give one")
    problems.extend([Problem("$.b", "x", "y", "z")])
    with pytest.raises(InputError, match=r"\$\.a: got nothing.*\n\$\.b"):
        problems.raise_if_any()


@given(st.one_of(st.text(), st.integers(), st.lists(st.text()), st.none()))
def test_what_was_got_is_one_short_line(value):
    text = shown(value)
    assert text
    assert "\n" not in text
    assert len(text) <= 80


class Part(Model):
    size: float
    side: Literal["left", "right"] = "left"


class Whole(Model):
    parts: tuple[Part, ...]
    name: str = ""


def problems_of(raw):
    with pytest.raises(InputError, match="got") as caught:
        validated(Whole, raw)
    return {p.path: p for p in caught.value.problems}


def test_all_problems_with_their_paths():
    found = problems_of({"parts": [{"size": "x"}, {"size": 1, "side": "lft"}, {}, {"size": float("nan")}], "nmae": "a"})
    assert set(found) == {"$.parts[0].size", "$.parts[1].side", "$.parts[2].size", "$.parts[3].size", "$.nmae"}
    assert found["$.parts[1].side"].way_out == "did you mean `left`?"
    assert found["$.nmae"].way_out == "did you mean `name`?"
    assert "finite" in found["$.parts[3].size"].expected


def test_paths_read_like_the_file():
    assert path_of("$", ["steps", 1, "access", "target"]) == "$.steps[1].access.target"


def test_models_are_frozen_and_edits_make_new_ones():
    part = Part(size=1.0)
    with pytest.raises(ValidationError, match="frozen"):
        part.size = 2.0
    assert part.with_(size=3.0) == Part(size=3.0)
    assert part.size == 1.0
    with pytest.raises(ValidationError, match="finite"):
        part.with_(size=float("inf"))


def test_yaml_and_json_say_the_same(tmp_path):
    text = "a: [1, 2.5, true, null]\nb: {c: 'x', d: 0o17}\n"
    json_text = '{"a": [1, 2.5, true, null], "b": {"c": "x", "d": 15}}'
    assert parse_mapping(text) == parse_mapping(json_text)
    for name, content in (("plan.json", text), ("plan.yaml", json_text), ("plan", "\ufeff" + text)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert read_mapping(tmp_path / name) == parse_mapping(text), "whatever the ending"


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "NO"])
def test_yaml_is_1_2(word):
    """In YAML 1.1 `no` is false: a level or a name must stay what it is."""
    assert parse_mapping(f"level: {word}")["level"] == word


def test_aliases_that_end_are_fine():
    assert parse_mapping("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


def test_place_of_a_fault_in_the_text_is_told():
    with pytest.raises(InputError, match="line 2"):
        parse_mapping("a: 1\n b: [")


def test_too_large_a_file_is_refused(tmp_path):
    (tmp_path / "plan.yaml").write_bytes(b"a: " + b"x" * 4_000_001)
    with pytest.raises(InputError, match="at most 4 MB"):
        read_mapping(tmp_path / "plan.yaml")
    with pytest.raises(InputError, match="readable file"):
        read_mapping(tmp_path / "nothere.yaml")
