"""`planner check` on a plan whose files are broken: exit 3, one place told, nothing on stdout, soon."""

from __future__ import annotations

import gzip
import json
import struct
import time

import cases
import dicom_cases as dc
import nibabel
import numpy as np
import pytest

SECONDS = 90.0
"""Each takes a second or two; the rest is for a busy machine."""
META = (
    "ObjectType = Image\nNDims = 3\nDimSize = 60000 60000 60000\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\n"
    "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementDataFile = LOCAL\n"
)
NRRD = (
    "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 60000 60000 60000\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
    "space origin: (0,0,0)\nencoding: gzip\n\n"
)


def huge_nifti():
    raw = bytearray(nibabel.Nifti2Image(np.zeros((4, 4, 4), dtype=np.uint8), np.eye(4)).to_bytes())
    raw[24:48] = np.array([60_000] * 3, dtype="<i8").tobytes()
    return gzip.compress(bytes(raw))


def dicom(kind, share):
    def write(path):
        if kind == "ct":
            dc.ct_slice(dc.hounsfield()[0], dc.ORIGIN).save_as(path, enforce_file_format=True)
        elif kind == "rt":
            ring = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0.0]])
            dc.structure_set({"a": [ring, ring + np.array([0, 0, 2.0])]}).save_as(path, enforce_file_format=True)
        else:
            slices = dc.reread(dc.save(path.parent / "series", dc.series(dc.hounsfield())))
            masks = np.ones((*dc.hounsfield().shape, 1), dtype=np.uint8)
            dc.segmentation(slices, masks, ["a"]).save_as(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return write


def content(data):
    return lambda path: path.write_bytes(data)


def labels(file):
    return {"labelmap": file, "labels": cases.LABELS}


def mesh(file):
    return {"meshes": {"vertebra_L3": file}, "mesh_frame": "LPS", "mesh_units": "mm"}


FILES = {
    "x.nii.gz": (huge_nifti(), labels, "$.anatomy.labelmap"),
    "x.nrrd": (NRRD.encode() + gzip.compress(bytes(64)), labels, "$.anatomy.labelmap"),
    "x.mha": (META.encode() + bytes(64), labels, "$.anatomy.labelmap"),
    "seg.dcm": (dicom("seg", 0.6), lambda f: {"dicom_seg": f}, "$.anatomy.dicom_seg"),
    "rt.dcm": (dicom("rt", 0.6), lambda f: {"rtstruct": f}, "$.anatomy.rtstruct"),
    "ct.dcm": (dicom("ct", 0.9), lambda f: labels("seg.nii.gz") | {"ct": f}, "$.anatomy.ct"),
    "x.stl": (b"\0" * 80 + struct.pack("<I", 0xFFFFFFFF) + b"\0" * 500, mesh, "$.anatomy.meshes.vertebra_L3"),
    "x.obj": (b"v 0 0 0\nv 60 0 0\nv 0 60 0\nf 1 2 999999999\n", mesh, "$.anatomy.meshes.vertebra_L3"),
    "x.ply": (b"ply\nformat ascii 1.0\nelement vertex 99999999999\n", mesh, "$.anatomy.meshes.vertebra_L3"),
    "x.vtp": (b"<VTKFile type='PolyData'><PolyData>", mesh, "$.anatomy.meshes.vertebra_L3"),
    "x.glb": (b"glTF" + struct.pack("<III", 2, 0xFFFFFFFF, 0xFFFFFFFF), mesh, "$.anatomy.meshes.vertebra_L3"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_broken_file_exits_3(name, cli, tmp_path):
    made, anatomy, place = FILES[name]
    cases.write_patient(tmp_path, 3.0)
    (content(made) if isinstance(made, bytes) else made)(tmp_path / name)
    raw = cases.plan()
    raw["anatomy"] = anatomy(name) | {"lesions": {"lesion": {"sphere": {"centre": [4, 2, 0], "diameter": "14 mm"}}}}
    told(cli, tmp_path, raw, place)


@pytest.mark.parametrize(
    ("name", "text"), [("n.mrk.json", '{"markups": ['), ("n.fcsv", "# CoordinateSystem = LPS\n# columns = id,x\n0,nan")]
)
def test_broken_markups_exit_3(name, text, cli, tmp_path):
    cases.write_patient(tmp_path, 3.0)
    (tmp_path / name).write_text(text)
    raw = cases.plan(steps__0__access={"markups": name, "gauge": 13})
    told(cli, tmp_path, raw, "$.steps[0].access.markups")


def told(cli, folder, raw, place):
    (folder / "plan.json").write_text(json.dumps(raw))
    start = time.perf_counter()
    ran = cli("check", folder / "plan.json", "--no-simulate", "--out", folder / "out")
    assert time.perf_counter() - start < SECONDS
    assert (ran.code, ran.out) == (3, "")
    assert place in ran.err
    assert "Traceback" not in ran.err
    assert not (folder / "out").exists()
