"""What physics says as bodies in the scene: nested surfaces of one field, or one body at several times.

A source is a function from a result to layers. To show a new kind of simulation, write one and list it in
`planner.show.sources`; colours, legend, structure list, time slider and files follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from planner.geometry.mesh import Mesh
from planner.measure.result import Result
from planner.show.scene import SceneItem
from planner.show.style import Style, style_of

LayerKind = Literal["heat", "cold", "dose", "ice", "cement", "balloon", "uncertainty"]

# Outer surface first; each ramp runs from light to dark, so that the order is seen without its hues.
_RAMPS: dict[str, tuple[str, ...]] = {
    "heat": ("#f6c945", "#f28e00", "#c43d1e", "#7a1030"),
    "cold": ("#35b8f0", "#2f86dd", "#2450b8", "#221a7a"),
    "dose": ("#b7e0a6", "#5fb86b", "#1f8a5a", "#0b5547"),
}
_ROLE_OF = {"heat": "zone", "dose": "zone"}
_FAINT, _DENSE = 0.16, 0.42
"""Opacity of the outermost and of the innermost surface."""
_OF_COLD = (0.28, 0.50)
"""The same for cold: its blues pale behind the colour of bone."""


@dataclass(frozen=True, eq=False)
class Surface:
    """One surface of a layer.

    Attributes
    ----------
    level : value of the field on it, in the layer's unit; None for a body that is no level of a field.
    mesh : closed surface, LPS mm.
    time_s : when it looks like this; None where it holds throughout.
    meaning : what the level stands for, a few words (`lethal`), empty where it speaks for itself.
    colour : sRGB `#rrggbb`; None takes the kind's ramp.
    """

    level: float | None
    mesh: Mesh
    time_s: float | None = None
    meaning: str = ""
    colour: str | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """Surfaces that belong together.

    Attributes
    ----------
    name : unique among the layers, `heat_1`; the items are `heat_1_60`.
    label : what it is, for legend and list: `Highest temperature, step 1`.
    kind : decides ramp and role.
    unit : of the levels, as printed: `°C`, `CEM43 min`, `Gy`; empty for bodies without a level.
    surfaces : in any order; those with a time are shown by the time slider, the last one up to the chosen time.
    outer_first : whether a smaller level lies outside a greater one, as of heat; cold has it the other way round.
    """

    name: str
    label: str
    kind: LayerKind
    unit: str
    surfaces: tuple[Surface, ...]
    outer_first: bool = True


LayerSource = Callable[[Result], Iterable[Layer]]


def layers_of(result: Result, sources: Iterable[LayerSource]) -> tuple[Layer, ...]:
    """Return the layers of all sources, in their order."""
    return tuple(layer for source in sources for layer in source(result))


def items_of(layer: Layer) -> Iterator[SceneItem]:
    """Turn a layer into items of a scene, the outermost level first."""
    levels = sorted({s.level for s in layer.surfaces if s.level is not None}, reverse=not layer.outer_first)
    role = _ROLE_OF.get(layer.kind, layer.kind)
    for surface in sorted(layer.surfaces, key=lambda s: _order(s, levels)):
        depth = levels.index(surface.level) if surface.level is not None else 0
        parts = [layer.name]
        parts += [] if surface.level is None else [f"{surface.level:g}"]
        parts += [] if surface.time_s is None else [f"{surface.time_s:g}s"]
        yield SceneItem(
            "_".join(parts),
            _label(layer, surface),
            role,
            surface.mesh,
            look=_look(layer, role, surface, depth, len(levels)),
            group=layer.label,
            time_s=surface.time_s,
        )


def _order(surface: Surface, levels: list[float]) -> tuple[int, float]:
    return (levels.index(surface.level) if surface.level is not None else 0, surface.time_s or 0.0)


def _label(layer: Layer, surface: Surface) -> str:
    if surface.level is None:
        return f"{layer.label}, {surface.meaning}" if surface.meaning else layer.label
    level = f"{surface.level:g} {layer.unit}".strip().replace("-", "−")
    return f"{layer.label}: {level}" + (f", {surface.meaning}" if surface.meaning else "")


def _look(layer: Layer, role: str, surface: Surface, depth: int, of: int) -> Style:
    """Colour from the ramp, denser inwards; inner surfaces are blended first."""
    base = style_of(role)
    inward = depth / max(of - 1, 1)
    ramp = _RAMPS.get(layer.kind, (base.colour,))
    colour = surface.colour or ramp[round(inward * (len(ramp) - 1)) if of > 1 else min(1, len(ramp) - 1)]
    faint, dense = _OF_COLD if layer.kind == "cold" else (_FAINT, _DENSE)
    opacity = base.opacity if of <= 1 else faint + (dense - faint) * inward
    words = _label(layer, surface).removeprefix(f"{layer.label}: ")
    return Style(
        colour,
        opacity,
        words if surface.time_s is None else layer.label,
        base.rank + 0.9 * (1.0 - inward) if of > 1 else base.rank,
    )
