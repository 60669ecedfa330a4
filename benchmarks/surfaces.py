"""`python -m benchmarks.surfaces`: how far the surface of a label lies from the shape that was voxelised.

The error at a point of the surface is its distance to the true shape, positive outside, over the voxel's extent along
the normal there, and the mean is by area. Each shape is turned and shifted anew in every placement.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.printing import print_table
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.geometry.bodies import Capsule, Ellipsoid
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.geometry.surface import surface_of_mask

PROMISED_VOXELS = 0.2
"""Mean surface error."""
PROMISED_VOLUME = 0.01
"""Relative error of the volume of a whole label, against its voxels."""
SLICES_MM = (0.5, 1.0, 1.5, 2.0, 3.0)
IN_PLANE_MM = 0.5
"""Pixels of the anisotropic grids; 0.4 where the slices are no coarser than that."""
Array = NDArray[np.float64]
Distance = Callable[[Array], Array]


@dataclass(frozen=True)
class Shape:
    """A closed shape about the origin.

    Attributes
    ----------
    distance : signed distance (n,) of points (n, 3), mm, negative inside.
    reach_mm : radius of a ball about the origin that holds it.
    volume_mm3 : of the true shape.
    """

    distance: Distance
    reach_mm: float
    volume_mm3: float


def ball() -> Shape:
    return Shape(lambda p: np.linalg.norm(p, axis=1) - 9.0, 9.0, 4.0 / 3.0 * np.pi * 9.0**3)


def ellipsoid() -> Shape:
    semi = np.array([16.0, 11.0, 8.0])
    return Shape(Ellipsoid(np.zeros(3), np.eye(3), semi).distance, 16.0, float(4.0 / 3.0 * np.pi * semi.prod()))


def capsule() -> Shape:
    end, radius = np.array([0.0, 0.0, 16.0]), 5.5
    volume = np.pi * radius**2 * (32.0 + 4.0 / 3.0 * radius)
    return Shape(Capsule(-end, end, radius).distance, 21.5, float(volume))


def torus() -> Shape:
    far, near = 15.0, 6.0

    def distance(p: Array) -> Array:
        return np.hypot(np.hypot(p[:, 0], p[:, 1]) - far, p[:, 2]) - near

    return Shape(distance, far + near, float(2.0 * np.pi**2 * far * near**2))


@cache
def vertebra() -> Shape:
    mesh = build_parametric(ParametricSpec(level="L3", neighbours=False, resolution_mm=0.6)).meshes["vertebra_L3"]
    mesh = Mesh.of(mesh.vertices - mesh.bounds.mean(axis=0), mesh.faces)
    index = index_of(mesh)
    reach = float(np.linalg.norm(mesh.vertices, axis=1).max())
    return Shape(lambda p: index.signed(np.ascontiguousarray(p))[0], reach, mesh.volume_mm3)


SHAPES: dict[str, Callable[[], Shape]] = {
    "ball, 18 mm": ball,
    "ellipsoid, 32 × 22 × 16 mm": ellipsoid,
    "capsule, 11 mm thick": capsule,
    "torus, 12 mm thick": torus,
    "vertebra L3": vertebra,
}


def spacings() -> Iterable[tuple[float, float, float]]:
    for step in SLICES_MM:
        yield (step, step, step)
    for step in SLICES_MM:
        pixel = IN_PLANE_MM if step > IN_PLANE_MM else 0.4
        yield (pixel, pixel, step)


def surface_errors(shape: Shape, spacing: Sequence[float], rng: np.random.Generator) -> dict[str, float]:
    """Mean size and mean of the error in voxels, its mean in mm, and the volume's against voxels and truth."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    step = np.array(spacing)
    middle = rng.uniform(-0.5, 0.5, 3) * step

    def own(points: Array) -> Array:
        return (points - middle) @ turn

    counts = 2 * np.ceil((shape.reach_mm + step) / step).astype(int) + 3
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = -step * (counts - 1) / 2
    points = np.moveaxis(np.indices(counts), 0, -1).reshape(-1, 3) * step + affine[:3, 3]
    near = np.flatnonzero(np.linalg.norm(points - middle, axis=1) <= shape.reach_mm)
    mask = np.zeros(len(points), dtype=bool)
    mask[near] = shape.distance(own(points[near])) < 0.0
    mesh = surface_of_mask(mask.reshape(counts), affine).mesh
    a, b, c = np.moveaxis(mesh.triangles, 1, 0)
    across = np.cross(b - a, c - a)
    area = np.linalg.norm(across, axis=1)
    off = shape.distance(own((a + b + c) / 3.0))
    voxel = np.linalg.norm(across / np.maximum(area, 1e-12)[:, None] * step, axis=1)
    counted = mask.sum() * step.prod()
    return {
        "mean": float(np.average(np.abs(off) / np.maximum(voxel, step.min()), weights=area)),
        "bias": float(np.average(off / np.maximum(voxel, step.min()), weights=area)),
        "bias_mm": float(np.average(off, weights=area)),
        "volume": float(mesh.volume_mm3 / counted - 1.0),
        "true_volume": float(mesh.volume_mm3 / shape.volume_mm3 - 1.0),
    }


def rows(placements: int, names: Iterable[str] | None = None) -> Iterable[dict[str, object]]:
    for name in names or SHAPES:
        shape = SHAPES[name]()
        for spacing in spacings():
            rng = np.random.default_rng(2026)
            found = [surface_errors(shape, spacing, rng) for _ in range(placements)]
            means = {key: float(np.mean([one[key] for one in found])) for key in ("mean", "bias", "bias_mm")}
            worst = {key: max((one[key] for one in found), key=abs) for key in ("mean", "volume", "true_volume")}
            yield {
                "shape": name,
                "voxel_mm": " × ".join(f"{s:g}" for s in spacing),
                "n": placements,
                **means,
                "worst_mean": worst["mean"],
                "volume": worst["volume"],
                "true_volume": worst["true_volume"],
            }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.surfaces", description=__doc__)
    parser.add_argument("--placements", type=int, default=4, help="of each shape and voxel (4)")
    parser.add_argument("--json", action="store_true", help="print the rows for machines")
    asked = parser.parse_args(arguments)
    found = list(rows(asked.placements))
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    columns = ("shape", "voxel, mm", "n", "mean", "bias", "bias, mm", "worst mean", "volume", "to truth")
    print_table(columns, map(_cells, found), left=columns[:2])
    return 0


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    texts = [f"{row[key]:+.3f}" for key in ("bias", "bias_mm")]
    shares = [f"{100 * row[key]:+.2f} %" for key in ("volume", "true_volume")]
    return (
        row["shape"], row["voxel_mm"], str(row["n"]), f"{row['mean']:.3f}", *texts, f"{row['worst_mean']:.3f}", *shares,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
