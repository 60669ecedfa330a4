"""`python -m benchmarks.accuracy`: how far clearances lie from closed forms, over random placements and voxels.

Errors on label maps are in voxels along the direction of the clearance, so that one figure holds for every voxel size;
the grid is isotropic in half of the placements, in the others one axis is up to three times as coarse.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes

from benchmarks.printing import print_table
from planner.geometry.bodies import Capsule, Spheroid
from planner.geometry.clearance import body_clearance, capsule_clearance, clearance_along, covering_margin
from planner.geometry.mesh import Mesh
from planner.geometry.surface import SURFACE_ERROR_VOXELS, surface_of_mask

PROMISED_MM = 0.05
"""What is promised for clearances on exact surfaces."""
Array = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Sample:
    """A voxelised shape and what is measured on its surface.

    Attributes
    ----------
    mask, affine : the label and where it lies.
    error : surface → signed error of one clearance in voxels, positive where the surface lies too far in.
    """

    mask: NDArray[np.bool_]
    affine: Array
    error: Callable[[Mesh], float]


def sampled(inside: Callable[[Array], Array], spacing: Array, half: Array) -> tuple[NDArray[np.bool_], Array]:
    """Voxelise a shape over a box about the origin."""
    shape = np.ceil(2 * half / spacing).astype(int) + 1
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -spacing * (shape - 1) / 2
    points = np.moveaxis(np.indices(shape), 0, -1).reshape(-1, 3) * spacing + affine[:3, 3]
    return inside(points).reshape(shape), affine


def unit(rng: Random) -> Array:
    d = rng.normal(size=3)
    return d / np.linalg.norm(d)


def spacing_of(rng: Random) -> Array:
    spacing = np.ones(3)
    if rng.random() < 0.5:
        spacing[rng.integers(3)] = rng.uniform(1.0, 3.0)
    return spacing


def voxel_along(spacing: Array, direction: Array) -> float:
    return float(np.linalg.norm(spacing * direction))


def needle_to_rod(rng: Random, low: float, high: float) -> Sample:
    """A needle beside a rod of `low` to `high` of its coarsest voxels across."""
    spacing, d = spacing_of(rng), unit(rng)
    radius = 0.5 * rng.uniform(low, high) * spacing.max()
    at = rng.uniform(-0.5, 0.5, 3) * spacing
    side = np.cross(d, unit(rng))
    side /= np.linalg.norm(side)
    along = np.cross(d, side) + rng.uniform(-1, 1) * d
    gap = rng.uniform(0.5, 6.0)
    middle = at + (radius + gap + 1.2) * side
    half = np.full(3, radius + 7.0 * spacing.max())
    mask, affine = sampled(lambda p: Capsule(at - 500 * d, at + 500 * d, radius).distance(p) < 0, spacing, half)

    def error(mesh: Mesh) -> float:
        found = capsule_clearance(middle - 6 * along, middle + 6 * along, 1.2, mesh).distance_mm
        return (found - gap) / voxel_along(spacing, side)

    return Sample(mask, affine, error)


def rod(rng: Random) -> Sample:
    return needle_to_rod(rng, 6.0, 16.0)


def thin_rod(rng: Random) -> Sample:
    return needle_to_rod(rng, 2.0, 4.0)


def all_round(rng: Random) -> Sample:
    """The bone all round a needle down the middle of a rod, in line with the grid or not: the least of every side."""
    spacing, d = np.ones(3), np.array([0.0, 0.0, 1.0])
    if rng.random() < 0.75:
        d = np.array([np.sin(0.35), 0.1, np.cos(0.35)])
        d /= np.linalg.norm(d)
    radius, at = 0.5 * rng.uniform(8.0, 18.0), rng.uniform(-0.5, 0.5, 3)
    half = np.array([radius + 10.0, radius + 6.0, 18.0])
    mask, affine = sampled(lambda p: Capsule(at - 500 * d, at + 500 * d, radius).distance(p) < 0, spacing, half)
    axis = at + np.linspace(-8, 8, 81)[:, None] * d
    return Sample(mask, affine, lambda mesh: radius + float(clearance_along(axis, mesh)[0].max()))


def round_body(rng: Random, low: float = 6.0, high: float = 14.0) -> Sample:
    """A point beside a ball or spheroid, from any side."""
    spacing = spacing_of(rng)
    short = 0.5 * rng.uniform(low, high) * spacing.max()
    body = Spheroid(rng.uniform(-0.5, 0.5, 3) * spacing, unit(rng), short * rng.uniform(1.0, 1.8), short)
    half = np.abs(body.bounds).max(axis=0) + 3 * spacing
    mask, affine = sampled(lambda p: body.distance(p) < 0, spacing, half)
    start = body.centre + (body.long_semi + 5.0) * unit(rng)
    out = start - body.nearest(start[None])[0]
    gap = float(np.linalg.norm(out))

    def error(mesh: Mesh) -> float:
        return (float(clearance_along(start[None], mesh)[0][0]) - gap) / voxel_along(spacing, out / gap)

    return Sample(mask, affine, error)


def wall(rng: Random, *, turned: bool) -> Sample:
    """A point before the middle of a flat wall of a box, in line with the grid or turned."""
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] if turned else np.eye(3)
    at, size = rng.uniform(-0.5, 0.5, 3), rng.uniform(5.0, 8.0, 3)
    normal = axes[0]
    start = at + (size[0] + 4.0) * normal
    mask, affine = sampled(lambda p: (np.abs((p - at) @ axes.T) < size).all(axis=1), np.ones(3), np.full(3, 17.0))

    def error(mesh: Mesh) -> float:
        return (float(clearance_along(start[None], mesh)[0][0]) - 4.0) / voxel_along(np.ones(3), normal)

    return Sample(mask, affine, error)


def corner(rng: Random, sharp: int) -> Sample:
    """A point beyond an edge (`sharp` 2) or a corner (3) of a box turned against the grid."""
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    at, size = rng.uniform(-0.5, 0.5, 3), rng.uniform(5.0, 8.0, 3)
    out = axes[:sharp].sum(axis=0) / np.sqrt(sharp)
    start = at + (size[:sharp, None] * axes[:sharp]).sum(axis=0) + 4.0 * out
    mask, affine = sampled(lambda p: (np.abs((p - at) @ axes.T) < size).all(axis=1), np.ones(3), np.full(3, 17.0))
    return Sample(mask, affine, lambda mesh: float(clearance_along(start[None], mesh)[0][0]) - 4.0)


CLASSES: dict[str, Callable[[Random], Sample]] = {
    "needle to a rod, 6–16 voxels across": rod,
    "point to a ball or spheroid, 6–25 voxels across": round_body,
    "bone all round a needle in a rod, 8–18 voxels": all_round,
    "flat wall, turned against the grid": lambda rng: wall(rng, turned=True),
    "flat wall in line with the grid": lambda rng: wall(rng, turned=False),
    "needle to a thin rod, 2–4 voxels across": thin_rod,
    "point to a small ball or spheroid, 2–4 voxels": lambda rng: round_body(rng, 2.0, 4.0),
    "edge of a box": lambda rng: corner(rng, 2),
    "corner of a box": lambda rng: corner(rng, 3),
}


def ours(sample: Sample) -> Mesh:
    return surface_of_mask(sample.mask, sample.affine).mesh


def raw(sample: Sample, smoothing: float = 0.0) -> Mesh:
    """Marching cubes at the half level, of the label as it is or smoothed, continued at the border as ours is."""
    field = np.pad(np.pad(sample.mask, 3, mode="edge"), 4).astype(np.float32)
    if smoothing:
        spacing = np.diag(sample.affine)[:3]
        field = gaussian_filter(field, smoothing * spacing.min() / spacing)
    vertices, faces, _, _ = marching_cubes(field, 0.5)
    return Mesh.of(vertices - 7, faces[:, ::-1]).transformed(sample.affine)


METHODS: dict[str, Callable[[Sample], Mesh]] = {
    "planner": ours,
    "marching cubes": raw,
    "one-voxel gaussian, half level": lambda sample: raw(sample, 1.0),
}


def on_labels(count: int, methods: Iterable[str]) -> Iterable[dict[str, object]]:
    for name, make in CLASSES.items():
        rng = np.random.default_rng(2026)
        samples = [make(rng) for _ in range(count)]
        for method in methods:
            errors = []
            for sample in samples:
                try:
                    errors.append(sample.error(METHODS[method](sample)))
                except (ValueError, RuntimeError):  # the method made no surface: the shape is lost
                    errors.append(np.nan)
            yield {"class": name, "method": method, "unit": "voxel", **spread(np.array(errors), SURFACE_ERROR_VOXELS)}


def on_surfaces(count: int) -> Iterable[dict[str, object]]:
    """Clearances on exact surfaces, mm."""
    rng = np.random.default_rng(2026)
    ball = Spheroid(np.zeros(3), np.array([0.0, 0.0, 1.0]), 8.0, 8.0)
    mesh = ball.surface(5)
    needle, zone, margin = [], [], []
    for _ in range(count):
        a, b = rng.uniform(-25, 25, (2, 3))
        t = np.clip(-(a @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        needle.append(capsule_clearance(a, b, 1.2, mesh).distance_mm - (np.linalg.norm(a + t * (b - a)) - 9.2))
        body = Spheroid(unit(rng) * rng.uniform(22, 40), unit(rng), 13.0, 8.0)
        zone.append(body_clearance(body, mesh).distance_mm - (float(body.distance(np.zeros((1, 3)))[0]) - 8.0))
        over = Spheroid(unit(rng) * rng.uniform(10.5, 20), unit(rng), 9.0, 9.0)
        margin.append(covering_margin(mesh, over)[0] - (9.0 - 8.0 - np.linalg.norm(over.centre)))
    for name, errors in (("needle to a ball", needle), ("zone to a ball", zone), ("margin over a ball", margin)):
        yield {"class": name, "method": "planner", "unit": "mm", **spread(np.array(errors), PROMISED_MM)}


def spread(errors: Array, bound: float) -> dict[str, float]:
    found = np.abs(errors[np.isfinite(errors)])
    return {
        "n": len(errors),
        "lost": int(np.isnan(errors).sum()),
        "mean": float(np.nanmean(errors)),
        **{f"p{q}": float(np.quantile(found, q / 100)) for q in (50, 95, 99)},
        "worst": float(found.max()),
        "within": float((found <= bound).sum() / len(errors)),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--placements", type=int, default=300, help="of each class (300)")
    parser.add_argument("--json", action="store_true", help="print the rows for machines")
    asked = parser.parse_args(arguments)
    rows = [*on_labels(asked.placements, METHODS), *on_surfaces(asked.placements)]
    if asked.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    columns = ("class", "method", "unit", "n", "lost", "mean", "p50", "p95", "p99", "worst", "within")
    print_table(columns, map(_cells, rows), left=columns[:3])
    return 0


def _cells(row: dict[str, Any]) -> list[str]:
    digits = 3 if row["unit"] == "voxel" else 4
    return [f"{v:.{digits}f}" if isinstance(v, float) else str(v) for v in row.values()]


if __name__ == "__main__":
    sys.exit(main())
