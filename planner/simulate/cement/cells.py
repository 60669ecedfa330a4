"""The cells of one vertebra in its own axes: which are body, what they hold, where they touch the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.calibration import calibration
from planner.geometry.clearance import contains
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import inside
from planner.simulate.balloon.inflate import Inflation
from planner.simulate.cement.box import neighbours
from planner.simulate.cement.flow import Medium, Openings
from planner.simulate.site import Site
from planner.simulate.spongiosa import Spongiosa, bone_share, permeability_m2
from planner.simulate.zone import Body

Array = NDArray[np.float64]
BEHIND_MM = 14.0
"""How far behind the posterior wall cells reach: a lumbar pedicle; cement does not go farther back."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a vertebra.

    Attributes
    ----------
    site, width_mm : where, and how wide a cell is. low_mm : (3,) centre of the first cell of the box, own frame.
    mask : (nx, ny, nz) cells of the vertebra. in_body : (n,) those of the body.
    density_mg_cm3, pore_share, permeability_m2 : (n,), (n,), (n, 3).
    """

    site: Site
    width_mm: float
    low_mm: Array
    mask: NDArray[np.bool_]
    in_body: NDArray[np.bool_]
    density_mg_cm3: Array
    pore_share: Array
    permeability_m2: Array

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """(n, 3) place of each cell in the box."""
        return np.argwhere(self.mask)

    @cached_property
    def own_mm(self) -> Array:
        """(n, 3) centres in the vertebra's own frame."""
        return np.asarray(self.low_mm + self.width_mm * self.index)

    @cached_property
    def points_mm(self) -> Array:
        """(n, 3) centres, LPS mm."""
        return self.site.frame.to_lps(self.own_mm)

    @cached_property
    def near(self) -> NDArray[np.int32]:
        """(n, 6) neighbours."""
        return neighbours(self.mask)

    @property
    def affine_lps(self) -> Array:
        """(4, 4) indices of the box to LPS mm."""
        return self.site.frame.affine(self.low_mm, self.width_mm)

    @property
    def cell_ml(self) -> float:
        """Volume of a cell."""
        return self.width_mm**3 / 1000.0

    def at(self, point_mm: Array, radius_mm: float) -> NDArray[np.int64]:
        """Cells within a radius of a point, LPS mm, or the nearest one within a cell's diagonal; empty without any."""
        away = np.linalg.norm(self.points_mm - point_mm, axis=1)
        found = np.flatnonzero(away <= radius_mm)
        if len(found):
            return found
        nearest = int(away.argmin())
        return np.array([nearest] if away[nearest] < 1.8 * self.width_mm else [], dtype=np.int64)

    def medium(self, openings: Openings | None = None, *, permeability: ArrayLike = 1.0, marrow: float = 1.0) -> Medium:
        """Return them for the flow; `permeability`, a number or (n, 1), and `marrow` scale what is uncertain."""
        drain = (self.near < 0).sum(axis=1).astype(np.float64)
        c = calibration("bone_mechanics")
        thick, finger = (
            c["marrow_viscosity_pa_s"] * marrow,
            np.where(self.pore_share < 1.0, c["finger_viscosity_pa_s"], 0.0),
        )
        room = self.pore_share * self.cell_ml
        return Medium(
            self.width_mm, self.near, room, np.asarray(permeability) * self.permeability_m2, drain, thick, finger,
            openings or Openings(),
        )  # fmt: skip

    def box(self, values: Array) -> Array:
        """Put a value of each cell (n,) back into the box; zero elsewhere."""
        made = np.zeros(self.mask.shape)
        made[self.mask] = values
        return made

    def surface(self, part: Array) -> Mesh | None:
        """Surface of the cement, LPS mm, by the share (n,) of each cell that it holds; None of too little.

        It encloses the bone within the cement as well.
        """
        from scipy.ndimage import gaussian_filter  # noqa: PLC0415

        from planner.geometry.levelset import surface_of_volume  # noqa: PLC0415 - scikit-image

        if part.sum() < 8.0:
            return None
        padded = np.pad(self.box(part), 3)
        field = gaussian_filter(padded, 0.7).astype(np.float32)
        mesh, _, _ = surface_of_volume(field, float(part.sum()))
        matrix = self.affine_lps.copy()
        matrix[:3, 3] -= matrix[:3, :3] @ np.full(3, 3.0)
        return mesh.transformed(matrix)


def cells_of(
    site: Site,
    bone: Spongiosa,
    width_mm: float,
    cavities: Sequence[Inflation] = (),
    ablated: Sequence[Body] = (),
) -> Cells:
    """Cut a vertebra into cells; balloons leave a cavity in crushed bone, ablation a tumour that gives way."""
    own = site.frame.to_own(site.whole.mesh.vertices)
    low, high = own.min(axis=0) - width_mm, own.max(axis=0) + width_mm
    high[1] = min(high[1], site.bounds[1, 1] + BEHIND_MM)
    low = low + 0.5 * width_mm
    shape = tuple(int(n) for n in np.ceil((high - low) / width_mm) + 1)
    affine = site.frame.affine(low, width_mm)
    mask, body = (_filled(mesh, affine, shape) for mesh in (site.whole.mesh, site.body.mesh))
    mask |= body
    points = site.frame.to_lps(low + width_mm * np.argwhere(mask))
    density = bone.density_mg_cm3(points)
    c = calibration("bone_mechanics")
    across = np.array([c["permeability_across"], c["permeability_across"], 1.0])
    empty = np.zeros(len(points), dtype=bool)
    for balloon in cavities:
        hollow, crushed = _round_balloon(points, balloon)
        empty |= hollow
        density = np.where(crushed, density / (1.0 - c["lock_fraction"]), density)
    lesion = bone.anatomy.get(bone.target.lesion) if bone.target.lesion else None
    ease = np.ones(len(points))
    if lesion is not None and bone.target.lesion_type != "blastic":
        ease[contains(lesion.mesh, points)] = c["tumour_permeability"]
        for dead in ablated:
            ease[dead.distance(points) < 0.0] = 1.0
    k = (ease * permeability_m2(density))[:, None] * across
    k[empty] = c["cavity_permeability"] * c["permeability_m2"]
    pores = np.where(empty, 1.0, 1.0 - bone_share(density))
    return Cells(site, width_mm, low, mask, body[mask], np.where(empty, 0.0, density), pores, k)


def _filled(mesh: Mesh, affine: Array, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    block = inside(mesh, affine, shape)  # type: ignore[arg-type]
    made = np.zeros(shape, dtype=bool)
    made[block.window] = block.values
    return made


def _round_balloon(points: Array, balloon: Inflation) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells in a balloon's cavity, and in the bone crushed round it."""
    from scipy.spatial import KDTree  # noqa: PLC0415

    way = points - balloon.rays.centre
    away = np.linalg.norm(way, axis=1)
    hollow, crushed = np.zeros(len(points), dtype=bool), np.zeros(len(points), dtype=bool)
    close = np.flatnonzero(away < balloon.front_mm.max())
    _, ray = KDTree(balloon.rays.way).query(way[close] / np.maximum(away[close], 1e-9)[:, None])
    hollow[close] = away[close] < balloon.radii_mm[ray]
    crushed[close] = ~hollow[close] & (away[close] < balloon.front_mm[ray])
    return hollow, crushed
