"""One slice as a picture: grey by a CT window, a field in colours with its bar, outlines, letters, scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.mesh import Mesh
from planner.show.grey import LOWEST_HU, Grey
from planner.show.marks import Pen
from planner.show.scene import SceneItem
from planner.show.slices.field import RAMPS, Field
from planner.show.slices.planes import Plane

if TYPE_CHECKING:
    from PIL.Image import Image

Array = NDArray[np.float64]
WINDOWS: Final[dict[str, tuple[float, float]]] = {
    "bone": (1800.0, 400.0),
    "soft_tissue": (400.0, 40.0),
    "spine": (700.0, 150.0),
}
"""Width and level, HU. Bone and soft tissue as viewers preset them (remembered); spine lies between, so that marrow,
lesion and canal are told apart in one picture (our own)."""
OPACITY: Final = 0.55
"""Of a field over the grey."""
OUTLINED: Final = (
    "lesion", "zone", "cold", "ice", "balloon", "cement", "cord", "sac", "canal", "nerve", "vessel_artery",
    "vessel_vein", "target_vertebra", "instrument", "active_tip",
)  # fmt: skip
"""Roles whose outlines are drawn, what matters last."""
ON_TOP: Final = ("zone", "cold", "lesion", "cord", "sac", "instrument", "active_tip")
BRIGHT: Final = {"instrument": "#ffffff", "target_vertebra": "#e8d8ae"}
"""Inks of roles whose own colour is lost on black."""
LEGEND_ROWS: Final = 9


def sampled(values: NDArray[np.generic], affine_lps: ArrayLike, points: Array, outside: float = np.nan) -> Array:
    """Values at points (…, 3), LPS mm, linear between voxels; `outside` beyond the outer half voxels."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    inverse = np.linalg.inv(np.asarray(affine_lps, dtype=np.float64))
    at = np.moveaxis(points @ inverse[:3, :3].T + inverse[:3, 3], -1, 0)
    top = np.array(values.shape).reshape(-1, *[1] * (at.ndim - 1))
    within = ((at >= -0.5) & (at <= top - 0.5)).all(axis=0)
    if not within.any():
        return np.full(at.shape[1:], outside)
    # Of a large image only the part that is met is looked at.
    low = np.maximum(np.floor(at[:, within].min(axis=1)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(at[:, within].max(axis=1)).astype(int) + 2, values.shape)
    part = np.asarray(values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], dtype=np.float32)
    shift = low.reshape(-1, *[1] * (at.ndim - 1))
    found = map_coordinates(part, at - shift, order=1, mode="nearest", output=np.float64)
    return np.asarray(np.where(within, found, outside))


def windowed(hu: Array, window: str) -> NDArray[np.uint8]:
    """Grey of CT numbers, 0 to 255, by a preset."""
    width, level = WINDOWS[window]
    return np.asarray(np.clip((hu - level) / width * 255.0 + 127.5, 0.0, 255.0), dtype=np.uint8)


def ramp_colours(field: Field, values: Array) -> NDArray[np.uint8]:
    """(…, 3) colour of each value by the field's colour bar."""
    stops = np.array([list(bytes.fromhex(colour[1:])) for colour in RAMPS[field.ramp]], dtype=np.float64)
    share = np.clip(scale_of(field, values), 0.0, 1.0) * (len(stops) - 1)
    return np.stack([np.interp(share, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=-1).astype(np.uint8)


def scale_of(field: Field, values: ArrayLike) -> Array:
    """Place of values along the colour bar, 0 to 1; a dose runs by its logarithm."""
    v = np.asarray(values, dtype=np.float64)
    low, high = field.low, field.high
    if field.ramp == "dose":
        v, low, high = np.log10(np.maximum(v, 1e-12)), float(np.log10(low)), float(np.log10(high))
    return np.asarray((v - low) / (high - low))


def painted(field: Field, values: Array) -> NDArray[np.bool_]:
    """Where a field is worth painting: known, and beyond the harmless end of its colour bar."""
    with np.errstate(invalid="ignore"):
        beyond = values <= field.high if field.ramp == "cold" else values >= field.low
    return np.asarray(np.isfinite(values) & beyond)


def section(mesh: Mesh, plane: Plane) -> Array:
    """(n, 2, 3) segments, LPS mm, in which a plane cuts the triangles of a surface."""
    height = (mesh.vertices - plane.centre) @ plane.normal
    # A vertex on the plane counts as above, always: no segment is lost and none is drawn twice.
    above = height >= 0.0
    sides = above[mesh.faces]
    cut = mesh.faces[sides.any(axis=1) & ~sides.all(axis=1)]
    if not len(cut):
        return np.empty((0, 2, 3))
    ends = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        p, q = cut[:, a], cut[:, b]
        crosses = above[p] != above[q]
        gap = np.where(crosses, height[p] - height[q], 1.0)
        share = (height[p] / gap)[:, None]
        place = mesh.vertices[p] + share * (mesh.vertices[q] - mesh.vertices[p])
        ends.append(np.where(crosses[:, None], place, np.nan))
    found = np.stack(ends, axis=1)
    order = np.argsort(np.isnan(found[:, :, 0]), axis=1, kind="stable")[:, :2]
    return np.asarray(np.take_along_axis(found, order[:, :, None], axis=1))


def slice_picture(
    grey: Grey,
    plane: Plane,
    items: Sequence[SceneItem] = (),
    *,
    window: str = "spine",
    field: Field | None = None,
    frame: int = -1,
    pixels: int = 640,
) -> Image:
    """Draw a slice.

    Parameters
    ----------
    items : structures, instruments and zones whose outlines are drawn.
    field, frame : the quantity painted over the grey, and which of its times.
    """
    from PIL import Image  # noqa: PLC0415

    points = plane.points(pixels)
    hu = sampled(grey.hu, grey.affine_lps, points, LOWEST_HU)
    picture = np.repeat(windowed(hu, window)[..., None], 3, axis=2)
    values = None
    if field is not None:
        values = sampled(field.frame(frame), field.affine_lps, points)
        seen = painted(field, values)
        mixed = (1.0 - OPACITY) * picture[seen] + OPACITY * ramp_colours(field, values[seen])
        picture[seen] = mixed.astype(np.uint8)
    image = Image.fromarray(picture)
    pen = Pen(image)
    legend = _outlines(pen, plane, items, pixels)
    if field is not None and values is not None:
        _isolines(pen, field, values)
        _bar(pen, field)
    pen.letters(plane.right, -plane.down)
    pen.scale(pixels / plane.side_mm)
    width, level = WINDOWS[window]
    told = [plane.label, f"{window.replace('_', ' ')} W {width:g} L {level:g}"]
    if field is not None:
        told.append(field.label + (f", {field.times_s[frame]:g} s" if field.times_s else ""))
    pen.lines(told)
    _legend(pen, legend)
    if grey.origin != "ct":
        pen.lines([grey.said], bottom=True)
    return image


def outlined(items: Sequence[SceneItem]) -> list[SceneItem]:
    """What is drawn as outlines; of what changes with time the last."""
    found: dict[tuple[str, str], SceneItem] = {}
    for item in items:
        if item.role in OUTLINED:
            # Items of one group at several times share all of their name but the time at its end.
            key = (item.group, item.name.rpartition("_")[0]) if item.time_s is not None else ("", item.name)
            if key not in found or (item.time_s or 0.0) >= (found[key].time_s or 0.0):
                found[key] = item
    return list(found.values())


def ink_of(item: SceneItem) -> str:
    """Colour of an outline on black."""
    return BRIGHT.get(item.role, item.style.colour)


def _outlines(pen: Pen, plane: Plane, items: Sequence[SceneItem], pixels: int) -> dict[str, str]:
    """Draw them; return what stands in the legend with its ink."""
    ranked = outlined(items)
    ranked.sort(key=lambda item: (item.role in ON_TOP, OUTLINED.index(item.role) if item.role not in ON_TOP else 0))
    legend: dict[str, str] = {}
    for item in ranked:
        segments = section(item.mesh, plane)
        ends = plane.pixel_of(segments, pixels)
        shown = ((ends.max(axis=1) > 0.0) & (ends.min(axis=1) < pixels)).all(axis=1)
        if not shown.any():
            continue
        ink = ink_of(item)
        legend.setdefault(item.style.legend, ink)
        for (x0, y0), (x1, y1) in ends[shown]:
            pen.draw.line([(x0, y0), (x1, y1)], fill=ink, width=3 if item.role in ON_TOP else 2)
    return legend


def _legend(pen: Pen, legend: dict[str, str]) -> None:
    step = 1.3 * pen.size
    for row, (words, ink) in enumerate(list(legend.items())[-LEGEND_ROWS:]):
        y = pen.size * 0.9 + step * row
        pen.words((pen.width - pen.size / 2, y), words, "rm", ink)


def _isolines(pen: Pen, field: Field, values: Array) -> None:
    """Lines at the field's levels, between pixels."""
    from skimage.measure import find_contours  # noqa: PLC0415

    for level in field.levels:
        for line in find_contours(scale_of(field, values), float(scale_of(field, level.value))):
            if len(line) > 1:
                xy = [(float(x) + 0.5, float(y) + 0.5) for y, x in line]
                pen.draw.line(xy, fill="#000000", width=3)
                pen.draw.line(xy, fill="#ffffff", width=1)


def _bar(pen: Pen, field: Field) -> None:
    """The colour bar with its unit, ends and levels along the right side."""
    height, width = int(0.42 * pen.height), max(10, pen.width // 40)
    x, y = pen.width - width - int(5.2 * pen.size), int(0.44 * pen.height)
    share = np.linspace(1.0, 0.0, height)
    stops = np.array([list(bytes.fromhex(colour[1:])) for colour in RAMPS[field.ramp]], dtype=np.float64)
    for row, s in enumerate(share):
        ink = tuple(int(np.interp(s * (len(stops) - 1), np.arange(len(stops)), stops[:, c])) for c in range(3))
        pen.draw.line([(x, y + row), (x + width, y + row)], fill=ink)
    pen.draw.rectangle([x - 1, y - 1, x + width + 1, y + height], outline="#ffffff")
    pen.words((x, y - pen.size), field.unit or "1", "lm")
    marks = {field.low: "", field.high: ""} | {lv.value: lv.meaning for lv in field.levels}
    for value, meaning in marks.items():
        s = float(scale_of(field, value))
        if 0.0 <= s <= 1.0:
            at = y + (1.0 - s) * height
            pen.draw.line([(x, at), (x + width + 4, at)], fill="#ffffff")
            pen.words((x + width + 6, at), f"{value:g}", "lm")
            if meaning:
                pen.words((x - 6, at), meaning, "rm")
