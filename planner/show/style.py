"""One table: what each kind of structure looks like, in the PNG, the GLB and the page alike.

Hues follow Okabe & Ito (told apart in deuteranopia and protanopia); where two are near, lightness and
opacity differ as well. Nerve tissue is opaque and saturated, vessels let through what they would hide from
the front, bone is glass, what the physics says is translucent, what the operator holds is dark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Style:
    """Look of one role.

    Attributes
    ----------
    colour : sRGB `#rrggbb`.
    opacity : 0 to 1, of a surface seen face on; a translucent one is drawn denser towards its outline.
    legend : words for the legend where several items share the role.
    rank : nesting order, inner things low, outer things high; translucent ones are blended in this order. From
        `BESIDE` on a structure stands beside the target, neither in nor round it, and goes by its depth.
    """

    colour: str
    opacity: float
    legend: str
    rank: float

    @property
    def rgb(self) -> tuple[float, float, float]:
        """SRGB components, 0 to 1."""
        red, green, blue = bytes.fromhex(self.colour[1:])
        return red / 255, green / 255, blue / 255

    @property
    def linear_rgb(self) -> tuple[float, float, float]:
        """Linear-light components, 0 to 1: what glTF material factors are."""
        r, g, b = linear(np.array(self.rgb)).tolist()
        return r, g, b


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of sRGB components, 0 to 1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


# In legend order: first what the question is about, last the surroundings.
ROLES: dict[str, Style] = {
    "instrument": Style("#30373f", 1.0, "Instrument", 0),
    "active_tip": Style("#00a693", 1.0, "Active tip", 0),
    "mark": Style("#c9d0d6", 1.0, "Marks, every 10 mm", 0),
    "lesion": Style("#a3257f", 0.60, "Lesion", 1),
    "zone": Style("#f28e00", 0.36, "Ablation zone", 4),
    "cold": Style("#2c66ad", 0.36, "Frozen zone", 4),
    "ice": Style("#7fc4ea", 0.20, "Edge of the ice", 4.5),
    "balloon": Style("#3fa9e8", 0.42, "Balloon", 3),
    "cement": Style("#9fb99a", 0.48, "Cement", 2),
    "cord": Style("#f2cf1d", 1.0, "Spinal cord", 0),
    "sac": Style("#f2cf1d", 1.0, "Thecal sac (cauda equina)", 0),
    "canal": Style("#e9dc7a", 0.16, "Spinal canal", 5),
    "nerve": Style("#b58f00", 1.0, "Nerve roots", 0),
    "vessel_artery": Style("#d1490c", 0.6, "Arteries", 8),
    "vessel_vein": Style("#1f6fb4", 0.6, "Veins", 8),
    "target_vertebra": Style("#d6b878", 0.42, "Target vertebra", 7),
    "body": Style("#d9c295", 0.18, "Vertebral body", 6),
    "neighbour": Style("#cfc8ba", 0.13, "Neighbouring vertebrae", 8),
    "disc": Style("#8fb0c2", 0.22, "Discs", 8),
    "uncertainty": Style("#6b5b95", 0.14, "Where the instrument may lie", 3),
    "skin": Style("#e3b9a0", 0.10, "Skin", 10),
    "other": Style("#7d8590", 0.35, "Other structures", 9),
}

OUTCOME_COLOURS: dict[str, str] = {
    "fail": "#b3261e",
    "error": "#b3261e",
    "warn": "#8a5a00",
    "not_evaluated": "#56606b",
    "not_applicable": "#56606b",
    "pass": "#1b6b4a",
}
"""Outcome → ink; each reaches 4.5 : 1 on white."""

OPAQUE_FROM = 0.99
"""Opacity from which a surface writes depth and hides what is behind it."""

BESIDE = 8
"""Rank from which the page sorts by depth instead of by nesting."""

UNCUT = ("instrument", "active_tip", "mark", "uncertainty")
"""Roles that a cut leaves whole: what the operator holds is seen in its length."""

LEGEND_ORDER: tuple[str, ...] = tuple(ROLES)


def style_of(role: str) -> Style:
    """Look of a role; `KeyError` for one that the table lacks."""
    return ROLES[role]
