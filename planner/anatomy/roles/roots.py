"""Nerve roots modelled from canal and pedicles: out of the canal, under the pedicle, through the foramen."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.rings import RAYS, Rings
from planner.anatomy.structures import Structure, from_mesh
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.mesh import Mesh
from planner.geometry.tubes import rings_round, tube_mesh

Array = NDArray[np.float64]

ROOT_RADIUS_MM: Final = 2.5
"""Half the width of a root with its ganglion; roots widen from about 4 mm at L1 to 6 mm and more at L5 (assumed)."""
ROOT_ERROR_MM: Final = 3.0
"""How far a modelled root may lie off: it has this much room in its foramen (assumed; no truth was at hand)."""
UNDER_PEDICLE_MM: Final = 0.5
"""Left between the root and the pedicle above it: it hugs the pedicle's lower medial border."""
SHORTEST_PEDICLE: Final = 4
"""Heights (mm) at which bone closes the canal on a side; fewer are no pedicle."""
AROUND: Final = 24
_CODE: Final = (
    "planner.anatomy.roles.roots", "planner.anatomy.roles.rings", "planner.anatomy.roles.frame",
    "planner.anatomy.roles.canal", "planner.geometry.tubes", "numpy", "scipy",
)  # fmt: skip
"""What decides on a root besides the canal."""


def root_of(name: str, rings: Rings, sign: int) -> Structure | None:
    """Model one root.

    Parameters
    ----------
    name : of the structure.
    rings : of the vertebra's canal; the root leaves under this vertebra's own pedicle.
    sign : 1 left, -1 right.

    Returns
    -------
    A tube of `ROOT_RADIUS_MM`, origin `modelled`; None where no pedicle closes the canal on that side.
    """
    canal = (rings.frame.origin, rings.frame.axes, rings.heights, rings.radii, rings.met)
    key = key_of("root", *canal, sign, code_of(*_CODE))
    held = cached_arrays(key, lambda: {} if (mesh := _mesh(rings, sign)) is None else vars(mesh))
    if not held:
        return None
    return replace(from_mesh(name, Mesh.of(held["vertices"], held["faces"]), "modelled"), model_error_mm=ROOT_ERROR_MM)


def _mesh(rings: Rings, sign: int) -> Mesh | None:
    beside = (np.arange(RAYS // 6, RAYS // 4 + 1) * sign) % RAYS  # 60° to 90° from straight forward: the pedicle
    rows = np.flatnonzero(rings.met[:, beside].mean(axis=1) >= 0.5)
    if len(rows) < SHORTEST_PEDICLE:
        return None
    under = float(rings.heights[rows[0]])
    inner = float(np.median(rings.radii[np.ix_(rows[: len(rows) // 2 + 1], beside[-3:])]))
    front = float(np.interp(under, rings.heights, rings.wall_mm))
    below = under - ROOT_RADIUS_MM - UNDER_PEDICLE_MM
    way = np.array(
        [
            [inner - ROOT_RADIUS_MM, 0.5 * front, under + 4.0],
            [inner - 0.5 * ROOT_RADIUS_MM, 0.5 * front, below + 1.5],
            [inner + 4.0, 0.5 * front, below],
            [inner + 11.0, 0.8 * front, below - 3.0],
            [inner + 18.0, front - 5.0, below - 10.0],
        ]
    )
    path = rings.frame.to_lps(_smooth(way * [sign, 1.0, 1.0]))
    return tube_mesh(rings_round(path, ROOT_RADIUS_MM, AROUND))


def _smooth(way: Array) -> Array:
    """Points 1 mm apart along a way (k, 3), its corners rounded."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    places = np.arange(0.0, along[-1], 1.0)
    path = np.stack([np.interp(places, along, column) for column in way.T], axis=1)
    return np.asarray(gaussian_filter1d(path, 2.0, axis=0, mode="nearest"))
