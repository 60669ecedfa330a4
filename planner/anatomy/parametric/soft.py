"""Muscles, kidneys and lungs: each shape with what was there before it cut out, so that nothing meets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.anatomy.parametric.fields import Field, intersection
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.landscape import Landscape
from planner.anatomy.parametric.morphometry import LEVELS
from planner.anatomy.parametric.room import taken
from planner.anatomy.parametric.soft_kinds import KINDS, SIDES, Kind
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

STEP_MM: Final = 2.0
"""Sampling of soft structures; they have no fine parts."""

_NEAR_MM: Final = 2.0 * STEP_MM
"""Further outside a shape than this nothing else has to be known."""

_SHORTEST_MM: Final = 20.0
"""Of a structure whose end the trunk cuts off, less than this is not drawn."""


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of muscles, kidneys and lungs that reach the built levels."""
    if not spine.spec.tissues:
        return {}
    return {
        f"{kind.name}_{side}": partial(_mesh, spine, kind, side, sign)
        for kind in KINDS
        if _reach(spine, kind) is not None
        for side, sign in SIDES.items()
    }


def _reach(spine: ParametricSpine, kind: Kind) -> tuple[float, float] | None:
    """Return the heights between which a structure is drawn."""
    trunk, (first, last) = spine.trunk, kind.levels
    step = trunk.heights[LEVELS[-2]] - trunk.heights[LEVELS[-1]]
    low = trunk.span[0] if last == LEVELS[-1] else trunk.heights[last] - 0.6 * step
    high = trunk.span[1] if first == LEVELS[0] else trunk.heights[first] + 0.6 * step
    low, high = max(low, trunk.span[0]) + STEP_MM, min(high, trunk.span[1]) - STEP_MM
    return (low, high) if high - low >= _SHORTEST_MM else None


def _mesh(spine: ParametricSpine, kind: Kind, side: str, sign: float) -> Mesh:
    mesh = soft_grid(spine, kind, side, sign).surface()
    return Mesh.of(spine.trunk.pose.to_world(mesh.vertices), mesh.faces)


def soft_grid(spine: ParametricSpine, kind: Kind, side: str, sign: float) -> Grid:
    """Sample one soft structure in the trunk's frame."""
    found = spine.once(f"soft {kind.name}_{side}", lambda: _sampled(spine, kind, sign))
    assert isinstance(found, Grid)  # noqa: S101
    return found


def _sampled(spine: ParametricSpine, kind: Kind, sign: float) -> Grid:
    reach = _reach(spine, kind)
    assert reach is not None  # noqa: S101 - parts() lists only what reaches
    land: Landscape = spine.landscape
    heights = np.linspace(*reach, 40)
    middle, body = land.middle(heights), land.body_y(heights)
    side = np.sort(sign * np.array(kind.out))
    low = [middle.min() + side[0], body.min() + kind.behind[0], reach[0]]
    high = [middle.max() + side[1], body.max() + kind.behind[1], reach[1]]
    grid = Grid.over(low, high, STEP_MM)
    whole = grid.window(low, high)
    at = grid.coordinates(whole)
    ends = np.maximum(np.float32(reach[0]) - at[2], at[2] - np.float32(reach[1]))
    values = intersection(kind.shape(land, sign)(at), np.broadcast_to(ends, grid.values[whole].shape), 2.0)
    inside = Grid(values, grid.origin + STEP_MM * np.array([s.start for s in whole]), STEP_MM, mirrored=False)
    names = [n for n in spine.names if n.startswith(kind.clears) and not n.endswith(("_body", "_cancellous"))]
    hard = [n for n in names if not n.startswith(("muscle_", "kidney_"))]
    values = intersection(values, np.float32(kind.gap_mm) - taken(spine, inside, hard, values < _NEAR_MM), 0.5)
    for other in KINDS[: KINDS.index(kind)]:
        if _reach(spine, other) is None or (f"{other.name}_left" not in names and kind.name[:6] != "muscle"):
            continue
        for name, place in SIDES.items():
            values = _beside(values, inside, soft_grid(spine, other, name, place), kind.gap_mm)
    grid.values[whole] = values
    return grid


def _beside(values: Field, grid: Grid, other: Grid, gap_mm: float) -> Field:
    nodes = np.stack(np.broadcast_arrays(*grid.coordinates(grid.window(*grid.box))), axis=-1)
    return intersection(values, np.float32(gap_mm) - other.sampled(nodes), 0.5)
