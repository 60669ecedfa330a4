"""Label masks to smooth closed surfaces of the same volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.frames import is_singular, spacing_mm
from planner.geometry.levelset import is_closed, surface_of_volume
from planner.geometry.mesh import Mesh, joined

SURFACE_ERROR_VOXELS: Final = 0.35
"""Error of a clearance read from a label's surface, in voxels along the direction of the clearance. On cylinders,
balls and spheroids of every tilt, six voxels across and more, it holds for some 99 of 100 placements; half of them stay
within 0.1. The worst met was 0.45: a label cannot tell where between two voxel centres a wall lies. Flat walls in line
with the grid reach 0.6, shapes under four voxels across 0.8, sharp edges and corners more (`surface_of_mask`)."""

SMOOTHING_VOXELS: Final = (1.0, 0.7, 0.5, 0.0)
"""Widths of the gaussian tried in turn, in the finest voxel. One voxel removes the steps of the label best;
none keeps every voxel."""

WIDEST_MM: Final = 2.4
"""Widest gaussian: laminae and processes are 5 to 6 mm thick, and voxels of 3 mm smoothed by a whole one melt them
(mean error of a vertebra's surface 0.23 voxel, against 0.19 at this width)."""

REPLICATED_VOXELS: Final = 3
"""Voxels by which a label that leaves the image is continued: its cap then lies beyond the gaussian's reach."""

MARGIN_VOXELS: Final = 4
"""Empty voxels all round: the gaussian of one voxel is cut off there, so that no surface meets the edge."""

VOLUME_LIMIT: Final = 0.01
"""Relative error of the volume above which less smoothing is tried."""


@dataclass(frozen=True, eq=False)
class LabelSurface:
    """Surface of a label with what its making is known to have cost.

    Attributes
    ----------
    mesh : closed, faces outward, LPS mm; one shell or more for each part of the label.
    level : value of the smoothed mask on the surface of the largest part.
    volume_error : relative error against the volume of the voxels.
    bias_mm : how far the level puts a flat wall of the largest part outwards (negative: inwards), along the worst
        axis. A label of a few voxels has no flat wall: there the figure is large and means nothing.
    smoothing : width of the gaussian for the largest part, in the finest voxel; 1 but for odd labels and for voxels
        coarser than `WIDEST_MM`.
    unsmoothed_voxels : voxels of stretches too thin to smooth, kept as they were.
    parts : number of parts that do not touch, not even at a corner.
    """

    mesh: Mesh
    level: float
    volume_error: float
    bias_mm: float
    smoothing: float
    unsmoothed_voxels: int
    parts: int


def surface_uncertainty_mm(affine: ArrayLike, direction: ArrayLike) -> float:
    """Bound on the error of a clearance along a direction: `SURFACE_ERROR_VOXELS` of the voxel's extent there.

    The extent is sqrt(Σ (sᵢ nᵢ)²), with s the spacing and n the unit direction in voxel axes. The level that
    matches the volume pushes flat walls out by up to 0.2 voxel where a label is small; that is inside the bound.

    Parameters
    ----------
    affine : (4, 4) voxel indices to LPS mm; direction : (3,) in LPS, of any length.

    Raises
    ------
    ValueError
        The direction is zero or the affine singular.
    """
    d = np.asarray(direction, dtype=np.float64)
    if is_singular(affine):
        raise ValueError("the affine is singular: its columns do not span space")
    if not np.linalg.norm(d) > 0.0:
        raise ValueError("a direction needs a length")
    spacing = spacing_mm(affine)
    axes = np.asarray(affine, dtype=np.float64)[:3, :3] / spacing
    return float(SURFACE_ERROR_VOXELS * np.linalg.norm(spacing * (axes.T @ (d / np.linalg.norm(d)))))


def surface_of_mask(
    mask: NDArray[np.bool_],
    affine_lps: ArrayLike,
    *,
    border: Literal["replicate", "cap"] = "replicate",
    at: ArrayLike = (0, 0, 0),
    image: tuple[int, ...] | None = None,
) -> LabelSurface:
    """Make the closed surface of a label: gaussian of one voxel, marching cubes at the level that keeps the volume.

    The gaussian is never wider than `WIDEST_MM`. Every part of the label gets its own surface, so none is swallowed.
    Stretches so thin that smoothing would lose them stay unsmoothed; if the volume is missed by `VOLUME_LIMIT`, less
    smoothing is tried, down to none. Smooth anatomy six voxels across and more comes out within
    `SURFACE_ERROR_VOXELS`; sharp convex edges are rounded by up to 1.3 voxels and corners by 2.3, the place of the
    walls included.

    Parameters
    ----------
    mask : (i, j, k), true inside.
    affine_lps : (4, 4) voxel centres to LPS mm; oblique, sheared and mirroring ones are fine.
    border : "replicate" continues a label that touches the image's border three voxels beyond it, so that no
        cap lies where the anatomy goes on; "cap" closes it at the border.
    at, image : of a mask cut out of a larger image: index of its first voxel there, and the image's shape.

    Raises
    ------
    ValueError
        The mask is empty or not three-dimensional, or the affine is singular.
    """
    from scipy.ndimage import find_objects, label  # noqa: PLC0415

    mask = np.asarray(mask, dtype=bool)
    if mask.ndim != 3 or not mask.any():
        raise ValueError("a surface needs a three-dimensional mask with at least one voxel")
    if is_singular(affine_lps):
        raise ValueError("the affine is singular: its columns do not span space")
    affine = np.asarray(affine_lps, dtype=np.float64)
    spacing = spacing_mm(affine)
    first, whole = np.asarray(at, dtype=np.int64), np.array(mask.shape if image is None else image)
    box = tuple(slice(int(k.min()), int(k.max()) + 1) for k in _filled(mask))
    numbered, parts = label(mask[box], structure=np.ones((3, 3, 3)))
    pieces: list[_Piece] = []
    for number, part in enumerate(find_objects(numbered), start=1):
        lows = first + [b.start + p.start for b, p in zip(box, part, strict=True)]
        piece, low = _padded(numbered[part] == number, lows, whole, border)
        pieces.append(_surface_of_part(piece, low, spacing))
    largest = max(pieces, key=lambda piece: piece.voxels)
    found = joined([piece.mesh for piece in pieces])
    matrix = affine.copy()
    matrix[3] = (0.0, 0.0, 0.0, 1.0)
    wanted = sum(piece.voxels for piece in pieces)
    error = sum(piece.error * piece.voxels for piece in pieces) / wanted
    bias = _flat_wall_shift(largest.smoothing * spacing.min() / spacing, spacing, largest.level)
    kept = sum(piece.kept for piece in pieces)
    return LabelSurface(found.transformed(matrix), largest.level, error, bias, largest.smoothing, kept, parts)


def _filled(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices along each axis at which the mask holds a voxel."""
    others = ((1, 2), (0, 2), (0, 1))
    return [np.flatnonzero(mask.any(axis=axes)) for axes in others]


@dataclass(frozen=True, eq=False)
class _Piece:
    mesh: Mesh
    level: float
    error: float
    smoothing: float
    voxels: int
    kept: int


def _surface_of_part(part: NDArray[np.bool_], low: NDArray[np.int64], spacing: NDArray[np.float64]) -> _Piece:
    from scipy.ndimage import gaussian_filter, maximum_filter  # noqa: PLC0415

    voxels = int(part.sum())
    sharp = part.astype(np.float32)
    tried: list[_Piece] = []
    for smoothing in dict.fromkeys(min(s, WIDEST_MM / float(spacing.min())) for s in SMOOTHING_VOXELS):
        sigma = smoothing * spacing.min() / spacing
        field = gaussian_filter(sharp, sigma, mode="constant") if smoothing > 0.0 else sharp
        mesh, level, error = surface_of_volume(field, voxels)
        lost = _lost(field > level, part)
        kept = 0
        if lost.any():
            # Put the thin stretch back as it was, with the voxels by which it hangs on; the rest stays smooth.
            stretch = maximum_filter(lost, size=3) & part
            kept = int(stretch.sum())
            field = np.where(stretch, np.float32(1.0), field)
            mesh, level, error = surface_of_volume(field, voxels)
            lost = _lost(field > level, part)
        if not is_closed(mesh.faces):
            continue
        piece = _Piece(Mesh.of(mesh.vertices + low, mesh.faces), level, error, smoothing, voxels, kept)
        if abs(error) <= VOLUME_LIMIT and not lost.any():
            return piece
        tried.append(piece)
    if not tried:
        raise ValueError(f"no closed surface was found for a part of {voxels} voxels")
    # Unsmoothed labels are closed and whole; what is left is a volume that no level meets within the limit.
    return tried[-1]


def _padded(
    part: NDArray[np.bool_], low: NDArray[np.int64], shape: NDArray[np.int64], border: str
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Continue a part beyond the image where it touches the border, then put empty voxels all round."""
    if border == "replicate":
        before = np.where(low == 0, REPLICATED_VOXELS, 0)
        after = np.where(low + part.shape == shape, REPLICATED_VOXELS, 0)
        part = np.pad(part, np.stack([before, after], axis=1), mode="edge")
        low = low - before
    return np.pad(part, MARGIN_VOXELS), low - MARGIN_VOXELS


def _lost(inside: NDArray[np.bool_], part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels of the part that have no voxel inside the surface among their 27 neighbours."""
    from scipy.ndimage import maximum_filter  # noqa: PLC0415

    lost = part & ~inside
    return lost & ~maximum_filter(inside, size=3) if lost.any() else lost


def _flat_wall_shift(sigma: NDArray[np.float64], spacing: NDArray[np.float64], level: float) -> float:
    """Outward shift in mm of a flat wall across the axis where it is largest, found on a filtered step."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    reach = 2 * MARGIN_VOXELS
    places = np.arange(-reach, reach) + 0.5  # of voxel centres from the wall, outward
    step = (places < 0.0).astype(np.float64)
    shifts = [
        np.interp(-level, -(gaussian_filter1d(step, s, mode="nearest") if s > 0.0 else step), places) * mm
        for s, mm in zip(sigma, spacing, strict=True)
    ]
    return float(max(shifts, key=abs))
