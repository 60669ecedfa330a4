"""Layers, bands, legend: what hangs into the scene and how it is told."""

from __future__ import annotations

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from planner.geometry.bodies import Spheroid
from planner.protocol.language import page_words
from planner.show.glb import scene_glb
from planner.show.layers import Layer, Surface, items_of
from planner.show.legend import legend
from planner.show.margins import COLOURS, EDGES_MM, LABELS, with_margins
from planner.show.scene import SceneItem, at_rest
from planner.show.serial import load_scene, save_scene
from planner.show.style import ROLES, UNCUT
from planner.show.views import aim, cuts, kept_side, views

UP = np.array([0.0, 0.0, 1.0])


def ball(radius: float, centre=(0.0, 0.0, 0.0)):
    return Spheroid(np.array(centre, float), UP, radius, radius).surface()


@pytest.fixture
def heat() -> Layer:
    surfaces = tuple(
        Surface(level, ball(r), meaning=m) for level, r, m in ((60, 6, "lethal"), (45, 9, ""), (90, 3, ""))
    )
    return Layer("heat_1", "Highest temperature, step 1", "heat", "°C", surfaces)


@pytest.fixture
def spread() -> Layer:
    surfaces = tuple(Surface(None, ball(1 + t / 20), time_s=float(t)) for t in (60, 20, 40))
    return Layer("spread_2", "Cement spread, step 2", "cement", "", surfaces)


def test_nested_levels_go_from_outside_to_inside(heat):
    items = list(items_of(heat))

    assert [item.name for item in items] == ["heat_1_45", "heat_1_60", "heat_1_90"]
    assert items[1].label == "Highest temperature, step 1: 60 °C, lethal"
    opacity = [item.style.opacity for item in items]
    assert opacity == sorted(opacity)
    rank = [item.style.rank for item in items]
    assert rank == sorted(rank, reverse=True)
    light = [sum(item.style.rgb) for item in items]
    assert light == sorted(light, reverse=True), "inner ones darker, so that the order is seen without hues"
    assert len({item.style.colour for item in items}) == 3


def test_cold_runs_the_other_way():
    cold = Layer("c", "Lowest", "cold", "°C", (Surface(-40, ball(2)), Surface(0, ball(5))), outer_first=False)

    assert [item.name for item in items_of(cold)] == ["c_0", "c_-40"]


def test_of_times_the_last_is_seen_at_rest_and_has_one_line_in_the_legend(scene, spread):
    more = replace(scene, items=(*scene.items, *items_of(spread)))

    assert [i.name for i in at_rest(more).items if i.name.startswith("spread")] == ["spread_2_60s"]
    assert [e.label for e in legend(more)].count("Cement spread, step 2") == 1


def test_legend_tells_each_level_and_nothing_hidden(scene, heat):
    more = replace(
        scene, items=(*scene.items, *items_of(heat), SceneItem("skin", "Skin", "skin", ball(90), shown=False))
    )
    labels = [entry.label for entry in legend(more)]

    assert [w for w in labels if "°C" in w] == ["45 °C", "60 °C, lethal", "90 °C"]
    assert "Skin" not in labels
    assert len(labels) == len(set(labels))


def test_a_sac_is_not_called_a_cord(sample):
    scene = sample.sample_scene()
    items = tuple(replace(i, role="sac", label="Thecal sac") if i.role == "cord" else i for i in scene.items)
    labels = [entry.label for entry in legend(replace(scene, items=items))]

    assert "Thecal sac" in labels
    assert "Spinal cord" not in labels


def test_bands_are_where_the_margin_is():
    """A lesion of 5 mm, its centre 7 mm off the middle of a zone of 13 mm: margins from 1 to 15 mm."""
    lesion = SceneItem("lesion", "Lesion", "lesion", ball(5.0, (7.0, 0.0, 0.0)))
    item = with_margins(lesion, [ball(13.0)])
    centres = item.mesh.triangles.mean(axis=1)
    margin = 13.0 - np.linalg.norm(centres, axis=1)
    band = np.array([LABELS.index(item.bands.labels[b]) for b in item.bands.of_face])

    clear = np.abs(margin[:, None] - np.array(EDGES_MM)).min(axis=1) > 0.1  # the zone's facets lie inside its sphere
    assert np.array_equal(band[clear], np.searchsorted(EDGES_MM, margin[clear], side="right"))
    assert set(band.tolist()) == {1, 2, 3}
    area = np.linalg.norm(np.cross(*np.moveaxis(np.diff(item.mesh.triangles, axis=1), 1, 0)), axis=1) / 2
    # On a sphere the area nearer to a point than d grows with d²: the share of each band in closed form.
    near = lambda d: (d**2 - 2.0**2) / (12.0**2 - 2.0**2)  # noqa: E731
    for number, (low, high) in {1: (8.0, 12.0), 2: (3.0, 8.0), 3: (2.0, 3.0)}.items():
        assert area[band == number].sum() / area.sum() == pytest.approx(near(high) - near(low), abs=0.02)


def test_uncovered_lesion_is_told(sample):
    item = with_margins(SceneItem("lesion", "Lesion", "lesion", ball(5.0)), [ball(3.0, (0.0, 0.0, 3.0))])

    assert item.bands.labels[0] == "Lesion outside the zone"
    assert item.bands.colours[0] == COLOURS[0]
    assert with_margins(item, []) is item


def test_glb_carries_the_bands(scene):
    item = with_margins(SceneItem("banded", "Lesion", "lesion", ball(5.0, (7.0, 0.0, 0.0))), [ball(13.0)])
    data = scene_glb(replace(scene, items=(item,)))
    tree = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])
    primitive = tree["meshes"][0]["primitives"][0]

    assert "COLOR_0" in primitive["attributes"]
    assert tree["materials"][primitive["material"]]["pbrMetallicRoughness"]["baseColorFactor"][:3] == [1, 1, 1]


def test_worker_gets_all_of_it(scene, heat, tmp_path):
    item = with_margins(SceneItem("banded", "Lesion", "lesion", ball(5.0, (7.0, 0.0, 0.0))), [ball(13.0)])
    sent = replace(scene, items=(*scene.items, *items_of(heat), replace(item, modelled=True, shown=False)), lang="zh")
    save_scene(sent, tmp_path / "s.npz")
    back = load_scene(tmp_path / "s.npz")

    assert back.lang == "zh"
    for one, other in zip(sent.items, back.items, strict=True):
        for key in ("name", "label", "role", "look", "group", "time_s", "modelled", "shown"):
            assert getattr(one, key) == getattr(other, key)
    np.testing.assert_array_equal(back.items[-1].bands.of_face, item.bands.of_face)


def test_canal_view_opens_the_canal_above_the_target(scene):
    view = views(scene)["canal"]
    point, normal = kept_side(scene, view)

    assert normal @ UP == pytest.approx(-1.0)
    assert 5.0 < point[2] - aim(scene)[2] < 25.0
    assert view.direction[2] > 0.8
    assert abs(view.direction @ view.up) < 0.5


def test_skin_view_stands_outside_on_the_entry(scene, sample):
    view = views(scene)["skin"]

    outward = (sample.ENTRY - sample.TIP) / np.linalg.norm(sample.ENTRY - sample.TIP)
    assert view.direction @ outward > 0.8
    assert "skin" in view.reveals


def test_cuts_keep_the_side_they_say_and_leave_the_needle(scene):
    found = cuts(scene)

    assert found["sagittal"].normal @ [1, 0, 0] == -1  # the patient's left (+x) goes
    assert found["coronal"].normal @ [0, 1, 0] == -1  # the back (+y) goes
    assert found["axial"].normal @ UP == -1  # the head goes
    assert set(UNCUT) <= set(ROLES)


@pytest.mark.parametrize(
    ("label", "chinese"),
    [
        ("Instrument, step 1 (vertebroplasty)", "器械, 步骤 1 (椎体成形)"),
        ("Vertebra L3", "椎体 L3"),
        ("tumour_A", "tumour_A"),
        ("Marks every 10 mm, step 1", "每 10 mm 刻度, 步骤 1"),
        ("Uncertainty ± 0.3 mm, step 2", "不确定范围 ± 0.3 mm, 步骤 2"),
    ],
)
def test_labels_in_chinese(label, chinese):
    assert page_words("zh", label) == chinese
    assert page_words("en", label) == label


def test_rings_stand_every_10_mm_from_the_tip():
    from types import SimpleNamespace  # noqa: PLC0415

    from planner.show.rings import WIDE, balloon_bands, depth_marks  # noqa: PLC0415

    tip, direction = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.6, -0.8])
    tool = SimpleNamespace(tip=tip, entry=tip - 64.0 * direction, direction=direction)
    (item,) = depth_marks(tool, "1", 1.2)
    depth = (tip - item.mesh.vertices) @ direction

    assert sorted(set(np.round(depth / 10.0).astype(int).tolist())) == [1, 2, 3, 4, 5, 6]
    assert np.ptp(depth[np.abs(depth - 50.0) < 5]) == pytest.approx(WIDE)
    body = Spheroid(tip - 8.0 * direction, direction, 10.0, 6.0)
    ends = (tip - balloon_bands(tool, "1", 1.2, body).mesh.vertices) @ direction
    assert ends.min() == pytest.approx(-2.0 - WIDE / 2)
    assert ends.max() == pytest.approx(18.0 + WIDE / 2)
    assert list(depth_marks(SimpleNamespace(tip=tip, entry=tip - 6.0 * direction, direction=direction), "1", 1.2)) == []
