"""CT series in every disorder: the voxels, their HU and their places come out as they were put in."""

from __future__ import annotations

import dicom_cases as dc
import numpy as np
import pydicom
import pytest
from pydicom import uid

from planner.anatomy.volume import read_volume
from planner.core.errors import InputError
from planner.geometry.frames import apply_affine

HU = dc.hounsfield()


def read(folder, **more):
    return read_volume(folder, place="$.ct", **more)


def same(volume, hu=HU, step=dc.STEP):
    """Each voxel's HU at its own place, told without the reader's order of axes."""
    k, j, i = (n.ravel() for n in np.indices(hu.shape))
    places = dc.ORIGIN + np.outer(i, [dc.PIXEL[1], 0, 0]) + np.outer(j, [0, dc.PIXEL[0], 0]) + np.outer(k, step)
    index = volume.index_of(places)
    assert index == pytest.approx(np.rint(index), abs=0.01)
    assert apply_affine(volume.affine_lps, np.rint(index)) == pytest.approx(places, abs=0.01)
    assert np.array_equal(volume.array[tuple(np.rint(index).astype(int).T)], hu.ravel())
    assert volume.array.size == hu.size
    assert (np.diag(volume.affine_lps)[:3] > 0).all()
    return volume


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_unsorted_files_make_one_volume(seed, tmp_path):
    volume = same(read(dc.save(tmp_path / "ct", dc.series(HU), seed)))
    assert volume.array.dtype == np.int16
    assert volume.warnings == ()


def test_hash_depends_on_content_not_on_names(tmp_path):
    slices = dc.series(HU)
    one, two = (read(dc.save(tmp_path / name, slices, seed)) for seed, name in enumerate("ab"))
    assert one.sha256 == two.sha256
    slices[0].PatientComments = "x"
    assert read(dc.save(tmp_path / "c", slices)).sha256 != one.sha256


@pytest.mark.parametrize("step", [[0, 0, 2.0], [0, 0, -2.0], [0, 0, 0.5]])
def test_slices_go_by_position(step, tmp_path):
    slices = dc.series(HU, np.array(step), SliceThickness=abs(step[2]))
    for number, one in enumerate(slices):
        one.InstanceNumber = 100 - number
    same(read(dc.save(tmp_path / "ct", slices)), step=np.array(step))


def test_spacing_comes_from_positions_not_from_the_tag(tmp_path):
    volume = same(read(dc.save(tmp_path / "ct", dc.series(HU, SliceThickness=3.0))))
    assert any("2 mm apart by position, 3 mm by the tag" in w for w in volume.warnings)


def test_tilted_gantry_is_a_sheared_grid(tmp_path):
    step = np.array([0.0, 2.0 * np.tan(np.radians(12.0)), 2.0])
    volume = same(read(dc.save(tmp_path / "ct", dc.series(HU, step))), step=step)
    assert any("tilted gantry, 12.0°" in w for w in volume.warnings)
    assert volume.voxel_ml == pytest.approx(0.8 * 0.7 * 2.0 / 1000)


@pytest.mark.parametrize("noise", [0.0004, 0.004])
def test_rounded_positions_are_no_tilt(noise, tmp_path):
    slices = dc.series(HU)
    for one, by in zip(slices, np.random.default_rng(3).uniform(-noise, noise, (len(HU), 3)), strict=True):
        one.ImagePositionPatient = [float(v + d) for v, d in zip(one.ImagePositionPatient, by, strict=True)]
        one.ImageOrientationPatient = [1.0, 0.0, -1.2e-16, 0.0, 1.0, 1e-5]
    assert same(read(dc.save(tmp_path / "ct", slices))).warnings == ()


def test_slope_and_intercept_of_each_slice(tmp_path):
    slices = [
        dc.ct_slice(plane, dc.ORIGIN + k * dc.STEP, slope=1 + k % 2, intercept=-1024.0 - 2 * k)
        for k, plane in enumerate(HU // 2 * 2)
    ]
    same(read(dc.save(tmp_path / "ct", slices)), HU // 2 * 2)


def test_fractional_slope_gives_float(tmp_path):
    slices = dc.series(HU / 2.0, slope=0.5)
    volume = same(read(dc.save(tmp_path / "ct", slices)), HU / 2.0)
    assert volume.array.dtype == np.float32


def test_values_beyond_int16_stay_whole(tmp_path):
    hu = HU.astype(np.int32)
    hu[3, 2, 2] = 40_000
    assert same(read(dc.save(tmp_path / "ct", dc.series(hu))), hu).array.dtype == np.int32


def test_no_rescale_is_told(tmp_path):
    slices = dc.series(np.abs(HU), intercept=0.0)
    for one in slices:
        del one.RescaleSlope, one.RescaleIntercept
    assert any("no rescale" in w for w in same(read(dc.save(tmp_path / "ct", slices)), np.abs(HU)).warnings)


def test_overlay_bits_above_those_stored_are_no_hounsfield(tmp_path):
    slices = dc.series(HU, BitsStored=12, HighBit=11)
    for one in slices:
        one.PixelData = (np.frombuffer(one.PixelData, "<u2") | np.uint16(0xA000)).tobytes()
    same(read(dc.save(tmp_path / "ct", slices)))


def test_signed_pixels(tmp_path):
    slices = dc.series(HU, intercept=0.0, PixelRepresentation=1)
    for one, plane in zip(slices, HU, strict=True):
        one.PixelData = plane.astype("<i2").tobytes()
    same(read(dc.save(tmp_path / "ct", slices)))


def test_identical_duplicates_are_dropped_with_a_word(tmp_path):
    folder = dc.save(tmp_path / "ct", dc.series(HU))
    dc.save(folder, dc.series(HU)[1:3], prefix="copy")
    assert any("2 slices come twice" in w for w in same(read(folder)).warnings)


def test_different_slices_in_one_place_are_refused(tmp_path):
    folder = dc.save(tmp_path / "ct", dc.series(HU))
    dc.save(folder, dc.series(HU[::-1])[1:3], prefix="other")
    with pytest.raises(InputError, match=r"two different slices at .*102\.0.* expected one slice a place"):
        read(folder)


@pytest.mark.parametrize("gone", [[2], [2, 3], [1]])
def test_missing_slice_is_refused_with_its_place(gone, tmp_path):
    slices = [one for k, one in enumerate(dc.series(HU)) if k not in gone]
    with pytest.raises(InputError, match=r"a step of [46] mm between the slices at .*10\d\.0\) .* slices are missing"):
        read(dc.save(tmp_path / "ct", slices))


def test_uneven_slices_are_told(tmp_path):
    slices = dc.series(HU)
    slices[2].ImagePositionPatient[2] += 0.4
    assert any("uneven, up to 0.40 mm" in w for w in read(dc.save(tmp_path / "ct", slices)).warnings)


def two_series(folder, more, **changes):
    dc.save(folder, dc.series(HU))
    return dc.save(
        folder, dc.series(dc.hounsfield((more, 9, 8), 7), SeriesInstanceUID="1.2.3.9", **changes), prefix="second"
    )


def test_clearly_larger_series_is_taken_and_told(tmp_path):
    volume = same(read(two_series(tmp_path / "ct", 3, SeriesDescription=dc.PATIENT)))
    told = " ".join(volume.warnings)
    assert "2 CT series (1: 6 axial slices" in told
    assert "description #" in told
    assert "SECRET" not in told


def test_several_like_series_are_asked_about(tmp_path):
    folder = two_series(tmp_path / "ct", 5, SeriesDescription=dc.PATIENT)
    with pytest.raises(InputError, match=r"1: 6 axial .*2: 5 axial .*ct_series") as caught:
        read(folder)
    assert "SECRET" not in str(caught.value)
    assert "1.2.3" not in str(caught.value)
    same(read(folder, series=1))
    assert read(folder, series=2).array.shape[2] == 5
    with pytest.raises(InputError, match="series 3 of a folder with 2"):
        read(folder, series=3)


def test_series_lie_in_folders_below(tmp_path):
    dc.save(tmp_path / "cd" / "a" / "b", dc.series(HU)[:3], prefix="x")
    dc.save(tmp_path / "cd" / "c", dc.series(HU)[3:], prefix="y")
    same(read(tmp_path / "cd"))


@pytest.mark.parametrize(
    "tags", [["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"], ["PatientID", "PatientName"]]
)
@pytest.mark.parametrize("how", ["empty", "absent"])
def test_empty_identifiers_do_not_matter(tags, how, tmp_path):
    slices = dc.series(HU)
    for one in slices:
        for tag in tags:
            if how == "empty":
                setattr(one, tag, "")
            else:
                delattr(one, tag)
    same(read(dc.save(tmp_path / "ct", slices)))


def test_other_files_are_left_out_with_a_word(tmp_path):
    folder = dc.save(tmp_path / "ct", dc.series(HU))
    dc.save(
        folder,
        [dc.ct_slice(HU[0], dc.ORIGIN, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), dc.structure_set({})],
        prefix="o",
    )
    dc.save(
        folder, [dc.ct_slice(HU[0], dc.ORIGIN, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT")], prefix="sc"
    )
    (folder / "readme.txt").write_text("hello")
    assert any("4 files are no CT slice" in w for w in same(read(folder)).warnings)


def test_dataset_without_preamble(tmp_path):
    folder = dc.save(tmp_path / "ct", dc.series(HU))
    for file in folder.iterdir():
        pydicom.dcmread(file).save_as(file, enforce_file_format=False)
        raw = file.read_bytes()
        assert raw[128:132] == b"DICM"
        one = pydicom.dcmread(file)
        del one.file_meta
        one.preamble = None
        pydicom.dcmwrite(file, one, implicit_vr=False, little_endian=True, enforce_file_format=False)
        assert file.read_bytes()[128:132] != b"DICM"
    same(read(folder))


@pytest.mark.parametrize("order", [None, [3, 0, 5, 1, 4, 2]])
def test_multi_frame_ct(order, tmp_path):
    dc.save(tmp_path / "ct", [dc.enhanced(HU, order=order)])
    same(read(tmp_path / "ct"))
    same(read(next((tmp_path / "ct").iterdir())))


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEG2000Lossless", "JPEGLSLossless"])
def test_compressed_slices(syntax, tmp_path):
    slices = dc.series(np.repeat(np.repeat(HU, 4, 1), 4, 2))
    for one in slices:
        one.compress(getattr(uid, syntax), generate_instance_uid=False)
    same(read(dc.save(tmp_path / "ct", slices)), np.repeat(np.repeat(HU, 4, 1), 4, 2))


def test_deflated_dataset(tmp_path):
    slices = dc.series(HU)
    for one in slices:
        one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    same(read(dc.save(tmp_path / "ct", slices)))


def test_single_slice_takes_its_thickness(tmp_path):
    volume = read(dc.save(tmp_path / "ct", dc.series(HU[:1])))
    assert volume.affine_lps[2, 2] == pytest.approx(2.0)
    assert any("single slice" in w for w in volume.warnings)


def test_sagittal_series_turns_to_lps(tmp_path):
    slices = [
        dc.ct_slice(
            plane, [5.0 + 3.0 * k, -10.0, 100.0], ImageOrientationPatient=[0, 1, 0, 0, 0, -1], SliceThickness=3.0
        )
        for k, plane in enumerate(HU)
    ]
    volume = read(dc.save(tmp_path / "ct", slices))
    assert np.diag(volume.affine_lps)[:3] == pytest.approx([3.0, 0.7, 0.8])
    assert np.array_equal(volume.array, HU.transpose(0, 2, 1)[:, :, ::-1])
    assert volume.affine_lps[:3, 3] == pytest.approx([5.0, -10.0, 100.0 - 0.8 * 8])
