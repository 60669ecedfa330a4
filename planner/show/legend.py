"""The legend of a scene: one list for picture, page and print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.protocol.language import Lang, page_word, page_words
from planner.show.scene import Scene, SceneItem, at_rest
from planner.show.style import LEGEND_ORDER, style_of

LONGEST = 34
"""Letters of a label that leave room for the picture."""


@dataclass(frozen=True)
class Entry:
    """One line of a legend.

    Attributes
    ----------
    label : words.
    colour : sRGB `#rrggbb`.
    opacity : of the surface, 0 to 1.
    modelled : whether all it stands for is derived rather than seen in the image.
    """

    label: str
    colour: str
    opacity: float
    modelled: bool = False


def legend(scene: Scene) -> tuple[Entry, ...]:
    """Return the lines, first what the question is about; a role with one member goes by that member's name."""
    scene = at_rest(scene)
    found: dict[tuple[str, str], Entry] = {}
    for role in LEGEND_ORDER:
        for entry in _of_role(role, scene.with_role(role), scene.lang):
            found.setdefault((entry.label, entry.colour), entry)
    return tuple(found.values())


def _of_role(role: str, members: tuple[SceneItem, ...], lang: Lang) -> Iterator[Entry]:
    plain = [item for item in members if item.look is None and item.bands is None]
    for item in members:
        if item.bands is not None:
            for colour, label in zip(item.bands.colours, item.bands.labels, strict=True):
                yield Entry(page_word(lang, label), colour, item.style.opacity)
        elif item.look is not None:
            yield Entry(_short(page_words(lang, item.look.legend)), item.look.colour, item.look.opacity, item.modelled)
    groups = dict.fromkeys(item.group for item in plain)
    for group in groups:
        own = [item for item in plain if item.group == group]
        words = group or (
            _short(own[0].label) if len(own) == 1 and len(groups) == 1 else page_word(lang, style_of(role).legend)
        )
        yield Entry(words, style_of(role).colour, style_of(role).opacity, all(item.modelled for item in own))


def _short(label: str) -> str:
    """Return a label without a remark in brackets, and no longer than the legend is wide."""
    label = label.partition(" (")[0].strip() or label
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
