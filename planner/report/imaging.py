"""Slices and virtual fluoroscopy as sections of the report."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from planner.report.blocks import Block, Picture, Words
from planner.show.embed import Viewer

if TYPE_CHECKING:
    from PIL.Image import Image

    from planner.report.sections import Known

T = TypeVar("T")
PIXELS = 420
"""Side of the report's pictures: two or three of them stand side by side on paper."""
QUALITY = 82


def draw_ahead(known: Known) -> None:
    """Draw what needs no still of the scene, while another process renders those; page and PDF then find it.

    What fails here fails again in its section, which says why.
    """
    for section in (printed_slices, slices, fluoroscopy):
        with suppress(Exception):
            section(known)


def _once(known: Known, what: str, make: Callable[[], T]) -> T:
    """Page and PDF of one result take it once. What it shows is kept beside it: its id then stays its own."""
    assert known.verdict is not None  # noqa: S101 - asked before
    result, scene = known.verdict.result, known.scene
    key = f"report_{what} {known.lang} {id(result)} {id(scene)}"
    return result.case.anatomy.once(key, lambda: (make(), result, scene))[0]


def slices(known: Known) -> Viewer | None:
    """Return the slice viewer; None where only `result.json` is at hand."""
    from planner.show.slices.panel import slice_viewer  # noqa: PLC0415

    if known.verdict is None:
        return None
    result = known.verdict.result
    return _once(known, "slices", lambda: slice_viewer(result.case, result, known.scene, t=known.t))


def printed_slices(known: Known) -> tuple[Block, ...]:
    """Return axial and sagittal slices and one along each needle, the first field over them."""
    return () if known.verdict is None else _once(known, "printed_slices", lambda: _sliced(known))


def _sliced(known: Known) -> tuple[Block, ...]:
    from planner.show.compose import scene_of  # noqa: PLC0415
    from planner.show.grey import grey_of  # noqa: PLC0415
    from planner.show.slices.draw import slice_picture  # noqa: PLC0415
    from planner.show.slices.field import first_field  # noqa: PLC0415
    from planner.show.slices.planes import planes_of  # noqa: PLC0415

    assert known.verdict is not None  # noqa: S101 - asked before
    result = known.verdict.result
    case, field = result.case, first_field(result)
    items = (known.scene or scene_of(case, result)).items
    grey = grey_of(case)
    return tuple(
        Picture(
            _jpeg(slice_picture(grey, plane, items, field=field, pixels=PIXELS)),
            f"{known.t(plane.words).format(tag=plane.tag)}, {known.t(grey.said)}",
        )
        for plane in planes_of(case)
        if plane.name in {"axial", "sagittal"} or plane.name.startswith("along")
    )


def fluoroscopy(known: Known) -> tuple[Block, ...]:
    """Return the views under a virtual C-arm, and what they would cost."""
    from planner.show.fluoro.carm import Machine  # noqa: PLC0415
    from planner.show.fluoro.picture import angle_words  # noqa: PLC0415
    from planner.show.fluoro.verbs import Asked, fluoro_plan  # noqa: PLC0415

    if known.verdict is None:
        return ()
    result, t = known.verdict.result, known.t
    asked = Asked(Machine(pixels=PIXELS), film=None)
    taken = _once(known, "fluoroscopy", lambda: fluoro_plan(result.case, asked, result=result))
    pictures = [
        Picture(_jpeg(one.image), ", ".join((*one.shot.words(t), angle_words(one.shot)))) for one in taken.pictures
    ]
    dose = taken.dose.effective_msv.as_json()
    cost = t(
        "About {dose} mSv effective ({low}–{high}) for {shots} such pictures, estimated from published series of "
        "kyphoplasty."
    ).format(dose=f"{dose['value']:g}", low=f"{dose['low']:g}", high=f"{dose['high']:g}", shots=taken.dose.shots)
    return (*pictures, Words(cost), *(Words(t(caveat)) for caveat in taken.caveats))


def _jpeg(image: Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=QUALITY)
    return held.getvalue()
