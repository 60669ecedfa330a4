"""A tumour grown from a seed in CT: what reads like the seed, hangs together with it and stays in the bone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.density import hu_at
from planner.anatomy.volume import Volume

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEP_MM: Final = 1.0
"""Grid on which a tumour is grown, whatever the CT's voxels are: smoothing and shapes then mean the same in each."""
SMOOTHING: Final = 0.5
"""Weight of the total variation, in the contrast between tumour and bone. Of gaussians (1–2 mm), curvature flow, total
variation (0.5–2) and a random walker it came nearest to the known tumours, above all at low contrast."""
SEED_MM: Final = 2.5
"""Radius round the seed that says what the tumour reads."""
DEEP_MM: Final = 3.0
"""Below the bone's surface: where its spongiosa reads free of cortex."""
NECK_MM: Final = 2.0
"""Half the width of the bridges that are cut: a leak runs through marrow in threads, a tumour does not."""
GAP_MM: Final = 1.5
"""Half the width of the clefts that are closed."""
ROUND_MM: Final = (2.0, 7.0)
"""From the tumour's surface: bone that tells what to hold it against."""
TURNS: Final = 10
"""Rounds after which tumour and bone round it read the same; two or three do."""
SHARE: Final = (0.4, 0.6)
"""Of the way from tumour to bone: edges drawn here instead of halfway tell how sharp the true one is."""
LEAST_BONE: Final = 100
"""Grid points of bone (0.1 mL) that the tumour is held against."""

Why = Literal["outside", "faint", "no_bone", "window", "empty", "large"]


@dataclass(frozen=True)
class Refusal:
    """Why nothing was grown, with the figure that says so."""

    why: Why
    value: float = float("nan")


@dataclass(frozen=True, eq=False)
class Grown:
    """A tumour on a grid of `STEP_MM`.

    Attributes
    ----------
    mask, affine_lps : its points, and where they lie.
    window_hu : what counted as tumour.
    spread_mm : how far its surface moves where the edge is drawn at `SHARE` instead of halfway (95 of 100 places);
        0 where the window was stated.
    held_share : share of its surface at which the bone's label stopped it and not the CT.
    """

    mask: Mask
    affine_lps: Array
    window_hu: tuple[float, float]
    spread_mm: float
    held_share: float


def grid_round(seed: Array, half_mm: float) -> tuple[Array, Array]:
    """Return a cubic grid (n, n, n, 3) of LPS points about a seed, and its (4, 4) affine."""
    count = int(np.ceil(half_mm / STEP_MM))
    affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
    affine[:3, 3] = seed - STEP_MM * count
    index = np.moveaxis(np.indices((2 * count + 1,) * 3), 0, -1)
    return affine[:3, 3] + STEP_MM * index, affine


def grow(
    ct: Volume,
    grid: tuple[Array, Array],
    allowed: Mask,
    depth_mm: Array,
    window_hu: tuple[float, float] | None = None,
) -> Grown | Refusal:
    """Grow a tumour from the middle of a grid.

    Parameters
    ----------
    ct : HU.
    grid : from :func:`grid_round`.
    allowed : where it may grow: the bone with what its label leaves out of it, without the canal.
    depth_mm : signed distance to the bone's surface, negative inside.
    window_hu : what counts as tumour; by default everything nearer to the seed than to the bone round it. Halfway
        between the two is where a blurred edge lies, so that the size is right whatever the scanner's blur.

    Notes
    -----
    The image is smoothed by total variation (Rudin, Osher, Fatemi 1992, in scikit-image). Cutting that at a level is
    the piece of two flat shades with the shortest edge (Chan, Esedoglu, Nikolova 2006): noise moves it least.
    """
    points, affine = grid
    values = hu_at(ct, points.reshape(-1, 3)).reshape(allowed.shape)
    seen = np.isfinite(values)
    middle = tuple(n // 2 for n in allowed.shape)
    if not seen[middle]:
        return Refusal("outside")
    found = _stated(values, seen, allowed, window_hu) if window_hu else _halfway(values, seen, allowed, depth_mm)
    if isinstance(found, Refusal):
        return found
    mask, window, spread = found
    if not mask.any():
        return Refusal("empty")
    edge = _distance(~mask) <= STEP_MM
    held = (edge & ~mask & ~allowed).sum() / max(1, (edge & ~mask).sum())
    return Grown(mask, affine, window, spread, float(held))


def _stated(
    values: Array, seen: Mask, allowed: Mask, window: tuple[float, float]
) -> tuple[Mask, tuple[float, float], float] | Refusal:
    low, high = window
    at_seed = float(np.median(values[seen & (_from_middle(values.shape) <= SEED_MM)]))
    if not low <= at_seed <= high:
        return Refusal("window", at_seed)
    smooth = _smoothed(np.where(seen, values, high + 1.0), low, high)
    return _piece((smooth >= low) & (smooth <= high), allowed & seen), window, 0.0


def _halfway(
    values: Array, seen: Mask, allowed: Mask, depth: Array
) -> tuple[Mask, tuple[float, float], float] | Refusal:
    allowed = allowed & seen
    deep, away = allowed & (depth < -DEEP_MM), _from_middle(values.shape)
    if (deep & (away > 2.0 * SEED_MM)).sum() < LEAST_BONE:
        return Refusal("no_bone")
    inside = float(np.median(values[seen & (away <= SEED_MM)]))
    bone = float(np.median(values[deep & (away > 2.0 * SEED_MM)]))
    smooth = _smoothed(np.where(seen, values, bone), inside, bone)
    mask: Mask | None = None
    for _ in range(TURNS):
        new = _cut(smooth, allowed, inside, bone, 0.5)
        if not new.any() or (mask is not None and (new != mask).sum() == 0):
            mask = new
            break
        mask = new
        within, without = _distance(mask), _distance(~mask)
        inside = float(np.median(smooth[within >= min(2.0, within.max())]))
        near = deep & (without > ROUND_MM[0]) & (without <= ROUND_MM[1])
        if near.sum() >= LEAST_BONE:
            bone = float(np.median(smooth[near]))
    assert mask is not None  # noqa: S101 - there is at least one turn
    level = 0.5 * (inside + bone)
    window = (-np.inf, level) if inside < bone else (level, np.inf)
    small, large = (_cut(smooth, allowed, inside, bone, share) for share in SHARE)
    return mask, window, max(_apart(small, mask), _apart(mask, large))


def _smoothed(values: Array, one: float, other: float) -> Array:
    """Smooth between two shades; cortex, gas and metal count as no more than one contrast beyond them."""
    from skimage.restoration import denoise_tv_chambolle  # noqa: PLC0415

    low, high = sorted((one, other))
    contrast = max(high - low, 1.0)
    held = np.clip(values, low - contrast, high + contrast).astype(np.float32)
    return np.asarray(
        denoise_tv_chambolle(held, weight=SMOOTHING * contrast, eps=1e-4, max_num_iter=60), dtype=np.float64
    )


def _cut(smooth: Array, allowed: Mask, inside: float, bone: float, share: float) -> Mask:
    level = inside + share * (bone - inside)
    return _piece(smooth < level if inside < bone else smooth > level, allowed)


def _piece(like: Mask, allowed: Mask) -> Mask:
    """Return the piece at the middle, cut off from what hangs on it by a neck, closed and without holes."""
    from scipy.ndimage import binary_fill_holes  # noqa: PLC0415
    from skimage.segmentation import flood  # noqa: PLC0415

    like = like & allowed
    core = _distance(like) > NECK_MM
    if not core.any():
        return np.zeros_like(like)
    opened = (_distance(~core) <= NECK_MM) & like
    away = np.where(opened, _from_middle(like.shape), np.inf)
    start = np.unravel_index(int(away.argmin()), like.shape)
    if away[start] > SEED_MM:
        return np.zeros_like(like)
    piece = flood(opened, tuple(int(n) for n in start))
    closed = _distance(_distance(~piece) <= GAP_MM) > GAP_MM
    return np.asarray(binary_fill_holes((closed & allowed) | piece))


def _apart(one: Mask, other: Mask) -> float:
    """Distance within which 95 of 100 surface points of either lie from the other, mm."""
    if not (one.any() and other.any()):
        return float("inf")
    found = []
    for first, second in ((one, other), (other, one)):
        rim = first & (_distance(first) <= STEP_MM)
        to_rim = np.minimum(_distance(~(second & (_distance(second) <= STEP_MM))), 1e3)
        found.append(float(np.percentile(to_rim[rim], 95)))
    return max(found)


def _distance(mask: Mask) -> Array:
    """Distance of each point of a mask to the nearest outside it, mm."""
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    if mask.all():
        return np.full(mask.shape, np.inf)
    return np.asarray(distance_transform_edt(mask)) * STEP_MM


def _from_middle(shape: tuple[int, ...]) -> Array:
    axes = [STEP_MM * (np.arange(n) - n // 2) for n in shape]
    return np.asarray(np.sqrt(sum(part**2 for part in np.meshgrid(*axes, indexing="ij"))))
