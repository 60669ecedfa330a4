"""What is kept of images between runs: the same as read anew to the last bit, and never of another file."""

from __future__ import annotations

import shutil

import cases
import dicom_cases as dc
import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from planner.anatomy import kept, regions, stored
from planner.anatomy.boxes import box_of, label_boxes
from planner.anatomy.density import hu_at
from planner.anatomy.regions import labelled
from planner.anatomy.stored import stored_layers, stored_volume
from planner.anatomy.structures import from_mask
from planner.anatomy.volume import Volume, read_labels, read_volume
from planner.core import cache
from planner.core.errors import InputError
from planner.plan.case import load_plan

RNG = np.random.default_rng(8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "planner"


@pytest.fixture
def no_voxels(monkeypatch):
    """From here on nothing reads a voxel, nor makes a surface."""

    def forbid():
        for module, name in ((stored, "read_layers"), (stored, "read_volume"), (kept, "from_crop")):
            monkeypatch.setattr(module, name, lambda *_a, **_k: pytest.fail("was read or made again"))

    return forbid


@pytest.fixture
def seg(tmp_path):
    cases.write_patient(tmp_path, 2.0)
    return tmp_path


def everything(structure):
    return [
        structure.mesh.vertices, structure.mesh.faces, structure.origin, structure.reach_mm, structure.gaps_mm,
        structure.volume_ml, structure.affine_lps, structure.cut, structure.model_error_mm, structure.name,
    ]  # fmt: skip


def same(one, other):
    for a, b in zip(everything(one), everything(other), strict=True):
        assert type(a) is type(b)
        assert np.array_equal(a, b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)


def test_second_reading_is_the_first_without_a_voxel(seg, no_voxels):
    first = load_plan(cases.plan(), folder=seg)
    made = {name: first.anatomy.get(name) for name in first.anatomy.names}
    no_voxels()
    second = load_plan(cases.plan(), folder=seg)
    assert second.anatomy.names == first.anatomy.names
    assert second.anatomy.inputs == first.anatomy.inputs
    assert second.warnings == first.warnings
    for name, structure in made.items():
        same(second.anatomy.get(name), structure)


def test_a_structure_is_that_of_its_whole_mask(seg):
    anatomy = load_plan(cases.plan(), folder=seg).anatomy
    volume = read_labels(seg / "seg.nii.gz", place="$")
    same(anatomy.get("spinal_cord"), from_mask("spinal_cord", volume.array == 2, volume))
    bodies = read_labels(seg / "bodies.nii.gz", place="$")
    whole = (volume.array == 1) | (volume.array == 4)  # the lesion is given back to its vertebra
    assert (cases.LABELS[1], cases.LABELS[4]) == ("vertebra_L3", "lesion")
    same(anatomy.get("vertebra_L3_body"), from_mask("vertebra_L3_body", (bodies.array > 0) & whole, bodies))


def test_only_what_is_asked_for_is_cut_out(seg, monkeypatch):
    made = []
    real = kept.from_crop
    monkeypatch.setattr(kept, "from_crop", lambda name, *a: made.append(name) or real(name, *a))
    anatomy = load_plan(cases.plan(), folder=seg).anatomy
    assert "vertebra_L3_body" in anatomy.names
    assert not [name for name in made if name.endswith("_body")]
    anatomy.get("vertebra_L3_body")
    assert made.count("vertebra_L3_body") == 1


def test_another_content_is_read_anew(seg):
    before = load_plan(cases.plan(), folder=seg).anatomy.get("spinal_cord")
    points, affine = cases.grid(2.0)
    labels = cases.labels_at(points)
    labels[(labels == 2) & (points[..., 0] > 0)] = 0
    cases.write(seg / "seg.nii.gz", labels, affine)
    after = load_plan(cases.plan(), folder=seg).anatomy.get("spinal_cord")
    assert after.volume_ml < 0.7 * before.volume_ml


def test_another_table_names_other_voxels(seg):
    plain = load_plan(cases.plan(), folder=seg).anatomy.get("spinal_cord")
    swapped = {number: {"spinal_cord": "aorta", "aorta": "spinal_cord"}.get(n, n) for number, n in cases.LABELS.items()}
    raw = cases.plan(anatomy__labelmap__0__labels=swapped)
    anatomy = load_plan(raw, folder=seg).anatomy
    assert anatomy.get("spinal_cord").volume_ml != plain.volume_ml
    assert anatomy.get("aorta").volume_ml == plain.volume_ml


def test_the_same_voxels_elsewhere_make_another_surface(seg):
    before = load_plan(cases.plan(), folder=seg).anatomy.get("spinal_cord")
    image = nibabel.load(seg / "seg.nii.gz")
    moved = image.affine.copy()
    moved[2, 3] += 5.0
    nibabel.save(nibabel.Nifti1Image(np.asanyarray(image.dataobj), moved), seg / "seg.nii.gz")
    after = load_plan(cases.plan(), folder=seg).anatomy.get("spinal_cord")
    assert after.mesh.centroid - before.mesh.centroid == pytest.approx([0, 0, 5.0], abs=1e-6)


def test_voxels_of_no_single_file_go_by_their_content_and_place():
    array = np.zeros((9, 9, 9), dtype=np.uint8)
    array[2:7, 2:7, 2:7] = 1
    moved = np.diag([1.0, 1.0, 1.5, 1.0])
    layers = [Volume(array, np.eye(4), "one file"), Volume(array, moved, "one file"), Volume(array[:8], np.eye(4), "x")]
    layers.append(Volume(np.roll(array, 1, axis=0), np.eye(4), "one file"))
    for layer in layers:
        same(kept.from_region("a", labelled(layer, [1])), from_mask("a", layer.array == 1, layer))


@pytest.mark.parametrize("module", [stored, kept, regions])
def test_a_changed_program_finds_nothing_of_the_old(module, seg, own_cache, monkeypatch):
    load_plan(cases.plan(), folder=seg).anatomy.get("vertebra_L3_body")
    before = set(own_cache.iterdir())
    monkeypatch.setattr(module, "code_of", lambda *_names: "changed")
    load_plan(cases.plan(), folder=seg).anatomy.get("vertebra_L3_body")
    assert set(own_cache.iterdir()) - before


def test_without_the_cache_all_is_made_anew(seg, own_cache):
    first = load_plan(cases.plan(), folder=seg).anatomy.get("vertebra_L3")
    for held in own_cache.iterdir():
        held.write_bytes(b"")
    with cache.without_cache():
        same(load_plan(cases.plan(), folder=seg).anatomy.get("vertebra_L3"), first)
    assert all(held.stat().st_size == 0 for held in own_cache.iterdir()), "and nothing is kept"


def test_digest_of_code_changes_with_a_letter(tmp_path, monkeypatch):
    source = tmp_path / "mesh.py"
    spec = type("Spec", (), {"origin": str(source)})
    monkeypatch.setattr(cache.util, "find_spec", lambda _name: spec)
    digests = set()
    for text in ("a", "b"):
        source.write_text(text)
        digests.add(cache.code_of.__wrapped__("planner.geometry.mesh"))
    assert len(digests) == 2


def test_a_file_that_changes_while_it_is_read_is_refused(seg, monkeypatch):
    monkeypatch.setattr(stored, "sha256_of", lambda _path: "0" * 64)
    with pytest.raises(InputError, match="changed while it was read"):
        stored_layers(seg / "seg.nii.gz", place="$")


def test_a_file_that_changed_since_gives_no_voxels_of_it(seg):
    stored_layers(seg / "seg.nii.gz", place="$")
    (late,) = stored_layers(seg / "seg.nii.gz", place="$")
    shutil.copy(seg / "bodies.nii.gz", seg / "seg.nii.gz")
    with pytest.raises(InputError, match="changed while it was read"):
        late.array  # noqa: B018 - it is read here


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
def test_facts_are_those_of_the_file(name, tmp_path, no_voxels):
    labels = RNG.integers(0, 5, (7, 6, 5)).astype(np.uint8)
    labels[labels == 3] = 0
    image = sitk.GetImageFromArray(labels)
    image.SetDirection((-1, 0, 0, 0, 0, 1, 0, 1, 0))
    image.SetOrigin((1.5, -2.25, 7.0))
    sitk.WriteImage(image, str(tmp_path / name), True)
    fresh = read_labels(tmp_path / name, place="$")
    stored_layers(tmp_path / name, place="$")
    (found,) = stored_layers(tmp_path / name, place="$")
    for key in ("sha256", "warnings", "names", "identity", "shape", "boxes", "voxel_ml"):
        assert getattr(found, key) == getattr(fresh, key), key
    assert "array" not in vars(found)
    assert np.array_equal(found.affine_lps, fresh.affine_lps)
    assert np.array_equal(found.array, fresh.array)
    assert found.array.dtype == fresh.array.dtype


def test_pair_of_files_is_read_anew(tmp_path):
    """The hash of a header says nothing of the voxels beside it."""
    for number in (1, 2):
        sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 4, 4), number, np.uint8)), str(tmp_path / "a.mhd"))
        (layer,) = stored_layers(tmp_path / "a.mhd", place="$")
        assert list(layer.boxes) == [number]


def test_nothing_of_a_dicom_series_is_kept(tmp_path, own_cache):
    folder = dc.save(tmp_path / "ct", dc.series(dc.hounsfield()))
    assert stored_volume(folder, place="$").identity is not None
    assert not own_cache.exists()


def test_a_very_large_file_is_not_hashed_first(seg, own_cache, monkeypatch):
    monkeypatch.setattr(stored, "LARGEST", 100)
    assert "array" in vars(stored_layers(seg / "seg.nii.gz", place="$")[0])
    assert not own_cache.exists()


def test_densities_are_read_once(tmp_path, no_voxels):
    values = RNG.normal(100, 50, (9, 8, 7)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-2.0, -2, 3, 1])), tmp_path / "ct.nii.gz")
    places = RNG.uniform(-4, 22, (200, 3))
    expected = hu_at(read_volume(tmp_path / "ct.nii.gz", place="$"), places)
    assert np.isnan(expected).any()
    assert np.isfinite(expected).any()
    for _ in range(2):
        found = hu_at(stored_volume(tmp_path / "ct.nii.gz", place="$"), places)
        np.testing.assert_array_equal(found, expected)
        no_voxels()
    elsewhere = stored_volume(tmp_path / "ct.nii.gz", place="$")
    with pytest.raises(pytest.fail.Exception):
        hu_at(elsewhere, places + 0.01)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint32, bool])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("highest", [1, 6, 70_000])
def test_boxes_are_those_of_each_mask(kind, order, highest):
    top = 1 if kind is bool else highest
    if top > np.iinfo(kind if kind is not bool else np.uint8).max:
        pytest.skip("the type holds no such number")
    numbers = np.array([0, 0, 0, top // 2 or 1, top]).astype(kind)
    array = np.asarray(RNG.choice(numbers, (5, 7, 6)), order=order)[::-1, :, ::-1]
    found = label_boxes(array)
    assert set(found) == {int(n) for n in np.unique(array) if n}
    for number, box in found.items():
        assert box == box_of(array == number)
        assert tuple(slice(k.min(), k.max() + 1) for k in np.nonzero(array == number)) == box


def test_more_numbers_than_labels_are_refused(tmp_path):
    array = np.arange(80_000, dtype=np.int32).reshape(50, 40, 40)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1, 1, 1])), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="79999 different label numbers"):
        stored_layers(tmp_path / "a.nii.gz", place="$")


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_regions_are_what_whole_masks_give(turn):
    """Union, and intersection on grids of other size, place and tilt, against the same on whole images."""
    own = np.diag([1.5, 1.5, 2.0, 1.0])
    other = np.eye(4)
    other[:3, :3] = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1.3]]
    other[:3, 3] = [3.2, -1.1, 4.7]
    one = Volume(RNG.integers(0, 4, (12, 13, 9)), own, "a")
    two = Volume((RNG.random((20, 18, 14)) < 0.4).astype(np.uint8), other, "b")
    either = labelled(one, [1]) | labelled(one, [3])
    whole = np.zeros(one.shape, dtype=bool)
    whole[either.box] = either.mask
    assert np.array_equal(whole, np.isin(one.array, [1, 3]))
    shared = labelled(two, [1]) & either
    index = np.moveaxis(np.indices(two.shape), 0, -1).reshape(-1, 3)
    near = np.rint(one.index_of(index @ other[:3, :3].T + other[:3, 3])).astype(int)
    inside = ((near >= 0) & (near < one.shape)).all(axis=1)
    expected = np.zeros(len(index), dtype=bool)
    expected[inside] = whole[tuple(near[inside].T)]
    expected = expected.reshape(two.shape) & (two.array == 1)
    found = np.zeros(two.shape, dtype=bool)
    found[shared.box] = shared.mask
    assert expected.any()
    assert np.array_equal(found, expected)
    assert regions.any_voxel(shared)
    own[:3, 3] = 900.0
    assert not regions.any_voxel(labelled(two, [1]) & labelled(Volume(one.array, own, "c"), [1]))
