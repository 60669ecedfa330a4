"""Skin and subcutaneous fat, drawn ring by ring."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.parametric.trunk import SKIN_MM, Trunk
from planner.geometry.mesh import Mesh
from planner.geometry.tubes import tube_mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

_END_MM = 2.0
"""The fat ends this far before the cut ends of the skin, so that it lies inside."""


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of skin and fat."""
    if not spine.spec.tissues:
        return {}
    return {"skin": partial(skin, spine.trunk), "fat_subcutaneous": partial(_fat, spine.trunk)}


def skin(trunk: Trunk) -> Mesh:
    """Return the outer surface of the trunk, closed at its ends."""
    return tube_mesh(trunk.rings(trunk.span))


def _fat(trunk: Trunk) -> Mesh:
    """Return the layer between skin and muscle: a wide ring, its ends flat."""
    low, high = trunk.span[0] + _END_MM, trunk.span[1] - _END_MM
    outer = trunk.rings((low, high), SKIN_MM)
    inner = trunk.rings((low, high), lambda z: trunk.fat(z) + SKIN_MM)
    k, n = outer.shape[:2]
    corner = np.arange(k * n).reshape(k, n)
    inside = corner + k * n
    a, b = np.concatenate([corner[:-1], inside[1:]]), np.concatenate([corner[1:], inside[:-1]])
    faces = [_band(a, b), _band(inside[:1], corner[:1]), _band(corner[-1:], inside[-1:])]
    mesh = Mesh.of(np.concatenate([outer.reshape(-1, 3), inner.reshape(-1, 3)]), np.concatenate(faces))
    return mesh if mesh.volume_mm3 > 0 else Mesh.of(mesh.vertices, mesh.faces[:, ::-1])


def _band(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Triangles between two closed rows of corners, (r, n) each."""
    next_low, next_high = np.roll(low, -1, axis=1), np.roll(high, -1, axis=1)
    return np.concatenate(
        [
            np.stack([low, next_low, high], axis=-1).reshape(-1, 3),
            np.stack([next_low, next_high, high], axis=-1).reshape(-1, 3),
        ]
    )
