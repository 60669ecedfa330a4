"""The index of a state, by value sets written in the test; none ships."""

from __future__ import annotations

import json

import pytest

from planner.check.scores import score
from planner.core.errors import InputError

PLACES = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")


def rows(levels, *costs):
    return {place: dict(zip(range(2, levels + 1), row, strict=True)) for place, row in zip(PLACES, costs, strict=True)}


UK_3L = {
    "name": "UK TTO, 3L", "citation": "Dolan 1997, coefficients as published", "levels": 3,
    "constant": 0.081, "any_worst": 0.269,
    "decrements": rows(3, (0.069, 0.314), (0.104, 0.214), (0.036, 0.094), (0.123, 0.386), (0.071, 0.236)),
}  # fmt: skip
ENGLAND_5L = {
    "name": "England 5L", "citation": "Devlin 2018, coefficients as published", "levels": 5,
    "decrements": rows(5, (0.058, 0.076, 0.207, 0.274), (0.050, 0.080, 0.164, 0.203), (0.050, 0.063, 0.162, 0.184),
                       (0.063, 0.084, 0.276, 0.335), (0.078, 0.104, 0.285, 0.289)),
}  # fmt: skip
GERMANY_5L = {
    "name": "Germany 5L", "citation": "Ludwig 2018, coefficients as published", "levels": 5,
    "decrements": rows(5, (0.026, 0.042, 0.139, 0.224), (0.050, 0.056, 0.169, 0.260), (0.036, 0.049, 0.129, 0.209),
                       (0.057, 0.109, 0.404, 0.612), (0.030, 0.082, 0.244, 0.356)),
}  # fmt: skip
US_5L = {
    "name": "USA 5L", "citation": "Pickard 2019, coefficients as published", "levels": 5,
    "decrements": rows(5, (0.096, 0.122, 0.237, 0.322), (0.089, 0.107, 0.220, 0.261), (0.068, 0.101, 0.255, 0.255),
                       (0.060, 0.098, 0.318, 0.414), (0.057, 0.123, 0.299, 0.321)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "state", "index"),
    [
        (UK_3L, "11111", 1.0), (UK_3L, "11223", 0.255), (UK_3L, "33333", -0.594), (UK_3L, "11221", 0.760),
        (UK_3L, "33221", -0.037), (UK_3L, "12321", 0.329), (ENGLAND_5L, "21143", 0.562), (ENGLAND_5L, "55555", -0.285),
        (GERMANY_5L, "55555", -0.661), (US_5L, "55555", -0.573),
    ],
)  # fmt: skip
def test_published_indices(tmp_path, table, state, index):
    (tmp_path / "set.json").write_text(json.dumps(table))
    found = score("eq5d", state=state, value_set=str(tmp_path / "set.json"))
    assert found.value == pytest.approx(index, abs=0.0006)  # the published figures have three digits
    assert table["citation"] in found.notes[0]


def test_bad_sets_and_states(tmp_path):
    broken = {**UK_3L, "decrements": {"mobility": {2: 0.1}}}
    (tmp_path / "set.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match="all five dimensions"):
        score("eq5d", state="11111", value_set=str(tmp_path / "set.json"))
    (tmp_path / "set.json").write_text(json.dumps(UK_3L))
    with pytest.raises(InputError, match="levels 1–3"):
        score("eq5d", state="11115", value_set=str(tmp_path / "set.json"))
    with pytest.raises(InputError, match="5 digits"):
        score("eq5d", state="1111", value_set=str(tmp_path / "set.json"))
    with pytest.raises(InputError, match="readable file"):
        score("eq5d", state="11111", value_set=str(tmp_path / "none.json"))
    assert score("eq5d", state="11111").missing == ("value_set",)
