"""Virtual fluoroscopy: where points fall, what rays meet, what is dark, and what bad input says. No display needed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planner
from planner.core.errors import InputError
from planner.geometry.bodies import Capsule
from planner.plan.case import load_plan
from planner.show.fluoro.beam import attenuation, attenuation_grid
from planner.show.fluoro.carm import CArm, Machine
from planner.show.fluoro.chords import chords
from planner.show.fluoro.dose import dose_of
from planner.show.fluoro.grid import Grid
from planner.show.fluoro.picture import Look
from planner.show.fluoro.positions import named_shots
from planner.show.fluoro.series import moments
from planner.show.fluoro.tools import Moment, parts_at, shadow
from planner.show.fluoro.verbs import Asked, fluoro_plan, write_fluoro
from planner.show.grey import Grey, grey_of

SMALL = Machine(pixels=96)
DEMO = Path(planner.__file__).parent / "cli" / "demo.yaml"
angle = st.floats(-80.0, 80.0)
place = st.tuples(*[st.floats(-40.0, 40.0)] * 3)


@pytest.fixture(scope="module")
def case(patient):
    return load_plan(cases.plan(), folder=patient)


# ---------------------------------------------------------------- geometry
@given(angle, angle, st.sampled_from(["prone", "supine"]))
def test_axes_are_a_right_handed_frame_and_angles_come_back(lao, cranial, position):
    carm = CArm.angled(Machine(position=position), (3.0, -4.0, 5.0), lao, cranial)
    frame = np.stack([carm.right, carm.up, carm.toward])

    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    assert carm.lao_deg == pytest.approx(lao, abs=1e-9)
    assert carm.cranial_deg == pytest.approx(cranial, abs=1e-9)


@given(angle, angle, place)
def test_every_point_of_a_pixel_s_ray_falls_on_the_pixel(lao, cranial, middle):
    carm = CArm.angled(SMALL, middle, lao, cranial)
    row, column = 17, 61
    ray = carm.rays((slice(row, row + 1), slice(column, column + 1)))[0, 0]
    points = carm.source + np.array([0.3, 0.6, 1.0])[:, None] * ray

    np.testing.assert_allclose(carm.project(points), [[column, row]] * 3, atol=1e-6)


def test_prone_and_supine_see_the_left_on_opposite_sides():
    left = (50.0, 0.0, 0.0)
    prone = CArm.angled(Machine(position="prone"), (0, 0, 0))
    supine = CArm.angled(Machine(position="supine"), (0, 0, 0))

    assert prone.project(left)[0, 0] < 256 < supine.project(left)[0, 0]
    assert prone.dicom_angles_deg == pytest.approx((180.0, 0.0))
    assert supine.dicom_angles_deg == pytest.approx((0.0, 0.0))
    assert CArm.angled(Machine(), (0, 0, 0), 90.0).dicom_angles_deg == pytest.approx((90.0, 0.0))


def test_behind_the_source_is_nowhere():
    carm = CArm.angled(SMALL, (0, 0, 0))

    assert np.isnan(carm.project(carm.source - 10.0 * carm.toward)).all()


def test_straight_down_the_body_still_has_an_up():
    carm = CArm.looking(SMALL, (0, 0, 0), (0.0, 0.0, 1.0))

    assert np.isfinite(carm.up).all()
    assert abs(carm.up @ carm.toward) < 1e-12


# ---------------------------------------------------------------- rays
@settings(max_examples=20)
@given(angle, angle, place, place, st.floats(0.5, 12.0))
def test_chord_of_a_rod_is_what_sampling_finds(lao, cranial, start, end, radius):
    carm = CArm.angled(Machine(pixels=9), (0, 0, 0), lao, cranial)
    rod = Capsule(np.array(start), np.array(end), radius)
    rays = carm.rays()
    t = np.linspace(0.3, 1.0, 3001)
    points = carm.source + t[:, None, None, None] * rays
    inside = (rod.distance(points.reshape(-1, 3)) < 0.0).reshape(points.shape[:-1])
    step = np.linalg.norm(rays, axis=-1) * (t[1] - t[0])

    np.testing.assert_allclose(chords(rod, carm), inside.sum(axis=0) * step, atol=2.1 * step.max())


@given(st.floats(0.2, 5.0), angle, angle)
def test_attenuation_adds_up(factor, lao, cranial):
    rng = np.random.default_rng(1)
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -18.0
    one, two = rng.random((2, 13, 12, 14)).astype(np.float32)
    carm = CArm.angled(Machine(pixels=16), (0, 0, 0), lao, cranial)
    apart = Grid.of(one, affine).integrals(carm) + factor * Grid.of(two, affine).integrals(carm)

    np.testing.assert_allclose(
        Grid.of(one + np.float32(factor) * two, affine).integrals(carm), apart, rtol=2e-4, atol=1e-3
    )


def test_order_and_direction_of_the_axes_do_not_matter():
    rng = np.random.default_rng(2)
    values, affine = rng.random((20, 24, 22)).astype(np.float32), np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -22.0
    turned, other = values.transpose(2, 0, 1)[::-1], affine[:, [2, 0, 1, 3]].copy()
    other[:3, 3] += other[:3, 0] * 21
    other[:3, 0] *= -1.0
    carm = CArm.angled(SMALL, (0, 0, 0), 33.0, -11.0)

    np.testing.assert_allclose(
        Grid.of(turned, other).integrals(carm), Grid.of(values, affine).integrals(carm), atol=2e-3
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_broken_value_is_refused(bad):
    values = np.zeros((4, 4, 4), dtype=np.float32)
    values[1, 2, 3] = bad
    with pytest.raises(ValueError, match="NaN or infinite"):
        Grid.of(values, np.eye(4))


def test_padding_below_air_is_air_and_bone_is_denser_than_water():
    assert attenuation(-3024.0) == attenuation(-1024.0) == 0.0
    assert attenuation(-1000.0) == pytest.approx(0.0, abs=1e-6)
    assert attenuation(0.0) == pytest.approx(0.02059)
    assert attenuation(1000.0) > 2.0 * attenuation(0.0)


def test_gas_in_the_body_can_be_left_out_and_the_air_around_stays():
    hu = np.full((30, 30, 30), -1000.0)
    hu[4:26, 4:26] = 30.0
    hu[12:17, 12:17, 12:17] = -900.0
    grey = Grey(hu, np.eye(4), "ct", -1000.0)
    with_gas, without = (attenuation_grid(grey, np.full(3, 15.0), 100.0, gas=gas) for gas in (True, False))
    carm = CArm.angled(SMALL, (14.5, 14.5, 14.5))
    middle = SMALL.pixels // 2

    assert with_gas.integrals(carm)[middle, middle] < 0.85 * without.integrals(carm)[middle, middle]
    assert without.flat.min() == 0.0


# ---------------------------------------------------------------- a case
def test_without_a_ct_the_picture_says_so(case):
    assert grey_of(case).origin == "labels"
    assert "no CT" in grey_of(case).said
    assert float(np.asarray(grey_of(case).hu).max()) > 1000.0


def test_bulls_eye_puts_hub_and_tip_on_one_point(case):
    shot = next(s for s in named_shots(case, SMALL) if s.name.startswith("bulls_eye"))
    tool = case.steps[0].instruments[0]
    hub, tip = shot.carm.project([tool.entry, tool.tip])

    np.testing.assert_allclose(hub, tip, atol=1e-9)


def test_bone_is_darker_than_soft_tissue_and_metal_darker_than_bone(case):
    shot = next(s for s in named_shots(case, Machine(pixels=256)) if s.name == "lateral")
    grid = attenuation_grid(grey_of(case), shot.carm.isocentre, 200.0)
    patient = grid.integrals(shot.carm)
    metal = shadow(parts_at(case, Moment(0)), shot.carm)
    picture = Look(patient, shot).grey(metal).astype(float)
    tool = case.steps[0].instruments[0]
    body = shot.carm.project([(0.0, -8.0, -8.0)])[0].round().astype(int)
    needle = shot.carm.project([0.5 * (tool.entry + tool.tip)])[0].round().astype(int)
    soft = picture[8:40, 8:40].mean()

    assert picture[body[1] - 3 : body[1] + 4, body[0] - 3 : body[0] + 4].mean() < soft - 15
    assert picture[needle[1], needle[0]] < picture[body[1] - 3 : body[1] + 4, body[0] - 3 : body[0] + 4].mean() - 30


def test_a_needle_that_advances_only_grows(case):
    shot = named_shots(case, SMALL)[0]
    depths = [shadow(parts_at(case, Moment(0, depth)), shot.carm).sum() for depth in (0.0, 0.25, 0.5, 0.75)]

    assert depths[0] == 0.0
    assert np.all(np.diff(depths) > 0.0)


def test_film_tells_the_procedure_in_order():
    case = load_plan(DEMO)
    told = [words for _, words in moments(case)]

    assert told[0] == "before"
    assert told[-1] == "after, needles out"
    assert sum("needle at" in words for words in told) == 10  # the second step uses the first one's cannula
    assert [w for w in told if w.startswith("cement")][-1].startswith("cement 5.0 mL")


def test_dose_counts_planes_and_grows_with_them(case):
    shots = named_shots(case, SMALL)
    once, twice = dose_of(shots), dose_of([*shots, *shots])

    assert (once.shots, once.lateral_shots) == (4, 1)
    assert twice.effective_msv.value == pytest.approx(2.0 * once.effective_msv.value)
    assert once.effective_msv.low < once.effective_msv.value < once.effective_msv.high
    assert once.as_json()["sources"]["effective_dose_msv_min"]["flag"] == "D"
    assert "kyphoplasty" in once.as_json()["sources"]["effective_dose_msv_min"]["citation"]


def test_same_plan_same_pictures(case, tmp_path):
    asked = Asked(machine=SMALL, film="gif")
    for name in ("a", "b"):
        write_fluoro(case, tmp_path / name, asked)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b"))

    assert one == two
    assert {"ap.png", "lateral.png", "procedure.gif", "fluoro.json"} <= set(one)
    summary = json.loads(one["fluoro.json"])
    assert summary["dose"]["shots"] == len(summary["pictures"]) + 2 * len(list(moments(case)))
    assert any("no CT" in caveat for caveat in summary["caveats"])


def test_film_has_a_frame_for_every_moment(case):
    from PIL import Image  # noqa: PLC0415

    from planner.show.fluoro.series import film_bytes  # noqa: PLC0415

    found = fluoro_plan(case, Asked(machine=SMALL, views=()))
    for kind in ("gif", "apng", "webp"):
        film = Image.open(io.BytesIO(film_bytes(found.film, kind)))
        assert film.n_frames > 5
        assert film.size == (2 * SMALL.pixels, SMALL.pixels)
    assert not found.pictures


def test_everything_wrong_with_the_options_is_told_at_once():
    machine = Machine(source_detector_mm=50.0, magnification=0.5, pixels=7, position="standing")
    asked = Asked(machine, ("ap", "frog"), (400.0, 100.0), "avi")
    with pytest.raises(InputError) as caught:
        fluoro_plan(None, asked)
    paths = [problem.path for problem in caught.value.problems]

    assert paths == ["--sid", "--magnification", "--pixels", "--position", "--view", "--film", "--lao", "--cranial"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_size_that_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="--sid"):
        fluoro_plan(None, Asked(Machine(source_detector_mm=value)))


def test_bad_input_exits_3_and_writes_nothing(tmp_path):
    command = [sys.executable, "-m", "planner", "fluoro", str(tmp_path / "none.yaml"), "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, "--sid", "5"], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "--sid" in done.stderr
    assert "none.yaml" in done.stderr
    assert not (tmp_path / "out").exists()


def test_no_graphics_library_is_asked_for(case, tmp_path, monkeypatch):
    for name in ("pyvista", "vtk", "vtkmodules", "matplotlib"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delenv("DISPLAY", raising=False)

    assert write_fluoro(case, tmp_path, Asked(machine=SMALL, film=None)).pictures


@pytest.mark.slow
def test_real_ct(shared_data, tmp_path):
    """The endplates of L3 in the true lateral: dark lines across the body, seen edge-on."""
    folder = shared_data / "tptbox"
    plan = {
        "planner": 1,
        "anatomy": {
            "labelmap": str(folder / "sub-ct_seg-vert_label-22_msk.nii.gz"),
            "labels": "verse",
            "ct": str(folder / "sub-ct_label-22_ct.nii.gz"),
        },
        "frame": "LPS",
        "target": {"level": "L3"},
        "patient": {},
        "steps": [
            {
                "kind": "vertebroplasty",
                "access": {"entry": [63.3, 245.0, -53.0], "target": [28.4, 157.4, -64.4], "gauge": 11},
                "cement": {"material": "pmma_generic", "volume": "4 mL"},
            }
        ],
    }
    case = load_plan(plan, folder=tmp_path)
    assert grey_of(case).origin == "ct"
    shot = next(s for s in named_shots(case, Machine(pixels=256)) if s.name == "lateral")
    patient = attenuation_grid(grey_of(case), shot.carm.isocentre, 200.0).integrals(shot.carm)
    bounds = case.anatomy.get("vertebra_L3_body").mesh.bounds
    middle = bounds.mean(axis=0)
    heights = np.linspace(bounds[0, 2] + 1.0, bounds[1, 2] - 1.0, 60)
    at = shot.carm.project([(middle[0], middle[1], z) for z in heights]).round().astype(int)
    profile = patient[at[:, 1], at[:, 0]]

    assert profile[:12].max() > 1.4 * np.median(profile)
    assert profile[-12:].max() > 1.4 * np.median(profile)


def _cloud(case, step: int, volume_ml: float):
    """A cube of full voxels about the tip, as a simulation of cement leaves it."""
    from types import SimpleNamespace  # noqa: PLC0415

    n, width = 30, 1.0
    affine = np.eye(4)
    affine[:3, 3] = case.steps[step].instruments[0].tip - 0.5 * (n - 1)
    mask = np.ones((n, n, n), dtype=bool)
    full = np.zeros((n, n, n))
    full[10:20, 10:20, 10:20] = 1.0
    room = np.full(n**3, 0.5e-3 * width**3)
    cells = SimpleNamespace(mask=mask, pore_share=np.full(n**3, 0.5), affine_lps=affine)
    half = full * (np.arange(n) < 15)[:, None, None]
    filled = SimpleNamespace(
        room_ml=room, held_ml=full.ravel() * room, frames=((100.0, half.ravel() * room),), delivered_ml=volume_ml,
        time_s=np.array([0.0, 100.0, 200.0]), volume_ml=np.array([0.0, 0.5, 1.0]) * volume_ml,
    )  # fmt: skip
    made = [None] * len(case.steps)
    made[step] = SimpleNamespace(cement=SimpleNamespace(cells=cells, filled=filled))
    return SimpleNamespace(simulation=SimpleNamespace(augmentation=tuple(made), heat=()))


def test_simulated_cement_takes_the_place_of_the_drawn_one(case):
    """Half of 1000 mm³ is cement: the sum over its shadow is that volume times the difference of attenuation."""
    from planner.show.fluoro.beam import figures  # noqa: PLC0415
    from planner.show.fluoro.tools import clouds_of  # noqa: PLC0415

    clouds = clouds_of(_cloud(case, 1, 0.5))
    shot = named_shots(case, Machine(pixels=256))[0]
    parts = [part for part in parts_at(case, Moment(1, cement=1.0), clouds) if part.tool is None]
    early = [part for part in parts_at(case, Moment(1, cement=0.4), clouds) if part.tool is None]
    added = figures()["cement_per_mm"] - figures()["water_per_mm"]
    pixel = 1.0 / shot.carm.scale_at(case.steps[1].instruments[0].tip)
    volumes = [shadow(found, shot.carm).sum() * pixel**2 / added for found in (early, parts)]

    assert volumes == pytest.approx([250.0, 500.0], rel=0.01)
    told = fluoro_plan(case, Asked(SMALL, ("ap",), film=None), result=_cloud(case, 1, 0.5)).caveats
    assert any("planned volume" in caveat for caveat in told)  # the balloon still is
    assert clouds_of(None) == {}


def test_cement_that_went_in_becomes_a_field_with_times(case):
    from planner.show.slices.field import fields_of  # noqa: PLC0415

    (field,) = fields_of(_cloud(case, 1, 0.5))

    assert field.times_s == (100.0, 200.0)
    assert [int((field.frame(n) > 50.0).sum()) for n in (0, 1)] == [500, 1000]
    assert (field.unit, field.name) == ("%", "cement_2")
