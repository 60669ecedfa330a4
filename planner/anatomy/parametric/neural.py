"""Canal, dural sac, cord with its conus, cauda equina and nerve roots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.disease import given_way
from planner.anatomy.parametric.fields import Coordinates, Field
from planner.anatomy.parametric.layout import mean_height
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.anatomy.parametric.reach import shared, span_of
from planner.anatomy.parametric.roots import root_mesh
from planner.anatomy.parametric.tubes import CANAL_FRONT_SHARE, Knot, Tube
from planner.geometry.mesh import Mesh
from planner.geometry.tubes import tube_mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

GAP_MM = 0.2
"""Space left between bone and canal, so that no two surfaces touch."""

CONUS = ("L1", "L2")
"""The cord ends at the disc between these. On average it ends a little higher, in the upper third of L1 (n = 141, range
T12 to L2; Anat Res Int 2014:351769, abstract read); the lower end is the cautious one."""

SAC_END_MM = 62.0
"""End of the dural sac below the centre of L5: the middle of S2 (Anat Res Int 2014:351769); the distance is assumed."""

_FURTHER_MM = (4.0, 12.0, 35.0, 75.0)
"""Places past the outermost levels at which sac and cord still follow the canal; the trunk ends before the last."""

_LIQUOR_MM = 1.0
"""Least layer of fluid round the cord where the canal is narrow (assumed)."""

_TIP_MM = 1.0
"""Half the width of the conus' tip (assumed)."""

_CAUDA_SHARE = (0.80, 0.66)
"""Width and depth of the bundle of roots as part of the sac's, below the conus (assumed)."""


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of everything in the canal and of the roots."""
    column = spine.column
    span = span_of(spine, column.canal)
    made: dict[str, Maker] = {"spinal_canal": partial(_canal, spine, span)}
    sac = sac_tube(column)
    end = sac.crossing(column.poses["L5"]) + SAC_END_MM
    cord, cauda = cord_tube(column), cauda_tube(column)
    for name, tube, limits in (
        ("thecal_sac", sac, (-1e9, end)),
        ("spinal_cord", cord, (-1e9, cord.length_mm)),
        ("cauda_equina", cauda, (0.0, cauda.crossing(column.poses["L5"]) + SAC_END_MM - 8.0)),
    ):
        inner = 5.0 if name == "thecal_sac" else 7.0  # what lies in another ends before it does
        whole = span_of(spine, tube)
        part = shared((whole[0] + inner, whole[1] - inner), limits)
        if part is not None:
            made[name] = partial(_surface, spine, name, tube, part)
    for level in spine.built:
        for side, sign in (("left", 1.0), ("right", -1.0)):
            made[f"nerve_root_{level}_{side}"] = partial(root_mesh, column, level, sign)
    return made


def _canal(spine: ParametricSpine, span: tuple[float, float]) -> Mesh:
    rings = spine.column.canal.rings((span[0] - 1.5, span[1] + 1.5), inset_mm=GAP_MM, around=64)
    return tube_mesh(given_way(spine, "spinal_canal", rings))


def _surface(spine: ParametricSpine, name: str, tube: Tube, span: tuple[float, float]) -> Mesh:
    """Draw a tube of the canal; a mass in the canal pushes it aside."""
    return tube_mesh(given_way(spine, name, tube.rings(span)))


def sac_field(column: Column) -> Callable[[Coordinates], Field]:
    """Return the sac's field in world coordinates, mm."""
    return sac_tube(column).field


def neural_field(column: Column) -> Callable[[Coordinates], Field]:
    """Return the field of the cord and, below its conus, of the cauda equina, in world coordinates, mm."""
    cord, cauda = cord_tube(column), cauda_tube(column)

    def both(at: Coordinates) -> Field:
        return np.asarray(
            np.minimum(cord.field(at, last_mm=cord.length_mm), cauda.field(at, first_mm=0.0)), dtype=np.float32
        )

    return both


def sac_size(m: Morphometry) -> tuple[float, float]:
    """Return width and depth of the sac; in a narrow canal it fills what the pointed rear leaves."""
    return min(m.sac_width, m.canal_width - 3.0), min(m.sac_depth, (0.86 - 0.08 * m.lumbar) * m.canal_depth)


def sac_centre(m: Morphometry) -> float:
    """Return where the sac's middle lies, y in the vertebra's frame: it rests against the front of the canal."""
    return 0.5 * depth(m) + max(0.47 * m.canal_depth, 0.5 * sac_size(m)[1] + 0.8)


def _along_canal(column: Column, places: Sequence[tuple[str, float, float, float]], *, ends: tuple[bool, bool]) -> Tube:
    """Return a tube that keeps the canal's direction.

    Parameters
    ----------
    places : level, height in its frame, width and depth; the middle is the sac's at that level.
    ends : whether it runs on beyond the first and the last place.
    """
    canal, knots = column.canal, []
    for level, z, width, deep in places:
        m = column.rows[level]
        behind = sac_centre(m) - 0.5 * depth(m) - CANAL_FRONT_SHARE * m.canal_depth
        knots.append((canal.crossing(column.poses[level], z), behind, 0.5 * width, 0.5 * deep))
    if ends[0]:
        first = min(knots[0][0], 0.0)
        knots = [(first - beyond, *knots[0][1:]) for beyond in _FURTHER_MM[::-1]] + knots
    if ends[1]:
        last = max(knots[-1][0], canal.length_mm)
        knots += [(last + beyond, *knots[-1][1:]) for beyond in _FURTHER_MM]
    made = []
    for s, behind, half_width, half_depth in knots:
        course = canal.at(s)
        centre = course[:3] + behind * course[6:9]
        made.append(Knot(centre, course[3:6], half_width, half_depth, half_depth))
    return Tube(tuple(made))


def sac_tube(column: Column) -> Tube:
    """Return the dural sac."""
    places = [(level, 0.0, *sac_size(m)) for level, m in column.rows.items()]
    return _along_canal(column, places, ends=(True, True))


def cord_tube(column: Column) -> Tube:
    """Return the cord from T1 to the tip of its conus."""
    levels = LEVELS[: LEVELS.index(CONUS[0]) + 1]
    places = []
    for level in levels:
        m, room = column.rows[level], [size - 2.0 * _LIQUOR_MM for size in sac_size(column.rows[level])]
        places.append((level, 0.0, min(m.cord_width, room[0]), min(m.cord_depth, room[1])))
    places.append((CONUS[0], _disc_below(column.rows[CONUS[0]]), 2.0 * _TIP_MM, 2.0 * _TIP_MM))
    return _along_canal(column, places, ends=(True, False))


def cauda_tube(column: Column) -> Tube:
    """Return the bundle of roots from just below the conus on; it thins as roots leave it."""
    wide, deep = _CAUDA_SHARE
    above = column.rows[CONUS[0]]
    width, depth_mm = sac_size(above)
    places = [(CONUS[0], _disc_below(above) - 1.5, wide * width, deep * depth_mm)]
    for n, level in enumerate(LEVELS[LEVELS.index(CONUS[1]) :]):
        left, (width, depth_mm) = 1.0 - 0.12 * n, sac_size(column.rows[level])
        places.append((level, 0.0, wide * left * width, deep * left * depth_mm))
    return _along_canal(column, places, ends=(False, True))


def _disc_below(m: Morphometry) -> float:
    """Height of the middle of the disc below, in the vertebra's frame."""
    return -0.5 * mean_height(m) - 0.5 * m.disc_below
