"""Files that are damaged or meant to harm: one input error each, soon, in bounded memory, without a word from inside."""

from __future__ import annotations

import gzip
import io
import resource
import time
import warnings
import zipfile
import zlib
from functools import cache

import dicom_cases as dc
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.encaps import encapsulate

from planner.anatomy.stored import stored_layers
from planner.anatomy.volume import read_layers, read_volume
from planner.core.errors import InputError

HU = dc.hounsfield()
SECONDS, MEGABYTES = 10.0, 900  # of the processor: a busy machine is no fault of the reader


def refused(path, read=read_volume):
    """The file is refused, within time and memory, and the message tells the four things and no secret."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError, match=r"\$\.here: got .+; expected .+\. .+") as caught:
        read(path, place="$.here")
    assert time.process_time() - start < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES
    assert "SECRET" not in str(caught.value)
    assert "1.2.3" not in str(caught.value)
    return str(caught.value)


def saved(one, path):
    with warnings.catch_warnings(action="ignore"):
        one.save_as(path, enforce_file_format=True)
    return path


def deep_sequences(path):
    """Written by hand: pydicom would run out of stack while writing, too."""
    start = saved(dc.ct_slice(HU[0], dc.ORIGIN, PixelData=b""), path).read_bytes()
    opened = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    cut = start.rindex(b"\xe0\x7f\x10\x00")
    path.write_bytes(start[:cut] + opened * 20_000)


def changed(path, **changes):
    one = dc.ct_slice(HU[0], dc.ORIGIN)
    with warnings.catch_warnings(action="ignore"):
        for key, value in changes.items():
            if value is None:
                delattr(one, key)
            else:
                setattr(one, key, value)
    saved(one, path)


def truncated(path, share):
    raw = saved(dc.ct_slice(HU[0], dc.ORIGIN), path).read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])


def lying_jpeg2000(path):
    """A stream that claims 40 000 × 40 000 pixels in a slice of 36 × 32."""
    one = dc.ct_slice(np.kron(HU[0], np.ones((4, 4), dtype=np.int16)), dc.ORIGIN)
    one.compress(pydicom.uid.JPEG2000Lossless, generate_instance_uid=False)
    frame = bytearray(next(pydicom.encaps.generate_frames(one.PixelData, number_of_frames=1)))
    at = frame.index(b"\xff\x51") + 6
    frame[at : at + 8] = (40_000).to_bytes(4, "big") * 2
    one.PixelData = encapsulate([bytes(frame)])
    saved(one, path)


def deflate_bomb(path):
    one = dc.ct_slice(HU[0], dc.ORIGIN)
    one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    raw = saved(one, path).read_bytes()
    start = 132 + 12 + pydicom.filereader.read_file_meta_info(path).FileMetaInformationGroupLength
    path.write_bytes(raw[:start] + many_zeros())


@cache
def many_zeros():
    """640 MB, deflated."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join(engine.compress(bytes(1 << 24)) for _ in range(40)) + engine.flush()


def with_preamble(path, preamble):
    raw = saved(dc.ct_slice(HU[0], dc.ORIGIN), path).read_bytes()
    path.write_bytes(preamble.ljust(128, b"\0") + raw[128:])


def archive(path):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../../x", "y")


def frames_undescribed(path):
    one = dc.enhanced(HU)
    one.NumberOfFrames = 100_000
    saved(one, path)


def frames_without_pixels(path):
    one = dc.enhanced(HU)
    one.PixelData = one.PixelData[:200]
    saved(one, path)


DICOM = {
    "empty": lambda p: p.write_bytes(b""),
    "text": lambda p: p.write_text("no image"),
    "magic alone": lambda p: p.write_bytes(bytes(128) + b"DICM"),
    "noise behind the magic": lambda p: p.write_bytes(bytes(128) + b"DICM" + np.random.default_rng(0).bytes(5000)),
    "truncated in its meta": lambda p: truncated(p, 0.2),
    "truncated in its header": lambda p: truncated(p, 0.6),
    "truncated in its pixels": lambda p: truncated(p, 0.95),
    "pixels shorter than rows × columns": lambda p: changed(p, Rows=512, Columns=512),
    "absurd rows": lambda p: changed(p, Rows=65535, Columns=65535),
    "no rows": lambda p: changed(p, Rows=0),
    "no pixels": lambda p: changed(p, PixelData=None),
    "no position": lambda p: changed(p, ImagePositionPatient=None),
    "position NaN": lambda p: changed(p, ImagePositionPatient=["nan", "0", "0"]),
    "two numbers as position": lambda p: changed(p, ImagePositionPatient=[1, 2]),
    "skew orientation": lambda p: changed(p, ImageOrientationPatient=[1, 0, 0, 1, 0, 0]),
    "orientation of no length": lambda p: changed(p, ImageOrientationPatient=[0, 0, 0, 0, 0, 0]),
    "spacing 0": lambda p: changed(p, PixelSpacing=[0, 0]),
    "spacing negative": lambda p: changed(p, PixelSpacing=[-1, 1]),
    "slope 0": lambda p: changed(p, RescaleSlope=0),
    "slope infinite": lambda p: changed(p, RescaleSlope="1e400"),
    "bits": lambda p: changed(p, BitsAllocated=7),
    "thickness unknown": lambda p: changed(p, SliceThickness=None),
    "deep sequences": deep_sequences,
    "JPEG 2000 of other size": lying_jpeg2000,
    "deflate bomb": deflate_bomb,
    "Windows program": lambda p: with_preamble(p, b"MZ\x90\0"),
    "Linux program": lambda p: with_preamble(p, b"\x7fELF"),
    "script": lambda p: with_preamble(p, b"#!/bin/sh\nrm -rf $HOME\n"),
    "archive": archive,
    "frames undescribed": frames_undescribed,
    "frames without pixels": frames_without_pixels,
    "structure set": lambda p: saved(dc.structure_set({}), p),
}


@pytest.mark.parametrize("name", DICOM)
@pytest.mark.parametrize("in_folder", [False, True])
def test_bad_dicom_is_refused(name, in_folder, tmp_path):
    folder = tmp_path / "ct"
    folder.mkdir()
    DICOM[name](folder / "x.dcm")
    refused(folder if in_folder else folder / "x.dcm")
    refused(folder if in_folder else folder / "x.dcm", read_layers)


@pytest.mark.parametrize(
    "name",
    [
        "truncated in its header",
        "truncated in its pixels",
        "no pixels",
        "Windows program",
        "deep sequences",
        "position NaN",
    ],
)
def test_bad_slice_spoils_its_series(name, tmp_path):
    """Leaving it out would make a gap that nobody sees at either end."""
    folder = dc.save(tmp_path / "ct", dc.series(HU)[1:])
    DICOM[name](folder / "x.dcm")
    refused(folder)


def test_folder_without_a_file(tmp_path):
    refused(tmp_path)


def test_links_are_not_followed(tmp_path):
    dc.save(tmp_path / "elsewhere", dc.series(HU))
    (tmp_path / "ct").mkdir()
    for file in (tmp_path / "elsewhere").iterdir():
        (tmp_path / "ct" / file.name).symlink_to(file)
    refused(tmp_path / "ct")


def nrrd(text, data=b""):
    return lambda p: p.write_bytes(b"NRRD0004\n" + text.encode() + b"\n\n" + data)


PLACED = "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (0,0,0)\nendian: little\n"
SMALL = "type: short\ndimension: 3\nsizes: 4 5 6\n"
DATA = np.arange(120, dtype="<i2").tobytes()
META = "ObjectType = Image\nNDims = 3\nDimSize = 4 5 6\nElementType = MET_SHORT\nElementSpacing = 1 1 2\n"
TURN = "TransformMatrix = 1 0 0 0 1 0 0 0 1\n"


def mha(text, data=b""):
    return lambda p: p.write_bytes(text.encode() + data)


ITK = {
    "no space": ("x.nrrd", nrrd(SMALL + "encoding: raw\nendian: little", DATA)),
    "a space without left and right": ("x.nrrd", nrrd(SMALL + PLACED.replace("LPS", "scanner-xyz") + "encoding: raw", DATA)),
    "truncated": ("x.nrrd", nrrd(SMALL + PLACED + "encoding: raw", DATA[:50])),
    "truncated gzip": ("x.nrrd", nrrd(SMALL + PLACED + "encoding: gzip", gzip.compress(DATA)[:40])),
    "absurd sizes": ("x.nrrd", nrrd(SMALL.replace("4 5 6", "100000 100000 100000") + PLACED + "encoding: raw", DATA)),
    "more than its bytes can hold": ("x.nrrd", nrrd(SMALL.replace("4 5 6", "900 900 900") + PLACED + "encoding: gzip", gzip.compress(DATA))),
    "directions NaN": ("x.nrrd", nrrd(SMALL + PLACED.replace("(1,0,0)", "(nan,0,0)") + "encoding: raw", DATA)),
    "directions of no length": ("x.nrrd", nrrd(SMALL + PLACED.replace("(1,0,0)", "(0,0,0)") + "encoding: raw", DATA)),
    "directions in a plane": ("x.nrrd", nrrd(SMALL + PLACED.replace("(0,0,2)", "(1,0,0)") + "encoding: raw", DATA)),
    "origin NaN": ("x.nrrd", nrrd(SMALL + PLACED.replace("(0,0,0)", "(nan,0,0)") + "encoding: raw", DATA)),
    "inches": ("x.nrrd", nrrd(SMALL + PLACED + 'space units: "in" "in" "in"\nencoding: raw', DATA)),
    "data in another folder": ("x.nhdr", nrrd(SMALL + PLACED + "encoding: raw\ndata file: ../../secret.raw")),
    "data at an absolute path": ("x.nhdr", nrrd(SMALL + PLACED + "encoding: raw\ndata file: /etc/passwd")),
    "data in a list": ("x.nhdr", nrrd(SMALL + PLACED + "encoding: raw\ndata file: LIST\n../a\n../b")),
    "data missing": ("x.nhdr", nrrd(SMALL + PLACED + "encoding: raw\ndata file: x.raw")),
    "a field that overruns ITK": ("x.nrrd", nrrd(SMALL + PLACED + "g" * 5000 + ": x\nencoding: raw", DATA)),
    "kinds that overrun ITK": ("x.nrrd", nrrd(SMALL + PLACED + "kinds: " + "g" * 20000 + "\nencoding: raw", DATA)),
    "key that overruns ITK": ("x.nrrd", nrrd(SMALL + PLACED + "kinds " * 1000 + ": x\nencoding: raw", DATA)),
    "MetaImage of 83 dimensions": ("x.mha", mha(META.replace("NDims = 3", "NDims = 83") + TURN + "ElementDataFile = LOCAL\n", DATA)),
    "MetaImage with ten numbers": ("x.mha", mha(META + TURN.replace("1 0 0", "1 0 0 0", 1) + "ElementDataFile = LOCAL\n", DATA)),
    "MetaImage with NDims at its end": ("x.mha", mha(META.replace("NDims = 3\n", "") + TURN + "NDims = 3\nElementDataFile = LOCAL\n", DATA)),
    "MetaImage whose name overruns ITK": ("x.mha", mha(META + TURN + "Name = " + "g" * 300 + "\nElementDataFile = LOCAL\n", DATA)),
    "no header": ("x.nrrd", lambda p: p.write_bytes(b"NRRD0004\n")),
    "text": ("x.nrrd", lambda p: p.write_text("no image")),
    "plane": ("x.nrrd", nrrd("type: short\ndimension: 2\nsizes: 4 5\nencoding: raw\nendian: little", DATA)),
    "MetaImage without orientation": ("x.mha", mha(META + "ElementDataFile = LOCAL\n", DATA)),
    "MetaImage truncated": ("x.mha", mha(META + TURN + "ElementDataFile = LOCAL\n", DATA[:50])),
    "MetaImage truncated inside": ("x.mha", mha(META + TURN + "CompressedData = True\nElementDataFile = LOCAL\n", zlib.compress(DATA)[:60])),
    "MetaImage of unsaid compressed size": ("x.mha", mha(META + TURN + "CompressedData = True\nElementDataFile = LOCAL\n", zlib.compress(DATA))),
    "MetaImage of absurd size": ("x.mha", mha(META.replace("4 5 6", "99999 99999 99999") + TURN + "ElementDataFile = LOCAL\n", DATA)),
    "MetaImage of data elsewhere": ("x.mhd", mha(META + TURN + "ElementDataFile = ../../x.raw\n")),
    "MetaImage with NaN": ("x.mha", mha(META + TURN.replace("1 0 0", "nan 0 0", 1) + "ElementDataFile = LOCAL\n", DATA)),
    "MetaImage flat": ("x.mha", mha(META + "TransformMatrix = 1 0 0 1 0 0 0 0 1\nElementDataFile = LOCAL\n", DATA)),
    "MetaImage alone": ("x.mhd", mha("ObjectType = Image\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", ITK)
def test_bad_nrrd_and_metaimage_are_refused(name, tmp_path, capfd):
    file, make = ITK[name]
    make(tmp_path / file)
    refused(tmp_path / file)
    assert capfd.readouterr().err == ""


def test_nifti_that_claims_more_than_it_holds(tmp_path):
    raw = bytearray(nibabel.Nifti1Image(np.zeros((4, 4, 4), dtype=np.float64), np.eye(4)).to_bytes())
    raw[42:48] = np.array([1000, 1000, 1000], dtype="<i2").tobytes()
    (tmp_path / "x.nii.gz").write_bytes(gzip.compress(bytes(raw)))
    assert "bytes for (1000, 1000, 1000) voxels" in refused(tmp_path / "x.nii.gz")


@pytest.mark.parametrize(
    "table",
    [
        "<LabelTable><Label Key='1'>a",
        '<!DOCTYPE x [<!ENTITY a "b">]><LabelTable><Label Key="1">&a;</Label></LabelTable>',
        "<LabelTable><Label Key='one'>a</Label></LabelTable>",
    ],
)
def test_table_of_names_that_is_none(table, tmp_path):
    image = nibabel.Nifti1Image(np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, table.encode()))
    nibabel.save(image, tmp_path / "x.nii.gz")
    assert read_volume(tmp_path / "x.nii.gz", place="$.x").names is None


@pytest.fixture(scope="module")
def seg(tmp_path_factory):
    slices = dc.reread(dc.save(tmp_path_factory.mktemp("ct") / "ct", dc.series(HU)))
    masks = (np.random.default_rng(0).random((*HU.shape, 2)) < 0.5).astype(np.uint8)
    stream = io.BytesIO()
    dc.segmentation(slices, masks, ["a", "b"]).save_as(stream)
    return stream.getvalue()


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated_segmentation(share, seg, tmp_path):
    (tmp_path / "s.dcm").write_bytes(seg[: int(len(seg) * share)])
    refused(tmp_path / "s.dcm", read_layers)


@pytest.mark.parametrize(
    "change",
    [
        {"Rows": 65535, "Columns": 65535},
        {"NumberOfFrames": 2_000_000},
        {"SegmentSequence": []},
        {"PerFrameFunctionalGroupsSequence": []},
        {"PixelData": b"\0\0"},
    ],
)
def test_contradictory_segmentation(change, seg, tmp_path):
    one = pydicom.dcmread(io.BytesIO(seg))
    for key, value in change.items():
        setattr(one, key, value)
    refused(saved(one, tmp_path / "s.dcm"), read_layers)


def test_segmentation_whose_frames_lie_kilometres_apart(seg, tmp_path):
    one = pydicom.dcmread(io.BytesIO(seg))
    one.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient = [-20, -10, 100_000_000]
    refused(saved(one, tmp_path / "s.dcm"), read_layers)


@pytest.mark.parametrize("far", [1e7, 1e30])
def test_contours_kilometres_apart(far, tmp_path):
    ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
    made = dc.structure_set({"a": [ring, ring + np.array([0, 0, 2.0])], "b": [ring]})
    with warnings.catch_warnings(action="ignore"):
        made.ROIContourSequence[1].ContourSequence[0].ContourData = [
            f"{v:.6g}" for v in (ring + np.array([far, far, 0])).ravel()
        ]
    refused(saved(made, tmp_path / "r.dcm"), read_layers)


def test_itk_still_warns_others(tmp_path):
    """Silence ends with the reading."""
    sitk.ProcessObject.SetGlobalWarningDisplay(True)
    sitk.WriteImage(sitk.Image(3, 3, 3, sitk.sitkUInt8), str(tmp_path / "x.nrrd"))
    read_volume(tmp_path / "x.nrrd", place="$.x")
    assert sitk.ProcessObject.GetGlobalWarningDisplay()


def samples(folder, seg):
    """One small file of each format."""
    image = sitk.GetImageFromArray(HU)
    for name in ("x.nrrd", "x.mha", "x.nii.gz"):
        sitk.WriteImage(image, str(folder / name), True)
    (folder / "s.dcm").write_bytes(seg)
    saved(dc.ct_slice(HU[0], dc.ORIGIN), folder / "c.dcm")
    saved(dc.structure_set({"a": [np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])]}), folder / "r.dcm")
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.mark.parametrize("flips", [1, 8, 40])
def test_flipped_bytes_give_an_image_or_an_input_error(flips, seg, tmp_path):
    rng = np.random.default_rng(flips)
    (tmp_path / "good").mkdir()
    for name, good in samples(tmp_path / "good", seg).items():
        for _ in range(40):
            raw = np.frombuffer(good, dtype=np.uint8).copy()
            where = rng.integers(0, rng.choice([min(len(raw), 600), len(raw)]), flips)
            raw[where] = rng.integers(0, 256, flips)
            (tmp_path / name).write_bytes(raw.tobytes())
            for read in (read_volume, read_layers):
                try:
                    read(tmp_path / name, place="$.x")
                except InputError as error:
                    assert error.problems  # noqa: PT017 - whether it is refused depends on the byte


def test_nifti_2_of_sixty_thousand_each_way(tmp_path):
    raw = bytearray(nibabel.Nifti2Image(np.zeros((4, 4, 4), dtype=np.uint8), np.eye(4)).to_bytes())
    raw[24:48] = np.array([60_000] * 3, dtype="<i8").tobytes()
    for name, data in (("x.nii", bytes(raw)), ("x.nii.gz", gzip.compress(bytes(raw)))):
        (tmp_path / name).write_bytes(data)
        assert "60000" in refused(tmp_path / name)
        refused(tmp_path / name, stored_layers)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_truncated_structure_set(share, tmp_path):
    ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
    raw = saved(
        dc.structure_set({"a": [ring + np.array([0, 0, 2.0 * k]) for k in range(40)]}), tmp_path / "r.dcm"
    ).read_bytes()
    (tmp_path / "r.dcm").write_bytes(raw[: int(len(raw) * share)])
    refused(tmp_path / "r.dcm", read_layers)


@pytest.mark.parametrize("numbers", [["nan", "0", "0"] * 4, ["1e400", "0", "0"] * 4, ["1", "2"], []])
def test_contour_of_no_points(numbers, tmp_path):
    """It is left out and said, or the file is refused; the other structure stays what it is."""
    ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
    made = dc.structure_set({"a": [ring, ring + np.array([0, 0, 2.0])], "b": [ring, ring + np.array([0, 0, 2.0])]})
    with warnings.catch_warnings(action="ignore"):
        made.ROIContourSequence[1].ContourSequence[0].ContourData = numbers
    saved(made, tmp_path / "r.dcm")
    try:
        layers = read_layers(tmp_path / "r.dcm", place="$.here")
    except InputError as error:
        assert error.problems  # noqa: PT017 - either answer is sound
    else:
        assert sum(layer.array.any() for layer in layers) >= 1
        assert all(np.isfinite(layer.affine_lps).all() for layer in layers)


def test_names_lead_to_no_folder(seg, tmp_path):
    evil = "../../../etc/pass\nwd"
    one = pydicom.dcmread(io.BytesIO(seg))
    with warnings.catch_warnings(action="ignore"):
        one.SegmentSequence[0].SegmentLabel = evil
        ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
        saved(one, tmp_path / "s.dcm")
        saved(dc.structure_set({evil: [ring, ring + np.array([0, 0, 2.0])]}), tmp_path / "r.dcm")
    for name in ("s.dcm", "r.dcm"):
        names = [n for layer in read_layers(tmp_path / name, place="$.x") for n in layer.names.values()]
        assert names
        assert not any("/" in n or "\\" in n or "\n" in n or n.startswith(".") for n in names)


@pytest.mark.parametrize("made", ["segmentation", "structure set"])
def test_deep_sequences_in_labels(made, seg, tmp_path):
    ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
    path = tmp_path / "x.dcm"
    if made == "segmentation":
        path.write_bytes(seg)
    else:
        saved(dc.structure_set({"a": [ring, ring + np.array([0, 0, 2.0])]}), path)
    opened = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    at = path.read_bytes().rindex(b"\x10\x00\x10\x00")  # before the patient's name
    path.write_bytes(path.read_bytes()[:at] + opened * 20_000)
    refused(path, read_layers)
