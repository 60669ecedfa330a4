"""A made patient: building it, filling its label map, imaging it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.job import Prepared
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.parametric.ct import Scan, ct_image
from planner.anatomy.parametric.labelmap import label_map
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.subject import Subject, subject_of
from planner.geometry.clearance import contains
from planner.geometry.frames import apply_affine
from planner.geometry.voxelise import inside


def vertebra(_folder: Path, tiny: bool) -> Prepared:
    spec = ParametricSpec(level="L3", levels="only", tissues=False, resolution_mm=1.5 if tiny else 0.6)

    def build(name: str) -> None:
        build_parametric(spec).mesh(name)

    title = f"L3 at {spec.resolution_mm:g} mm"
    return title, lambda: build("vertebra_L3"), lambda: build("vertebra_L3_body")


def column(_folder: Path, tiny: bool) -> Prepared:
    spec = ParametricSpec(level="L3", levels="only" if tiny else "column", resolution_mm=1.5 if tiny else 0.8)
    count = len(build_parametric(spec).names)

    def vertebrae() -> None:
        spine = build_parametric(spec)
        for level in spine.built:
            spine.mesh(f"vertebra_{level}")

    title = f"{'one level' if tiny else 'column'} with soft tissue, {count} structures"
    return title, lambda: build_parametric(spec).prepare(), vertebrae


def labels(_folder: Path, tiny: bool) -> Prepared:
    subject, lattice = _imaged(tiny)
    bone = subject.mesh("vertebra_L3")
    near = inside(bone, lattice.affine_lps, lattice.shape).window
    index = np.argwhere(np.ones([one.stop - one.start for one in near], dtype=bool)) + [one.start for one in near]
    points = apply_affine(lattice.affine_lps, index)
    title = f"label map of {len(subject.names)} structures, {np.prod(lattice.shape) / 1e6:.2g} Mvoxel"
    return title, lambda: label_map(subject.mesh, subject.names, lattice), lambda: contains(bone, points)


def ct(_folder: Path, tiny: bool) -> Prepared:
    subject, lattice = _imaged(tiny)
    return (
        f"CT of {len(subject.names)} structures, {np.prod(lattice.shape) / 1e6:.2g} Mvoxel",
        lambda: ct_image(subject, lattice, Scan()),
        lambda: label_map(subject.mesh, subject.names, lattice),
    )


def _imaged(tiny: bool) -> tuple[Subject, Lattice]:
    """Three lumbar vertebrae with soft tissue, a lesion, and a grid of a million voxels over them."""
    spec = ParametricSpec(level="L3", resolution_mm=1.5 if tiny else 0.8, lesion={"diameter_mm": 18.0})
    subject = subject_of(build_parametric(spec))
    for name in subject.names:
        subject.mesh(name)
    low, high = subject.bounds
    edge = float(((high - low).prod() / (1e4 if tiny else 1e6)) ** (1.0 / 3.0))
    return subject, Lattice.over(low, high, (edge, edge, edge))
