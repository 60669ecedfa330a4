"""Kernels on shapes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist
from skimage.measure import marching_cubes

from benchmarks.job import Prepared, Run
from benchmarks.scan import scan_labels
from planner.anatomy.boxes import label_boxes
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.geometry.bodies import Ellipsoid, Spheroid
from planner.geometry.clearance import body_clearance, capsule_clearance
from planner.geometry.measures import intersection_volume_mm3
from planner.geometry.mesh import Mesh
from planner.geometry.surface import surface_of_mask


def surface(_folder: Path, tiny: bool) -> Prepared:
    n = 24 if tiny else 126
    index = np.moveaxis(np.indices((n, n, n)), 0, -1).reshape(-1, 3) - 0.5 * n
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
    mask = (Ellipsoid(np.zeros(3), turn, n * np.array([0.4, 0.34, 0.28])).distance(index) < 0).reshape(n, n, n)
    raw = mask.astype(np.float32)
    title = f"surface of a label, {n**3 / 1e6:.2g} Mvoxel"
    return title, lambda: surface_of_mask(mask, np.eye(4)), lambda: marching_cubes(raw, 0.5)


def meshing(_folder: Path, tiny: bool) -> Prepared:
    """Every label against marching cubes of each, as scikit-image is mostly used: on the whole image."""
    labels, title, ours = _all_labels(tiny)

    def plain() -> None:
        for number in range(1, int(labels.max()) + 1):
            marching_cubes((labels == number).astype(np.float32), 0.5)

    return title, ours, plain


def meshing_in_boxes(_folder: Path, tiny: bool) -> Prepared:
    """The same against scikit-image at its best: boxes found in one pass, one gaussian, volumes left as they come."""
    labels, title, ours = _all_labels(tiny)

    def boxed() -> None:
        for number, box in label_boxes(labels).items():
            part = np.pad(labels[box] == number, 4).astype(np.float32)
            with suppress(ValueError):  # a label of a few voxels is lost
                marching_cubes(gaussian_filter(part, 1.0, mode="constant"), 0.5)

    return title, ours, boxed


def _all_labels(tiny: bool) -> tuple[np.ndarray, str, Run]:
    labels, affine, names = scan_labels(tiny=tiny)

    def ours() -> None:
        for number, box in label_boxes(labels).items():
            surface_of_mask(labels[box] == number, affine, at=[side.start for side in box], image=labels.shape)

    return labels, f"surfaces of {len(names)} labels, {labels.size / 1e6:.2g} Mvoxel", ours


def needles(_folder: Path, tiny: bool) -> Prepared:
    mesh, count = _bone(tiny), 3 if tiny else 100
    rng = np.random.default_rng(1)
    ends = rng.normal(size=(count, 2, 3)) * 30.0

    def exact() -> None:
        for start, end in ends:
            capsule_clearance(start, end, 1.2, mesh)

    def sampled() -> None:
        for start, end in ends:
            t = np.linspace(0.0, 1.0, 1 + int(np.linalg.norm(end - start) / 0.5))[:, None]
            cdist(start + t * (end - start), mesh.vertices).min()

    return f"{count} needles to {len(mesh.faces)} faces", exact, sampled


def zones(_folder: Path, tiny: bool) -> Prepared:
    mesh, count = _bone(tiny), 3 if tiny else 100
    rng = np.random.default_rng(2)
    axes = rng.normal(size=(count, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    bodies = [Spheroid(c, a, 13.0, 8.0) for c, a in zip(rng.normal(size=(count, 3)) * 30.0, axes, strict=True)]

    def exact() -> None:
        for body in bodies:
            body_clearance(body, mesh)

    def corners() -> None:
        for body in bodies:
            body.distance(mesh.vertices).min()

    return f"{count} zones to {len(mesh.faces)} faces", exact, corners


def coverage(_folder: Path, tiny: bool) -> Prepared:
    lesion = Ellipsoid(np.array([3.0, 2.0, 0.0]), np.eye(3), np.array([9.0, 7.0, 8.0]))
    zone = Spheroid(np.zeros(3), np.array([0.0, 0.6, 0.8]), 13.0, 8.0)
    fine = 2 if tiny else 4
    shape, covering = lesion.surface(fine), zone.surface(fine)
    step = 1.0 if tiny else 0.25
    low, high = lesion.bounds

    def sampled() -> None:
        points = np.stack(np.meshgrid(*[np.arange(a, b, step) for a, b in zip(low, high, strict=True)]), -1).reshape(
            -1, 3
        )
        within = points[lesion.distance(points) < 0.0]
        (zone.distance(within) < 0.0).mean()

    title = f"coverage, {len(shape.faces)} and {len(covering.faces)} faces"
    return title, lambda: intersection_volume_mm3(shape, covering), sampled


def _bone(tiny: bool) -> Mesh:
    spec = ParametricSpec(level="L3", neighbours=False, resolution_mm=1.5 if tiny else 0.8)
    return build_parametric(spec).meshes["vertebra_L3"]
