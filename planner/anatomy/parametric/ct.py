"""A CT-like image of a parametric patient: CT numbers by tissue, partial volume, blur and noise, all from one seed.

Each voxel is the mean of what fills it: every structure's exact share of the voxel, foremost first, until it is full.
Cortex is what lies between a bone and its core, so a shell thinner than a voxel keeps its mass. Then the image is
blurred in its slices, thickened across them, streaked about metal if asked, and noise is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tissues
from planner.anatomy.parametric.bone_fill import BonePainter, is_bone
from planner.anatomy.parametric.canvas import Canvas
from planner.anatomy.parametric.interior import interior_hu
from planner.anatomy.parametric.labelmap import priority
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.lesion_fill import fill_of
from planner.anatomy.parametric.noise import grain, scanner_noise
from planner.anatomy.parametric.streaks import add_streaks
from planner.anatomy.parametric.subject import Subject
from planner.geometry.voxelise import occupancy

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""The 12 bit scale."""
FINE_MM: Final = 0.35
"""Distance of the lines on which the share of a voxel is sampled across the last array axis."""
_BODY: Final = re.compile(r"vertebra_\w+_body")
_NEURAL: Final = re.compile(r"spinal_cord|cauda_equina|nerve_root_.*|thecal_sac|spinal_canal")
_INSERTED: Final = re.compile(r"(screw|cement|lesion).*")


@dataclass(frozen=True)
class Scan:
    """How the image is taken.

    Attributes
    ----------
    noise_hu : standard deviation of the noise.
    blur_mm : width at half height of the point spread within a slice.
    slice_mm : slice thickness where it is more than the spacing between slices; None makes them equal.
    grain : whether cancellous bone and muscle have a texture.
    streaks : whether metal throws streaks (a look, not physics).
    seed : of everything random.
    """

    noise_hu: float = 12.0
    blur_mm: float = 0.9
    slice_mm: float | None = None
    grain: bool = True
    streaks: bool = False
    seed: int = 0


def ct_image(
    subject: Subject, lattice: Lattice, scan: Scan, *, told: Callable[[str], None] = lambda _: None
) -> NDArray[np.int16]:
    """Return CT numbers on a lattice, HU, cut at the ends of the 12 bit scale.

    Parameters
    ----------
    told : is called with the name of what is worked on.
    """
    canvas = Canvas.empty(lattice.shape)
    _paint(canvas, subject, lattice, scan, told)
    outside = "air" if "skin" in subject.names else "soft_tissue"
    hu = canvas.finished(tissues.hu(outside))
    told("blur and noise")
    _blur(hu, lattice, scan)
    if scan.streaks:
        add_streaks(hu, lattice.slice_axis, np.random.default_rng([scan.seed, 4]))
    if scan.noise_hu > 0.0:
        rng = np.random.default_rng([scan.seed, 1])
        hu += scanner_noise(lattice.shape, lattice.spacing_mm, lattice.slice_axis, scan.noise_hu, rng)
    return np.clip(np.rint(hu), LOWEST_HU, HIGHEST_HU).astype(np.int16)


def _paint(canvas: Canvas, subject: Subject, lattice: Lattice, scan: Scan, told: Callable[[str], None]) -> None:
    lines = int(np.clip(np.ceil(lattice.spacing_mm[:2].max() / FINE_MM), 2, 8))
    neural, inserted = canvas.family(), canvas.family()
    bone = BonePainter(subject, lattice, lines, scan.seed if scan.grain else None)
    flesh: NDArray[np.float32] | None = None
    fat: NDArray[np.float32] | None = None
    for name in sorted(subject.names, key=lambda one: (priority(one), one)):
        if _BODY.fullmatch(name):
            continue
        told(name)
        block = occupancy(subject.mesh(name), lattice.affine_lps, lattice.shape, lines=lines)
        if block.values.size == 0:
            continue
        if is_bone(name):
            bone.paint(canvas, name, block, inserted)
            continue
        if name in subject.fills:
            canvas.add(block, fill_of(subject, name, lattice, block), inserted)
            continue
        tissue = next(kind for pattern, kind in tissues.TISSUES if re.fullmatch(pattern, name))
        value: float | NDArray[np.float32] = tissues.hu(tissue)
        if scan.grain and tissue in {"muscle", "back_muscle"}:
            if flesh is None:
                figures, rng = tissues.figures(), np.random.default_rng([scan.seed, 2])
                flesh = grain(lattice.shape, lattice.spacing_mm, figures["muscle_texture_mm"], rng)
                flesh *= np.float32(figures["muscle_texture_hu"])
            value = np.float32(value) + flesh[block.window]
        family = neural if _NEURAL.fullmatch(name) else inserted if _INSERTED.fullmatch(name) else None
        if name == "skin":  # everything drawn so far lies within it
            within = (
                interior_hu(canvas.room, fat, lattice, scan.seed)[block.window]
                if scan.grain
                else tissues.hu("soft_tissue")
            )
            canvas.fill_rest(block, within)
            continue
        taken = canvas.add(block, value, family)
        if tissue == "fat":
            fat = np.zeros(lattice.shape, dtype=np.float32) if fat is None else fat
            fat[block.window] += taken


def _blur(hu: NDArray[np.float32], lattice: Lattice, scan: Scan) -> None:
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    spacing, across = lattice.spacing_mm, lattice.slice_axis
    for axis in range(3):
        width = scan.blur_mm / 2.3548
        if axis == across:
            # A voxel is a box as high as the spacing already; a thicker slice adds the variance that is missing.
            extra = (scan.slice_mm or 0.0) ** 2 - spacing[axis] ** 2
            width = float(np.sqrt(max(extra, 0.0) / 12.0))
        if width > 0.0:
            gaussian_filter1d(hu, width / spacing[axis], axis=axis, mode="nearest", output=hu)
