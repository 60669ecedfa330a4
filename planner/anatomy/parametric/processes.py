"""The processes: articular, mammillary, transverse and spinous, the left half in the vertebra's own frame."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from planner.anatomy.parametric.arch import Landmarks, Part, Radii, horn_part
from planner.anatomy.parametric.fields import Coordinates, Field, intersection, polygon
from planner.anatomy.parametric.morphometry import Morphometry

_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]


def process_parts(m: Morphometry, facet_below_deg: float) -> Iterator[Part]:
    """Yield every process of the left half.

    Parameters
    ----------
    facet_below_deg : direction of the facet this vertebra rests on (the next one down).
    """
    yield from superior_parts(m)
    yield inferior_part(m, facet_below_deg)
    yield from transverse_parts(m)
    yield spinous_part(m)


def superior_parts(m: Morphometry) -> Iterator[Part]:
    """Yield the superior articular process and, from T11 down, the mammillary process on its rear edge."""
    at = Landmarks.of(m)
    px, _, pz = at.pedicle
    lumbar, e = m.lumbar, math.radians(m.facet_deg)
    base = ((0.86 + 0.09 * lumbar) * px, at.wall + (0.66 + 0.08 * lumbar) * m.canal_depth, pz + 1.0)
    # Under a thin disc the vertebra above leaves less room.
    rise = at.top + (1.0 + 0.5 * m.disc_below) * (1.0 - lumbar) + 2.2 * lumbar
    top = (base[0] - 0.8 + 1.0 * lumbar, base[1] - 0.8 + 6.0 * lumbar, rise)
    wide, thin = 5.6 + 2.6 * lumbar, 2.7 + 2.7 * lumbar
    radii = ((wide, thin), (wide - 2.0 + 1.6 * lumbar, thin - 1.1 - 0.4 * lumbar))
    yield horn_part((base, top), (math.sin(e), math.cos(e), 0.0), radii, 3.0)
    if lumbar > 0.3:
        knob = (top[0] + 1.5, top[1] + 4.5, top[2] - 3.5)
        yield horn_part((top, knob), (1.0, 0.0, 0.0), ((3.0, 3.2), (2.6, 3.0)), 4.0)


def inferior_facet(m: Morphometry, facet_below_deg: float) -> tuple[_Ends, tuple[float, float, float], Radii]:
    """Return axis ends, side direction and radii of the left inferior articular process, mm, own frame."""
    at = Landmarks.of(m)
    px, lumbar = at.pedicle[0], m.lumbar
    e = math.radians(facet_below_deg)
    root = ((0.64 - 0.06 * lumbar) * px, at.apex + 0.3, at.bottom + (0.40 - 0.06 * lumbar) * m.arch_height)
    tip = ((0.60 - 0.05 * lumbar) * px, at.apex + 0.8 + 1.8 * lumbar, at.bottom - 2.5 - 4.0 * lumbar)
    thin, wide = 2.6 + 1.2 * lumbar, 4.4 + 0.9 * lumbar
    radii = ((thin + 1.5, wide + 0.7), (thin - 0.3 - 0.8 * lumbar, wide - 0.8 - 0.8 * lumbar))
    return (root, tip), (math.cos(e), -math.sin(e), 0.0), radii


def inferior_part(m: Morphometry, facet_below_deg: float) -> Part:
    """Return the inferior articular process."""
    ends, side, radii = inferior_facet(m, facet_below_deg)
    return horn_part(ends, side, radii, 3.5)


def transverse_parts(m: Morphometry) -> Iterator[Part]:
    """Yield the transverse process: stout and clubbed in the chest, a thin blade in the loin."""
    at = Landmarks.of(m)
    px, _, pz = at.pedicle
    lumbar = m.lumbar
    root = (px + (0.06 + 0.06 * lumbar) * m.pedicle_width, at.wall + (0.62 - 0.06 * lumbar) * m.canal_depth, pz + 0.5)
    club = 5.4 - 0.6 * lumbar
    tip = (m.tp_span - club, at.wall + m.tp_back - 1.0, pz + m.tp_rise)
    # It first runs out, then back.
    bow = 1.8 - 1.0 * lumbar
    middle = (0.5 * (root[0] + tip[0]), 0.5 * (root[1] + tip[1]) - bow, 0.5 * (root[2] + tip[2]) + 0.4)
    # A broad pedicle (L5) carries a massive process.
    stout = 0.25 * max(m.pedicle_width - 12.0, 0.0)
    tall, thin = 4.6 + 0.6 * lumbar, 3.9 - 1.4 * lumbar
    up = (0.0, 0.0, 1.0)
    yield horn_part(
        (root, middle),
        up,
        ((tall + 0.6 + stout, thin + 0.2 + 2.2 * lumbar + stout), (tall - 0.6 + 0.4 * stout, thin + 0.2 + 0.6 * stout)),
        3.5,
    )
    yield horn_part(
        (middle, tip),
        up,
        ((tall - 0.6 + 0.4 * stout, thin + 0.2 + 0.6 * stout), (club, thin + 0.9 * (1.0 - lumbar))),
        2.0,
    )


def spinous_part(m: Morphometry) -> Part:
    """Return the spinous process: a falling spike in the chest, a hatchet in the loin."""
    at = Landmarks.of(m)
    corners, r = _outline(m, at)
    length, lumbar = m.sp_length, m.lumbar
    high = max(z for _, z in corners)

    def blade(c: Coordinates) -> Field:
        x, y, z = c
        flat = polygon(y, z, corners) - np.float32(r)
        back = np.clip((y - np.float32(at.apex)) / np.float32(length), 0.0, 1.0)
        down = np.clip(
            (np.float32(high) - z - m.sp_slope * (y - np.float32(at.apex))) / np.float32(m.sp_height), 0.0, 1.0
        )
        # Thin in the middle, a knob behind and below, spread where it springs from the laminae.
        root = np.maximum(1.0 - back / np.float32(0.75 - 0.15 * lumbar), 0.0) ** 1.6
        half = 2.0 + 1.3 * back**4 + (0.3 + 1.0 * lumbar) * down**2 * back + (6.0 + 1.5 * lumbar) * root
        return intersection(flat, np.asarray(x - half, dtype=np.float32), 4.0)

    box = np.array(corners)
    return Part(blade, (0.0, *(box.min(axis=0) - r)), (11.0, *(box.max(axis=0) + r)), 4.0)


def _outline(m: Morphometry, at: Landmarks) -> tuple[list[tuple[float, float]], float]:
    """Corners in the midline plane (y, z), drawn one radius inside, and that radius; grown again it has no corner."""
    length, tall, lumbar = m.sp_length, m.sp_height, m.lumbar
    r = 0.26 * tall
    # Chest: from the whole height of the lamina to a blunt tip far below.
    fall = m.sp_slope * length
    z0, z1 = at.top - 0.20 * m.arch_height, at.bottom - 1.5
    tip = 0.5 * (z0 + z1) - fall
    spike = [
        (-2.0, z0 - r), (0.45 * length, z0 - r - 0.43 * fall),
        (length - 1.6 * r, tip + 0.28 * tall + 0.35 * m.sp_slope * r),
        (length - r, tip + 0.05 * tall), (length - 1.2 * r, tip - 0.2 * tall),
        (length - 2.2 * r, tip - 0.24 * tall + 0.6 * m.sp_slope * r),
        (0.40 * length, z1 + r - 0.38 * fall), (-2.0, z1 + r),
    ]  # fmt: skip
    # Loin: upper edge nearly straight, the lower rear corner hangs.
    top = 0.32 * tall + at.top - 0.5 * m.arch_height
    low = top - tall + r
    hatchet = [
        (-2.0, top - r - 1.0), (0.5 * length, top - r), (length - 1.25 * r, top - r - 0.6),
        (length - r, 0.5 * (top - r + low)), (length - 1.15 * r, low + 0.03 * tall), (length - 1.9 * r, low - 0.8),
        (0.42 * length, low + 0.2 * tall), (-2.0, low + 0.2 * tall),
    ]  # fmt: skip
    hatchet = [(y, z - m.sp_slope * y) for y, z in hatchet]
    mixed = (1.0 - lumbar) * np.array(spike) + lumbar * np.array(hatchet)
    return [(at.apex + 2.0 + y, z) for y, z in mixed.tolist()], r
