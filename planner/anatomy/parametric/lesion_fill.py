"""CT numbers in and about lesions, voxel by voxel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.anatomy.parametric.canvas import Field
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.subject import Subject
from planner.geometry.clearance import clearance_along
from planner.geometry.frames import apply_affine
from planner.geometry.voxelise import Block, Window, inside


def fill_of(subject: Subject, name: str, lattice: Lattice, block: Block) -> Field:
    """Return the CT number of a lesion in each voxel of its block."""
    held = block.values > 0.0
    out = np.zeros(block.values.shape, dtype=np.float32)
    points = _points(lattice, block.window, held)
    if len(points):
        # A voxel that the surface cuts is centred outside as often as inside: what it holds is lesion all the same.
        depth = np.minimum(clearance_along(points, subject.mesh(name))[0], 0.0)
        out[held] = subject.fills[name](points, depth)
    return out


def add_rim(marrow: Field, subject: Subject, name: str, lattice: Lattice, window: Window) -> None:
    """Put the sclerotic bone about a lesion into the CT numbers of a bone's window, in place."""
    reach = subject.rims[name][1]
    mesh = subject.mesh(name)
    low, high = mesh.bounds[0] - reach, mesh.bounds[1] + reach
    centres = apply_affine(lattice.affine_lps, np.argwhere(np.ones(marrow.shape, dtype=bool)) + _start(window))
    near = np.flatnonzero(np.all((centres >= low) & (centres <= high), axis=1))
    if not len(near):
        return
    depth = clearance_along(centres[near], mesh)[0]
    rim = (depth > 0.0) & (depth <= reach)
    marrow.reshape(-1)[near[rim]] = subject.fills[name](centres[near[rim]], depth[rim])


def true_shares(subject: Subject, name: str, step_mm: float = 0.5) -> dict[str, float]:
    """Return which shares of a lesion are lytic and blastic by the calibration's thresholds, before any scanner."""
    mesh = subject.mesh(name)
    low, high = mesh.bounds
    counts = np.maximum(np.ceil((high - low) / step_mm).astype(int), 1)
    affine = np.diag([step_mm, step_mm, step_mm, 1.0])
    affine[:3, 3] = 0.5 * (low + high) - 0.5 * step_mm * (counts - 1)
    lattice = Lattice(affine, (int(counts[0]), int(counts[1]), int(counts[2])))
    block = inside(mesh, affine, lattice.shape)
    points = _points(lattice, block.window, block.values)
    if not len(points):
        return {}
    values = subject.fills[name](points, clearance_along(points, mesh)[0])
    c = calibration()
    return {
        "lytic_share": float((values < c["lytic_below_hu"]).mean()),
        "blastic_share": float((values > c["blastic_above_hu"]).mean()),
        "mean_hu": float(values.mean()),
    }


def _points(lattice: Lattice, window: Window, held: NDArray[np.bool_]) -> NDArray[np.float64]:
    return apply_affine(lattice.affine_lps, np.argwhere(held) + _start(window))


def _start(window: Window) -> NDArray[np.int64]:
    return np.array([one.start for one in window], dtype=np.int64)
