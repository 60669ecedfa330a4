"""CT numbers of a vertebra: its spongiosa, the lytic and blastic share of its lesion, its lost walls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.anatomy.roles.build import vertebra_rings
from planner.anatomy.stored import StoredVolume
from planner.anatomy.structures import Anatomy, Structure
from planner.anatomy.volume import Volume
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.clearance import clearance_along, contains

Array = NDArray[np.float64]
Wall = Literal["posterior", "upper", "lower"]
Shape = Literal["lytic", "blastic", "mixed", "unremarkable"]

TRABECULAR_DEPTH_MM: Final = 4.0
"""Distance from the body's surface beyond which its cortex and endplates no longer colour a voxel."""
SAMPLE_MM: Final = 1.0
WALL_DEPTH_MM: Final = 2.0
"""Depth to either side of a wall's surface in which its cortex is looked for: label and CT disagree by a voxel."""
FACING: Final = 0.7
"""Cosine from which a face counts as looking a way (within 45°)."""
NOTABLE: Final = 0.25
"""Share of a lesion from which its lytic or blastic part gives it its name (assumed)."""


@dataclass(frozen=True)
class LesionShares:
    """Shares of a lesion's volume: below the lytic and above the blastic threshold."""

    lytic: float
    blastic: float

    @property
    def shape(self) -> Shape:
        """What the lesion is to be called."""
        lytic, blastic = self.lytic >= NOTABLE, self.blastic >= NOTABLE
        return "mixed" if lytic and blastic else "lytic" if lytic else "blastic" if blastic else "unremarkable"


def hu_at(ct: Volume, points_lps_mm: Array) -> Array:
    """Return the CT number at points (n, 3), linear between voxels; NaN outside the image.

    Of an image whose voxels are read when asked for, the same places seen before need no voxel.
    """
    if not isinstance(ct, StoredVolume):
        return _interpolated(ct, points_lps_mm)
    grid = np.array([*ct.affine_lps.ravel(), *ct.shape])
    key = key_of("hu", ct.content, grid, points_lps_mm, code_of("planner.anatomy.density", "numpy", "scipy"))
    held = cached_arrays(key, lambda: {"hu": _interpolated(ct, points_lps_mm)})
    return np.asarray(held["hu"], dtype=np.float64)


def _interpolated(ct: Volume, points_lps_mm: Array) -> Array:
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    index = ct.index_of(points_lps_mm)
    low = np.floor(index.min(axis=0)).astype(int) - 1
    high = np.ceil(index.max(axis=0)).astype(int) + 2
    low, high = np.maximum(low, 0), np.minimum(high, ct.shape)
    if (high <= low).any():
        return np.full(len(index), np.nan)
    part = ct.array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
    values = map_coordinates(part, (index - low).T, order=1, mode="nearest")
    return np.asarray(np.where(ct.holds(points_lps_mm), values, np.nan), dtype=np.float64)


def inner_points(structure: Structure, depth_mm: float = 0.0, step_mm: float = SAMPLE_MM) -> Array:
    """Return grid points (n, 3) at least `depth_mm` inside a structure, LPS mm."""
    low, high = structure.mesh.bounds
    grid = np.stack(np.meshgrid(*map(np.arange, low, high, [step_mm] * 3), indexing="ij"), axis=-1).reshape(-1, 3)
    if depth_mm > 0.0:  # the distance of what lies outside is not asked for
        grid = grid[contains(structure.mesh, grid)]
    return np.asarray(grid[clearance_along(grid, structure.mesh)[0] <= -depth_mm])


def trabecular_hu(anatomy: Anatomy, level: str, lesion: str | None = None) -> tuple[float, float] | None:
    """Return mean and standard deviation of the CT numbers of a body's spongiosa, the lesion left out; None without."""
    return anatomy.once(f"trabecular_hu {level} {lesion}", lambda: _trabecular_hu(anatomy, level, lesion))


def _trabecular_hu(anatomy: Anatomy, level: str, lesion: str | None) -> tuple[float, float] | None:
    body = anatomy.get(f"vertebra_{level}_body")
    if anatomy.ct is None or body is None:
        return None
    points = inner_points(body, TRABECULAR_DEPTH_MM, 1.5)
    tumour = anatomy.get(lesion) if lesion else None
    if tumour is not None and len(points):
        points = points[clearance_along(points, tumour.mesh)[0] > SAMPLE_MM]
    values = hu_at(anatomy.ct, points) if len(points) else np.empty(0)
    values = values[np.isfinite(values)]
    return (float(values.mean()), float(values.std())) if len(values) >= 20 else None


def lesion_shares(anatomy: Anatomy, lesion: str) -> LesionShares | None:
    """Return how much of a lesion reads as lytic and as blastic; None without CT or lesion."""
    return anatomy.once(f"lesion_shares {lesion}", lambda: _lesion_shares(anatomy, lesion))


def _lesion_shares(anatomy: Anatomy, lesion: str) -> LesionShares | None:
    tumour = anatomy.get(lesion)
    if anatomy.ct is None or tumour is None:
        return None
    values = hu_at(anatomy.ct, inner_points(tumour))
    values = values[np.isfinite(values)]
    c = calibration()
    if len(values) == 0:
        return None
    return LesionShares(float((values < c["lytic_below_hu"]).mean()), float((values > c["blastic_above_hu"]).mean()))


def wall_defect(anatomy: Anatomy, level: str, wall: Wall) -> float | None:
    """Return the share of a wall's surface without cortex: the posterior wall before the canal, or an endplate.

    None without CT, body or canal, or where the CT does not reach.
    """
    return anatomy.once(f"wall_defect {level} {wall}", lambda: _wall_defect(anatomy, level, wall))


def _wall_defect(anatomy: Anatomy, level: str, wall: Wall) -> float | None:
    body, rings = anatomy.get(f"vertebra_{level}_body"), vertebra_rings(anatomy, level)
    if anatomy.ct is None or body is None or rings is None:
        return None
    corners = body.mesh.triangles
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2.0
    size = np.linalg.norm(area, axis=1)
    normal = area / np.maximum(size, 1e-12)[:, None]
    own = rings.frame.to_own(corners.mean(axis=1))
    way, sign = {"posterior": (1, 1.0), "upper": (2, 1.0), "lower": (2, -1.0)}[wall]
    facing = sign * (normal @ rings.frame.axes[:, way]) > FACING
    if wall == "posterior":
        facing &= np.abs(own[:, 0]) < rings.half_width_mm
    middle = 0.5 * (own[:, way].min() + own[:, way].max())
    facing &= sign * (own[:, way] - middle) > 0.0
    if not facing.any():
        return None
    steps = np.arange(-WALL_DEPTH_MM, WALL_DEPTH_MM + 0.01, 0.5)
    places = corners.mean(axis=1)[facing][:, None] + steps[:, None] * normal[facing][:, None]
    values = hu_at(anatomy.ct, places.reshape(-1, 3)).reshape(-1, len(steps))
    known = np.isfinite(values).all(axis=1)
    if known.mean() < 0.9:
        return None
    lost = values[known].max(axis=1) < calibration()["cortex_above_hu"]
    return float((lost * size[facing][known]).sum() / size[facing][known].sum())
