"""Tumours grown from a seed: known shapes in made CTs, what is refused and how it is told, and a real CT without one."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import cases
import numpy as np
import pytest

from planner.anatomy.growing import grow
from planner.anatomy.grown import grown_lesions
from planner.anatomy.lesion_spec import LesionSpec
from planner.anatomy.pieces import apart, distance, from_middle, piece
from planner.anatomy.reading import Reading
from planner.core.errors import InputError, Problems
from planner.geometry.clearance import contains
from planner.measure.models import Measured
from planner.plan.case import load_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import lesion_growth as made

FINE, COARSE = (0.7, 0.7, 1.0), (1.0, 1.0, 3.0)
MIDDLE, BACK = (np.array(made.PLACES[name]) for name in ("middle", "back"))


# ---- known tumours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "scan", "dice", "p95_mm"),
    [
        (made.ball(MIDDLE, 8.0), made.Scan(40.0, 140.0, 30.0, FINE), 0.90, 1.5),
        (made.ball(MIDDLE, 8.0), made.Scan(500.0, 140.0, 30.0, FINE), 0.88, 1.8),
        pytest.param(
            made.lobed(MIDDLE, 7.0, 4), made.Scan(40.0, 140.0, 50.0, COARSE), 0.83, 2.5, marks=pytest.mark.slow
        ),
    ],
    ids=["lytic ball", "blastic ball", "lobed, thick slices"],
)
def test_known_tumour(shape, scan, dice, p95_mm):
    ct, truth = made.scanned("L3", MIDDLE, shape, scan, seed=7)
    found = made.measured("L3", MIDDLE, ct, truth)
    assert not found["refused"]
    assert found["dice"] > dice
    assert abs(found["mean_mm"]) < 0.7
    assert found["p95_mm"] < min(p95_mm, found["stated_mm"])


@cache
def broken_out():
    """A tumour that has eaten the posterior wall and reads like the soft tissue in the canal behind it."""
    shape = made.ball(np.array([-3.0, 14.0, 0.0]), 8.0)
    return made.scanned("L3", BACK, shape, made.Scan(45.0, 140.0, 30.0, FINE), seed=1)


def reading_of(ct, frame="LPS"):
    return Reading(Path(), frame, Problems(), ct=ct, ct_named=True)


def grown(ct, seed, *, frame="LPS", **given):
    reading = reading_of(ct, frame)
    lesion = LesionSpec.model_validate({"grow": {"seed": list(seed), **given}})
    makers = grown_lesions(made.spine("L3"), {"met": lesion}, [("vertebra_L3", "met")], reading)
    return (makers["met"]() if makers else None), reading


def test_it_stays_out_of_the_canal_and_near_the_bone():
    ct, _ = broken_out()
    found, reading = grown(ct, [-3.0, 10.0, 0.0])
    assert found.origin == "modelled"
    bone, inner = made.bone("L3").mesh, found.mesh.vertices
    points, _ = made.grid_round(np.array([-3.0, 10.0, 0.0]), 30.0)
    allowed = made.allowed_at(made.spine("L3"), points, made.depth_at(made.bone("L3"), points))
    assert not contains(made.spine("L3").get("spinal_canal").mesh, points[allowed]).any()
    assert made.depth_at(made.bone("L3"), inner[:, None, None]).max() < 3.0
    assert bone.volume_mm3 / 1000.0 > found.volume_ml > 0.5
    assert "held by the bone's label" in reading.warnings[0]
    assert "look at it on the images" in reading.warnings[0]


def test_the_same_seed_grows_the_same_in_either_frame():
    ct, _ = broken_out()
    one, other = grown(ct, [-3.0, 10.0, 0.0])[0], grown(ct, [3.0, -10.0, 0.0], frame="RAS")[0]
    np.testing.assert_array_equal(one.mesh.vertices, other.mesh.vertices)


def test_grown_anew_it_is_the_same(monkeypatch, tmp_path):
    ct, _ = broken_out()
    grid = made.grid_round(np.array([-3.0, 10.0, 0.0]), 20.0)
    depth = made.depth_at(made.bone("L3"), grid[0])
    allowed = made.allowed_at(made.spine("L3"), grid[0], depth)
    first = grow(ct, grid, allowed, depth)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    again = grow(ct, grid, allowed, depth)
    assert list((tmp_path / "planner").glob("grown_lesion-*"))
    kept = grow(ct, grid, allowed, depth)
    for other in (again, kept):
        np.testing.assert_array_equal(first.mask, other.mask)
        assert (first.window_hu, first.spread_mm) == (other.window_hu, other.spread_mm)


# ---- refused, and told ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "given", "path", "told"),
    [
        ([200.0, 0.0, 0.0], {}, "seed", "outside the CT"),
        ([-3.0, 24.0, 0.0], {}, "seed", "outside the bone of the vertebra or in its canal"),
        ([-3.0, -23.0, 0.0], {}, "seed", "outside the bone"),
        (
            [-3.0, 10.0, 0.0],
            {"window_hu": [200, 400]},
            "seed",
            r"HU round the seed; expected HU in the window \[200, 400\]",
        ),
        ([-3.0, 10.0, 0.0], {"max_diameter": "8 mm"}, "seed", "at most 8 mm: it leaked"),
        ([-3.0, 10.0, 0.0], {"window_hu": [-100, 1000]}, "seed", "it leaked into the bone"),
        ([-18.0, -4.0, 0.0], {}, "seed", "stands out from the bone|hangs together|it leaked|edge of its own"),
    ],
    ids=["outside", "canal", "before the bone", "window", "small", "leak", "no tumour"],
)
def test_refused(seed, given, path, told):
    ct, _ = broken_out()
    found, reading = grown(ct, seed, **given)
    assert found is None
    (problem,) = reading.problems.found
    assert problem.path == f"$.anatomy.lesions.met.grow.{path}"
    with pytest.raises(InputError, match=told):
        reading.problems.raise_if_any()
    assert problem.way_out
    assert reading.warnings == []


# ---- the pieces -----------------------------------------------------------------------------------------------------


def test_piece_is_cut_at_a_neck_and_has_no_holes():
    away = from_middle((61, 61, 61))
    like = away < 9.0
    like[30, 30, 30:55] = True  # a thread
    like[26, 30, 30] = False  # a hole
    found = piece(like, np.ones_like(like), away)
    assert not found[30, 30, 45:].any()
    assert found[26, 30, 30]
    assert found.sum() == pytest.approx((away < 9.0).sum(), rel=0.03)
    assert not piece(away > 12.0, np.ones_like(like), away).any(), "nothing at the seed"


def test_two_balls_lie_apart_by_the_difference_of_their_radii():
    away = from_middle((61, 61, 61))
    assert apart(away < 10.0, away < 14.0) == pytest.approx(4.0, abs=0.6)
    assert apart(away < 0.0, away < 14.0) == np.inf
    assert np.isinf(distance(np.ones((3, 3, 3), dtype=bool))).all()


# ---- in a plan ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The closed-form patient without a label of the lesion, and a CT that shows it."""
    place = tmp_path_factory.mktemp("seeded")
    cases.write_patient(place, lesion=False)
    points, affine = cases.grid(1.0)
    labels = cases.labels_at(points)
    hu = np.where(np.isin(labels, (1, 5)), 150.0, np.where(labels == 4, 30.0, 45.0))
    hu += np.random.default_rng(3).normal(scale=15.0, size=hu.shape)
    cases.write(place / "ct.nii.gz", hu.astype(np.int16), affine)
    return place


def plan(**grow_):
    lesion = {"grow": {"seed": cases.LESION["centre"].tolist()} | grow_}
    return cases.plan(anatomy__lesions={"lesion": lesion}, anatomy__ct="ct.nii.gz")


def test_plan_is_judged_on_what_grew(folder):
    found = cases.measured(plan(), folder)[0]
    diameter, margin = found["lesion_diameter_mm"], found["ablation_margin_mm"]
    assert isinstance(diameter, Measured)
    assert diameter.value == pytest.approx(14.0, abs=2.5)
    assert diameter.interval[0] < 14.0 < diameter.interval[1]
    assert "grown from a seed" in margin.caveat
    case = load_plan(plan(), folder=folder)
    assert case.anatomy.get("lesion").volume_ml == pytest.approx(4.0 / 3.0 * np.pi * 0.7**3, rel=0.25)
    assert [w.split(":")[0] for w in case.warnings if "grow" in w] == ["$.anatomy.lesions.lesion.grow"]


def test_check_with_a_seed(folder, capsys):
    from planner.cli.app import run  # noqa: PLC0415

    def check(raw):
        (folder / "plan.json").write_text(json.dumps(raw))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            run(["check", str(folder / "plan.json"), "--no-simulate", "--json"])
        return stop.value.code, *capsys.readouterr()

    code, out, _ = check(plan())
    assert code in {1, 2}
    margin = next(f for f in json.loads(out)["findings"] if f["rule"] == "ABL-SIZE-CUR")
    assert margin["quantity"] == "lesion_diameter_mm"
    code, out, err = check(plan(window_hu=[0, 300]))
    assert (code, out) == (3, "")
    assert "it leaked into the bone" in err
    assert "bad input: 1 problem" in err, "a lesion that could not grow is not told again as missing"


@pytest.mark.parametrize(
    ("lesions", "told"),
    [
        ({"lesion": {"grow": {"seed": [4, 2, 0]}, "mask": "x.nii.gz"}}, "one of sphere, ellipsoid, mask, grow"),
        ({"lesion": {"grow": {"seed": [4, 2]}}}, "three numbers"),
        ({"lesion": {"grow": {"seed": [4, 2, 0], "window_hu": [90, 0]}}}, "two rising CT numbers"),
        ({"lesion": {"grow": {"seed": [4, 2, 0], "window_hu": [0, 90000]}}}, "two rising CT numbers"),
        ({"lesion": {"grow": {"seed": [4, 2, 0], "max_diameter": 30}}}, "its unit"),
        ({"lesion": {"grow": {"seed": [4, 2, 0], "max_diameter": "3 m"}}}, "between 4 and 100 mm"),
        ({"lesion": {"grow": {"seed": [4, 2, 0], "sead": 1}}}, "sead"),
    ],
)
def test_keys_are_read_strictly(folder, lesions, told):
    with pytest.raises(InputError, match=told):
        load_plan(cases.plan(anatomy__lesions=lesions, anatomy__ct="ct.nii.gz"), folder=folder)


def test_without_a_ct_it_says_so_once(folder):
    with pytest.raises(InputError, match="no CT to grow it in") as caught:
        load_plan(cases.plan(anatomy__lesions=plan()["anatomy"]["lesions"]), folder=folder)
    assert len(caught.value.problems) == 1
    with pytest.raises(InputError) as caught:
        load_plan(plan() | {"anatomy": plan()["anatomy"] | {"ct": "none.nii.gz"}}, folder=folder)
    assert not any("no CT" in p.got for p in caught.value.problems), "an unreadable CT is told as such"


def test_a_label_of_that_name_stands(patient):
    with pytest.raises(InputError, match="both as a label and here"):
        load_plan(cases.plan(anatomy__lesions=plan()["anatomy"]["lesions"]), folder=patient)


def test_real_bone_without_a_tumour_is_refused(shared_data):
    """A seed in a healthy body; the images are coarse, 3 mm."""
    folder = shared_data / "totalsegmentator"
    maps = [
        {"file": "example_seg_fast_force_split.nii.gz", "labels": "totalsegmentator"},
        {"file": "spine_report_totalseg_vertebrae_body.nii.gz", "labels": "totalsegmentator_vertebrae_body"},
    ]
    step = {"kind": "radiotherapy", "dose": "24 Gy", "fractions": 2}
    lesion = {"grow": {"seed": [4.0, -147.0, 314.0]}}
    raw = {
        "planner": 1,
        "anatomy": {"labelmap": maps, "ct": "example_ct.nii.gz", "lesions": {"met": lesion}},
        "frame": "LPS",
        "target": {"level": "L3", "lesion": "met"},
        "steps": [step],
    }
    with pytest.raises(InputError) as caught:
        load_plan(raw, folder=folder)
    assert [p.path for p in caught.value.problems] == ["$.anatomy.lesions.met.grow.seed"]
