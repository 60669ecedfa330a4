"""The column: posture, what stands in the canal and round the bones, and that nothing meets."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import igl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.anatomy.parametric import ParametricSpec, ParametricSpine, bones, build_parametric, posture
from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.morphometry import LEVELS
from planner.anatomy.parametric.posture import KYPHOSIS, LORDOSIS, Sweep
from planner.anatomy.structures import Anatomy
from planner.core.errors import InputError
from planner.geometry.mesh import Mesh
from planner.plan.case import load_plan

COLUMN = {"level": "L3", "levels": "column", "resolution_mm": 1.2}
CURVED = COLUMN | {"scoliosis": {"apex": "T9", "cobb": "30 degree", "side": "right"}, "tissues": False}
SLOW = pytest.mark.slow


@cache
def spine(**spec) -> ParametricSpine:
    return build_parametric(ParametricSpec(**spec))


def column(**changes) -> ParametricSpine:
    return build_parametric(ParametricSpec(**COLUMN | changes))


@cache
def straight() -> ParametricSpine:
    return column()


@cache
def curved() -> ParametricSpine:
    return build_parametric(ParametricSpec(**CURVED))


# ---- posture, measured on the finished bodies -----------------------------------------------------------------------


def endplate(built: ParametricSpine, level: str, upper: bool) -> np.ndarray:
    """The normal of an endplate, LPS, from its rim: the highest place of each of 12 sectors, fitted by a plane."""
    mesh, pose = built.mesh(f"vertebra_{level}_body"), built.column.poses[level]
    sign = 1.0 if upper else -1.0
    p = pose.to_local(mesh.vertices) * [1.0, 1.0, sign]
    middle = np.median(p[:, :2], axis=0)
    sector = np.floor((np.arctan2(*(p[:, :2] - middle).T) + np.pi) / (np.pi / 6.0)).clip(0, 11)
    rim = np.array([p[sector == k][p[sector == k][:, 2].argmax()] for k in range(12)])
    rim = rim[rim[:, 1] < np.quantile(p[:, 1], 0.97)]  # behind, the pedicles' blend lifts the rim
    a, b, _ = np.linalg.lstsq(np.column_stack([rim[:, :2], np.ones(len(rim))]), rim[:, 2], rcond=None)[0]
    normal = np.array([-a, -b, 1.0]) * [1.0, 1.0, sign]
    return pose.turn @ (normal / np.linalg.norm(normal)) * sign


def sagittal_deg(built: ParametricSpine, sweep: Sweep) -> float:
    top, bottom = endplate(built, sweep.first, True), endplate(built, sweep.last, False)
    lean = np.degrees(np.arctan2(top[1], top[2]) - np.arctan2(bottom[1], bottom[2]))
    return float(-sweep.sign * lean)


def test_an_average_spine_is_curved_as_people_are():
    assert sagittal_deg(straight(), KYPHOSIS) == pytest.approx(40.0, abs=1.0)
    assert sagittal_deg(straight(), LORDOSIS) == pytest.approx(42.0, abs=1.0)


@pytest.mark.parametrize(("kyphosis", "lordosis"), [(20.0, 25.0), (65.0, 60.0)])
def test_the_angles_asked_for_are_those_of_the_endplates(kyphosis, lordosis):
    built = column(kyphosis_deg=kyphosis, lordosis_deg=lordosis, tissues=False)

    assert sagittal_deg(built, KYPHOSIS) == pytest.approx(kyphosis, abs=1.0)
    assert sagittal_deg(built, LORDOSIS) == pytest.approx(lordosis, abs=1.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(20.0, 70.0), st.floats(20.0, 65.0), st.sampled_from(LEVELS), st.integers(0, 50), st.floats(0.0, 1.0))
def test_discs_stay_open_and_the_angles_hold(kyphosis, lordosis, level, seed, variation):
    patient = {"variation": variation}
    built = build_parametric(
        ParametricSpec(level=level, kyphosis_deg=kyphosis, lordosis_deg=lordosis, seed=seed, patient=patient)
    )
    rows, poses = built.column.rows, built.column.poses

    for sweep, asked in ((KYPHOSIS, kyphosis), (LORDOSIS, lordosis)):
        turn = poses[sweep.first].tilt_rad - poses[sweep.last].tilt_rad
        ends = sum(np.arctan(0.5 * m.height * (m.height_ratio - 1) / (0.5 * (m.depth_upper + m.depth_lower)))
                   for m in (rows[sweep.first], rows[sweep.last]))  # fmt: skip
        assert -sweep.sign * np.degrees(turn + ends) == pytest.approx(asked, abs=0.1)
    for m in list(rows.values())[:-1]:
        narrow = m.disc_below - abs(np.tan(np.radians(0.5 * m.disc_lordosis_deg))) * 0.5 * (
            m.depth_upper + m.depth_lower
        )
        assert narrow > 0.5
    assert poses[level] == Pose()


def test_the_curve_to_the_side_has_its_cobb_angle():
    built = curved()
    upright = built.trunk.pose.turn
    lines = [endplate(built, level, upper) @ upright for level, upper in (("T5", True), ("L1", False))]
    cobb = np.degrees(np.arctan2(lines[1][0], lines[1][2]) - np.arctan2(lines[0][0], lines[0][2]))

    assert abs(cobb) == pytest.approx(30.0, abs=1.5)
    # Convex to the right: there the apex stands, and there its front turns (right is -x).
    x = {level: float((built.column.poses[level].origin @ upright)[0]) for level in ("T5", "T9", "L1")}
    assert x["T9"] < 0.5 * (x["T5"] + x["L1"]) - 8.0
    turns = {level: float((built.column.poses[level].turn @ [0.0, -1.0, 0.0]) @ upright[:, 0]) for level in x}
    assert turns["T9"] < 0.5 * (turns["T5"] + turns["L1"]) - 0.06


def test_a_mirrored_curve_is_the_mirror_image():
    right, left = (
        spine(level="T9", levels="only", scoliosis=s, tissues=False, resolution_mm=1.2) for s in (RIGHT, LEFT)
    )
    a, b = right.mesh("vertebra_T9"), left.mesh("vertebra_T9")

    assert right.column.poses["L5"].x_mm == pytest.approx(-left.column.poses["L5"].x_mm)
    assert a.volume_mm3 == pytest.approx(b.volume_mm3, rel=1e-3)
    mirrored = b.vertices * [-1.0, 1.0, 1.0]
    assert np.sqrt(igl.point_mesh_squared_distance(mirrored, a.vertices, a.faces)[0]).max() < 0.25


class _Curve(dict):
    def __hash__(self):
        return hash(tuple(sorted(self.items())))


RIGHT, LEFT = (_Curve(apex="T9", cobb_deg=25.0, side=side) for side in ("right", "left"))


# ---- nothing meets --------------------------------------------------------------------------------------------------

HOLDS = {
    "spinal_canal": ("thecal_sac", "spinal_cord", "cauda_equina", "nerve_root_"),
    "thecal_sac": ("spinal_cord", "cauda_equina"),
    "skin": ("",),
}
"""What may lie in what; roots leave the canal through its wall."""


def parts(built: ParametricSpine) -> list[str]:
    return [name for name in built.names if not name.endswith(("_body", "_cancellous"))]


def apart_mm(one: Mesh, other: Mesh) -> float:
    """Smallest distance from the corners of each surface to the other, negative where one lies inside."""
    least = np.inf
    for a, b in ((one, other), (other, one)):
        low, high = b.bounds
        points = np.ascontiguousarray(a.vertices[np.all((a.vertices > low - 1.0) & (a.vertices < high + 1.0), axis=1)])
        if len(points):
            inside = igl.fast_winding_number(b.vertices, b.faces, points) > 0.5
            far = np.sqrt(igl.point_mesh_squared_distance(points, b.vertices, b.faces)[0])
            least = min(least, float(np.where(inside, -far, far).min()))
    return least


def meetings(built: ParametricSpine, least_mm: float = 0.05) -> list[tuple[str, str, float]]:
    found = []
    for a, b in combinations(parts(built), 2):
        held = any(x in HOLDS and y.startswith(HOLDS[x]) for x, y in ((a, b), (b, a)))
        one, other = built.mesh(a), built.mesh(b)
        if held or (one.bounds[0] > other.bounds[1] + 1.0).any() or (other.bounds[0] > one.bounds[1] + 1.0).any():
            continue
        distance = apart_mm(one, other)
        if distance < least_mm:
            found.append((a, b, round(distance, 3)))
    return found


def test_nothing_meets_near_one_level():
    assert meetings(spine(level="T12", resolution_mm=1.5)) == []


@SLOW
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scoliosis": {"apex": "T9", "cobb": "30 degree", "side": "left"}, "tissues": False},
        {"kyphosis": "65 degree", "lordosis": "60 degree", "tissues": False},
        {"kyphosis": "20 degree", "lordosis": "25 degree", "tissues": False},
        {"source": "ct", "tissues": False},
        {"seed": 7, "patient": {"variation": 1.0}, "tissues": False},
    ],
    ids=["average", "scoliosis", "bent", "flat", "ct", "seed"],
)
def test_nothing_meets_along_the_column(changes):
    assert meetings(column(**changes)) == []


@pytest.mark.parametrize("build", [straight, pytest.param(curved, marks=SLOW)])
def test_the_canal_is_open_from_end_to_end(build):
    """Its surface is one piece through all 17 levels, and no bone or disc reaches into it."""
    built = build()
    canal = built.mesh("spinal_canal")

    assert one_piece(canal)
    for level in LEVELS[::3] if build is straight else LEVELS:
        pose, m = built.column.poses[level], built.column.rows[level]
        course = built.column.canal.at(built.column.canal.crossing(pose))
        ways = course[:3] + np.linspace(-0.45, 0.45, 7)[:, None] * m.canal_width * course[3:6]
        assert built.signed_distance("spinal_canal", ways).max() < 0.0
        assert built.signed_distance(f"vertebra_{level}", canal.vertices[near(canal, pose, 40.0)]).min() > 0.0


def near(mesh: Mesh, pose: Pose, reach: float) -> np.ndarray:
    return np.linalg.norm(mesh.vertices - pose.origin, axis=1) < reach


def one_piece(mesh: Mesh) -> bool:
    edges = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    n = len(mesh.vertices)
    links = coo_array((np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return bool((count == 2).all()) and connected_components(links, directed=False)[0] == 1 and mesh.volume_mm3 > 0


@SLOW
def test_every_surface_of_the_column_is_closed_and_whole():
    built = straight()
    built.prepare()

    assert [name for name in built.names if not one_piece(built.mesh(name))] == []


# ---- the canal's contents -------------------------------------------------------------------------------------------


def test_what_lies_in_the_sac_lies_in_the_canal():
    built = straight()

    for outer, inner in (("spinal_canal", "thecal_sac"), ("thecal_sac", "spinal_cord"), ("thecal_sac", "cauda_equina")):
        assert built.signed_distance(outer, built.mesh(inner).vertices).max() < -0.2, (outer, inner)


def test_the_cord_ends_between_l1_and_l2_and_the_cauda_begins_there():
    built = straight()
    cord, cauda = built.mesh("spinal_cord"), built.mesh("cauda_equina")
    upper, lower = (built.column.poses[level].z_mm for level in ("L1", "L2"))

    assert lower < cord.bounds[0, 2] < upper
    assert lower < cauda.bounds[1, 2] < cord.bounds[0, 2] + 1.0
    assert built.mesh("thecal_sac").bounds[0, 2] < built.column.poses["L5"].z_mm - 20.0  # to S1 and on


def test_the_cord_has_the_sections_of_the_table():
    built = straight()
    for level in ("T2", "T8", "T12"):
        m, pose = built.column.rows[level], built.column.poses[level]
        p = pose.to_local(built.mesh("spinal_cord").vertices)
        slab = p[np.abs(p[:, 2]) < 2.5]
        assert np.ptp(slab[:, 0]) == pytest.approx(m.cord_width, rel=0.03)


@pytest.mark.parametrize("level", LEVELS)
def test_each_root_leaves_under_its_own_pedicle(level):
    built = straight()
    m, pose = built.column.rows[level], built.column.poses[level]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        p = pose.to_local(built.mesh(f"nerve_root_{level}_{side}").vertices) * [sign, 1.0, 1.0]
        pedicle = 0.5 * (m.canal_width + m.pedicle_width)
        under = p[np.abs(p[:, 0] - pedicle) < 1.5]
        assert p[:, 0].min() < 0.5 * m.canal_width  # from within the canal
        assert p[:, 0].max() > pedicle + 0.5 * m.pedicle_width + 8.0  # out of the foramen
        assert 0.0 > under[:, 2].max() > -0.5 * m.height - 1.0
        assert under[:, 1].min() > 0.25 * (m.depth_upper + m.depth_lower)  # behind the wall


# ---- round the spine ------------------------------------------------------------------------------------------------


def test_great_vessels_stand_where_they_do():
    built = straight()
    aorta, cava = built.mesh("aorta"), built.mesh("inferior_vena_cava")
    z = {level: pose.z_mm for level, pose in built.column.poses.items()}

    assert z["L5"] < aorta.bounds[0, 2] < z["L4"]  # divides at the lower L4
    assert z["L5"] < cava.bounds[0, 2] < aorta.bounds[0, 2]  # joins at L4–L5
    assert aorta.centroid[0] > 5.0 > -5.0 > cava.centroid[0]
    assert cava.bounds[1, 2] < z["T7"]
    for name, sign in (
        ("iliac_artery_left", 1),
        ("iliac_artery_right", -1),
        ("iliac_vein_left", 1),
        ("iliac_vein_right", -1),
    ):
        low = built.mesh(name).vertices
        assert (sign * low[low[:, 2] < low[:, 2].min() + 5.0][:, 0] > 10.0).all()
    for branch in ("iliac_artery_left", "iliac_artery_right"):
        assert 0.05 < apart_mm(aorta, built.mesh(branch)) < 1.5  # cut, not torn off


def test_organs_lie_at_their_levels():
    built = straight()
    z = {level: pose.z_mm for level, pose in built.column.poses.items()}

    for side, sign in (("left", 1), ("right", -1)):
        kidney, lung, psoas = (built.mesh(f"{name}_{side}") for name in ("kidney", "lung", "muscle_psoas"))
        assert z["T11"] > kidney.bounds[1, 2] > z["L1"]
        assert z["L2"] > kidney.bounds[0, 2] > z["L4"]
        assert lung.bounds[0, 2] > z["L1"]
        assert psoas.bounds[1, 2] < z["T11"]
        for mesh in (kidney, lung, psoas):
            assert sign * mesh.centroid[0] > 20.0
    assert built.mesh("kidney_left").centroid[2] > built.mesh("kidney_right").centroid[2]
    assert 90.0 < built.mesh("kidney_left").volume_mm3 / 1e3 < 220.0


@SLOW
def test_the_skin_holds_everything():
    built = straight()

    for name in parts(built):
        if name != "skin":
            assert built.signed_distance("skin", built.mesh(name).vertices[::7]).max() < 0.0, name


def test_tissues_are_left_out_where_nobody_wants_them():
    names = spine(level="T8", tissues=False).names

    assert not [n for n in names if n.startswith(("muscle_", "lung_", "kidney_", "skin", "fat_"))]
    assert {"aorta", "oesophagus", "spinal_cord", "thecal_sac", "nerve_root_T8_left"} <= set(names)


@pytest.mark.parametrize(
    ("level", "there", "absent"),
    [
        ("T2", {"oesophagus", "lung_left"}, {"inferior_vena_cava", "cauda_equina", "kidney_left"}),
        ("L5", {"iliac_vein_left", "cauda_equina", "muscle_psoas_left"}, {"spinal_cord", "lung_left", "oesophagus"}),
    ],
)
def test_only_what_reaches_the_built_levels_is_drawn(level, there, absent):
    names = set(spine(level=level, levels="only").names)

    assert there <= names
    assert not absent & names


# ---- the spec and the build -----------------------------------------------------------------------------------------


def test_left_mirrors_right_in_bone_and_canal():
    built = straight()
    for name in ("vertebra_T6", "vertebra_L2", "disc_T8_T9", "spinal_canal", "thecal_sac"):
        mesh = built.mesh(name)
        mirrored = np.ascontiguousarray(mesh.vertices * [-1.0, 1.0, 1.0])
        assert np.sqrt(igl.point_mesh_squared_distance(mirrored, mesh.vertices, mesh.faces)[0]).max() < 0.05, name


def test_the_same_spec_gives_the_same_bytes():
    changes = {"level": "L2", "seed": 3, "patient": {"variation": 1.0}, "resolution_mm": 1.5}
    one, two = (build_parametric(ParametricSpec(**changes)) for _ in range(2))
    two.prepare(reversed(two.names))  # in another order, side by side

    for name in one.names:
        assert one.mesh(name).vertices.tobytes() == two.mesh(name).vertices.tobytes(), name
        assert one.mesh(name).faces.tobytes() == two.mesh(name).faces.tobytes(), name


def test_a_stored_mesh_is_the_one_that_was_drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = ParametricSpec(level="T5", levels="only", resolution_mm=1.5)
    drawn = build_parametric(spec).mesh("vertebra_T5")
    build_parametric(spec, store=True).mesh("vertebra_T5")
    read = build_parametric(spec, store=True).mesh("vertebra_T5")

    assert list(tmp_path.rglob("parametric-*.npz"))
    assert drawn.vertices.tobytes() == read.vertices.tobytes()
    assert drawn.faces.tobytes() == read.faces.tobytes()


def test_signed_distance_is_that_of_the_mesh():
    built = spine(level="L3", levels="only", resolution_mm=1.5, tissues=False)
    mesh = built.mesh("vertebra_L3_body")
    triangles = mesh.triangles[::97]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    middle = triangles.mean(axis=1)

    for step in (0.2, -0.2):
        found = built.signed_distance("vertebra_L3_body", middle + step * normal)
        assert np.median(found) == pytest.approx(step, abs=1e-6)  # less where another face is nearer
        assert (np.sign(found) == np.sign(step)).mean() > 0.98
        assert np.abs(found).max() <= 0.2 + 1e-6


def test_only_what_is_asked_for_is_built(monkeypatch):
    drawn = []
    real = bones.vertebra_grid
    monkeypatch.setattr(bones, "vertebra_grid", lambda *a: drawn.append(a[1]) or real(*a))
    anatomy = load_plan({**PLAN, "anatomy": {"parametric": {"level": "L3", "levels": "column"}}}).anatomy

    assert isinstance(anatomy, Anatomy)
    anatomy.get("spinal_canal")
    assert anatomy.holds(np.array([0.0, 0.0, 0.0]))
    assert not anatomy.holds(np.array([0.0, 0.0, 900.0]))
    assert set(drawn) <= {"L2", "L3", "L4"}
    assert len(anatomy.names) > 100


PLAN = {
    "planner": 1,
    "frame": "LPS",
    "target": {"level": "L3"},
    "steps": [
        {
            "kind": "vertebroplasty",
            "access": {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13},
            "cement": {"material": "pmma_generic", "volume": "4 mL"},
        }
    ],
}


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        ({"level": "C7"}, "level", "T1"),
        ({"level": "L3", "levels": "only", "neighbours": True}, "parametric", "one of them"),
        ({"scoliosis": {"apex": "T2", "reach": 4}}, "scoliosis", "end vertebrae between T1 and L5"),
        ({"scoliosis": {"cobb": "70 degree"}}, "scoliosis.cobb", "40"),
        ({"kyphosis": "2 degree"}, "kyphosis", "between 5 and 80"),
        ({"lordosis": "45"}, "lordosis", "unit"),
        ({"tisues": True}, "tisues", "contract"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(raw, path, expected):
    with pytest.raises(InputError) as caught:
        load_plan(PLAN | {"anatomy": {"parametric": raw}})
    told = [p for p in caught.value.problems if p.path.endswith(path)]
    assert told
    assert expected in f"{told[0].expected} {told[0].way_out} {told[0].got}"


def test_every_angle_that_the_discs_cannot_give_is_told_at_once(monkeypatch):
    monkeypatch.setattr(posture, "LEAST_DISC_MM", 4.0)  # no room in thin discs
    with pytest.raises(InputError, match="from T4 to T12") as caught:
        build_parametric(ParametricSpec(kyphosis_deg=80.0, lordosis_deg=75.0))
    assert [p.path for p in caught.value.problems] == ["$.kyphosis", "$.lordosis"]


def test_the_older_word_for_levels_still_holds():
    assert ParametricSpec(level="L3", neighbours=False).built == ("L3",)
    assert ParametricSpec(level="L3", neighbours=True).built == ("L2", "L3", "L4")
    assert ParametricSpec(level="T1").built == ("T1", "T2")
    assert ParametricSpec(level="L3", levels="column").built == LEVELS


# ---- poses ----------------------------------------------------------------------------------------------------------

angles = st.floats(-1.2, 1.2)
lengths = st.floats(-300.0, 300.0)
poses = st.builds(Pose, lengths, lengths, angles, lengths, angles, angles)


@given(poses, poses)
def test_a_pose_is_rigid_and_comes_back(a, b):
    points = np.array([[0.0, 0.0, 0.0], [10.0, -20.0, 30.0], [-7.0, 1.0, 4.0]])
    there = a.to_world(points)

    np.testing.assert_allclose(a.to_local(there), points, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(there[1] - there[2]), np.linalg.norm(points[1] - points[2]), atol=1e-9)
    np.testing.assert_allclose(b.to_local(there), a.seen_from(b).to_world(points), atol=1e-8)
    again = Pose.of(a.turn, a.origin)
    np.testing.assert_allclose(again.turn, a.turn, atol=1e-9)


@given(poses, poses)
def test_grid_coordinates_follow_the_pose(a, b):
    x, y, z = (np.array(v, dtype=np.float32) for v in ([-3.0, 8.0], [1.0, 2.0, 30.0], [-20.0, 5.0]))
    carried = np.stack(
        np.broadcast_arrays(*a.grid_to(b, (x[:, None, None], y[None, :, None], z[None, None, :]))), axis=-1
    )
    points = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)

    np.testing.assert_allclose(carried, b.to_local(a.to_world(points)), atol=2e-3)
