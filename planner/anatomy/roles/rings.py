"""The wall of the canal inside one vertebra, ray by ray."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.frame import OwnFrame, own_frame
from planner.core.cache import cached_arrays, key_of
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]

RAYS: Final = 72
"""Directions round the canal, 5° apart: 1 mm of wall each. The first looks forward, the nineteenth to the left."""
LAYER_MM: Final = 1.0
"""Height between two rings; the wall of a canal changes over centimetres."""
CAST_MM: Final = 1.5
"""Grid of exact distances in which the rays are followed; between its nodes a wall is off by some 0.05 mm."""
REACH_MM: Final = 22.0
"""Farthest wall: the widest lumbar canal is half as wide (Panjabi 1992: L5 27 mm)."""
BEYOND_MM: Final = 2.5
"""A wall this much farther than the nearest in the same direction is not the canal's: the ray left by a foramen."""
KNOWN_SHARE: Final = 0.3
"""Share of the rays that must meet bone for a height to count as canal of this vertebra: the body alone gives it."""
KEPT_VERTEBRAE: Final = 48
"""Vertebrae whose rings stay in memory: two spines, while a plan is edited and read again and again."""
FRONT: Final = np.abs((np.arange(RAYS) + RAYS // 2) % RAYS - RAYS // 2) <= 7
"""Rays within 35° of straight forward: those that meet the posterior wall of the body."""


@dataclass(frozen=True, eq=False)
class Rings:
    """Wall of the canal in the vertebra's own frame.

    Attributes
    ----------
    frame : the vertebra's own.
    heights : (m,) mm along the canal, from below.
    radii : (m, RAYS) mm from the frame's axis to the wall, filled where no bone was met.
    met : (m, RAYS) whether the ray met bone.
    """

    frame: OwnFrame
    heights: Array
    radii: Array
    met: NDArray[np.bool_]

    @property
    def directions(self) -> Array:
        """(RAYS, 2) left and back component of each ray."""
        angle = 2.0 * np.pi * np.arange(RAYS) / RAYS
        return np.stack([np.sin(angle), -np.cos(angle)], axis=1)

    def points(self, rows: NDArray[np.int64] | slice = slice(None)) -> Array:
        """Wall points (k, RAYS, 3), LPS mm."""
        flat = self.radii[rows][..., None] * self.directions
        heights = np.broadcast_to(self.heights[rows][:, None, None], (*flat.shape[:2], 1))
        return self.frame.to_lps(np.concatenate([flat, heights], axis=-1))

    @property
    def wall_mm(self) -> Array:
        """(m,) place of the posterior wall of the body along the frame's back axis, negative: in front of it."""
        return np.asarray(np.median((self.radii * self.directions[:, 1])[:, FRONT], axis=1))

    @property
    def body_rows(self) -> NDArray[np.int64]:
        """Rings at which the body's posterior wall was met: from endplate to endplate."""
        return np.flatnonzero(self.met[:, FRONT].mean(axis=1) >= 0.5)

    @property
    def half_width_mm(self) -> float:
        """Half the distance between the pedicles."""
        sides = self.radii[:, [RAYS // 4, 3 * RAYS // 4]]
        seen = self.met[:, [RAYS // 4, 3 * RAYS // 4]]
        return float(np.median(sides[seen])) if seen.any() else float(np.median(sides))


_kept: OrderedDict[str, Rings | None] = OrderedDict()


def rings_of(mesh: Mesh, along: Array | None = None) -> Rings | None:
    """Cast rays from the canal's axis to the bone round it; a surface seen before is not looked at again.

    Parameters
    ----------
    mesh : surface of a whole vertebra, LPS mm; along : as for :func:`own_frame`.

    Returns
    -------
    The rings, or None where the vertebra encloses no canal.
    """
    key = key_of("rings", mesh.vertices, mesh.faces, np.zeros(3) if along is None else np.asarray(along))
    if key not in _kept:
        _kept[key] = _read(cached_arrays(key, lambda: _written(_found(mesh, along))))
    _kept.move_to_end(key)
    if len(_kept) > KEPT_VERTEBRAE:
        _kept.popitem(last=False)
    return _kept[key]


def _written(rings: Rings | None) -> dict[str, NDArray[np.generic]]:
    if rings is None:
        return {}
    frame = rings.frame
    return {
        "origin": frame.origin,
        "axes": frame.axes,
        "heights": rings.heights,
        "radii": rings.radii,
        "met": rings.met,
    }


def _read(held: dict[str, NDArray[np.generic]]) -> Rings | None:
    if not held:
        return None
    frame = OwnFrame(np.asarray(held["origin"], dtype=float), np.asarray(held["axes"], dtype=float))
    heights, radii = (np.asarray(held[name], dtype=float) for name in ("heights", "radii"))
    return Rings(frame, heights, radii, np.asarray(held["met"], dtype=bool))


def _found(mesh: Mesh, along: Array | None) -> Rings | None:
    frame = own_frame(mesh, along)
    if frame is None:
        return None
    own = frame.to_own(mesh.vertices)
    heights = np.arange(own[:, 2].min() + 0.5 * LAYER_MM, own[:, 2].max(), LAYER_MM)
    radii = _cast(mesh, frame, heights)
    nearest = np.nanmin(radii, axis=0, initial=REACH_MM)
    with np.errstate(invalid="ignore"):
        met = radii <= _smooth_round(nearest[None])[0] + BEYOND_MM
    known = np.flatnonzero(met.mean(axis=1) >= KNOWN_SHARE)
    if len(known) < 3:
        return None
    rows = slice(known[0], known[-1] + 1)
    heights, met = heights[rows], met[rows]
    filled = np.where(met, radii[rows], np.nan)
    for ray in range(RAYS):
        there = met[:, ray]
        filled[:, ray] = np.interp(heights, heights[there], filled[there, ray]) if there.any() else np.nan
    empty = np.isnan(filled).any(axis=0)
    if empty.mean() > 0.5:
        return None
    if empty.any():  # a direction that never met bone takes the mean of its neighbours round the canal
        angle = np.arange(RAYS)
        for row in filled:
            row[empty] = np.interp(angle[empty], angle[~empty], row[~empty], period=RAYS)
    return Rings(frame, heights, _smooth_round(filled), met)


def _cast(mesh: Mesh, frame: OwnFrame, heights: Array) -> Array:
    """(m, RAYS) distance to the first bone, NaN where there is none within reach or the axis itself lies in bone."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    side = np.arange(-REACH_MM - CAST_MM, REACH_MM + CAST_MM + 0.1, CAST_MM)
    grid = np.stack(np.meshgrid(side, side, heights, indexing="ij"), axis=-1)
    field = index_of(mesh).signed(frame.to_lps(grid).reshape(-1, 3))[0].reshape(grid.shape[:3])
    along = np.arange(0.0, REACH_MM, 0.25)
    angle = 2.0 * np.pi * np.arange(RAYS) / RAYS
    x, y = ((s[:, None] * along - side[0]) / CAST_MM for s in (np.sin(angle), -np.cos(angle)))
    layer = np.broadcast_to(np.arange(len(heights))[:, None, None], (len(heights), *x.shape))
    seen = map_coordinates(field, [np.broadcast_to(x, layer.shape), np.broadcast_to(y, layer.shape), layer], order=1)
    inside = seen <= 0.0
    first = inside.argmax(axis=-1)
    found = inside.any(axis=-1) & (first > 0)
    after = np.take_along_axis(seen, first[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(seen, np.maximum(first - 1, 0)[..., None], axis=-1)[..., 0]
    part = before / np.where(found, before - after, 1.0)
    return np.where(found, 0.25 * (first - 1.0 + part), np.nan)


def _smooth_round(radii: Array) -> Array:
    """Take single outliers away: the median of three rays, then of three heights."""
    from scipy.ndimage import median_filter  # noqa: PLC0415

    round_ = median_filter(radii, size=(1, 3), mode="wrap")
    return np.asarray(median_filter(round_, size=(3, 1), mode="nearest") if len(radii) > 2 else round_)
