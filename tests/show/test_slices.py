"""Slices: planes hold what they say, values are read where they stand, outlines lie on surfaces, words say the unit."""

from __future__ import annotations

import io
from types import SimpleNamespace

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.geometry.bodies import Capsule, Spheroid
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.show.grey import grey_of
from planner.show.slices.draw import WINDOWS, painted, ramp_colours, sampled, scale_of, section, windowed
from planner.show.slices.field import RAMPS, fields_of
from planner.show.slices.planes import Plane, planes_of
from planner.show.slices.stack import KNOTS_HU, bent, field_data, volume_sheet
from planner.show.slices.verbs import slice_pictures, window_problem, write_slices
from planner.simulate.grid import TensorGrid


@pytest.fixture(scope="module")
def case(patient):
    return load_plan(cases.plan(), folder=patient)


@pytest.fixture(scope="module")
def result(case):
    return simulate_plan(case, simulate=False)


# ---------------------------------------------------------------- planes
def test_planes_hold_what_they_are_named_after(case):
    tool = case.steps[0].instruments[0]
    planes = {plane.name: plane for plane in planes_of(case)}

    assert list(planes)[:3] == ["axial", "sagittal", "coronal"]
    for name in ("along_1", "beside_1"):
        for point in (tool.tip, tool.entry):
            assert abs((point - planes[name].centre) @ planes[name].normal) < 1e-9
    assert abs(planes["across_1"].normal @ tool.direction) == pytest.approx(1.0)
    np.testing.assert_allclose(planes["across_1"].pixel_of(tool.entry, 100), [50.0, 50.0], atol=1e-9)
    assert len({plane.name for plane in planes_of(case)}) == 6  # two steps through one way have one set of planes


def test_conventions_of_the_three_main_planes(case):
    axial, sagittal, coronal = planes_of(case)[:3]

    for plane, right, down in (
        (axial, (1, 0, 0), (0, 1, 0)),
        (sagittal, (0, 1, 0), (0, 0, -1)),
        (coronal, (1, 0, 0), (0, 0, -1)),
    ):
        np.testing.assert_allclose(plane.right, right)
        np.testing.assert_allclose(plane.down, down)
    for plane in planes_of(case):
        assert abs(plane.right @ plane.down) < 1e-12
        assert np.linalg.norm(plane.normal) == pytest.approx(1.0)


# ---------------------------------------------------------------- values
@settings(max_examples=25)
@given(st.tuples(*[st.floats(-3.0, 3.0)] * 3), st.floats(-9.0, 9.0))
def test_a_linear_field_is_read_exactly(slope, offset):
    index = np.stack(np.meshgrid(*[np.arange(n) for n in (12, 14, 13)], indexing="ij"), axis=-1)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]]) * [1.5, 2.0, 0.8]
    places = index @ affine[:3, :3].T
    values = places @ np.array(slope) + offset
    points = (affine[:3, :3] @ np.array([[3.3, 4.7, 6.1], [8.2, 1.4, 2.9], [10.9, 12.8, 11.6]]).T).T

    np.testing.assert_allclose(sampled(values, affine, points), points @ np.array(slope) + offset, atol=1e-4)


def test_outside_is_not_guessed():
    found = sampled(np.ones((4, 4, 4)), np.eye(4), np.array([[1.0, 1.0, 1.0], [9.0, 1.0, 1.0]]))

    assert found[0] == 1.0
    assert np.isnan(found[1])
    assert np.isnan(sampled(np.ones((4, 4, 4)), np.eye(4), np.full((2, 3), 99.0))).all()


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_run_from_black_to_white_over_their_width(window):
    width, level = WINDOWS[window]
    grey = windowed(np.array([-5000.0, level - 0.5 * width, level, level + 0.5 * width, 5000.0]), window).astype(int)

    assert grey.tolist() == [0, 0, 127, 255, 255]


@pytest.mark.parametrize("ramp", RAMPS)
def test_ramps_run_one_way_in_lightness(ramp):
    field = cases.heated_ball(ramp=ramp, low=1.0, high=1000.0)
    colours = ramp_colours(field, np.geomspace(1.0, 1000.0, 40)).astype(float)
    light = np.diff(colours @ [0.2126, 0.7152, 0.0722])

    assert (light >= -1.0).all() or (light <= 1.0).all()


def test_what_is_unknown_or_harmless_is_not_painted():
    heat, cold = cases.heated_ball(), cases.heated_ball(ramp="cold", low=-40.0, high=0.0)

    assert painted(heat, np.array([39.0, 41.0, 99.0, np.nan])).tolist() == [False, True, True, False]
    assert painted(cold, np.array([-90.0, -1.0, 1.0, np.nan])).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"times": (1.0, 2.0)}, "3 frames need as many rising times"),
        ({"times": (3.0, 2.0, 1.0)}, "rising"),
        ({"low": 60.0, "high": 60.0}, "colour bar"),
        ({"values": np.zeros((3, 3))}, "three axes"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        cases.heated_ball(**changes)


# ---------------------------------------------------------------- outlines
@given(st.floats(-7.9, 7.9), st.floats(0.0, 360.0))
def test_the_section_of_a_ball_is_its_circle(height, turn):
    mesh = Spheroid(np.zeros(3), np.array([0.0, 0.0, 1.0]), 8.0, 8.0).surface(4)
    a = np.radians(turn)
    right, down = np.array([np.cos(a), np.sin(a), 0.0]), np.array([0.0, 0.0, -1.0])
    plane = Plane("p", "p", height * np.cross(right, down), right, down, 0, 0)
    segments = section(mesh, plane)
    radius = np.sqrt(64.0 - height**2)
    if radius < 0.8:
        return
    from_axis = np.linalg.norm(segments - plane.centre, axis=-1)

    assert np.abs((segments - plane.centre) @ plane.normal).max() < 1e-9
    assert np.abs(from_axis - radius).max() < 0.15
    length = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1).sum()
    assert length == pytest.approx(2.0 * np.pi * radius, rel=0.02)


def test_a_plane_through_corners_loses_no_segment():
    mesh = Capsule(np.array([0.0, 0.0, -5.0]), np.array([0.0, 0.0, 5.0]), 2.0).surface(32, 8)
    plane = Plane("p", "p", np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), 0, 0)
    length = np.linalg.norm(np.diff(section(mesh, plane), axis=1)[:, 0], axis=1).sum()

    assert length == pytest.approx(4.0 * np.pi, rel=0.02)


# ---------------------------------------------------------------- pictures
def _pixels(data: bytes) -> np.ndarray:
    from PIL import Image  # noqa: PLC0415

    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_every_plane_becomes_a_picture_and_the_needle_keeps_its_width(case, result):
    made = slice_pictures(case, result, pixels=240)
    assert sorted(made) == ["across_1.png", "along_1.png", "axial.png", "beside_1.png", "coronal.png", "sagittal.png"]
    assert all(_pixels(data).shape == (240, 240, 3) for data in made.values())


def test_an_overlay_changes_with_time_and_names_its_unit(case, result):
    field = cases.heated_ball(at=case.steps[0].instruments[0].tip)
    made = slice_pictures(case, result, fields=(field,), pixels=240)
    times = [_pixels(made[f"along_1_heat_1_{t}s.png"]) for t in ("00060", "00300", "00900")]
    plain = _pixels(made["along_1.png"])
    changed = [int((np.abs(one - plain).max(axis=2) > 8).sum()) for one in times]

    assert changed[0] < changed[1] < changed[2]
    assert np.array_equal(times[2], _pixels(made["along_1_heat_1.png"]))


def test_simulated_heat_becomes_fields(case, result):
    grid = TensorGrid.uniform((40, 40, 40), 1.0, (-20.0, -20.0, -20.0))
    distance = np.linalg.norm(grid.points_mm, axis=-1)
    run = SimpleNamespace(grid=grid, max_c=90.0 - 2.0 * distance, cem43_min=10.0 ** (6.0 - 0.3 * distance), frames=())
    simulated = SimpleNamespace(simulation=SimpleNamespace(heat=(SimpleNamespace(run=run), "no energy", None)))
    heat, dose = fields_of(simulated)

    assert (heat.unit, dose.unit) == ("°C", "min")
    point = np.array([[8.0, 3.0, -5.0]])
    expected = 90.0 - 2.0 * np.linalg.norm(point)
    assert sampled(heat.frame(), heat.affine_lps, point)[0] == pytest.approx(expected, abs=0.1)
    assert np.isnan(sampled(heat.frame(), heat.affine_lps, np.array([[25.0, 0.0, 0.0]]))[0])
    assert float(scale_of(dose, 100.0)) == pytest.approx(0.5)
    assert fields_of(result) == ()


def test_unknown_window_is_told():
    assert window_problem("bone") is None
    assert "bone, soft_tissue, spine" in window_problem("brain").expected


def test_folder_holds_pictures_and_a_page(case, result, tmp_path):
    written = write_slices(case, result, tmp_path / "slices", window="bone")

    assert {path.name for path in written} == {path.name for path in (tmp_path / "slices").iterdir()}
    assert (tmp_path / "slices" / "slices.html").stat().st_size < 5e6


# ---------------------------------------------------------------- what the page gets
def test_ct_numbers_survive_their_eight_bits():
    hu = np.linspace(-1024, 2000, 4001)
    back = np.interp(bent(hu), bent(np.array(KNOTS_HU)).astype(float), KNOTS_HU)
    soft = (hu > -200) & (hu < 300)

    assert np.abs(back - hu)[soft].max() < 2.0
    assert np.abs(back - hu).max() < 20.0
    assert bent(np.array([-9000.0, 9000.0])).tolist() == [0, 255]


def _tile(sheet, k):
    from PIL import Image  # noqa: PLC0415

    flat = np.asarray(Image.open(io.BytesIO(sheet.data)).convert("L"))
    ni, nj, _ = sheet.shape
    row, column = divmod(k, sheet.columns)
    return flat[row * nj : (row + 1) * nj, column * ni : (column + 1) * ni].T.astype(float)


def test_the_sheet_holds_the_volume_in_place_and_within_its_size(case):
    grey = grey_of(case)
    sheet = volume_sheet(case, grey)
    k = sheet.shape[2] // 2
    index = np.stack(np.meshgrid(np.arange(sheet.shape[0]), np.arange(sheet.shape[1]), [k], indexing="ij"), axis=-1)
    points = index @ sheet.affine_lps[:3, :3].T + sheet.affine_lps[:3, 3]
    true = bent(sampled(grey.hu, grey.affine_lps, points[:, :, 0], -1024.0)).astype(float)

    assert np.abs(_tile(sheet, k) - true).mean() < 3.0  # of 255; the picture is lossy
    assert len(volume_sheet(case, grey, 40_000).data) < len(sheet.data)


def test_a_field_goes_to_the_page_without_loss():
    field = cases.heated_ball()
    data = field_data(field)

    assert data["times"] == [60.0, 300.0, 900.0]
    assert data["sheet"]["shape"] == [41, 41, 41]
    assert data["levels"] == [{"value": 60.0, "meaning": "lethal"}]


def test_many_times_are_thinned_and_the_last_is_kept():
    frames = np.broadcast_to(cases.heated_ball(()).values, (50, 41, 41, 41))
    times = tuple(float(t) for t in range(0, 500, 10))
    data = field_data(cases.heated_ball(times, values=frames))

    assert data["frames"] <= 12
    assert data["times"][-1] == 490.0


def test_the_panel_speaks_chinese(case, result):
    from functools import partial  # noqa: PLC0415

    from planner.protocol.language import page_word  # noqa: PLC0415
    from planner.show.compose import scene_of  # noqa: PLC0415
    from planner.show.slices.panel import WORDS, panel_data  # noqa: PLC0415

    scene = scene_of(case, result)
    data = panel_data(case, result, scene, (cases.heated_ball(),), partial(page_word, "zh"))
    told = [*data["words"].values(), *(p["label"] for p in data["planes"]), *(w["label"] for w in data["windows"])]
    told += [data["said"], *(item["legend"] for item in data["items"])]

    assert set(data["words"]) == set(WORDS)
    assert [words for words in told if not any("\u4e00" <= c <= "\u9fff" for c in words) and words != "CT 值"] == []
    assert data["planes"][3]["label"] == "沿针 1"
