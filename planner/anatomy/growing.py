"""A tumour grown from a seed in CT: what reads like the seed, hangs together with it and stays in the bone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.density import hu_at
from planner.anatomy.pieces import SEED_MM, STEP_MM, apart, box, distance, from_middle, piece
from planner.anatomy.volume import Volume
from planner.core.cache import cached_arrays, key_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMOOTHING: Final = 0.5
"""Weight of the total variation, in the contrast between tumour and bone. Of gaussians (1–2 mm), curvature flow, total
variation (0.5–2) and a random walker it came nearest to the known tumours, above all at low contrast."""
DEEP_MM: Final = 3.0
"""Below the bone's surface: where its spongiosa reads free of cortex."""
CORTEX_MM: Final = 1.5
"""Below the bone's surface: cortex, which a blastic tumour cannot be told from and would run along."""
ROUND_MM: Final = (2.0, 7.0)
"""From the tumour's surface: bone that tells what to hold it against."""
TURNS: Final = 10
"""Rounds after which tumour and bone round it read the same; two or three do."""
SHARE: Final = (0.4, 0.6)
"""Of the way from tumour to bone: edges drawn here instead of halfway tell how sharp the true one is."""
LEAST_BONE: Final = 100
"""Grid points of bone (0.1 mL) that the tumour is held against."""

LEAST_HU: Final = 30.0
"""Between tumour and bone: less is how healthy spongiosa differs from place to place (assumed)."""

Why = Literal["outside", "not_in_bone", "faint", "edge", "no_bone", "window", "empty", "large"]


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
    contrast_hu : between tumour and bone, or the width of the stated window.
    spread_mm : how far its surface moves where the edge is drawn at `SHARE` instead of halfway, or at a window a
        tenth wider or narrower (95 of 100 places).
    held_share : share of its surface at which the bone's label stopped it and not the CT.
    """

    mask: Mask
    affine_lps: Array
    window_hu: tuple[float, float]
    contrast_hu: float
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
    near = box(allowed | (from_middle(allowed.shape) <= SEED_MM))  # beyond it nothing can grow
    part = (values[near], seen[near], allowed[near], from_middle(allowed.shape)[near])

    def made() -> dict[str, NDArray[np.generic]]:
        found = _stated(*part, window_hu) if window_hu else _halfway(*part, depth_mm[near])
        if isinstance(found, Refusal):
            return {"why": np.array(found.why), "figures": np.array([found.value])}
        return {"mask": found[0], "figures": np.array(found[1])}

    window_part = np.array(window_hu or (), dtype=np.float64)
    kept = cached_arrays(key_of("grown_lesion", *part[:3], depth_mm[near], window_part), made)
    figures = [float(figure) for figure in np.asarray(kept["figures"], dtype=np.float64)]
    if "why" in kept:
        return Refusal(cast("Why", str(kept["why"])), *figures)
    if not kept["mask"].any():
        return Refusal("empty")
    mask = np.zeros_like(allowed)
    mask[near] = kept["mask"]
    edge = ~mask & (distance(~mask) <= STEP_MM)
    held = float((edge & ~allowed).sum() / max(1, edge.sum()))
    return Grown(mask, affine, (figures[0], figures[1]), figures[2], figures[3], held)


def _stated(
    values: Array, seen: Mask, allowed: Mask, away: Array, window: tuple[float, float]
) -> tuple[Mask, tuple[float, float, float, float]] | Refusal:
    low, high = window
    at_seed = float(np.median(values[seen & (away <= SEED_MM)]))
    if not low <= at_seed <= high:
        return Refusal("window", at_seed)
    smooth = _smoothed(np.where(seen, values, high + 1.0), low, high)
    pieces = [
        piece((smooth >= low - wider) & (smooth <= high + wider), allowed & seen, away)
        for wider in np.array([-0.1, 0.0, 0.1]) * (high - low)
    ]
    return pieces[1], (low, high, high - low, max(apart(*pieces[:2]), apart(*pieces[1:])))


def _halfway(
    values: Array, seen: Mask, allowed: Mask, away: Array, depth: Array
) -> tuple[Mask, tuple[float, float, float, float]] | Refusal:
    deep = allowed & seen & (depth < -DEEP_MM)
    if (deep & (away > 2.0 * SEED_MM)).sum() < LEAST_BONE:
        return Refusal("no_bone")
    inside = float(np.median(values[seen & (away <= SEED_MM)]))
    bone = float(np.median(values[deep & (away > 2.0 * SEED_MM)]))
    within = allowed & seen & (depth < (-CORTEX_MM if inside > bone else np.inf))
    smooth = _smoothed(np.where(seen, values, bone), inside, bone)

    def cut(share: float) -> Mask:
        level = inside + share * (bone - inside)
        return piece(smooth < level if inside < bone else smooth > level, within, away)

    mask = cut(0.5)
    for _ in range(TURNS):
        if not mask.any():
            return Refusal("empty")
        inner, outer = distance(mask), distance(~mask)
        inside = float(np.median(smooth[inner >= min(2.0, inner.max())]))
        near = deep & (outer > ROUND_MM[0]) & (outer <= ROUND_MM[1])
        if near.sum() >= LEAST_BONE:
            bone = float(np.median(smooth[near]))
        before, mask = mask, cut(0.5)
        if (before == mask).all():
            break
    if abs(inside - bone) < LEAST_HU:
        return Refusal("faint", abs(inside - bone))
    level = 0.5 * (inside + bone)
    low, high = (-np.inf, level) if inside < bone else (level, np.inf)
    small, large = (cut(share) for share in SHARE)
    return mask, (low, high, abs(inside - bone), max(apart(small, mask), apart(mask, large)))


def _smoothed(values: Array, one: float, other: float) -> Array:
    """Smooth between two shades; cortex, gas and metal count as no more than one contrast beyond them."""
    from skimage.restoration import denoise_tv_chambolle  # noqa: PLC0415

    low, high = sorted((one, other))
    contrast = max(high - low, 1.0)
    held = np.clip(values, low - contrast, high + contrast).astype(np.float32)
    return np.asarray(
        denoise_tv_chambolle(held, weight=SMOOTHING * contrast, eps=1e-4, max_num_iter=60), dtype=np.float64
    )
