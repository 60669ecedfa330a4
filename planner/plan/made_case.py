"""A case folder of a patient who does not exist: surfaces, label maps, CT, true values and a plan to check."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.mesh_files import write_mesh
from planner.anatomy.nifti_out import SMALL, nifti_bytes
from planner.anatomy.parametric.ct import Scan, ct_image
from planner.anatomy.parametric.dicom_out import write_ct_series, write_segmentation
from planner.anatomy.parametric.identity import MadeIdentity
from planner.anatomy.parametric.labelmap import LabelMap, label_map
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.sidecar import truth_of
from planner.anatomy.parametric.subject import Subject, subject_of
from planner.anatomy.parametric.view import View, box_of
from planner.core.files import content_hash, sha256_of, stable_json, write_atomically
from planner.plan.case_folder import PLAN, made_beside, read_back
from planner.plan.ready import ready_text

TRUTH = "truth.json"
Format = Literal["nifti", "dicom", "meshes"]
FORMATS: tuple[Format, ...] = ("nifti", "dicom", "meshes")


@dataclass(frozen=True)
class Imaging:
    """How the patient is imaged.

    Attributes
    ----------
    spacing_mm : between voxels along L, P and S.
    orientation : where the array's axes run to.
    tilt_deg : turns about the L, P and S axes.
    view : the spine with the needle's way to it, or the whole trunk.
    ct : whether a CT is made beside the labels.
    scan : noise, blur and the like.
    """

    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    orientation: str = "LPS"
    tilt_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    view: View = "spine"
    ct: bool = True
    scan: Scan = field(default_factory=Scan)


@dataclass(frozen=True)
class Made:
    """What was written: paths relative to the folder, and the true values."""

    files: tuple[str, ...]
    truth: dict[str, Any]
    warnings: tuple[str, ...]


def make_case(
    spine: Any,
    out: Path,
    imaging: Imaging,
    *,
    formats: tuple[Format, ...] = ("nifti", "meshes"),
    force: bool = False,
    told: Callable[[str], None] = lambda _: None,
) -> Made:
    """Write the folder; everything is made beside `out` and moved there at the end, so nothing is ever half-written.

    Parameters
    ----------
    spine : as :func:`planner.anatomy.parametric.build_parametric` returns it.
    told : is called with the name of what is worked on.

    Raises
    ------
    InputError
        When the folder cannot be written to or is not empty.
    """
    with made_beside(out, force=force) as made:
        return _Writer(spine, subject_of(spine), imaging, formats, made, told).write()


def lattice_of(subject: Subject, imaging: Imaging) -> Lattice:
    """Return the voxels of the images.

    Raises
    ------
    LatticeError
        They cannot be laid so.
    """
    low, high = box_of(subject, imaging.view)
    return Lattice.over(low, high, imaging.spacing_mm, imaging.orientation, imaging.tilt_deg)


@dataclass(frozen=True, eq=False)
class _Writer:
    spine: Any
    subject: Subject
    imaging: Imaging
    formats: tuple[Format, ...]
    folder: Path
    told: Callable[[str], None]

    def write(self) -> Made:
        spec = self.spine.spec.model_dump(mode="json")
        who = MadeIdentity(content_hash({"spec": spec, "imaging": asdict(self.imaging)}))
        anatomy: dict[str, Any] = {}
        lattice = labels = None
        if "meshes" in self.formats:
            anatomy = self._meshes()
        if {"nifti", "dicom"} & set(self.formats):
            lattice = lattice_of(self.subject, self.imaging)
            hu = ct_image(self.subject, lattice, self.imaging.scan, told=self.told) if self.imaging.ct else None
            if "dicom" in self.formats:
                anatomy = self._dicom(lattice, hu, who)
            if "nifti" in self.formats:
                labels = label_map(self.subject.mesh, self.subject.names, lattice, told=self.told)
                anatomy = self._nifti(labels, hu)
        scan = None if lattice is None or not self.imaging.ct else asdict(self.imaging.scan)
        truth = truth_of(
            self.spine,
            self.subject,
            names=self.subject.names,
            lattice=lattice,
            labels=labels,
            scan=scan,
            told=self.told,
        )
        text, plan_warnings = ready_text(anatomy, truth)
        write_atomically(self.folder / PLAN, text)
        warnings = (*plan_warnings, *self._read_back(anatomy))
        paths = sorted(p for p in self.folder.rglob("*") if p.is_file())
        names = tuple(p.relative_to(self.folder).as_posix() for p in paths)
        truth["files"] = {n: sha256_of(p) for n, p in zip(names, paths, strict=True)}
        write_atomically(self.folder / TRUTH, stable_json(truth))
        return Made((*names, TRUTH), truth, warnings)

    def _meshes(self) -> dict[str, Any]:
        (self.folder / "meshes").mkdir()
        for name in self.subject.names:
            self.told(name)
            write_mesh(self.subject.mesh(name), self.folder / "meshes" / f"{name}.ply")
        files = {name: f"meshes/{name}.ply" for name in self.subject.names}
        return {"meshes": files, "mesh_frame": "LPS", "mesh_units": "mm"}

    def _nifti(self, labels: LabelMap, hu: NDArray[np.int16] | None) -> dict[str, Any]:
        entries = []
        for number, (array, names) in enumerate(labels.whole, start=1):
            file = f"whole_{number}.nii.gz"
            write_nifti(array, labels.lattice, self.folder / file)
            entries.append({"file": file, "labels": dict(sorted(names.items()))})
        write_nifti(labels.labels, labels.lattice, self.folder / "labels.nii.gz")
        # Readers take the first of a name: the whole structures stand before what the parting map leaves of them.
        entries.append({"file": "labels.nii.gz", "labels": dict(sorted(labels.names.items()))})
        anatomy: dict[str, Any] = {"labelmap": entries}
        if hu is not None:
            write_nifti(hu, labels.lattice, self.folder / "ct.nii.gz")
            anatomy["ct"] = "ct.nii.gz"
        return anatomy

    def _dicom(self, lattice: Lattice, hu: NDArray[np.int16] | None, who: MadeIdentity) -> dict[str, Any]:
        blank = np.zeros(lattice.shape, dtype=np.int16) if hu is None else hu
        folder = self.folder / "dicom"
        slices = write_ct_series(blank, lattice, folder / "ct", who, slice_mm=self.imaging.scan.slice_mm)
        write_segmentation(self.subject, lattice, slices, folder / "seg.dcm", who, told=self.told)
        if hu is None:
            shutil.rmtree(folder / "ct")
            return {"dicom_seg": "dicom/seg.dcm"}
        return {"dicom_seg": "dicom/seg.dcm", "ct": "dicom/ct"}

    def _read_back(self, anatomy: dict[str, Any]) -> tuple[str, ...]:
        self.told("reading the case back")
        found = read_back(anatomy, self.folder)
        # Whether NIfTI files belong together cannot be told by them; here it is known.
        return tuple(w for w in found.warnings if not w.startswith("identity:"))


def write_nifti(array: NDArray[Any], lattice: Lattice, file: Path) -> None:
    """Write an image of a made patient."""
    file.write_bytes(nifti_bytes(array, lattice.affine_lps, level=SMALL))
