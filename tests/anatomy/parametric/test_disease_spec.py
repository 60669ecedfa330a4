from __future__ import annotations

import pytest

from planner.anatomy.parametric import ParametricLesion, ParametricSpec, build_parametric
from planner.anatomy.parametric.disease_spec import Fracture
from planner.core.errors import InputError
from planner.core.validation import validated


def refused(raw: dict[str, object], *words: str, path: str = "$") -> None:
    """Expect one problem at a path that names every word."""
    with pytest.raises(InputError) as caught:
        validated(ParametricLesion, raw)
    (problem,) = caught.value.problems
    assert problem.path == path
    for word in words:
        assert word in str(problem)


def test_units_are_read_at_the_door():
    lesion = validated(ParametricLesion, {"diameter": "1.8 cm", "epidural": 2})

    assert lesion.diameter_mm == pytest.approx(18.0)
    assert lesion.epidural == "2"
    assert lesion.wall == "breached"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, ("diameter", "volume")),
        ({"diameter": "9 mm", "volume": "1 mL"}, ("`diameter`", "`volume`")),
        ({"diameter": "9 mm", "place": "body", "centre_lps_mm": [0, 0, 0]}, ("`place: body`", "`centre_lps_mm:")),
        (
            {"diameter": "9 mm", "epidural": "1b", "posterior_wall": "intact"},
            ("`epidural: 1b`", "`posterior_wall: intact`"),
        ),
        (
            {"diameter": "9 mm", "place": "spinous", "posterior_wall": "breached"},
            ("`place: spinous`", "`posterior_wall:"),
        ),
        (
            {"diameter": "9 mm", "place": "lamina_left", "pedicles": "left"},
            ("`pedicles: left`", "`place: lamina_left`"),
        ),
        ({"diameter": "20 mm", "kind": "osteoid_osteoma"}, ("`diameter: 20 mm`", "`kind: osteoid_osteoma`", "15 mm")),
        (
            {"diameter": "9 mm", "kind": "osteoid_osteoma", "epidural": "2"},
            ("`epidural: 2`", "`kind: osteoid_osteoma`"),
        ),
        ({"diameter": "9 mm", "kind": "lytic", "rim": "2 mm"}, ("`rim: 2 mm`", "`kind: lytic`")),
    ],
)
def test_what_contradicts_itself_is_refused_with_both_keys(raw, words):
    refused(raw, *words)


def test_implausible_and_bare_values_are_refused():
    refused({"diameter": "18"}, "a number with a unit", path="$.diameter")
    refused({"diameter": "30 cm"}, "between 1 and 60 mm", path="$.diameter")
    refused({"diameter": "9 mm", "irregularity": 2.0}, "less than or equal to 1", path="$.irregularity")


def test_a_fragment_belongs_to_a_crush():
    with pytest.raises(InputError, match="`retropulsion: 4 mm` with `shape: wedge`"):
        validated(Fracture, {"shape": "wedge", "height_loss": 0.3, "retropulsion": "4 mm"})


def test_short_forms():
    spec = validated(ParametricSpec, {"cement": {"L3": "4 mL"}, "screws": {"L4": "both", "L2": {"side": "left"}}})

    assert spec.cement["L3"].volume_ml == pytest.approx(4.0)
    assert spec.screws["L4"][0].sides == ("left", "right")
    assert spec.screws["L2"][0].sides == ("left",)


def test_two_screws_in_one_pedicle_are_refused():
    with pytest.raises(InputError, match="one screw a pedicle"):
        validated(ParametricSpec, {"screws": {"L4": ["both", "left"]}})


def test_disease_of_a_level_that_is_not_built_is_refused_with_both_paths():
    spec = ParametricSpec.model_validate({"level": "L3", "cement": {"T12": "2 mL"}, "screws": {"T9": "both"}})
    with pytest.raises(InputError) as caught:
        build_parametric(spec, at="$.anatomy.parametric")

    assert {p.path for p in caught.value.problems} == {
        "$.anatomy.parametric.cement.T12",
        "$.anatomy.parametric.screws.T9",
    }
    assert all("`$.anatomy.parametric.levels`" in p.got for p in caught.value.problems)
