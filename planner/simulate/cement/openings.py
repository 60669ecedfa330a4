"""Where cement can leave a body: veins that every body has, defects that are seen, cracks that may be there.

The shell itself lets marrow through but no cement. An opening resists by its own width and by the plug of cement in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.anatomy.density import hu_at
from planner.geometry.clearance import contains
from planner.plan.models import Target
from planner.simulate.cement.cells import Cells
from planner.simulate.cement.flow import Openings

Array = NDArray[np.float64]
KINDS: Final = ("basivertebral", "segmental", "cortical", "disc", "canal")
"""Basivertebral vein, segmental veins, cortex to the side or front, endplate, posterior wall."""
VEIN_MM: Final = {"basivertebral": 2.0, "segmental": 1.0}
"""Radius where the vein leaves the body (assumed)."""
VEIN_SD: Final = 0.4
"""Spread of the logarithm of a radius (assumed)."""
WALL_MM: Final = 2.0
"""Length of an opening before cement is in it: wall and what lies on it."""
CRACK_MM: Final = (0.8, 12.0)
"""Width and length of a hidden crack (assumed)."""
CLEFT_REACH: Final = 0.9
"""How far a crack runs inwards from the wall, of the way to the middle of the body (assumed: fractures cross it)."""
CHANNEL_MM: Final = 1.2
"""Half the width of the cells that a vein or cleft eases."""
UNEVEN_SD: Final = 1.6
"""Spread of the logarithm of the permeability from place to place (assumed, fitted with `CRACKS`)."""
UNEVEN_MM: Final = 4.0
"""Distance over which it changes (assumed)."""
CRACKS: Final = {"disc": 0.8, "cortical": 0.8, "canal": 0.03}
"""Chance of such a crack in a treated body. Fitted together to the share of levels that leak on radiographs (33–40 %)
and to how these part by type (josr2019)."""
SEEN_DEFECT_SHARE: Final = 0.6
"""A place counts as lost where so much of the wall within `SEEN_DEFECT_MM` reads as lost: single voxels are noise."""
SEEN_DEFECT_MM: Final = 3.0
PROBE_MM: Final = np.arange(-2.0, 2.01, 0.5)
"""Depths to either side of a wall in which its cortex is looked for."""


@dataclass(frozen=True, eq=False)
class Wall:
    """Faces of the body that look outwards.

    Attributes
    ----------
    cell : (m,) their cells. axis, sign : (m,) which way they look. place : (m, 3) their middles, own frame.
    """

    cell: NDArray[np.int64]
    axis: NDArray[np.int64]
    sign: Array
    place: Array

    @property
    def kind(self) -> NDArray[np.str_]:
        """What cement that leaves there would be called."""
        behind = (self.axis == 1) & (self.sign > 0.0)
        return np.select([self.axis == 2, behind], ["disc", "canal"], "cortical")


@dataclass(frozen=True, eq=False)
class Veins:
    """What is drawn for a sample; by default what is likeliest: veins of middle width and no hidden crack.

    Attributes
    ----------
    width : factor of each vein's radius. cracks : kind of each hidden crack and where on its wall, 0 to 1.
    uneven : seed of how the permeability differs from place to place; None: it does not.
    """

    width: dict[str, float] = field(default_factory=dict)
    cracks: tuple[tuple[str, float], ...] = ()
    uneven: int | None = None


def wall_of(cells: Cells) -> Wall:
    """Return the outer faces of the body."""
    found = []
    for face in range(6):
        axis, sign = face // 2, 1.0 if face % 2 else -1.0
        cell = np.flatnonzero((cells.near[:, face] < 0) & cells.in_body)
        step = np.zeros(3)
        step[axis] = 0.5 * sign * cells.width_mm
        found.append((cell, np.full(len(cell), axis), np.full(len(cell), sign), cells.own_mm[cell] + step))
    return Wall(*(np.concatenate(part) for part in zip(*found, strict=True)))


def lost_faces(cells: Cells, wall: Wall, target: Target, anatomy: object) -> NDArray[np.bool_]:
    """Faces without cortex: inside a lytic lesion that reaches the wall, or as the CT shows it."""
    lost = np.zeros(len(wall.cell), dtype=bool)
    outward = np.zeros((len(wall.cell), 3))
    outward[np.arange(len(wall.cell)), wall.axis] = wall.sign
    places = cells.site.frame.to_lps(wall.place)
    found = getattr(anatomy, "get")(target.lesion) if target.lesion else None  # noqa: B009
    if found is not None and target.lesion_type != "blastic":
        lost |= contains(found.mesh, places)
    ct = getattr(anatomy, "ct")  # noqa: B009
    if ct is not None:
        probes = wall.place[:, None] + PROBE_MM[:, None] * outward[:, None]
        hu = hu_at(ct, cells.site.frame.to_lps(probes).reshape(-1, 3)).reshape(-1, len(PROBE_MM))
        open_ = np.isfinite(hu).all(axis=1) & (hu.max(axis=1) < calibration()["cortex_above_hu"])
        lost |= _clustered(wall.place, open_)
    return lost


def _clustered(place: Array, lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.spatial import KDTree  # noqa: PLC0415

    if not lost.any():
        return lost
    near = KDTree(place).query_ball_point(place[lost], SEEN_DEFECT_MM)
    kept = lost.copy()
    kept[lost] = [lost[n].mean() >= SEEN_DEFECT_SHARE for n in near]
    return kept


def openings_of(cells: Cells, wall: Wall, lost: NDArray[np.bool_], veins: Veins | None = None) -> Openings:
    """Return every opening of a body."""
    veins = veins or Veins()
    kinds: list[str] = []
    rows: list[tuple[float, float, float]] = []
    faces: list[NDArray[np.int64]] = []

    def add(kind: str, chosen: NDArray[np.int64], area: float, permeability: float) -> None:
        if len(chosen):
            kinds.append(kind)
            rows.append((area, permeability, WALL_MM))
            faces.append(chosen)

    low, high = cells.site.bounds
    middle, own = 0.5 * (low + high), wall.kind
    for kind, x, y in _veins(cells):
        radius = VEIN_MM[kind] * veins.width.get(kind, 1.0)
        upright = wall.axis < 2
        away = np.linalg.norm(wall.place - np.array([x, y, middle[2]]), axis=1)
        nearest = np.flatnonzero(upright)[np.argsort(away[upright])]
        count = max(1, round(np.pi * radius**2 / cells.width_mm**2))
        add(kind, nearest[:count], float(np.pi * radius**2), (radius * 1e-3) ** 2 / 8.0)
    width, length = CRACK_MM
    for kind, where in veins.cracks:
        there = np.flatnonzero(own == kind)
        if len(there):
            start = _start(wall, there, where)
            away = np.linalg.norm(wall.place[there] - start, axis=1)
            add(kind, there[away < 0.5 * length], width * length, (width * 1e-3) ** 2 / 12.0)
    for kind in ("cortical", "disc", "canal"):
        there = np.flatnonzero(lost & (own == kind))
        mean_k = float(cells.permeability_m2[wall.cell[there]].mean()) if len(there) else 0.0
        add(kind, there, len(there) * cells.width_mm**2, mean_k)
    of = np.concatenate([np.full(len(f), n) for n, f in enumerate(faces)]) if faces else np.empty(0, np.int64)
    cell = wall.cell[np.concatenate(faces)] if faces else np.empty(0, np.int64)
    once = np.unique(cell, return_index=True)[1]  # a cell opens once: into the first that claims it
    table = np.array(rows).reshape(-1, 3)
    return Openings(tuple(kinds), table[:, 0], table[:, 1], table[:, 2], cell[once], of[once].astype(np.int64))


def drawn(rng: np.random.Generator) -> Veins:
    """Draw the veins and hidden cracks of one sample; the order of the draws is fixed, so samples can be paired."""
    width = {kind: float(np.exp(VEIN_SD * rng.standard_normal())) for kind in VEIN_MM}
    cracks = []
    for kind, chance in CRACKS.items():
        there, where = rng.random(), rng.random()
        if there < chance:
            cracks.append((kind, where))
    return Veins(width, tuple(cracks), int(rng.integers(2**31)))


def eased(cells: Cells, wall: Wall, veins: Veins | None = None) -> Array:
    """Return factors (n,) of the permeability: the vein to the foramen, the clefts of hidden cracks, unevenness."""
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415

    veins, c = veins or Veins(), calibration("bone_mechanics")["vein_permeability"]
    low, high = cells.site.bounds
    middle = 0.5 * (low + high)
    factor = np.ones(len(cells.own_mm))
    if veins.uneven is not None:
        noise = np.random.default_rng(veins.uneven).standard_normal(cells.mask.shape)
        smooth = gaussian_filter(noise, UNEVEN_MM / (2.0 * cells.width_mm), mode="wrap")
        factor = np.exp(UNEVEN_SD * smooth[cells.mask] / smooth.std())
    ways = [(middle, np.array([x, y, middle[2]])) for _, x, y in _veins(cells)]
    for kind, where in veins.cracks:
        there = np.flatnonzero(wall.kind == kind)
        if len(there):
            start = _start(wall, there, where)
            ways.append((start, start + CLEFT_REACH * (middle - start)))
    for start, end in ways:
        along = end - start
        share = np.clip((cells.own_mm - start) @ along / (along @ along), 0.0, 1.0)
        away = np.linalg.norm(cells.own_mm - start - share[:, None] * along, axis=1)
        eased_ = away < max(CHANNEL_MM, 0.6 * cells.width_mm)
        factor[eased_] = np.maximum(factor[eased_], c)
    return factor


def _veins(cells: Cells) -> tuple[tuple[str, float, float], ...]:
    """Where veins leave a body at half its height: to the back, to either side; own frame, mm."""
    low, high = cells.site.bounds
    x, y = 0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])
    return ("basivertebral", float(x), float(high[1])), ("segmental", float(low[0]), float(y)), (
        "segmental", float(high[0]), float(y))  # fmt: skip


def _start(wall: Wall, there: NDArray[np.int64], where: float) -> Array:
    """The middle of a crack: a face by its share of those there."""
    return np.asarray(wall.place[there[int(where * (len(there) - 1))]])
