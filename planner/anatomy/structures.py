"""Named structures in one frame, meshed when first asked for, each with its origin and its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.boxes import Box, box_of
from planner.anatomy.volume import Volume
from planner.geometry.mesh import Mesh
from planner.geometry.surface import surface_of_mask, surface_uncertainty_mm

T = TypeVar("T")
StructureOrigin = Literal["segmented", "modelled", "user"]


@dataclass(frozen=True, eq=False)
class Structure:
    """One anatomical structure.

    Attributes
    ----------
    name : the field's name, `vertebra_L3`, `spinal_cord`, …
    mesh : closed surface, LPS mm.
    origin : `segmented` (a label, or exact in a parametric patient), `modelled` (derived), `user` (stated).
    reach_mm : lowest and highest z (LPS, toward the head) to which it is known.
    gaps_mm : stretches of z between these where the label has no voxel: a piece above and one below are no
        clearance in between.
    volume_ml : of the labelled voxels, or of the mesh where there are none.
    affine_lps : of the label map it was made from; None where the surface is exact.
    cut : whether the border of the image cuts it.
    model_error_mm : how far a modelled surface may lie off besides what its voxels cost.
    """

    name: str
    mesh: Mesh
    origin: StructureOrigin
    reach_mm: tuple[float, float]
    volume_ml: float
    affine_lps: NDArray[np.float64] | None = None
    cut: bool = False
    gaps_mm: tuple[tuple[float, float], ...] = ()
    model_error_mm: float = 0.0

    def uncertainty_mm(self, direction: NDArray[np.float64]) -> float:
        """Return how far the surface may lie off along `direction` (LPS, any length), mm."""
        if self.affine_lps is None:
            return self.model_error_mm
        return self.model_error_mm + surface_uncertainty_mm(self.affine_lps, direction)

    def reaches(self, low_mm: float, high_mm: float) -> bool:
        """Return whether it is known over the whole height from `low_mm` to `high_mm` (LPS z)."""
        inside = self.reach_mm[0] <= low_mm and high_mm <= self.reach_mm[1]
        return inside and not any(low < high_mm and low_mm < high for low, high in self.gaps_mm)


def from_mesh(name: str, mesh: Mesh, origin: StructureOrigin) -> Structure:
    """Wrap an exact surface."""
    low, high = mesh.bounds[:, 2]
    return Structure(name, mesh, origin, (float(low), float(high)), mesh.volume_mm3 / 1000.0)


def from_mask(name: str, mask: NDArray[np.bool_], volume: Volume, origin: StructureOrigin = "segmented") -> Structure:
    """Mesh a label; `mask` must hold at least one voxel."""
    box = box_of(mask)
    if box is None:
        raise ValueError(f"{name} has no voxel")
    return from_crop(name, mask[box], volume, box, origin)


def from_crop(name: str, crop: NDArray[np.bool_], volume: Volume, box: Box, origin: StructureOrigin) -> Structure:
    """Mesh the part `crop` of a label that lies in a box of the image and just fills it."""
    low, high = (np.array([getattr(side, end) for side in box]) for end in ("start", "stop"))
    found = surface_of_mask(crop, volume.affine_lps, at=low, image=volume.shape)
    rise = volume.affine_lps[2, :3]
    heights = (np.argwhere(crop) + low) @ rise + volume.affine_lps[2, 3]
    half = float(np.abs(rise).sum()) / 2.0  # a voxel reaches half its height beyond its centre
    reach = (float(heights.min()) - half, float(heights.max()) + half)
    cut = bool((low == 0).any() or (high == volume.shape).any())
    volume_ml, gaps = float(crop.sum()) * volume.voxel_ml, _gaps(heights, half)
    return Structure(name, found.mesh, origin, reach, volume_ml, volume.affine_lps, cut, gaps)


def _gaps(heights: NDArray[np.float64], half: float) -> tuple[tuple[float, float], ...]:
    """Return the stretches without a voxel, where each voxel covers `half` above and below its centre."""
    low, layer = float(heights.min()), 2.0 * half
    # Layers as high as a voxel: neighbouring voxels never lie further apart, so a whole label leaves none empty.
    empty = np.bincount(np.floor((heights - low) / layer + 0.5).astype(np.int64)) == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]))).reshape(-1, 2)
    return tuple((low + layer * (first - 0.5), low + layer * (last - 0.5)) for first, last in edges.tolist())


Maker = Callable[[], Structure]
Modeller = Callable[[], Structure | None]
"""Derives a structure that nobody labelled; None where the labels do not allow it."""


Cropper = Callable[[NDArray[np.float64], NDArray[np.float64]], Structure | None]
"""Builds the part of a structure between two corners (3,), LPS mm; None where there is nothing of it."""


@dataclass(eq=False)
class Anatomy:
    """Every structure of the patient by name.

    Attributes
    ----------
    makers : name → function that builds the structure when it is first needed.
    images : the label maps; empty for a parametric patient.
    warnings : what a reader should know.
    inputs : role and SHA-256 of each file.
    ct : the CT where one is given, in HU.
    modellers : name → function that derives a structure nobody labelled; none of them stands in `names`.
    croppers : name → function that builds a part of the structure; where only a part is asked of, a lung of a
        million faces is not meshed whole.
    shared : interim results that several derived structures and measurements use.
    extent_mm : (2, 3) bounds of a patient who was drawn, not imaged; None takes them from the structures.
    """

    makers: Mapping[str, Maker]
    images: tuple[Volume, ...] = ()
    warnings: tuple[str, ...] = ()
    inputs: tuple[dict[str, str], ...] = ()
    ct: Volume | None = None
    modellers: Mapping[str, Modeller] = field(default_factory=dict)
    croppers: Mapping[str, Cropper] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)
    extent_mm: NDArray[np.float64] | None = None
    _made: dict[str, Structure | None] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all structures that were labelled, drawn or stated."""
        return tuple(self.makers)

    def get(self, name: str) -> Structure | None:
        """Return a structure, labelled or else modelled, or None where there is none of that name."""
        if name not in self._made:
            if name in self.makers:
                self._made[name] = self.makers[name]()
            elif name in self.modellers:
                self._made[name] = self.modellers[name]()
        return self._made.get(name)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return an interim result, made when it is first asked for."""
        if key not in self.shared:
            self.shared[key] = make()
        found: T = self.shared[key]
        return found

    def near(self, name: str, low: NDArray[np.float64], high: NDArray[np.float64]) -> Structure | None:
        """Return what of a labelled structure lies between two corners (3,), LPS mm, or all of it; None without any.

        Where it is a part, its surface is the structure's own within the box, and closed at the box's sides.
        """
        if name not in self.makers:
            return None
        if name not in self.croppers:
            return self.get(name)
        key = f"near {name} {low.tolist()} {high.tolist()}"
        if key not in self.shared:
            self.shared[key] = self.croppers[name](low, high)
        found: Structure | None = self.shared[key]
        return found

    def holds(self, point_lps_mm: NDArray[np.float64]) -> bool:
        """Return whether a point lies inside an image (or, without one, within the patient's bounds)."""
        point = np.asarray(point_lps_mm, dtype=float)
        if self.images:
            return any(bool(image.holds(point)[0]) for image in self.images)
        if self.extent_mm is not None:
            return bool(np.all(point >= self.extent_mm[0]) and np.all(point <= self.extent_mm[1]))
        bounds = np.array([structure.mesh.bounds for name in self.makers if (structure := self.get(name))])
        return bool(np.all(point >= bounds[:, 0].min(axis=0)) and np.all(point <= bounds[:, 1].max(axis=0)))
