"""The verb `slice_pictures`: every plane of a case as a picture, and with every field over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planner.core.errors import Problem
from planner.core.files import write_atomically
from planner.measure.result import Result
from planner.plan.case import Case
from planner.show.compose import scene_of
from planner.show.grey import grey_of
from planner.show.marks import png_bytes
from planner.show.scene import Scene
from planner.show.slices.draw import WINDOWS, slice_picture
from planner.show.slices.field import Field, fields_of
from planner.show.slices.panel import slices_html
from planner.show.slices.planes import planes_of

MOST_FRAMES = 12
"""Of a field with more times every so many are drawn, the last among them."""


def window_problem(window: str) -> Problem | None:
    """Return what is wrong with the name of a window; None where nothing is."""
    if window in WINDOWS:
        return None
    return Problem("--window", window, f"one of {', '.join(WINDOWS)}", "choose one")


def slice_pictures(
    case: Case,
    result: Result,
    *,
    window: str = "spine",
    fields: Sequence[Field] | None = None,
    pixels: int = 640,
) -> dict[str, bytes]:
    """Return PNG files by name: each plane plain, then with each field, then one along the needle for each time."""
    grey, items = grey_of(case), scene_of(case, result).items
    shown = fields_of(result) if fields is None else tuple(fields)
    planes = planes_of(case)
    made: dict[str, bytes] = {}
    for plane in planes:
        made[f"{plane.name}.png"] = png_bytes(slice_picture(grey, plane, items, window=window, pixels=pixels))
        for field in shown:
            picture = slice_picture(grey, plane, items, window=window, field=field, pixels=pixels)
            made[f"{plane.name}_{field.name}.png"] = png_bytes(picture)
    along = next((plane for plane in planes if plane.name.startswith("along")), planes[0])
    for field in shown:
        for number in range(0, len(field.times_s), max(1, -(-len(field.times_s) // MOST_FRAMES))):
            picture = slice_picture(grey, along, items, window=window, field=field, frame=number, pixels=pixels)
            made[f"{along.name}_{field.name}_{field.times_s[number]:05.0f}s.png"] = png_bytes(picture)
    return made


def write_slices(
    case: Case, result: Result, folder: Path, *, window: str = "spine", scene: Scene | None = None
) -> list[Path]:
    """Write the pictures and a page to move through the slices into a folder, and return them.

    The page speaks the language of the scene, if one is given; words in the pictures are English.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    made: dict[str, bytes | str] = {**slice_pictures(case, result, window=window)}
    made["slices.html"] = slices_html(case, result, scene)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        write_atomically(folder / name, data)
    return [folder / name for name in made]
