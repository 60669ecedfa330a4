"""`python -m benchmarks.likeness`: how near the parametric vertebrae come to real ones of the same level.

Two surfaces are laid on each other by a similarity (turn, shift, one scale), iterated over nearest points from both
sides; the figure is the mean distance from surface to surface, the mean of both directions, in mm at the size of the
real one. Beside it stand the distances of the real ones to each other, found the same way. The real surfaces are not in
the repository; `--data` says where they lie.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import igl
import numpy as np
from numpy.typing import NDArray

from benchmarks.printing import print_table
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.parametric.morphometry import LEVELS, Source
from planner.anatomy.vtp import read_vtp
from planner.geometry.mesh import Mesh
from planner.geometry.surface import surface_of_mask

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GOAL_MM = 2.5
POINTS = 4000
Array = NDArray[np.float64]

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
OPENSIM_TO_LPS = np.array([[0, 0, -1000.0, 0], [-1000.0, 0, 0, 0], [0, 1000.0, 0, 0], [0, 0, 0, 1.0]])
"""X anterior, Y up, Z right, metres."""
SLICERIGT = {"T7": "T07", "T10": "T10", "T11": "T11", "T12": "T12", "L1": "L01", "L2": "L02", "L3": "L03"}
OPENSIM = {"T12": "thoracic12", **{f"L{n}": f"lumbar{n}" for n in range(1, 6)}}
TOTALSEGMENTATOR = {"L5": 27, "L4": 28, "L3": 29, "L2": 30, "L1": 31}


def real(data: Path) -> dict[str, dict[str, Mesh]]:
    """Level → source → surface, LPS mm."""
    found: dict[str, dict[str, Mesh]] = {level: {} for level in LEVELS}
    for level, name in SLICERIGT.items():
        found[level]["slicerigt"] = _vtp(data / "slicerigt_vertebrae" / f"{name}.vtp", RAS_TO_LPS)
    for level, name in OPENSIM.items():
        found[level]["opensim"] = _vtp(data / "opensim_creator" / f"{name}.vtp", OPENSIM_TO_LPS)
    labels = data / "totalsegmentator" / "example_seg_fast_force_split.nii.gz"
    for level, value in TOTALSEGMENTATOR.items():
        found[level]["totalsegmentator"] = _label(labels, value)
    found["L3"]["tptbox"] = _label(data / "tptbox" / "sub-ct_seg-vert_label-22_msk.nii.gz", 22)
    return {level: sources for level, sources in found.items() if sources}


def _vtp(path: Path, matrix: Array) -> Mesh:
    return Mesh.of(*read_vtp(path)).transformed(matrix)


def _label(path: Path, value: int) -> Mesh:
    import nibabel  # noqa: PLC0415

    image = nibabel.load(path)
    mask = np.asarray(image.dataobj) == value
    return surface_of_mask(_largest(mask), RAS_TO_LPS @ image.affine).mesh


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import label  # noqa: PLC0415

    parts, count = label(mask, np.ones((3, 3, 3)))
    return mask if count < 2 else parts == 1 + np.bincount(parts.ravel())[1:].argmax()


@cache
def drawn(level: str, source: Source = "panjabi") -> Mesh:
    return build_parametric(ParametricSpec(level=level, levels="only", source=source)).mesh(f"vertebra_{level}")


@dataclass(frozen=True)
class Fit:
    """How two surfaces lie on each other.

    Attributes
    ----------
    mean_mm, p95_mm : distance from surface to surface, both directions.
    scale : by which the moving one grew.
    moved : the moving surface, laid on the fixed one.
    """

    mean_mm: float
    p95_mm: float
    scale: float
    moved: Mesh


def spread_points(mesh: Mesh, count: int = POINTS) -> Array:
    """Points evenly over the surface, the same ones every time."""
    a, b, c = np.moveaxis(mesh.triangles, 1, 0)
    share = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    rng = np.random.default_rng(0)
    face = np.searchsorted(share, (np.arange(count) + 0.5) / count * share[-1])
    u, v = rng.random((2, count, 1))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    return a[face] + u * (b - a)[face] + v * (c - a)[face]


class Surface:
    """A mesh with its search tree, built once."""

    def __init__(self, mesh: Mesh, points: int) -> None:
        self.mesh, self.points = mesh, spread_points(mesh, points)
        self._tree = igl.AABB()
        self._tree.init(mesh.vertices, mesh.faces)

    def nearest(self, points: Array) -> tuple[Array, Array]:
        """Distances and the places on the surface."""
        p = np.ascontiguousarray(points)
        squared, _, at = self._tree.squared_distance(self.mesh.vertices, self.mesh.faces, p)
        return np.sqrt(squared), at


def similarity(source: Array, target: Array) -> Array:
    """The (4, 4) turn, scale and shift that takes one point set nearest to another (Umeyama, IEEE PAMI 1991)."""
    a, b = source.mean(axis=0), target.mean(axis=0)
    u, s, vt = np.linalg.svd((target - b).T @ (source - a) / len(source))
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = u @ sign @ vt
    scale = (s * np.diag(sign)).sum() / ((source - a) ** 2).sum(axis=1).mean()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = scale * turn, b - scale * turn @ a
    return matrix


def fit(moving: Mesh, fixed: Mesh, points: int = POINTS) -> Fit:
    """Lay one surface on another; the best of several starts, tilted forward and back."""
    own, other = Surface(moving, points), Surface(fixed, points)
    tries = [_fit_from(own, other, np.radians(tilt)) for tilt in (-20.0, 0.0, 20.0)]
    return min(tries, key=lambda done: done.mean_mm)


def _fit_from(moving: Surface, fixed: Surface, tilt: float) -> Fit:
    c, s = np.cos(tilt), np.sin(tilt)
    total = np.eye(4)
    total[1:3, 1:3] = [[c, s], [-s, c]]
    total[:3, 3] = fixed.mesh.bounds.mean(axis=0) - total[:3, :3] @ moving.mesh.bounds.mean(axis=0)
    before = np.inf
    for _ in range(60):
        scale = float(np.cbrt(np.linalg.det(total[:3, :3])))
        here = moving.points @ total[:3, :3].T + total[:3, 3]
        out, there = fixed.nearest(here)
        # The way back is sought where the moving surface stands still: its tree need not be built again.
        undo = np.linalg.inv(total)
        back, hit = moving.nearest(fixed.points @ undo[:3, :3].T + undo[:3, 3])
        back, hit = scale * back, hit @ total[:3, :3].T + total[:3, 3]
        now = 0.5 * float(out.mean() + back.mean())
        if before - now < 2e-4:
            break
        before = now
        total = similarity(np.concatenate([here, hit]), np.concatenate([there, fixed.points])) @ total
    both = np.concatenate([out, back])
    return Fit(now, float(np.quantile(both, 0.95)), scale, moving.mesh.transformed(total))


def rows(data: Path, levels: Iterable[str] = (), source: Source = "panjabi") -> Iterable[dict[str, object]]:
    for level, sources in real(data).items():
        if levels and level not in levels:
            continue
        ours = {name: fit(drawn(level, source), mesh) for name, mesh in sources.items()}
        between = [fit(sources[a], sources[b]).mean_mm for a, b in combinations(sources, 2)]
        yield {
            "level": level,
            "ours": {name: round(done.mean_mm, 2) for name, done in ours.items()},
            "ours_mean_mm": float(np.mean([done.mean_mm for done in ours.values()])),
            "ours_p95_mm": float(np.mean([done.p95_mm for done in ours.values()])),
            "scale": float(np.mean([done.scale for done in ours.values()])),
            "real_mean_mm": float(np.mean(between)) if between else None,
            "real_pairs": len(between),
        }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the real surfaces")
    parser.add_argument("--level", action="append", default=[], choices=LEVELS, help="one level, may be repeated")
    parser.add_argument(
        "--source", default="panjabi", choices=("panjabi", "ct"), help="table the vertebrae are drawn from"
    )
    parser.add_argument("--json", action="store_true", help="print the rows for machines")
    asked = parser.parse_args(arguments)
    if not asked.data.is_dir():
        parser.error(f"--data: got {asked.data}, which is no folder; expected the one with the real surfaces")
    made = list(rows(asked.data, asked.level, asked.source))
    if asked.json:
        print(json.dumps(made, indent=2))
        return 0
    columns = ("level", "ours", "p95", "goal", "real to real", "pairs", "scale", "each")
    print_table(columns, map(_cells, made), left=("level", "each"))
    return 0


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    between = row["real_mean_mm"]
    each = ", ".join(f"{name} {value:.2f}" for name, value in row["ours"].items())
    return (
        row["level"], f"{row['ours_mean_mm']:.2f}", f"{row['ours_p95_mm']:.2f}", f"{GOAL_MM}",
        "–" if between is None else f"{between:.2f}", str(row["real_pairs"]), f"{row['scale']:.3f}", each,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
