"""What holds for every score, and how answers are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.check.scores import score
from planner.check.scores.formulas import FORMULAS
from planner.cli.app import run
from planner.core.errors import InputError
from planner.core.validation import validated
from planner.protocol.scores.load import load_score, score_names
from planner.protocol.scores.models import ScoreBook

ADDED_UP = [name for name in score_names() if load_score(name).method == "sum"]


@pytest.mark.parametrize("name", score_names())
def test_every_score_asks_and_never_guesses(name):
    book = load_score(name)
    found = score(name)
    required = tuple(key for key, item in book.items.items() if not item.optional)
    assert found.outcome == "not_evaluated"
    assert found.value is None
    assert found.class_name is None
    assert found.missing[: len(required)] == required if required else found.missing
    assert set(found.as_json()) >= {"name", "value", "class", "items", "missing"}


@pytest.mark.parametrize("name", score_names())
def test_every_score_round_trips(name):
    book = load_score(name)
    assert validated(ScoreBook, json.loads(book.model_dump_json())) == book


def test_formulas_and_files_match():
    assert {load_score(n).formula for n in score_names()} - {None} == set(FORMULAS)


def answers_of(book):
    def one(item):
        if item.kind == "choice":
            return st.sampled_from(sorted(item.values))
        if item.kind == "flag":
            return st.booleans()
        step = 1 if item.whole else item.multiple_of
        if step:
            return st.integers(int(item.low // step), int(item.high // step)).map(lambda n: n * step)
        return st.floats(item.low, item.high)

    return st.fixed_dictionaries({key: one(item) for key, item in book.items.items()})


@pytest.mark.parametrize("name", ADDED_UP)
def test_sums_are_their_points_whatever_the_order(name):
    book = load_score(name)

    @given(answers_of(book), st.randoms(use_true_random=False))
    def law(answers, random):
        found = score(name, **answers)
        total = sum(item.points for item in found.items.values())
        assert found.value == (total if book.cap is None else min(total, book.cap))
        assert found.class_name is not None
        keys = list(answers)
        random.shuffle(keys)
        assert score(name, **{key: str(answers[key]) for key in keys}).value == found.value
        dropped = {key: answers[key] for key in keys[1:]}
        assert score(name, **dropped).missing == (keys[0],)

    law()


def test_every_problem_at_once():
    with pytest.raises(InputError) as caught:
        score("sins", location="head", pian="none", lesion=True)
    assert [p.path for p in caught.value.problems] == ["$.location", "$.pian", "$.lesion"]
    assert "did you mean `pain`" in caught.value.problems[1].way_out
    for value in ("nan", "inf", "many", True, 101, -1, 75):
        with pytest.raises(InputError):
            score("kps", kps=value)
    with pytest.raises(InputError, match="two names"):
        score("tokuhashi", kps=70, general_condition=70)
    with pytest.raises(InputError, match="did you mean `sins`"):
        score("sinz")


def broken(**changes):
    raw = json.loads(load_score("sins").model_dump_json())
    return raw | changes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"classes": [{"at_most": 6, "name": "a", "title": {"en": "a", "zh": "a"}}]}, "upper end"),
        ({"classes": [{"at_most": 6, "title": {"en": "a", "zh": "a"}}, {}]}, "name every class"),
        ({"title": {"en": "no Chinese"}}, "zh"),
        ({"source": {"ref": "nobody", "grade": "cohort", "flag": "V"}}, "references.yaml"),
        ({"method": "formula"}, "formula"),
        ({"method": "choice"}, "one item"),
        ({"items": {"pain": {"title": {"en": "p", "zh": "p"}, "low": 0, "high": 1}}}, "points"),
    ],
)
def test_malformed_files_are_refused(changes, told):
    with pytest.raises(InputError, match=told):
        validated(ScoreBook, broken(**changes))


def called(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run([*arguments])
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def test_command(capsys):
    asked = ["location=junctional", "pain=mechanical", "lesion=lytic", "alignment=deformity", "collapse=under_50"]
    code, out, _ = called(capsys, "score", "sins", *asked, "posterolateral=bilateral", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["name"], found["value"], found["class"], found["missing"]) == ("sins", 15, "unstable", [])
    assert found["items"]["collapse"]["points"] == 2
    code, out, _ = called(capsys, "score", "sins", *asked)
    assert code == 0
    assert "NOT EVALUATED, missing: posterolateral" in out
    code, out, _ = called(capsys, "score", "escc", "grade=1c", "--lang", "zh")
    assert "触及脊髓" in out
    code, out, _ = called(capsys, "score", "sins", "--help")
    assert code == 0
    assert "semirigid" in out
    assert "score" in called(capsys, "score", "--help")[1]
    code, _, err = called(capsys, "score", "sins", "pain", "lesion=wood", "--lang", "en")
    assert code == 3
    assert err.count("got ") == 2
    assert called(capsys, "score", "sins", "--lang", "fr")[0] == 3
