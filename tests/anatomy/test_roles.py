"""Parts of a vertebra, canal, roots, skin and shape: closed forms, parametric truth, real labels, symmetry."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import cases
import numpy as np
import pytest

from planner.anatomy.load import load_anatomy
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.roles import build as roles
from planner.anatomy.roles.cord import cord_region
from planner.anatomy.roles.deformity import height_loss, kyphosis_deg
from planner.anatomy.roles.rings import rings_of
from planner.anatomy.roles.shape import body_heights
from planner.anatomy.roles.skin import skin_of
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Anatomy, from_mesh
from planner.anatomy.volume import Volume
from planner.core.errors import Problems
from planner.geometry.clearance import clearance_along, contains
from planner.geometry.frames import apply_affine
from planner.geometry.mesh import Mesh
from planner.plan.case import load_plan


def anatomy_of(meshes: dict[str, Mesh]) -> Anatomy:
    """Exact surfaces as a patient; what is left out of `meshes` has to be modelled."""
    return roles.with_roles(Anatomy({n: partial(from_mesh, n, m, "segmented") for n, m in meshes.items()}))


def loaded(folder, **spec):
    problems = Problems()
    found = load_anatomy(AnatomySpec(**spec), folder, "LPS", problems)
    problems.raise_if_any()
    return found


@cache
def spine(level="L3"):
    return build_parametric(ParametricSpec(level=level))


def bones(level="L3"):
    return {n: spine(level).mesh(n) for n in spine(level).names if n.startswith("vertebra_") and n.count("_") == 1}


def dice(first, second):
    return 2.0 * (first & second).sum() / (first.sum() + second.sum())


def body_dice(parts, truth: Mesh):
    """Of the modelled body against a true one, on the grid of the parts, within the bone."""
    mask = parts.masks["body"]
    places = apply_affine(parts.affine_lps, np.argwhere(np.ones_like(mask)))
    bone = np.any(list(parts.masks.values()), axis=0)
    return dice(mask, contains(truth, places).reshape(mask.shape) & bone)


def wall_error(rings, body: Mesh):
    """Modelled less true place of the posterior wall, mm, over its middle 10 mm."""
    found = []
    for row in rings.body_rows[2:-2]:
        back = np.arange(-12.0, 0.0, 0.1) + rings.wall_mm[row] + 4.0
        for x in (-4.0, 0.0, 4.0):
            line = rings.frame.to_lps(
                np.column_stack([np.full_like(back, x), back, np.full_like(back, rings.heights[row])])
            )
            inside = contains(body, line)
            if inside.any():
                found.append(rings.wall_mm[row] - back[inside].max())
    return np.array(found)


# ---- the parametric spine, whose parts are known --------------------------------------------------------------------


@pytest.mark.parametrize(("level", "goal"), [("L3", 0.98), ("L5", 0.98), ("T8", 0.97), ("T2", 0.94)])
def test_body_of_a_parametric_vertebra(level, goal):
    anatomy = anatomy_of({f"vertebra_{level}": bones(level)[f"vertebra_{level}"]})
    truth = spine(level).meshes[f"vertebra_{level}_body"]
    found = anatomy.get(f"vertebra_{level}_body")
    assert found.origin == "modelled"
    assert found.volume_ml == pytest.approx(truth.volume_mm3 / 1000.0, rel=0.06)
    assert body_dice(roles.vertebra_parts(anatomy, level), truth) > goal
    error = wall_error(roles.vertebra_rings(anatomy, level), truth)
    assert np.percentile(np.abs(error), 95) < 0.8  # the grid of the parametric spine


@pytest.mark.parametrize("level", ["L3", "T8"])
def test_canal_against_the_one_the_spine_was_built_round(level):
    anatomy = anatomy_of(bones(level))
    canal, truth = anatomy.get("spinal_canal"), spine(level).meshes["spinal_canal"]
    assert canal.origin == "modelled"
    low, high = canal.reach_mm
    # As many points on each square millimetre, however the surface is meshed.
    sides = truth.triangles[:, 1:] - truth.triangles[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    points = truth.triangles.mean(axis=1)[np.searchsorted(np.cumsum(area), np.linspace(0.0, area.sum(), 6000)[1:-1])]
    points = points[(points[:, 2] > low + 3.0) & (points[:, 2] < high - 3.0)]
    signed, _ = clearance_along(points, canal.mesh)
    gap = 0.2  # left between bone and canal when the spine was built
    assert np.percentile(np.abs(signed), 95) < canal.model_error_mm + gap
    assert -1.5 < signed.mean() < 0.3  # a little wide: rays enter the foramina
    cord = spine(level).meshes["thecal_sac" if level == "L3" else "spinal_cord"].vertices
    cord = cord[(cord[:, 2] > low + 1.0) & (cord[:, 2] < high - 1.0)]
    assert contains(canal.mesh, cord).mean() > (0.98 if level == "L3" else 0.99)  # the sac rests against the discs


def test_modelled_canal_stays_out_of_bone_where_it_met_it():
    rings = rings_of(bones()["vertebra_L3"])
    wall = rings.points().reshape(-1, 3)[rings.met.ravel()]
    signed, _ = clearance_along(wall, bones()["vertebra_L3"])
    assert np.percentile(np.abs(signed), 95) < 0.5
    assert np.median(np.abs(signed)) < 0.1


def test_parts_are_the_whole_bone_and_nothing_twice():
    anatomy = anatomy_of({"vertebra_L3": bones()["vertebra_L3"]})
    masks = roles.vertebra_parts(anatomy, "L3").masks
    assert np.sum(list(masks.values()), axis=0).max() == 1
    assert sum(m.sum() for m in masks.values()) / 1000.0 == pytest.approx(
        bones()["vertebra_L3"].volume_mm3 / 1000.0, rel=0.01
    )
    left, right = anatomy.get("vertebra_L3_pedicle_left"), anatomy.get("vertebra_L3_pedicle_right")
    assert left.mesh.bounds[0, 0] > 5.0
    assert right.mesh.bounds[1, 0] < -5.0
    assert left.volume_ml == pytest.approx(right.volume_ml, rel=0.1)
    assert anatomy.get("vertebra_L3_posterior").mesh.centroid[1] > left.mesh.centroid[1]


def test_a_labelled_body_stays_as_it_is():
    meshes = bones() | {"vertebra_L3_body": spine().meshes["vertebra_L3_body"]}
    anatomy = anatomy_of(meshes)
    assert anatomy.get("vertebra_L3_body").mesh is meshes["vertebra_L3_body"]
    assert anatomy.get("vertebra_L3_body").origin == "segmented"
    assert body_dice(roles.vertebra_parts(anatomy, "L3"), meshes["vertebra_L3_body"]) > 0.995


def test_a_labelled_canal_stays_as_it_is():
    anatomy = anatomy_of(bones() | {"spinal_canal": spine().meshes["spinal_canal"]})
    assert anatomy.get("spinal_canal").origin == "segmented"
    assert "spinal_canal" not in anatomy.modellers


def test_nothing_is_made_before_it_is_asked_for():
    anatomy = anatomy_of(bones())
    assert anatomy.shared == {}
    assert "spinal_canal" not in anatomy.names
    assert set(anatomy.names) == set(bones())
    anatomy.get("vertebra_L3")
    assert anatomy.shared == {}


# ---- symmetry -------------------------------------------------------------------------------------------------------


def moved(mesh: Mesh, *, pitch=0.0, roll=0.0, yaw=0.0, shift=(0.0, 0.0, 0.0), mirror=False):
    a, b, c = np.radians([pitch, roll, yaw])
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = x @ y @ z @ np.diag([-1.0 if mirror else 1.0, 1.0, 1.0])
    matrix[:3, 3] = shift
    return mesh.transformed(matrix), matrix


@pytest.mark.parametrize(
    "way",
    [
        {"pitch": 25.0},
        {"roll": 12.0},
        {"yaw": 15.0},
        {"pitch": -20.0, "roll": -8.0, "yaw": 6.0, "shift": (300.0, -150.0, 900.0)},
    ],
)
def test_frame_and_body_go_with_the_bone(way):
    still, bone = rings_of(bones()["vertebra_L3"]), bones()["vertebra_L3"]
    turned, matrix = moved(bone, **way)
    rings = rings_of(turned)
    angle = np.degrees(np.arccos(np.clip(np.diag(rings.frame.axes.T @ matrix[:3, :3] @ still.frame.axes), -1, 1)))
    assert angle.max() < 4.0
    body, _ = moved(spine().meshes["vertebra_L3_body"], **way)
    assert body_dice(roles.vertebra_parts(anatomy_of({"vertebra_L3": turned}), "L3"), body) > 0.97


def test_mirrored_bone_has_mirrored_parts():
    bone = moved(bones()["vertebra_L3"], yaw=8.0)[0]
    flipped, matrix = moved(bone, mirror=True)
    one, other = (anatomy_of({"vertebra_L3": m}) for m in (bone, flipped))
    for name, twin in (("pedicle_left", "pedicle_right"), ("body", "body")):
        first, second = one.get(f"vertebra_L3_{name}"), other.get(f"vertebra_L3_{twin}")
        assert second.volume_ml == pytest.approx(first.volume_ml, rel=0.05)
        np.testing.assert_allclose(second.mesh.centroid, apply_affine(matrix, first.mesh.centroid), atol=0.7)
    root, twin = one.get("nerve_root_L3_left"), other.get("nerve_root_L3_right")
    np.testing.assert_allclose(twin.mesh.centroid, apply_affine(matrix, root.mesh.centroid), atol=1.5)


# ---- the patient of closed forms, from voxels -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Vertebrae and cord alone: neither body map nor canal."""
    folder = tmp_path_factory.mktemp("bare")
    cases.write_patient(folder, lesion=False)
    return loaded(folder, labelmap="seg.nii.gz", labels=cases.LABELS)


def test_body_of_the_closed_form_patient(bare):
    body = bare.get("vertebra_L3_body")
    assert (body.origin, body.cut) == ("modelled", False)
    assert body.volume_ml == pytest.approx(np.pi * 19.0**2 * 26.0 / 1000.0, rel=0.05)
    # Bars of 10 x 14 mm from the cylinder (y from 18 on the inside) to the middle of the canal.
    assert body.mesh.bounds[1, 1] == pytest.approx(19.0, abs=1.0)
    pedicle = bare.get("vertebra_L3_pedicle_left")
    np.testing.assert_allclose(pedicle.mesh.bounds[:, 2], [-4.0, 10.0], atol=1.5)


def test_canal_of_the_closed_form_patient(bare):
    """Between the bars the hole is 20 wide; body and arch end it at y 19 and 40."""
    canal = bare.get("spinal_canal")
    vertices = canal.mesh.vertices
    ring = vertices[np.abs(vertices[:, 2] - 3.0) < 2.0]
    assert ring[:, 0].max() == pytest.approx(10.0, abs=1.0)
    assert ring[:, 0].min() == pytest.approx(-10.0, abs=1.0)
    middle = ring[np.abs(ring[:, 0]) < 1.5]
    assert middle[:, 1].min() == pytest.approx(19.0, abs=1.0)
    assert middle[:, 1].max() == pytest.approx(40.0, abs=1.0)
    cord = bare.get("spinal_cord").mesh.vertices
    cord = cord[(cord[:, 2] > canal.reach_mm[0] + 1) & (cord[:, 2] < canal.reach_mm[1] - 1)]
    assert contains(canal.mesh, cord).all()


def test_a_cavity_left_by_the_lesions_label_belongs_to_the_body(tmp_path, bare):
    cases.write_patient(tmp_path)
    found = loaded(tmp_path, labelmap="seg.nii.gz", labels=cases.LABELS)
    assert found.get("vertebra_L3_body").volume_ml == pytest.approx(bare.get("vertebra_L3_body").volume_ml, rel=0.02)


def test_without_an_arch_nothing_is_modelled():
    anatomy = anatomy_of({"vertebra_L3": spine().meshes["vertebra_L3_body"]})
    for name in ("vertebra_L3_body", "vertebra_L3_pedicle_left", "spinal_canal", "nerve_root_L3_left"):
        assert anatomy.get(name) is None
    assert body_heights(anatomy, "L3") is None
    assert kyphosis_deg(anatomy, "L3", "L3") is None


def test_a_modelled_canal_fills_canal_and_never_cord(tmp_path):
    cases.write_patient(tmp_path)
    labels = {n: name for n, name in cases.LABELS.items() if name != "spinal_cord"}
    found = cases.measured(cases.plan(anatomy__labelmap__0__labels=labels), tmp_path)[0]
    for kind in ("", "zone_"):
        assert found[f"{kind}canal_clearance_mm"].modelled
        assert "never stands for the cord" in found[f"{kind}cord_clearance_mm"].reason


# ---- cord, roots, skin ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "region"),
    [("C5", "cord"), ("T12", "cord"), ("L1", "conus"), ("L2", "conus"), ("L3", "cauda"), ("L5", "cauda")],
)
def test_what_threatens_by_level(level, region):
    assert cord_region(level) == region


def test_finding_says_that_the_label_is_the_sac(tmp_path):
    cases.write_patient(tmp_path)
    note = cases.measured(cases.plan(), tmp_path)[0]["zone_cord_clearance_mm"].note
    assert "region: cauda" in note
    assert "spinal_cord" in load_plan(cases.plan(), folder=tmp_path).anatomy.names, "the user's name stays"


@pytest.mark.parametrize("side", ["left", "right"])
def test_root_leaves_the_canal_under_its_pedicle(side):
    anatomy, sign = anatomy_of(bones()), {"left": 1.0, "right": -1.0}[side]
    root = anatomy.get(f"nerve_root_L3_{side}")
    assert root.origin == "modelled"
    points, pedicle = root.mesh.vertices, anatomy.get(f"vertebra_L3_pedicle_{side}").mesh
    assert contains(spine().meshes["spinal_canal"], points).mean() > 0.05, "it begins in the canal"
    assert sign * points[:, 0].max() > 20.0 or sign * points[:, 0].min() > 20.0 or np.abs(points[:, 0]).max() > 20.0
    beside = points[np.abs(sign * points[:, 0] - sign * pedicle.centroid[0]) < 3.0]
    assert beside[:, 2].max() < pedicle.centroid[2], "it passes below the pedicle"
    depth, _ = clearance_along(points, bones()["vertebra_L3"])
    assert depth.min() > -root.model_error_mm


def test_labelled_roots_leave_none_modelled():
    meshes = bones()
    root = anatomy_of(meshes).get("nerve_root_L3_left").mesh
    anatomy = anatomy_of(meshes | {"nerve_root_L3_left": root})
    assert anatomy.get("nerve_root_L3_left").origin == "segmented"
    assert anatomy.get("nerve_root_L3_right") is None


def test_modelled_roots_are_told(tmp_path):
    cases.write_patient(tmp_path)
    found = cases.measured(cases.plan(), tmp_path)[0]["nerve_root_clearance_mm"]
    assert found.modelled
    assert "modelled" in found.caveat
    assert found.interval[1] - found.interval[0] >= 6.0


def test_skin_of_a_tube_of_water():
    points = np.stack(np.meshgrid(*[np.arange(-60.0, 60.0, 2.0)] * 3, indexing="ij"), axis=-1)
    hu = np.where(np.hypot(points[..., 0], points[..., 1]) < 45.0, 40, -1000).astype(np.int16)
    hu[np.hypot(points[..., 0] - 10, points[..., 1]) < 15.0] = -850  # a lung
    hu[:, 55:57] = 200  # the table
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -60.0
    skin = skin_of(Volume(hu, affine, ""))
    assert skin.origin == "modelled"
    assert skin.volume_ml == pytest.approx(np.pi * 45.0**2 * 120.0 / 1000.0, rel=0.02)
    np.testing.assert_allclose(skin.mesh.bounds[:, 0], [-45.0, 45.0], atol=1.5)


def test_no_skin_in_a_crop_without_air():
    assert skin_of(Volume(np.full((20, 20, 20), 50, np.int16), np.eye(4), "")) is None
    assert skin_of(Volume(np.full((20, 20, 20), -1000, np.int16), np.eye(4), "")) is None


# ---- heights and kyphosis -------------------------------------------------------------------------------------------


def wedged(mesh: Mesh, share: float, front: float, back: float):
    """Squeeze heights linearly from `back` (y, nothing) to `front` (y, by `share`); the lower half moves less."""
    v = mesh.vertices.copy()
    part = np.clip((back - v[:, 1]) / (back - front), 0.0, 1.0)
    v[:, 2] *= 1.0 - share * part
    return Mesh.of(v, mesh.faces)


def with_wedge(share):
    body = spine().meshes["vertebra_L3_body"]
    front, back = (float(v) for v in body.bounds[:, 1])
    meshes = bones() | {"vertebra_L3_body": wedged(body, share, front, back)}
    meshes["vertebra_L3"] = wedged(meshes["vertebra_L3"], share, front, back)
    return anatomy_of(meshes)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_heights_of_a_wedge(share):
    """At 15, 50 and 85 % of the depth from the front a wedge has lost 85, 50 and 15 % of `share`."""
    whole, lost = body_heights(with_wedge(0.0), "L3"), body_heights(with_wedge(share), "L3")
    for name, part in (("anterior", 0.85), ("middle", 0.5), ("posterior", 0.15)):
        assert getattr(lost, name) / getattr(whole, name) == pytest.approx(1.0 - share * part, abs=0.02)


def test_height_loss_against_neighbours():
    none, much = height_loss(with_wedge(0.0), "L3"), height_loss(with_wedge(0.4), "L3")
    assert none.fraction < 0.08
    assert much.fraction - none.fraction == pytest.approx(0.34, abs=0.06)
    assert (much.where, much.against) == ("anterior", "mean of L2 and L4")


def test_height_loss_alone_against_its_own_back():
    body = spine().meshes["vertebra_L3_body"]
    front, back = (float(v) for v in body.bounds[:, 1])
    alone = anatomy_of(
        {
            "vertebra_L3": wedged(bones()["vertebra_L3"], 0.4, front, back),
            "vertebra_L3_body": wedged(body, 0.4, front, back),
        }
    )
    found = height_loss(alone, "L3")
    assert found.against == "its own posterior height"
    assert found.fraction == pytest.approx(1.0 - (1 - 0.4 * 0.85) / (1 - 0.4 * 0.15), abs=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("turn", [5.0, 12.0, -8.0])
def test_kyphosis_follows_the_turn_of_a_neighbour(turn):
    """Tilting L4 forward (its top toward the front) by an angle adds it to the lordosis below L2."""
    straight = kyphosis_deg(anatomy_of(bones()), "L2", "L4")
    meshes = bones()
    meshes["vertebra_L4"] = moved(meshes["vertebra_L4"], pitch=turn)[0]
    assert kyphosis_deg(anatomy_of(meshes), "L2", "L4") - straight == pytest.approx(-turn, abs=1.5)


def test_wedge_is_kyphosis():
    """A wedge narrower in front opens to the back: positive."""
    flat, wedge = (kyphosis_deg(with_wedge(s), "L3", "L3") for s in (0.0, 0.4))
    body = spine().meshes["vertebra_L3_body"].bounds
    expected = np.degrees(np.arctan(0.4 * np.ptp(body[:, 2]) / np.ptp(body[:, 1])))
    assert wedge - flat == pytest.approx(expected, abs=3.0)


# ---- real labels ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data):
    """Whole-vertebra labels of 3 mm, their body map and the cord's label from another run."""
    total = "totalsegmentator"
    folder = Path(shared_data) / total
    whole = loaded(folder, labelmap="spine_report_totalseg.nii.gz", labels=total)
    mapped = loaded(folder, labelmap=[
        {"file": "spine_report_totalseg.nii.gz", "labels": total},
        {"file": "spine_report_totalseg_vertebrae_body.nii.gz", "labels": f"{total}_vertebrae_body"},
        {"file": "example_seg_fast_force_split.nii.gz", "labels": {79: "spinal_cord"}},
    ])  # fmt: skip
    return whole, mapped


VOXEL_MM = 3.0


@pytest.mark.parametrize(
    ("level", "volume", "goal"),
    [("L1", 0.05, 0.94), ("L2", 0.04, 0.95), ("L3", 0.04, 0.95), ("L4", 0.04, 0.94), ("L5", 0.08, 0.88)],
)
def test_body_of_a_real_vertebra_against_the_body_map(real, level, volume, goal):
    whole, mapped = real
    truth = mapped.get(f"vertebra_{level}_body")
    assert truth.origin == "segmented"
    assert whole.get(f"vertebra_{level}_body").volume_ml == pytest.approx(truth.volume_ml, rel=volume)
    assert body_dice(roles.vertebra_parts(whole, level), truth.mesh) > goal
    error = wall_error(roles.vertebra_rings(whole, level), truth.mesh)
    assert abs(np.median(error)) < VOXEL_MM
    assert np.percentile(np.abs(error), 90) < 1.2 * VOXEL_MM


def test_real_cord_lies_in_the_modelled_canal(real):
    whole, mapped = real
    canal = whole.get("spinal_canal")
    image = mapped.images[2]
    places = apply_affine(image.affine_lps, np.argwhere(image.array == 79))
    within = (places[:, 2] > canal.reach_mm[0]) & (places[:, 2] < canal.reach_mm[1])
    assert within.sum() > 1000
    assert contains(canal.mesh, places[within]).mean() >= 0.90


def test_body_against_tptbox_subregions(shared_data):
    folder = shared_data / "tptbox"
    whole = loaded(folder, labelmap="sub-ct_seg-vert_label-22_msk.nii.gz", labels="verse")
    both = loaded(folder, labelmap=[
        {"file": "sub-ct_seg-vert_label-22_msk.nii.gz", "labels": "verse"},
        {"file": "sub-ct_seg-subreg_label-22_msk.nii.gz", "labels": "tptbox_subregions"},
    ])  # fmt: skip
    truth = both.get("vertebra_L3_body")
    assert truth.origin == "segmented"
    parts = roles.vertebra_parts(whole, "L3")
    assert body_dice(parts, truth.mesh) > 0.96  # the goal was 0.85
    assert whole.get("vertebra_L3_body").volume_ml == pytest.approx(truth.volume_ml, rel=0.05)
    error = wall_error(roles.vertebra_rings(whole, "L3"), truth.mesh)
    assert np.percentile(np.abs(error), 90) < 1.5  # one voxel
    left, right = (whole.get(f"vertebra_L3_pedicle_{side}").mesh.centroid for side in ("left", "right"))
    assert left[0] - right[0] > 15.0


def test_structure_keeps_its_kind():
    made = from_mesh("x", spine().meshes["vertebra_L3_body"], "modelled")
    assert made.uncertainty_mm(np.ones(3)) == 0.0
    assert replace(made, model_error_mm=2.0).uncertainty_mm(np.ones(3)) == 2.0
