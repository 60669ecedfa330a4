"""How true a tumour grown from a seed is: `python -m benchmarks.lesion_growth` prints the table of docs/accuracy.md.

CTs are made from the parametric vertebra: cortex, spongiosa with patches, soft tissue, a tumour of known shape, the
scanner's blur, its voxels and its noise.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.growing import Refusal, grid_round, grow
from planner.anatomy.grown import allowed_at, depth_at, error_mm, sound
from planner.anatomy.lesion_spec import GrownLesion
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.structures import Anatomy, Structure, from_mask, from_mesh
from planner.anatomy.volume import Volume
from planner.geometry.surface import SURFACE_ERROR_VOXELS

Array = NDArray[np.float64]
Shape = Callable[[Array], Array]
"""Signed distance to a tumour's surface at points (…, 3), negative inside."""

FINE_MM: Final = 0.5
"""Grid on which the patient is painted before the scanner's voxels average it."""
HALF_MM: Final = 34.0
CORTEX_HU, SOFT_HU = 600.0, 45.0
BLUR_MM: Final = 0.5
PATCH_MM, PATCH_HU = 1.5, 20.0
"""Size and strength (standard deviation) of the patches of denser and thinner spongiosa."""


@dataclass(frozen=True)
class Scan:
    """What a CT shows: HU of tumour and spongiosa, standard deviation of the noise, voxel edges in mm."""

    tumour_hu: float
    bone_hu: float
    noise_hu: float
    voxel_mm: tuple[float, float, float]


def ball(centre: Array, radius: float) -> Shape:
    """A ball."""
    return lambda points: np.asarray(np.linalg.norm(points - centre, axis=-1) - radius)


def lobed(centre: Array, radius: float, seed: int) -> Shape:
    """A ball with four smaller ones grown into it."""
    random = np.random.default_rng(seed)
    ways = random.normal(size=(4, 3))
    ways *= 0.75 * radius / np.linalg.norm(ways, axis=1)[:, None]
    balls = [(centre, radius), *((centre + way, radius * random.uniform(0.45, 0.7)) for way in ways)]

    def signed(points: Array) -> Array:
        each = np.stack([np.linalg.norm(points - c, axis=-1) - r for c, r in balls])
        return np.asarray(-1.5 * np.log(np.exp(-each / 1.5).sum(axis=0)))

    return signed


@cache
def spine(level: str) -> Anatomy:
    """One vertebra with its canal."""
    meshes = build_parametric(ParametricSpec(level=level, neighbours=False)).meshes
    names = (f"vertebra_{level}", f"vertebra_{level}_body", "spinal_canal")
    return Anatomy({name: partial(from_mesh, name, meshes[name], "segmented") for name in names})


def bone(level: str, name: str = "") -> Structure:
    """The vertebra, or its body."""
    found = spine(level).get(f"vertebra_{level}{name}")
    assert found is not None  # noqa: S101 - the parametric spine holds both
    return found


def scanned(level: str, centre: Array, shape: Shape | None, scan: Scan, seed: int = 0) -> tuple[Volume, Shape]:
    """Return a CT about `centre`, and the tumour as it is: within the bone. Without a shape there is no tumour."""
    from scipy.ndimage import gaussian_filter, map_coordinates, uniform_filter  # noqa: PLC0415

    random = np.random.default_rng(seed)
    side = np.arange(-HALF_MM, HALF_MM, FINE_MM) + 0.5 * FINE_MM
    points = centre + np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1)
    whole, body = depth_at(bone(level), points), depth_at(bone(level, "_body"), points)
    patches = gaussian_filter(random.normal(size=whole.shape).astype(np.float32), PATCH_MM / FINE_MM)
    hu = np.where(whole < 0.0, scan.bone_hu + PATCH_HU * patches / patches.std(), SOFT_HU)
    hu[(np.abs(body + 0.75) < 0.75) | ((np.abs(whole + 0.75) < 0.75) & (body > 0.0))] = CORTEX_HU

    def truth(places: Array) -> Array:
        return np.maximum(np.inf if shape is None else shape(places), depth_at(bone(level), places))

    if shape is not None:
        share = 1.0 / (1.0 + np.exp(np.clip(np.maximum(shape(points), whole) / 0.15, -50.0, 50.0)))
        hu = hu * (1.0 - share) + scan.tumour_hu * share
    voxel = np.asarray(scan.voxel_mm)
    size = tuple(int(n) for n in np.maximum(1, np.round(voxel / FINE_MM)))
    seen = uniform_filter(gaussian_filter(hu, BLUR_MM / FINE_MM), size=size)
    counts = np.floor(2.0 * HALF_MM / voxel).astype(int)
    index = (np.moveaxis(np.indices(counts), 0, -1) + 0.5) * voxel / FINE_MM - 0.5
    image = map_coordinates(seen, np.moveaxis(index, -1, 0), order=1, mode="nearest")
    noise = gaussian_filter(random.normal(size=image.shape), 0.5)
    affine = np.diag([*voxel, 1.0])
    affine[:3, 3] = centre - HALF_MM + 0.5 * voxel
    return Volume(np.round(image + scan.noise_hu * noise / noise.std()).astype(np.int16), affine, ""), truth


def measured(level: str, seed_lps: Array, ct: Volume, truth: Shape) -> dict[str, Any]:
    """Grow from a seed and hold the result against the truth."""
    given = GrownLesion(seed=tuple(seed_lps.tolist()))
    points, affine = grid_round(seed_lps, given.max_diameter_mm)
    depth = depth_at(bone(level), points)
    found = grow(ct, (points, affine), allowed_at(spine(level), points, depth), depth)
    found = found if isinstance(found, Refusal) else sound(found, given)
    if isinstance(found, Refusal):
        return {"refused": found.why}
    surface = from_mask("lesion", found.mask, Volume(found.mask, affine, ""), "modelled").mesh
    off, inside = truth(surface.vertices[:, None, None])[:, 0, 0], truth(points) < 0.0
    return {
        "refused": "",
        "dice": 2.0 * (found.mask & inside).sum() / (found.mask.sum() + inside.sum()),
        "mean_mm": float(off.mean()),
        "p95_mm": float(np.percentile(np.abs(off), 95)),
        "stated_mm": error_mm(ct, found) + SURFACE_ERROR_VOXELS,
    }


PLACES: Final = {"middle": (4.0, 2.0, 0.0), "side": (15.0, 0.0, 2.0), "back": (-3.0, 9.0, 0.0)}
CONTRASTS: Final = ((40, 140), (-20, 140), (60, 110), (30, 80), (500, 140), (300, 120))


def cases(every: int = 1) -> list[tuple[str, Scan, dict[str, Any]]]:
    """Measure every case, or every n-th: places × shapes × contrasts × noise × voxels."""
    voxels = ((0.7, 0.7, 1.0), (1.0, 1.0, 3.0))
    found = []
    for number, (place, kind, hu, noise, voxel) in enumerate(
        product(PLACES, ("ball", "lobed"), CONTRASTS, (20.0, 50.0), voxels)
    ):
        if number % every:
            continue
        centre, radius = np.array(PLACES[place]), (6.0, 8.0, 9.0)[number % 3]
        shape = ball(centre, radius) if kind == "ball" else lobed(centre, radius - 1.0, number)
        scan = Scan(*hu, noise, voxel)
        found.append((f"{kind}, {place}", scan, measured("L3", centre, *scanned("L3", centre, shape, scan, number))))
    return found


def without_tumour() -> list[str]:
    """Seeds in healthy bone: why each was refused, or nothing where it was not."""
    scans = [Scan(0.0, hu, noise, (0.7, 0.7, 1.0)) for hu in (80.0, 140.0, 200.0) for noise in (20.0, 50.0)]
    seeds = [np.array(place) for place in PLACES.values()]
    return [
        measured("L3", seed, *scanned("L3", seed, None, scan, k))["refused"]
        for k, (scan, seed) in enumerate(product(scans, seeds))
    ]


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="measure every n-th case only")
    found = cases(parser.parse_args(argv).every)
    print("| what | n | refused | Dice p50 | worst | mean, mm | p95 p50 | p95 p90 | worst | within stated |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    groups = [(f"{a} in {b} HU", lambda s, a=a, b=b: (s.tumour_hu, s.bone_hu) == (a, b)) for a, b in CONTRASTS]
    groups += [(f"slices of {z:g} mm", lambda s, z=z: s.voxel_mm[2] == z) for z in (1.0, 3.0)]
    groups += [(f"noise {n:g} HU", lambda s, n=n: s.noise_hu == n) for n in (20.0, 50.0)]
    for title, chosen in [*groups, ("all", lambda _: True)]:
        rows = [row for _, scan, row in found if chosen(scan)]
        kept = [row for row in rows if not row["refused"]]
        if not kept:
            continue
        dice, mean, p95, stated = (np.array([r[k] for r in kept]) for k in ("dice", "mean_mm", "p95_mm", "stated_mm"))
        print(
            f"| {title} | {len(rows)} | {len(rows) - len(kept)} | {np.median(dice):.2f} | {dice.min():.2f} "
            f"| {mean.mean():+.2f} | {np.median(p95):.1f} | {np.percentile(p95, 90):.1f} | {p95.max():.1f} "
            f"| {np.mean(p95 <= stated):.0%} |"
        )
    healthy = without_tumour()
    print(f"\nseeds in healthy bone: {len(healthy)}, refused {sum(map(bool, healthy))}: {sorted(set(healthy))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
