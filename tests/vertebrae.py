"""Vertebrae built once a session, and rulers for finished surfaces."""

from __future__ import annotations

from functools import cache

import igl
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import stack
from planner.anatomy.parametric.morphometry import table
from planner.anatomy.parametric.vertebra import body_grid, vertebra_grid
from planner.geometry.mesh import Mesh

COARSE_MM = 0.8


@cache
def column(level: str) -> Column:
    rows = table()
    return Column.of(rows, stack(rows, level))


@cache
def grid(level: str, step_mm: float = COARSE_MM) -> Grid:
    return vertebra_grid(column(level), level, step_mm)


@cache
def vertebra(level: str, step_mm: float = COARSE_MM) -> Mesh:
    return grid(level, step_mm).surface()


@cache
def body(level: str, step_mm: float = COARSE_MM) -> Mesh:
    return body_grid(column(level), level, step_mm).surface()


def inside(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.bool_]:
    return igl.fast_winding_number(mesh.vertices, mesh.faces, np.ascontiguousarray(points)) > 0.5


def distance(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float64]:
    return np.sqrt(igl.point_mesh_squared_distance(np.ascontiguousarray(points), mesh.vertices, mesh.faces)[0])


def assert_closed(mesh: Mesh) -> None:
    """Watertight, one piece, facing outward."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    forward = {tuple(edge) for edge in edges.tolist()}
    assert len(forward) == len(edges)
    assert all((b, a) in forward for a, b in forward)
    n = len(mesh.vertices)
    links = coo_array((np.ones(len(edges), dtype=bool), edges.T), shape=(n, n))
    assert connected_components(links, directed=False)[0] == 1
    assert mesh.volume_mm3 > 0


def crossings(mesh: Mesh) -> int:
    """How many edges pass through a triangle they do not belong to."""
    corners = mesh.triangles
    centre = corners.mean(axis=1)
    reach = np.linalg.norm(corners - centre[:, None], axis=2).max()
    pairs = KDTree(centre).query_pairs(2.0 * reach, output_type="ndarray")
    shared = (mesh.faces[pairs[:, 0], :, None] == mesh.faces[pairs[:, 1], None, :]).any(axis=(1, 2))
    pairs = pairs[~shared]
    low, high = corners.min(axis=1), corners.max(axis=1)
    touch = ((low[pairs[:, 0]] <= high[pairs[:, 1]]) & (low[pairs[:, 1]] <= high[pairs[:, 0]])).all(axis=1)
    pairs = pairs[touch]
    count = 0
    for one, other in ((0, 1), (1, 0)):
        a, b, c = np.moveaxis(corners[pairs[:, one]], 1, 0)
        normal = np.cross(b - a, c - a)
        for start, end in ((0, 1), (1, 2), (2, 0)):
            p, q = corners[pairs[:, other], start], corners[pairs[:, other], end]
            up, down = (np.einsum("ij,ij->i", x - a, normal) for x in (p, q))
            through = up * down < 0
            share = up / np.where(through, up - down, 1.0)
            hit = p + share[:, None] * (q - p)
            turns = [np.einsum("ij,ij->i", np.cross(v - u, hit - u), normal) for u, v in ((a, b), (b, c), (c, a))]
            count += int((through & (np.minimum.reduce(turns) > 0)).sum())
    return count
