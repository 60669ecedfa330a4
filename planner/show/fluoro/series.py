"""The procedure as a film in two planes: needles advance, balloons fill, cement fills."""

from __future__ import annotations

import io
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from planner.plan.case import Case, CaseStep
from planner.show.filling import balloon_bodies, cement_bodies
from planner.show.fluoro.tools import Moment

if TYPE_CHECKING:
    from PIL.Image import Image

Film = Literal["gif", "apng", "webp"]
FILMS: Final[tuple[str, ...]] = get_args(Film)
ENDING: Final[dict[str, str]] = {"gif": "gif", "apng": "png", "webp": "webp"}
ADVANCE_FRAMES, FILL_FRAMES = 10, 8
FRAME_MS, LAST_MS = 220, 1800
"""A frame is looked at for a fifth of a second, the result for two."""


def moments(case: Case, simulated: Container[int] = ()) -> Iterator[tuple[Moment, str]]:
    """Yield the moments of a film and words for each, step after step.

    Parameters
    ----------
    simulated : numbers of the steps whose cement was simulated.
    """
    yield Moment(), "before"
    last: CaseStep | None = None
    for step in case.steps:
        number, name = step.index, step.kind.replace("_", " ")
        if step.instruments and not (last and same_way(step, last)):
            for share in np.linspace(0.0, 1.0, ADVANCE_FRAMES + 1)[1:]:
                yield Moment(number, float(share)), f"{name}: needle at {share:.0%} of its way"
        elif step.instruments:
            yield Moment(number), name
        if balloon_bodies(step):
            volume = step.plan.balloon.volume_ml
            for share in _shares():
                yield Moment(number, 1.0, balloon=share), f"balloon {share * volume:.1f} mL"
        if cement_bodies(step):
            volume = step.plan.cement.volume_ml
            place = "simulated" if number in simulated else "place not simulated"
            for share in _shares():
                yield Moment(number, 1.0, cement=share), f"cement {share * volume:.1f} mL ({place})"
        last = step
    if last is not None:
        yield Moment(last.index + 1), "after, needles out"


def _shares() -> list[float]:
    return [(n + 1) / FILL_FRAMES for n in range(FILL_FRAMES)]


def same_way(step: CaseStep, other: CaseStep) -> bool:
    """Whether a step works through the cannulas that the one before left in place."""
    one, two = (np.array([[t.entry, t.tip] for t in s.instruments]) for s in (step, other))
    return one.shape == two.shape and bool(np.allclose(one, two))


def film_bytes(frames: Sequence[Image], kind: Film) -> bytes:
    """Return an animated picture that runs round and round."""
    stream = io.BytesIO()
    times = [FRAME_MS] * (len(frames) - 1) + [LAST_MS]
    if kind == "gif":
        grey = [frame.quantize(64) for frame in frames]
        grey[0].save(stream, format="GIF", save_all=True, append_images=grey[1:], duration=times, loop=0, optimize=True)
        return stream.getvalue()
    options = {"quality": 70, "method": 4} if kind == "webp" else {}
    frames[0].save(
        stream,
        format="WEBP" if kind == "webp" else "PNG",
        save_all=True,
        append_images=list(frames[1:]),
        duration=times,
        loop=0,
        **options,
    )
    return stream.getvalue()
