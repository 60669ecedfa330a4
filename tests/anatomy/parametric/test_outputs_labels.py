"""Label maps of a made patient: they part space, turn without changing, and give the known truth back."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from planner.anatomy.load import load_anatomy
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.parametric.labelmap import FOREMOST, REMAINDER, label_map, label_numbers, priority
from planner.anatomy.parametric.lattice import Lattice, LatticeError, read_orientation
from planner.anatomy.parametric.subject import subject_of
from planner.anatomy.spec import AnatomySpec
from planner.core.errors import Problems
from planner.geometry.clearance import clearance_along, contains
from planner.geometry.frames import apply_affine
from planner.geometry.measures import line_crossings
from planner.plan.made_case import write_nifti

ORIENTATIONS = ("LPS", "RAS", "LAS", "PIR")


@pytest.fixture(scope="module")
def spine():
    spec = ParametricSpec(level="L3", levels="only", tissues=False, resolution_mm=1.0, lesion={"diameter_mm": 16.0})
    return build_parametric(spec)


@pytest.fixture(scope="module")
def subject(spine):
    return subject_of(spine)


def laid(subject, spacing=(1.0, 1.0, 1.0), orientation="LPS", tilt=(0.0, 0.0, 0.0)):
    low, high = subject.bounds
    return Lattice.over(low - 6.0, high + 6.0, spacing, orientation, tilt)


def mapped(subject, lattice):
    return label_map(subject.mesh, subject.names, lattice)


def read_back(labels, folder):
    folder.mkdir()
    entries = []
    for number, (array, names) in enumerate((*labels.whole, (labels.labels, labels.names))):
        write_nifti(array, labels.lattice, folder / f"{number}.nii.gz")
        entries.append({"file": f"{number}.nii.gz", "labels": names})
    problems = Problems()
    found = load_anatomy(AnatomySpec(labelmap=entries), folder, "LPS", problems)
    problems.raise_if_any()
    return found


def test_every_voxel_belongs_to_the_foremost_structure_that_holds_its_centre(subject):
    lattice = laid(subject, (2.3, 2.1, 2.7), "PIR", (7.0, -4.0, 11.0))
    labels = mapped(subject, lattice)
    points = apply_affine(lattice.affine_lps, np.argwhere(np.ones(lattice.shape, dtype=bool)))
    expected = np.zeros(len(points), dtype=int)
    numbers = label_numbers([REMAINDER.get(n, n) for n in subject.names])
    for name in sorted(subject.names, key=lambda n: (-priority(n), n)):
        if not name.endswith("_body"):
            expected[contains(subject.mesh(name), points)] = numbers[REMAINDER.get(name, name)]
    assert np.array_equal(labels.labels.reshape(-1), expected)
    assert set(np.unique(expected)) - {0} == set(labels.names)


def test_the_parts_of_space_add_up(subject):
    """Lesion and what is left of its vertebra are the vertebra; cord, fluid and epidural space are the canal."""
    lattice = laid(subject, (0.8, 0.8, 0.8))
    labels = mapped(subject, lattice)
    whole = {name: (array == number) for array, names in labels.whole for number, name in names.items()}
    part = {name: labels.labels == number for number, name in labels.names.items()}
    assert np.array_equal(part["vertebra_L3"] | part["lesion"], whole["vertebra_L3"])
    within = part["epidural_space"] | part["cerebrospinal_fluid"] | part["cauda_equina"]
    roots = np.isin(labels.labels, [n for n, name in labels.names.items() if name.startswith("nerve_root")])
    assert not (within & ~whole["spinal_canal"]).any()
    assert not (whole["spinal_canal"] & ~(within | roots)).any()
    assert (whole["thecal_sac"] & ~whole["spinal_canal"]).sum() == 0
    assert (whole["vertebral_bodies"] & ~whole["vertebra_L3"]).sum() <= 0.002 * whole["vertebral_bodies"].sum()


@pytest.mark.parametrize("diameter", [6.0, 16.0])
def test_lesion_volume_is_true_to_a_hundredth(diameter):
    spine = build_parametric(
        ParametricSpec(levels="only", tissues=False, resolution_mm=1.0, lesion={"diameter_mm": diameter})
    )
    subject = subject_of(spine)
    low, high = subject.mesh("lesion").bounds
    lattice = Lattice.over(low - 2.0, high + 2.0, (diameter / 40.0,) * 3)
    labels = label_map(subject.mesh, ("lesion",), lattice)
    got = float((labels.labels > 0).sum()) * abs(np.linalg.det(lattice.affine_lps)) / 1e3
    assert got == pytest.approx(spine.truth["lesion_volume_ml"], rel=0.01)


@pytest.fixture(scope="module")
def turned(subject, tmp_path_factory):
    """Orientation → anatomy read back, and one that is tilted."""
    folder = tmp_path_factory.mktemp("turned")
    found = {code: read_back(mapped(subject, laid(subject, orientation=code)), folder / code) for code in ORIENTATIONS}
    tilted = mapped(subject, laid(subject, (0.9, 1.0, 1.1), "PIR", (9.0, -12.0, 6.0)))
    return found | {"tilted": read_back(tilted, folder / "tilted")}


@pytest.mark.parametrize("name", ["vertebra_L3", "vertebra_L3_body", "spinal_canal", "thecal_sac", "lesion"])
def test_all_orientations_give_the_same(turned, subject, name):
    truth = subject.mesh(name)
    plain = turned["LPS"].get(name)
    for code, anatomy in turned.items():
        found = anatomy.get(name)
        # The sac and canal are cut by the image: what is there is compared in the same box alone.
        if code != "tilted":
            assert found.volume_ml == plain.volume_ml, code
            assert np.allclose(found.mesh.bounds, plain.mesh.bounds, atol=1e-3), code
        if not plain.cut:
            assert found.volume_ml == pytest.approx(truth.volume_mm3 / 1e3, rel=0.015), code
            # A third of a voxel: laminae of two voxels lose more behind than the body does in front.
            assert np.abs(found.mesh.centroid - truth.centroid).max() < 0.33, code
            assert np.abs(found.mesh.bounds - truth.bounds).max() < 1.0, code


def test_distances_come_back_within_half_a_voxel(turned, subject, spine):
    def least(anatomy):
        one, other = anatomy.get("lesion").mesh, anatomy.get("spinal_canal").mesh
        return float(spine_distance(one, other))

    def spine_distance(one, other):
        return clearance_along(one.vertices, other)[0].min()

    truth = spine_distance(subject.mesh("lesion"), subject.mesh("spinal_canal"))
    assert truth == pytest.approx(spine.truth["lesion_to_canal_mm"], abs=0.2)
    for code, anatomy in turned.items():
        assert least(anatomy) == pytest.approx(truth, abs=0.5), code


def heights(body):
    """Of a body on the midline: a sixth of its depth behind its front, in the middle, and as far before its rear."""
    low, high = body.bounds
    places = [low[1] + share * (high[1] - low[1]) for share in (1 / 6, 1 / 2, 5 / 6)]
    return np.array(
        [np.diff(line_crossings([0.1, y, low[2] - 5.0], [0.1, y, high[2] + 5.0], body)[[0, -1]])[0] for y in places]
    )


@pytest.mark.parametrize("loss", [0.25, 0.5])
def test_height_loss_comes_back(loss, tmp_path):
    """On voxels of 1 mm as on the exact surface, against the same vertebra unbroken."""
    asked = {"level": "L1", "levels": "only", "tissues": False, "resolution_mm": 1.0}
    fracture = {"L1": {"shape": "wedge", "height_loss": loss}}
    exact, read = [], []
    for name, spec in (("whole", asked), ("broken", asked | {"fractures": fracture})):
        subject = subject_of(build_parametric(ParametricSpec(**spec)))
        anatomy = read_back(mapped(subject, laid(subject, orientation="PIR")), tmp_path / name)
        exact.append(heights(subject.mesh("vertebra_L1_body")))
        read.append(heights(anatomy.get("vertebra_L1_body").mesh))
    assert np.abs(np.array(exact) - np.array(read)).max() < 0.7, "two walls made of 1 mm voxels, 0.35 each"
    true_loss, found_loss = 1.0 - exact[1] / exact[0], 1.0 - read[1] / read[0]
    assert 0.6 * loss < true_loss[0] <= loss + 0.02, "near the front most of it is lost"
    assert true_loss[2] < 0.4 * loss
    assert np.abs(true_loss - found_loss).max() < 0.05


def test_the_header_says_the_orientation_that_was_asked(subject, tmp_path):
    for code in ("RAS", "PIR"):
        write_nifti(
            mapped(subject, laid(subject, (2.0, 2.0, 3.0), code)).labels,
            laid(subject, (2.0, 2.0, 3.0), code),
            tmp_path / "a.nii.gz",
        )
        image = nibabel.load(tmp_path / "a.nii.gz")
        assert "".join(nibabel.aff2axcodes(image.affine)) == code
        spacing = dict(zip(code, image.header.get_zooms(), strict=True))
        assert spacing[next(c for c in code if c in "SI")] == pytest.approx(3.0)


def test_names_and_numbers_are_one_to_one():
    names = [
        *(f"vertebra_{part}{n}" for part, last in (("T", 12), ("L", 5)) for n in range(1, last + 1)),
        *(f"nerve_root_T{n}_{side}" for n in range(1, 13) for side in ("left", "right")),
        *(f"rib_T{n}_{side}" for n in range(1, 13) for side in ("left", "right")),
        *(f"disc_T{n}_T{n + 1}" for n in range(1, 12)), "disc_T12_L1", "disc_L5_S1",
        *(f"cement_L{n}" for n in range(1, 6)), *(f"screw_L{n}_{s}" for n in range(1, 6) for s in ("left", "right")),
        "lesion", *(f"lesion_{n}" for n in range(2, 9)), "spinal_cord", "thecal_sac", "spinal_canal", "aorta", "skin",
        "muscle_psoas_left", "my_own", "another",
    ]  # fmt: skip
    numbers = label_numbers(names)
    assert len(set(numbers.values())) == len(names)
    assert (numbers["vertebra_L3"], numbers["aorta"], numbers["spinal_cord"], numbers["rib_T5_left"]) == (
        29,
        52,
        79,
        96,
    )
    assert numbers["another"] < numbers["my_own"]
    assert label_numbers(["lesion_3", "screw_L4_left"]) == {k: numbers[k] for k in ("lesion_3", "screw_L4_left")}


def test_who_stands_in_front():
    order = [
        "screw_L3_left",
        "cement_L3",
        "spinal_cord",
        "lesion",
        "thecal_sac",
        "spinal_canal",
        "vertebra_L3",
        "disc_L3_L4",
        "aorta",
        "lung_left",
        "muscle_psoas_left",
        "fat_subcutaneous",
        "skin",
    ]
    places = [priority(name) for name in order]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert len(FOREMOST) == len(set(FOREMOST))


@pytest.mark.parametrize("code", ["LPX", "LRS", "LP", "", "LPSA"])
def test_letters_that_name_no_orientation_are_refused(code):
    with pytest.raises(LatticeError, match="three letters"):
        read_orientation(code)


def test_a_grid_too_fine_or_without_spacing_is_refused():
    with pytest.raises(LatticeError, match="at most"):
        Lattice.over([0, 0, 0], [500, 500, 500], (0.2, 0.2, 0.2))
    with pytest.raises(LatticeError, match="above 0"):
        Lattice.over([0, 0, 0], [5, 5, 5], (0.0, 1.0, 1.0))
