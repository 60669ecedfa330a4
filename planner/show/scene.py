"""What is to be seen: named surfaces, violating places and where to look. Data only, no drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh
from planner.protocol.language import Lang
from planner.show.style import ROLES, Style, style_of

Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Bands:
    """A surface coloured in steps.

    Attributes
    ----------
    of_face : (m,) which band each face of the mesh belongs to.
    colours : sRGB of each band.
    labels : words for each band, for the legend.
    """

    of_face: NDArray[np.int64]
    colours: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SceneItem:
    """One structure or instrument.

    Attributes
    ----------
    name : structure name as in the plan (`vertebra_L3`); unique in a scene, the node's name in the GLB.
    label : what a reader sees in the legend.
    role : a key of `planner.show.style.ROLES`; decides colour, opacity and drawing order.
    mesh : surface, LPS mm.
    look : colour and opacity of its own; None takes the role's.
    group : what it belongs to, where several items are one thing in the legend: levels or times of a field.
    time_s : when it looks like this; None throughout. Of a group the last one up to the chosen time is shown.
    modelled : derived rather than seen in the image; drawn fainter and hatched.
    shown : whether it is seen before the reader asks for it.
    bands : colours by distance, in place of the one colour.
    """

    name: str
    label: str
    role: str
    mesh: Mesh
    look: Style | None = None
    group: str = ""
    time_s: float | None = None
    modelled: bool = False
    shown: bool = True
    bands: Bands | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"role of {self.name!r} is {self.role!r}, expected one of {', '.join(ROLES)}")

    @property
    def style(self) -> Style:
        """Its own look, else the role's."""
        return self.look or style_of(self.role)


@dataclass(frozen=True)
class Marker:
    """A place that a finding points at.

    Attributes
    ----------
    where_lps_mm : the place, LPS mm.
    label : text of the callout, for example `3.3 mm to the cord (limit 5 mm)`.
    outcome : outcome of the finding (`fail`, `warn`, …); decides the colour.
    other_lps_mm : nearest point on the other object; the distance is drawn between the two.
    """

    where_lps_mm: Point
    label: str
    outcome: str
    other_lps_mm: Point | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """All that one picture shows.

    Attributes
    ----------
    title : one line above the picture.
    items : structures, instruments and zones; names are unique.
    markers : violating places.
    focus_lps_mm : the point the camera looks at, LPS mm.
    radius_mm : radius about the focus that the picture must hold, mm.
    display_tolerance_mm : how far surfaces may lie off their exact shape, because they were thinned for display.
    lang : language of its labels.

    Raises
    ------
    ValueError
        Names repeat, or focus and radius are not finite and positive.
    """

    title: str
    items: tuple[SceneItem, ...]
    markers: tuple[Marker, ...]
    focus_lps_mm: Point
    radius_mm: float
    display_tolerance_mm: float = 0.0
    lang: Lang = "en"

    def __post_init__(self) -> None:
        names = [item.name for item in self.items]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names in a scene must be unique, repeated: {', '.join(twice)}")
        if not all(isfinite(v) for v in self.focus_lps_mm) or not (isfinite(self.radius_mm) and self.radius_mm > 0):
            raise ValueError(f"focus and radius must be finite, got {self.focus_lps_mm} and {self.radius_mm}")

    def with_role(self, *roles: str) -> tuple[SceneItem, ...]:
        """Items of the given roles, in scene order."""
        return tuple(item for item in self.items if item.role in roles)


def at_rest(scene: Scene) -> Scene:
    """Return what is seen before anybody asks for more: of bodies that change with time the last."""
    last: dict[str, float] = {}
    for item in scene.items:
        if item.time_s is not None:
            last[item.group] = max(item.time_s, last.get(item.group, item.time_s))
    items = (i for i in scene.items if i.shown and (i.time_s is None or i.time_s == last[i.group]))
    return replace(scene, items=tuple(items))
