"""A vertebra split into body, pedicles and posterior elements by the shape of its canal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.rings import Rings
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEP_MM: Final = 1.0
"""Grid of the split parts."""
PEDICLE_WINDOW_MM: Final = (2.0, 5.0)
"""Behind the posterior wall: bone beside the canal here is a pedicle."""
PEDICLE_WIDTH_MM: Final = 12.0
"""Beside the canal: where a pedicle's bone is looked for (Panjabi 1992: L5 18 mm wide, all others less than 13)."""
FREE_ROWS: Final = 6
"""Heights (mm) next to the pedicle from which the back of the free body is read: nearest in shape."""
NO_BODY: Final = -99.0
PARTS: Final = ("body", "pedicle_left", "pedicle_right", "posterior")
_CODE: Final = (
    "planner.anatomy.roles.split", "planner.anatomy.roles.rings", "planner.anatomy.roles.frame",
    "planner.geometry.index", "numpy", "scipy", "libigl",
)  # fmt: skip
"""What decides on the parts besides the surfaces."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Masks of one vertebra on a grid in its own frame.

    Attributes
    ----------
    masks : `body`, `pedicle_left`, `pedicle_right`, `posterior`; together the whole bone.
    affine_lps : grid to LPS mm.
    """

    masks: dict[str, Mask]
    affine_lps: Array


def split(mesh: Mesh, rings: Rings, body: Mesh | None = None) -> Parts:
    """Split a vertebra.

    The body reaches back to the wall that the rays from the canal meet and, beside the canal, as far as it does at
    the heights that no pedicle leaves from. The pedicles reach from there to the level of the canal's middle.

    Parameters
    ----------
    mesh : the whole vertebra, LPS mm; rings : of its canal.
    body : surface of the body where one is segmented; it then decides.
    """
    shape = (mesh.vertices, mesh.faces, *(() if body is None else (body.vertices, body.faces)))
    canal = (rings.frame.origin, rings.frame.axes, rings.heights, rings.radii, rings.met)
    held = cached_arrays(key_of("parts", *shape, *canal, code_of(*_CODE)), lambda: _written(_split(mesh, rings, body)))
    return Parts({name: np.asarray(held[name], dtype=bool) for name in PARTS}, np.asarray(held["affine_lps"], float))


def _written(parts: Parts) -> dict[str, NDArray[np.generic]]:
    return {**parts.masks, "affine_lps": parts.affine_lps}


def _split(mesh: Mesh, rings: Rings, body: Mesh | None) -> Parts:
    from scipy.ndimage import binary_fill_holes  # noqa: PLC0415

    frame = rings.frame
    own = frame.to_own(mesh.vertices)
    x, y, z = (np.arange(a, b + STEP_MM, STEP_MM) for a, b in zip(own.min(axis=0), own.max(axis=0), strict=True))
    grid = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
    places = frame.to_lps(grid).reshape(-1, 3)
    # A lesion with a label of its own leaves a cavity: it is part of the bone's shape.
    bone = binary_fill_holes(index_of(mesh).inside(places).reshape(grid.shape[:3]))
    wall = np.interp(z, rings.heights, rings.wall_mm)
    half = rings.half_width_mm
    lateral = np.abs(x) > half
    if body is not None:
        in_body = bone & index_of(body).inside(places).reshape(bone.shape)
    else:
        in_body = _largest(bone & (y[None, :, None] <= _back(bone, (x, y, z), wall, half)))
    rest = bone & ~in_body
    beside = rest & lateral[:, None, None] & (y < 0.0)[None, :, None] & _near_pedicle(rest, x, y, wall, half)
    left, right = (_largest(beside & side[:, None, None]) for side in (x > 0, x < 0))
    masks = {"body": in_body, "pedicle_left": left, "pedicle_right": right, "posterior": rest & ~left & ~right}
    return Parts(masks, frame.affine([x[0], y[0], z[0]], STEP_MM))


def _window(bone: Mask, y: Array, wall: Array, beside: Mask) -> Mask:
    """(nz,) whether bone lies beside the canal just behind the wall: a pedicle leaves here."""
    low, high = PEDICLE_WINDOW_MM
    rows = (y[:, None] > wall + low) & (y[:, None] < wall + high)
    return np.asarray((bone[beside] & rows).any(axis=(0, 1)))


def _beside(x: Array, half: float, sign: int) -> Mask:
    return np.asarray((sign * x > half) & (sign * x < half + PEDICLE_WIDTH_MM))


def _near_pedicle(rest: Mask, x: Array, y: Array, wall: Array, half: float) -> Mask:
    found = np.zeros(rest.shape, dtype=bool)
    for sign in (1, -1):
        found[sign * x > 0] |= _window(rest, y, wall, _beside(x, half, sign))
    return found


def _back(bone: Mask, axes: tuple[Array, Array, Array], wall: Array, half: float) -> Array:
    """(nx, 1 | ny, nz) how far back the body reaches in each column, mm in the frame."""
    x, y, _ = axes
    front = bone & (y[None, :, None] <= wall + PEDICLE_WINDOW_MM[0])
    ends = np.where(front.any(axis=1), np.where(front, y[None, :, None], -np.inf).max(axis=1), np.nan)
    back = np.broadcast_to(wall, (len(x), len(wall))).copy()
    for sign in (1, -1):
        side = sign * x > half
        pedicle = _window(bone, y, wall, _beside(x, half, sign))
        rows = np.flatnonzero(pedicle)
        if len(rows) == 0:
            continue
        free = np.flatnonzero(~pedicle & front.any(axis=(0, 1)))
        below = free[free < rows[0]][-FREE_ROWS:]
        chosen = below if len(below) else free[free > rows[-1]][:FREE_ROWS]
        if len(chosen) == 0:
            continue
        reach = (ends - wall)[np.ix_(side, chosen)]
        seen = np.isfinite(reach).mean(axis=1) >= 0.5
        profile = np.where(seen, np.nanmedian(np.where(seen[:, None], reach, 0.0), axis=1), NO_BODY)
        back[np.ix_(side, pedicle)] = wall[pedicle] + np.minimum(profile, PEDICLE_WINDOW_MM[0])[:, None]
    return back[:, None, :]


def _largest(mask: Mask) -> Mask:
    from scipy.ndimage import label  # noqa: PLC0415

    numbered, count = label(mask)
    if count < 2:
        return mask
    return np.asarray(numbered == np.bincount(numbered.ravel())[1:].argmax() + 1)
