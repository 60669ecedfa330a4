"""Which tissue each cell of a grid holds: from the patient's surfaces, and from the CT where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import assumed_density, mineral_density, volume_fraction
from planner.anatomy.density import hu_at
from planner.anatomy.structures import Anatomy, Structure
from planner.core.names import Bone, LesionType
from planner.geometry.index import index_of
from planner.geometry.voxelise import inside_graded
from planner.simulate.grid import TensorGrid
from planner.simulate.tissues import tissue
from planner.simulate.treatment.names import NUMBER
from planner.simulate.treatment.protection import Flow, protected

SHELL_MM = 0.5
"""Thickness of the cortical shell (assumed; lumbar bodies measure some 0.3 to 0.6 mm, pedicles more)."""
CSF_MM = 2.0
"""Where no sac is labelled, so much around the cord is cerebrospinal fluid and the rest of the canal fat (assumed)."""
LUMBAR_BONE_KG_M3 = 1900.0
"""Wet bone tissue, as in the calibration of the CT."""
_TUMOUR: dict[LesionType | None, str] = {"lytic": "lytic_tumour", "blastic": "blastic_tumour"}
_VESSELS = ("aorta", "inferior_vena_cava", "superior_vena_cava", "iliac_artery", "iliac_vein", "portal_vein", "azygos")


@dataclass(frozen=True, eq=False)
class TissueMap:
    """Tissue cell by cell.

    Attributes
    ----------
    grid : the cells.
    number : (nx, ny, nz) place in `NAMES`.
    bone_kg_m3 : density of the whole wet bone, where the number says bone.
    shell : share of a cell that is cortical shell.
    caveats : what keeps the result from being this patient's own.
    assumed : what was assumed besides.
    flows : what is led past tissue to cool it.
    """

    grid: TensorGrid
    number: NDArray[np.int8]
    bone_kg_m3: NDArray[np.float32]
    shell: NDArray[np.float32]
    caveats: tuple[str, ...]
    assumed: tuple[str, ...]
    flows: tuple[Flow, ...] = ()


def tissue_map(
    anatomy: Anatomy, grid: TensorGrid, *, lesion: str | None, lesion_type: LesionType | None, bone: Bone | None,
    protection: Sequence[str] = (),
) -> TissueMap:  # fmt: skip
    """Paint the structures in this order: discs, bone, canal, sac, cord, roots, lesion, vessels, metal and cement.

    A cell belongs to the structure that holds its centre; the cortical shell, thinner than a cell, counts by its
    share of the cell. A cord is never painted over by a lesion.
    """
    painter = _Painter(anatomy, grid)
    names = [*anatomy.names, *(n for n in ("spinal_canal",) if n in anatomy.modellers)]
    painter.all((n for n in names if n.startswith("disc_")), "intervertebral_disc")
    painter.all((n for n in names if n.startswith("lung_")), "lung")
    painter.bones([n for n in names if n.startswith("vertebra_") and n.count("_") == 1] + _parts(names))
    painter.all(["spinal_canal"], "epidural_fat")
    painter.all(["thecal_sac"], "csf")
    if "thecal_sac" not in names and "spinal_cord" in names:
        painter.around_cord()
    painter.all(["spinal_cord"], "spinal_cord")
    painter.all((n for n in names if n.startswith("nerve_root_")), "nerve")
    if lesion is not None:
        painter.all([lesion], _TUMOUR.get(lesion_type, "lytic_tumour"), but=("spinal_cord", "csf"))
        if lesion_type not in _TUMOUR:
            said = f"{lesion_type.replace('_', ' ')} lesion" if lesion_type else "lesion of no stated type"
            painter.caveats.append(f"{said} computed as lytic")
    painter.all((n for n in names if n.startswith(_VESSELS)), "blood")
    painter.all((n for n in names if n.startswith(("screw", "rod"))), "titanium")
    painter.all((n for n in names if n.startswith("cement")), "pmma")
    if "skin" in names:
        painter.beyond_skin()
    flows = protected(painter, protection)
    density = painter.densities(bone)
    return TissueMap(
        grid, painter.number, density, painter.shell, tuple(painter.caveats), tuple(painter.assumed), flows
    )


def _parts(names: Iterable[str]) -> list[str]:
    """Parts of vertebrae whose whole nobody labelled."""
    whole = {n for n in names if n.startswith("vertebra_") and n.count("_") == 1}
    return [n for n in names if n.startswith("vertebra_") and "_".join(n.split("_")[:2]) not in whole]


class _Painter:
    def __init__(self, anatomy: Anatomy, grid: TensorGrid) -> None:
        self.anatomy, self.grid = anatomy, grid
        self.points = grid.points_mm.reshape(-1, 3)
        self.lines = np.ascontiguousarray(self.points.T)
        self.number = np.full(grid.shape, NUMBER["muscle"], np.int8)
        self.shell = np.zeros(grid.shape, np.float32)
        self.caveats: list[str] = []
        self.assumed = [f"cortical shell of {SHELL_MM:g} mm"]

    def all(self, names: Iterable[str], name: str, but: tuple[str, ...] = ()) -> None:
        """Give the cells inside these structures a tissue."""
        for structure in filter(None, map(self.anatomy.get, names)):
            inside = self._inside(structure)
            flat = self.number.reshape(-1)
            kept = inside[~np.isin(flat[inside], [NUMBER[b] for b in but])] if but else inside
            flat[kept] = NUMBER[name]
            self.shell.reshape(-1)[kept] = 0.0

    def bones(self, names: Iterable[str]) -> None:
        """Bone and its shell: by how much the layer below the surface takes of each cell."""
        widths = np.broadcast_to(
            np.cbrt(self.grid.volumes_m3 * 1e9), self.grid.shape
        ).reshape(-1)  # fmt: skip
        for structure in filter(None, map(self.anatomy.get, names)):
            inside = self._inside(structure)
            half = 0.5 * widths[inside]
            depth = _depth(structure, self.points[inside], SHELL_MM + half)
            self.number.reshape(-1)[inside] = NUMBER["cancellous_bone"]
            taken = np.minimum(depth + half, SHELL_MM) - np.maximum(depth - half, 0.0)
            self.shell.reshape(-1)[inside] = np.clip(taken / (2.0 * half), 0.0, 1.0)

    def around_cord(self) -> None:
        """Cells of the canal near the cord are fluid."""
        cord = self.anatomy.get("spinal_cord")
        if cord is None:
            return
        near = self._near(cord, CSF_MM)
        near = near[self.number.reshape(-1)[near] == NUMBER["epidural_fat"]]
        if len(near):
            fluid = near[index_of(cord.mesh).closest(self.points[near])[0] < CSF_MM]
            self.number.reshape(-1)[fluid] = NUMBER["csf"]
        self.assumed.append(f"{CSF_MM:g} mm of fluid around the cord, then fat, as no sac is labelled")

    def beyond_skin(self) -> None:
        """Cells of muscle that no skin surrounds are air; where the skin's surface is capped, the body goes on."""
        skin = self.anatomy.get("skin")
        if skin is None:
            return
        low, high = skin.mesh.bounds[:, 2]
        height = self.lines[2].reshape(self.grid.shape)
        body = (height < low) | (height > high)
        body.reshape(-1)[self._inside(skin)] = True
        self.number[(self.number == NUMBER["muscle"]) & ~body] = NUMBER["air"]

    def densities(self, bone: Bone | None) -> NDArray[np.float32]:
        """Wet density of bone: by the CT, else by the stated or an assumed grade."""
        assumed = assumed_density(bone)
        density = np.full(self.grid.shape, wet_density(assumed.value), np.float32)
        where = np.flatnonzero(self.number.reshape(-1) == NUMBER["cancellous_bone"])
        if self.anatomy.ct is None or not len(where):
            self.caveats.append(assumed.caveat or "bone density assumed")
            return density
        hu = hu_at(self.anatomy.ct, self.points[where])
        known = np.isfinite(hu)
        levels = np.linspace(-100.0, 1500.0, 161)
        table = [wet_density(mineral_density(float(level)).value) for level in levels]
        density.reshape(-1)[where[known]] = np.interp(hu[known], levels, table)
        if not known.all():
            self.caveats.append("the CT does not cover all bone; there its density is assumed")
        return density

    def _inside(self, structure: Structure) -> NDArray[np.int64]:
        mesh, centres = structure.mesh, (self.grid.centres_mm(0), self.grid.centres_mm(1), self.grid.centres_mm(2))
        found = inside_graded(self.grid.to_grid(mesh.vertices), mesh.faces, centres)
        i, j, k = np.nonzero(found.values)
        x, y, z = (one.start for one in found.window)
        return np.asarray(np.ravel_multi_index((i + x, j + y, k + z), self.grid.shape))

    def _near(self, structure: Structure, reach: float) -> NDArray[np.int64]:
        near: NDArray[np.int64] | None = None
        for at, low, high in zip(self.lines, *structure.mesh.bounds, strict=True):
            asked = at if near is None else at[near]
            kept = np.flatnonzero((asked >= low - reach) & (asked <= high + reach))
            near = kept if near is None else near[kept]
        assert near is not None  # noqa: S101 - there are three axes
        return near


def wet_density(mineral_mg_cm3: float) -> float:
    """Return kg/m³ of bone with its marrow for a mineral density."""
    share = volume_fraction(mineral_mg_cm3)
    return share * LUMBAR_BONE_KG_M3 + (1.0 - share) * tissue("red_marrow").value("density_kg_m3")


def _depth(structure: Structure, points: NDArray[np.float64], asked_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth of points inside; where it is more than what is asked of a point, a lower bound of it."""
    from scipy.spatial import KDTree  # noqa: PLC0415

    if not len(points):
        return np.zeros(0)
    index = index_of(structure.mesh)
    # No point of a face is farther from its centre than its radius.
    reach = float(index.radii.max())
    most = float(asked_mm.max()) + reach
    found = np.asarray(KDTree(index.centres).query(points, distance_upper_bound=most)[0] - reach)  # inf beyond
    band = found <= asked_mm
    found[band] = index.closest(points[band])[0]
    return found
