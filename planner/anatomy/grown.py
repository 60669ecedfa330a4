"""Lesions that the plan gives as a seed: where in the vertebra they may grow, and when the growth is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.growing import Grown, Refusal, grid_round, grow
from planner.anatomy.lesion_spec import GrownLesion, LesionSpec
from planner.anatomy.pieces import STEP_MM, Mask
from planner.anatomy.reading import Reading
from planner.anatomy.structures import Anatomy, Maker, Structure, from_mask
from planner.anatomy.volume import Volume
from planner.core.names import LEVELS, Frame
from planner.geometry.frames import flip_ras_lps, spacing_mm
from planner.geometry.index import index_of
from planner.geometry.measures import feret_diameter

Array = NDArray[np.float64]

HOLE_MM: Final = 6.0
"""Half the width of what a label may leave out of the bone where the tumour has eaten it: it is filled."""
RIM_MM: Final = 1.0
"""How far beyond its label the bone is taken to reach: labels lie off by about as much."""
FIELD_MM: Final = 2.0
"""Grid of exact distances to the bone's surface, read between its nodes: they bend little over 2 mm."""
CANAL: Final = ("spinal_canal", "thecal_sac", "spinal_cord")
ERROR_MM: Final = 1.0
"""How far a grown surface may lie off at fine voxels; see `docs/accuracy.md`."""
ERROR_VOXELS: Final = 0.35
"""And besides, in the largest edge of the CT's voxels."""
ERROR_MM_HU: Final = 75.0
"""And besides, divided by the contrast in HU: patches of thin and dense spongiosa blur the edge of a faint tumour."""
HELD_SHARE: Final = 0.1
"""Share of the surface from which it is told that the bone's label stopped the growth, and not the CT."""
UNSURE_MM: Final = 4.0
"""Edges that move by more between 40 and 60 % of the contrast are no edges."""


def grown_lesions(
    anatomy: Anatomy, lesions: Mapping[str, LesionSpec], treated: Sequence[tuple[str, str | None]], reading: Reading
) -> dict[str, Maker]:
    """Grow every lesion given as a seed; what cannot be grown, or only badly, is noted as a problem."""
    made: dict[str, Maker] = {}
    for name, lesion in lesions.items():
        if lesion.grow is None or reading.ct is None or name in anatomy.names:
            continue
        vertebrae = [vertebra for vertebra, treats in treated if treats == name]
        found = _grown(anatomy, reading.ct, lesion.grow, vertebrae, reading.frame)
        at = f"$.anatomy.lesions.{name}.grow"
        if isinstance(found, Refusal):
            _tell(found, f"{at}.seed", lesion.grow, reading)
        else:
            reading.warnings.append(f"{at}: {_said(reading.ct, found)}")
            made[name] = partial(_structure, name, reading.ct, found)
    return made


def _grown(anatomy: Anatomy, ct: Volume, given: GrownLesion, vertebrae: list[str], frame: Frame) -> Grown | Refusal:
    seed = np.asarray(given.seed, dtype=np.float64)
    if frame == "RAS":
        seed = flip_ras_lps(seed)
    if not ct.holds(seed)[0]:
        return Refusal("outside")
    bone = _bone_at(anatomy, seed, vertebrae)
    if bone is None:
        return Refusal("not_in_bone")
    grid = grid_round(seed, given.max_diameter_mm)
    depth = depth_at(bone, grid[0])
    allowed = allowed_at(anatomy, grid[0], depth)
    if not allowed[tuple(n // 2 for n in allowed.shape)]:
        return Refusal("not_in_bone")
    found = grow(ct, grid, allowed, depth, given.window_hu)
    return found if isinstance(found, Refusal) else sound(found, given)


def _structure(name: str, ct: Volume, found: Grown) -> Structure:
    made = from_mask(name, found.mask, Volume(found.mask, found.affine_lps, ct.sha256), "modelled")
    return replace(made, cut=False, model_error_mm=error_mm(ct, found))


def _said(ct: Volume, found: Grown) -> str:
    low, high = found.window_hu
    window = f"below {high:.0f} HU" if np.isinf(low) else f"above {low:.0f} HU" if np.isinf(high) else "in the window"
    held = (
        f", held by the bone's label over {found.held_share:.0%} of its surface"
        if found.held_share > HELD_SHARE
        else ""
    )
    volume_ml = found.mask.sum() * STEP_MM**3 / 1000.0
    error = error_mm(ct, found)
    return (
        f"grown to {volume_ml:.1f} mL, what reads {window}{held}; modelled, its surface known to {error:.1f} mm: "
        "look at it on the images"
    )


def error_mm(ct: Volume, found: Grown) -> float:
    """How far the surface of a grown tumour may lie off: more for coarse voxels, low contrast, a soft edge."""
    voxel_mm = float(spacing_mm(ct.affine_lps).max())
    return ERROR_MM + ERROR_VOXELS * voxel_mm + ERROR_MM_HU / found.contrast_hu + 0.5 * found.spread_mm


def sound(found: Grown, given: GrownLesion) -> Grown | Refusal:
    """Refuse what ran out of the tumour or has no edge of its own."""
    ends = np.argwhere(found.mask)
    touches = bool((ends == 0).any() or (ends == np.array(found.mask.shape) - 1).any())
    size = float("inf") if touches else feret_diameter(ends * spacing_mm(found.affine_lps))[0]
    if size > given.max_diameter_mm:
        return Refusal("large", size)
    return Refusal("edge", found.spread_mm) if found.spread_mm > UNSURE_MM else found


def _bone_at(anatomy: Anatomy, seed: Array, treated: list[str]) -> Structure | None:
    """Return the vertebra the lesion is treated in or, where no target names it, the one that holds the seed."""
    for name in treated or [f"vertebra_{level}" for level in LEVELS]:
        found = anatomy.get(name) if name in anatomy.names else None
        if found is None:
            continue
        low, high = found.mesh.bounds
        if (seed > low - HOLE_MM).all() and (seed < high + HOLE_MM).all():
            return found
    return None


def depth_at(bone: Structure, points: Array) -> Array:
    """Signed distance of points (…, 3) to the bone's surface, mm, read from a coarse field round them."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    flat = points.reshape(-1, 3)
    low, high = flat.min(axis=0), flat.max(axis=0)
    counts = np.ceil((high - low) / FIELD_MM).astype(int) + 1
    nodes = low + FIELD_MM * np.moveaxis(np.indices(counts), 0, -1)
    field = index_of(bone.mesh).signed(nodes.reshape(-1, 3))[0].reshape(counts)
    return np.asarray(map_coordinates(field, np.moveaxis((points - low) / FIELD_MM, -1, 0), order=1, mode="nearest"))


def allowed_at(anatomy: Anatomy, points: Array, depth: Array) -> Mask:
    """Where it may grow: the bone, holes of its label filled, a little beyond its surface, never in the canal."""
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    wide = depth < HOLE_MM
    if not wide.any():
        return np.zeros(depth.shape, dtype=bool)
    step = float(np.linalg.norm(points[1, 0, 0] - points[0, 0, 0]))
    filled = np.ones_like(wide) if wide.all() else distance_transform_edt(wide) * step > HOLE_MM - RIM_MM
    for name in CANAL:
        canal = anatomy.get(name) if name in anatomy.names or name == CANAL[0] else None
        if canal is not None:
            filled[filled] = ~index_of(canal.mesh).inside(points[filled])
    return np.asarray(filled)


def _tell(found: Refusal, at: str, given: GrownLesion, reading: Reading) -> None:
    place = "[" + ", ".join(f"{v:g}" for v in np.round(given.seed, 1)) + "]"
    frame = "check the seed and its frame (LPS or RAS)"
    asked = "" if given.window_hu is None else f" [{given.window_hu[0]:g}, {given.window_hu[1]:g}]"
    stated = "state `window_hu`, put the seed elsewhere, or draw the lesion and give it as `mask`"
    size = "out of the image looked at" if np.isinf(found.value) else f"{found.value:.0f} mm across"
    got, expected, way_out = {
        "outside": (
            f"{place}, outside the CT",
            "a point inside the tumour",
            frame,
        ),
        "not_in_bone": (
            f"{place}, outside the bone of the vertebra or in its canal",
            "a point of the tumour in the vertebra it is treated in",
            "put the seed into the tumour inside the bone; a tumour beside the bone needs a `mask`",
        ),
        "window": (f"{found.value:.0f} HU round the seed", f"HU in the window{asked}", "correct window or seed"),
        "empty": ("nothing that hangs together at the seed", "a tumour some 5 mm across or larger", stated),
        "no_bone": ("no bone left round the seed to hold it against", "spongiosa of the same vertebra", stated),
        "faint": (f"{found.value:.0f} HU between seed and bone", "a tumour that stands out from the bone", stated),
        "edge": (
            f"an edge that moves by {found.value:.0f} mm as the threshold moves",
            "a tumour with an edge of its own",
            stated,
        ),
        "large": (
            f"a growth {size}",
            f"at most {given.max_diameter_mm:g} mm: it leaked into the bone, or there is no tumour of its own",
            f"{stated}; raise `max_diameter` only where the tumour is that large",
        ),
    }[found.why]
    reading.problems.add(at, got, expected, way_out)
