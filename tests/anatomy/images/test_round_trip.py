"""What SimpleITK, nibabel and highdicom write is read back: voxels exactly, places within 0.01 mm."""

from __future__ import annotations

import dicom_cases as dc
import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from planner.anatomy.volume import read_labels, read_layers, read_volume
from planner.core.errors import InputError
from planner.geometry.frames import apply_affine

RNG = np.random.default_rng(5)
LABELS = RNG.integers(0, 4, (6, 9, 8)).astype(np.uint8)  # slice, row, column
TURN = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]]) @ np.diag([-1.0, 1.0, 1.0])
SPACING, ORIGIN = np.array([0.7, 0.8, 2.5]), np.array([11.25, -20.5, 30.75])


def written(path, array=LABELS, meta=(), compressed=True):
    image = sitk.GetImageFromArray(array, isVector=array.ndim == 4)
    image.SetSpacing(SPACING.tolist())
    image.SetOrigin(ORIGIN.tolist())
    image.SetDirection(TURN.ravel().tolist())
    for key, value in meta:
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), compressed)
    return path


def same(volume, array=LABELS, turn=TURN, spacing=SPACING, origin=ORIGIN):
    k, j, i = (n.ravel() for n in np.indices(array.shape))
    places = origin + np.column_stack([i, j, k]) * spacing @ turn.T
    index = np.rint(volume.index_of(places)).astype(int)
    assert apply_affine(volume.affine_lps, index) == pytest.approx(places, abs=0.01)
    assert np.array_equal(volume.array[tuple(index.T)], array.ravel())
    assert volume.array.size == array.size
    return volume


@pytest.mark.parametrize("name", ["x.nii.gz", "x.nii", "x.nrrd", "x.nhdr", "x.mha", "x.mhd"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("compressed", [True, False])
def test_files_of_simpleitk(name, kind, compressed, tmp_path):
    volume = same(read_volume(written(tmp_path / name, LABELS.astype(kind), compressed=compressed), place="$.x"))
    assert volume.warnings == ()
    assert volume.identity is None
    assert np.array_equal(read_labels(tmp_path / name, place="$.x").array, volume.array)


def test_content_counts_not_the_ending(tmp_path):
    same(read_volume(written(tmp_path / "x.nrrd").rename(tmp_path / "x.img"), place="$.x"))
    with pytest.raises(InputError, match="image"):
        read_volume(written(tmp_path / "x.nii.gz").rename(tmp_path / "y.dcm"), place="$.x")


SEGMENTS = [("Segment0_Name", "spinal cord"), ("Segment0_LabelValue", "1"), ("Segment0_Layer", "0"),
            ("Segment1_Name", "L3"), ("Segment1_LabelValue", "3"), ("Segment1_Layer", "0")]  # fmt: skip


def test_segments_of_slicer_have_their_names(tmp_path):
    volume = same(read_labels(written(tmp_path / "x.seg.nrrd", meta=SEGMENTS), place="$.x"))
    assert volume.names == {1: "spinal cord", 3: "L3"}


def test_layers_of_slicer_overlap(tmp_path):
    both = np.stack([LABELS, (LABELS > 1).astype(np.uint8)], axis=-1)
    meta = [*SEGMENTS, ("Segment2_Name", "lesion"), ("Segment2_LabelValue", "1"), ("Segment2_Layer", "1")]
    first, second = read_layers(written(tmp_path / "x.seg.nrrd", both, meta), place="$.x")
    same(first)
    same(second, both[..., 1])
    assert (first.names, second.names) == ({1: "spinal cord", 3: "L3"}, {1: "lesion"})
    merged = read_labels(tmp_path / "x.seg.nrrd", place="$.x")
    same(merged)
    assert any("overlap" in warning for warning in merged.warnings)
    with pytest.raises(InputError, match="one value a voxel"):
        read_volume(tmp_path / "x.seg.nrrd", place="$.x")


def test_names_from_a_file_stay_on_one_line_and_name_no_folder(tmp_path):
    meta = [("Segment0_Name", "../../etc/pass wd\t"), ("Segment0_LabelValue", "1"), ("Segment0_Layer", "0")]
    assert read_labels(written(tmp_path / "x.seg.nrrd", meta=meta), place="$.x").names == {1: "etc pass wd"}


def test_label_table_behind_a_nifti_header(tmp_path):
    table = '<?xml version="1.0"?><CaretExtension><VolumeInformation><LabelTable><Label Key="1"><![CDATA[spinal_cord]]></Label><Label Key="3"><![CDATA[vertebrae_L3]]></Label></LabelTable></VolumeInformation></CaretExtension>'
    image = nibabel.Nifti1Image(LABELS, np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, table.encode()))
    nibabel.save(image, tmp_path / "x.nii.gz")
    assert read_labels(tmp_path / "x.nii.gz", place="$.x").names == {1: "spinal_cord", 3: "vertebrae_L3"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = dc.save(
        tmp_path_factory.mktemp("ct") / "ct", dc.series(dc.hounsfield(), ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])
    )
    return dc.reread(folder), read_volume(folder, place="$.ct")


NAMES = ["vertebra L3", "spinal cord", "lesion"]
ONE_HOT = np.stack([n == LABELS for n in (1, 2, 3)], axis=-1)


def on_ct(layer, array):
    return same(layer, array, np.eye(3), np.array([dc.PIXEL[1], dc.PIXEL[0], 2.0]), dc.ORIGIN)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("with_ct", [True, False])
def test_dicom_seg_of_highdicom(kind, with_ct, sources, tmp_path):
    slices, ct = sources
    dc.segmentation(slices, ONE_HOT.astype(np.uint8) if kind == "BINARY" else LABELS, NAMES, kind).save_as(
        tmp_path / "s.dcm"
    )
    (layer,) = read_layers(tmp_path / "s.dcm", place="$.s", ct=ct if with_ct else None)
    on_ct(layer, LABELS)
    assert layer.names == dict(enumerate(NAMES, start=1))
    assert layer.identity == ct.identity


def test_fractional_seg_counts_from_a_half(sources, tmp_path):
    shares = RNG.random((*LABELS.shape, 2)).astype(np.float32)
    dc.segmentation(sources[0], shares, NAMES[:2], "FRACTIONAL").save_as(tmp_path / "s.dcm")
    layers = read_layers(tmp_path / "s.dcm", place="$.s")
    assert len(layers) == 2
    assert any("fractional" in warning for warning in layers[0].warnings)
    for n, layer in enumerate(layers):
        on_ct(layer, np.where(np.rint(shares[..., n] * 255) / 255 >= 0.5, n + 1, 0))


def test_overlapping_segments_keep_their_voxels(sources, tmp_path):
    masks = RNG.random((*LABELS.shape, 3)) < 0.5
    masks[..., 2] = ~masks[..., 0]
    dc.segmentation(sources[0], masks.astype(np.uint8), NAMES).save_as(tmp_path / "s.dcm")
    first, second = read_layers(tmp_path / "s.dcm", place="$.s")
    on_ct(first, np.where(masks[..., 0], 1, 3))  # the third fits beside the first
    on_ct(second, masks[..., 1] * 2)
    assert (first.names, second.names) == ({1: NAMES[0], 3: NAMES[2]}, {2: NAMES[1]})


def test_seg_without_its_empty_frames_lies_on_the_grid_of_the_ct(sources, tmp_path):
    slices, ct = sources
    mask = np.zeros((*LABELS.shape, 1), dtype=np.uint8)
    mask[2:4, 3:5, 2:6] = 1
    dc.segmentation(slices, mask, ["lesion"]).save_as(tmp_path / "s.dcm")
    (alone,), (placed,) = (read_layers(tmp_path / "s.dcm", place="$.s", ct=grid) for grid in (None, ct))
    assert alone.array.shape[2] == 2
    assert placed.array.shape == ct.array.shape
    on_ct(placed, mask[..., 0])


def test_seg_on_a_tilted_stack_is_refused(tmp_path):
    """highdicom lays no sheared grids; better no labels than labels beside their CT."""
    step = np.array([0.0, 0.5, 2.0])
    slices = dc.reread(dc.save(tmp_path / "ct", dc.series(dc.hounsfield(), step)))
    dc.segmentation(slices, ONE_HOT.astype(np.uint8), NAMES).save_as(tmp_path / "s.dcm")
    with pytest.raises(InputError, match="even stack"):
        read_layers(tmp_path / "s.dcm", place="$.s")
