"""A made CT: what was asked of bone, lesions and walls is read back from it by the same code that reads a patient's."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from planner.anatomy.calibration import bone_grade, mineral_density
from planner.anatomy.density import lesion_shares, trabecular_hu
from planner.anatomy.parametric import ParametricSpec, build_parametric, tissues
from planner.anatomy.parametric.bone_fill import cortex_of
from planner.anatomy.parametric.canvas import Canvas
from planner.anatomy.parametric.ct import HIGHEST_HU, Scan, ct_image
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.lesion_fill import true_shares
from planner.anatomy.parametric.noise import grain, scanner_noise
from planner.anatomy.parametric.shell import core
from planner.anatomy.parametric.streaks import add_streaks
from planner.anatomy.parametric.subject import subject_of
from planner.anatomy.structures import Anatomy, from_mesh
from planner.anatomy.volume import Volume
from planner.core.sourced import references
from planner.geometry.bodies import Ellipsoid
from planner.geometry.frames import canonical
from planner.geometry.voxelise import Block, occupancy

BARE = Scan(noise_hu=0.0, blur_mm=0.0, grain=False)
ONLY = {"level": "L3", "levels": "only", "tissues": False, "resolution_mm": 1.2}


def subject(**more):
    return subject_of(build_parametric(ParametricSpec(**(ONLY | more))))


@pytest.fixture(scope="module")
def plain():
    return subject()


def laid(subject, spacing=(1.0, 1.0, 1.0), orientation="LPS", margin=4.0):
    low, high = subject.bounds
    return Lattice.over(low - margin, high + margin, spacing, orientation)


def anatomy_of(subject, lattice, hu):
    """The patient as the loader hands it on: exact surfaces, the CT beside them."""
    array, affine = canonical(hu, lattice.affine_lps)
    makers = {name: (lambda n=name: from_mesh(n, subject.mesh(n), "segmented")) for name in subject.names}
    return Anatomy(makers, ct=Volume(array, affine, ""))


@pytest.mark.parametrize("bone", ["normal", "osteopenic", "osteoporotic"])
def test_the_grade_and_density_asked_come_back(bone):
    made = subject(bone=bone)
    lattice = laid(made)
    found, spread = trabecular_hu(anatomy_of(made, lattice, ct_image(made, lattice, Scan(seed=3))), "L3")
    assert mineral_density(found).value == pytest.approx(made.density_mg_cm3, abs=6.0)
    assert bone_grade(mineral_density(found).value) == bone
    assert 15.0 < spread < 60.0


@pytest.mark.parametrize("kind", ["lytic", "blastic", "mixed"])
def test_the_lesion_reads_as_what_it_is(kind):
    made = subject(lesion={"kind": kind, "diameter_mm": 20.0})
    lattice = laid(made)
    found = lesion_shares(anatomy_of(made, lattice, ct_image(made, lattice, Scan(seed=1))), "lesion")
    truth = true_shares(made, "lesion")
    assert found.shape == kind
    # Voxels of 1 mm and the blur lie between the two where lytic and blastic patches meet.
    between = 0.2 if kind == "mixed" else 0.1
    assert found.lytic == pytest.approx(truth["lytic_share"], abs=between)
    assert found.blastic == pytest.approx(truth["blastic_share"], abs=between)


def test_a_nidus_has_its_rim():
    made = subject(lesion={"kind": "osteoid_osteoma", "diameter_mm": 9.0, "rim_mm": 4.0})
    lattice = laid(made, (0.6, 0.6, 0.6))
    ct = anatomy_of(made, lattice, ct_image(made, lattice, BARE)).ct
    low, high = made.mesh("lesion").bounds
    middle, front = 0.5 * (low + high), np.array([0.5 * (low + high)[0], low[1] - 1.2, 0.5 * (low + high)[2]])
    far = front - [0.0, 6.0, 0.0]
    nidus, rim, bone = (ct.array[tuple(np.rint(ct.index_of(p[None])[0]).astype(int))] for p in (middle, front, far))
    assert rim > max(float(bone), tissues.hu("nidus")) + 150.0
    assert nidus > 100.0


@pytest.mark.parametrize("spacing", [0.4, 1.0, 2.5])
def test_cortex_has_its_mass_however_coarse_the_voxels(plain, spacing):
    """CT number × volume over the bone against surface × thickness, as the surfaces give it."""
    low, high = plain.bounds
    lattice = Lattice.over(low - 5.0, high + 5.0, (spacing,) * 3)
    bone_only = replace(plain, names=("vertebra_L3",))
    background = tissues.hu("soft_tissue")
    hu = _painted(bone_only, lattice)
    mesh = plain.mesh("vertebra_L3")
    inner = core(mesh, cortex_of(bone_only, "vertebra_L3", mesh))
    whole, soft = mesh.volume_mm3, _held(inner)
    assert 0.03 < 1.0 - soft / whole < 0.3
    expected = (whole - soft) * tissues.hu("cortex") + soft * plain.cancellous_hu - whole * background
    got = float((hu - background).sum(dtype=float)) * spacing**3
    assert got == pytest.approx(expected, rel=0.01)


def _held(mesh):
    low, high = mesh.bounds
    lattice = Lattice.over(low - 1.0, high + 1.0, (0.4,) * 3)
    return float(occupancy(mesh, lattice.affine_lps, lattice.shape, lines=3).values.sum(dtype=float)) * 0.4**3


def _painted(subject, lattice):
    return ct_image(subject, lattice, BARE).astype(float)


def test_the_core_lies_the_thickness_inside():
    ball = Ellipsoid(np.zeros(3), np.eye(3), np.full(3, 10.0)).surface(5)
    moved = core(ball, 0.35)
    assert np.linalg.norm(moved.vertices, axis=1) == pytest.approx(np.full(len(ball.vertices), 9.65), abs=0.005)
    assert core(ball, 11.0).volume_mm3 < 0.0, "thinner than two cortices: inside out, so that it holds nothing"
    assert occupancy(core(ball, 11.0), np.eye(4), (20, 20, 20)).values.sum() == 0.0


def test_shares_never_exceed_a_voxel():
    canvas = Canvas.empty((2, 2, 2))
    half = Block((slice(0, 2),) * 3, np.full((2, 2, 2), 0.6, dtype=np.float32))
    family = canvas.family()
    canvas.add(half, 100.0, family)
    inner = canvas.add(half, 1000.0, family)
    assert inner.max() == 0.0, "the container has nothing left of its own"
    canvas.add(half, 200.0)
    assert canvas.finished(0.0) == pytest.approx(np.full((2, 2, 2), 0.6 * 100 + 0.4 * 200))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(plain):
    lattice = laid(plain, (2.0, 2.0, 2.0))
    digests = [hashlib.sha256(ct_image(plain, lattice, Scan(seed=s)).tobytes()).hexdigest() for s in (5, 5, 6)]
    assert digests[0] == digests[1] != digests[2]


def test_noise_has_the_asked_spread_and_no_slow_drift():
    shape, spacing = (64, 72, 20), np.array([0.8, 0.8, 2.0])
    noise = scanner_noise(shape, spacing, 2, 15.0, np.random.default_rng(0))
    assert noise.std() == pytest.approx(15.0, rel=0.03)
    assert abs(noise.mean(axis=(0, 1))).max() < 0.2
    along = np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]
    across = np.corrcoef(noise[..., :-1].ravel(), noise[..., 1:].ravel())[0, 1]
    assert along > 0.2
    assert abs(across) < 0.03
    texture = grain((60, 50, 40), np.array([1.0, 1.0, 2.0]), 2.0, np.random.default_rng(1))
    assert texture.std() == pytest.approx(1.0, rel=0.1)


def test_blur_widens_an_edge_and_a_thick_slice_along_the_body(plain):
    lattice = laid(plain, (1.0, 1.0, 1.0), "PIR")
    sharp, soft, thick = (
        ct_image(plain, lattice, scan).astype(float)
        for scan in (BARE, replace(BARE, blur_mm=2.5), replace(BARE, slice_mm=5.0))
    )
    across = lattice.slice_axis
    assert across == 1

    def steps(image, axis):
        return np.abs(np.diff(image, axis=axis)).max()

    assert steps(soft, 0) < 0.7 * steps(sharp, 0)
    assert steps(thick, across) < 0.6 * steps(sharp, across)
    assert soft.mean() == pytest.approx(sharp.mean(), abs=0.5)


def test_streaks_stay_in_slices_with_metal_and_leave_the_metal():
    hu = np.full((60, 60, 3), 40.0, dtype=np.float32)
    hu[20:24, 28:32, 1] = hu[38:42, 28:32, 1] = 8000.0
    before = hu.copy()
    add_streaks(hu, 2, np.random.default_rng(0))
    assert np.array_equal(hu[..., [0, 2]], before[..., [0, 2]])
    assert (hu[20:24, 28:32, 1] == 8000.0).all()
    assert hu[26:36, 28:32, 1].mean() < -40.0, "the dark band between two screws"
    assert HIGHEST_HU == 3071


def test_air_is_outside_the_skin_and_every_organ_in_its_place():
    spine = build_parametric(ParametricSpec(level="L2", levels="only", resolution_mm=1.5))
    made = subject_of(spine)
    low, high = made.bounds
    rear = made.mesh("skin").bounds[1, 1]
    lattice = Lattice.over(low - [30.0, 45.0, 2.0], [high[0] + 30.0, rear + 12.0, high[2] + 2.0], (2.0, 2.0, 2.0))
    hu = ct_image(made, lattice, Scan(noise_hu=0.0, blur_mm=0.0))
    assert np.median(hu[:, -3:, :]) == -1000.0
    for name, tissue in (("aorta", "blood"), ("muscle_psoas_left", "muscle"), ("fat_subcutaneous", "fat")):
        held = occupancy(made.mesh(name), lattice.affine_lps, lattice.shape)
        inside = hu[held.window][held.values >= 1.0]
        assert len(inside) > 50
        assert np.median(inside) == pytest.approx(tissues.hu(tissue), abs=8.0), name


def test_every_figure_is_there_with_its_source():
    for name, figure in tissues.figures().figures.items():
        assert figure.source.ref in {*references(), "house"}, name
        assert figure.source.verified == (figure.source.flag == "V")
    used = {kind for _, kind in tissues.TISSUES}
    assert all(tissues.hu(kind) is not None for kind in used)
