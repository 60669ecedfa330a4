"""Collapsed bodies: what a fracture does to the dimensions, and callipers that read it back.

A collapse is a changed row of the table, so endplates, discs and the posture follow by themselves. Heights are taken on
the midline as in Genant's scheme (J Bone Miner Res 1993;8:1137): anterior, middle and posterior; the callipers of the
first and the last stand a twelfth of the depth inside the walls, clear of the rounded corners. The loss is against the
same vertebra unbroken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.anatomy.parametric.body import body_field, depth
from planner.anatomy.parametric.epidural import Mass, dome_mass, foot_of
from planner.anatomy.parametric.host import columns_of
from planner.anatomy.parametric.measure import hits_mm
from planner.anatomy.parametric.morphometry import Morphometry
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.disease_spec import Fracture

INSET = 1.0 / 12.0
"""Part of the depth by which the outer callipers stand inside the walls."""


SHARPEST = 0.03
"""Least front over rear height of a wedge; sharper ones have no front wall."""


LOST = {"wedge": "anterior", "biconcave": "middle", "crush": "posterior"}
"""Which height each shape is graded by."""


@dataclass(frozen=True)
class Heights:
    """Heights of a body on its midline, mm."""

    anterior: float
    middle: float
    posterior: float

    def lost(self, whole: Heights) -> Heights:
        """Return the part of each height that is lost against a whole body."""
        return Heights(
            1.0 - self.anterior / whole.anterior,
            1.0 - self.middle / whole.middle,
            1.0 - self.posterior / whole.posterior,
        )


def stations(m: Morphometry) -> tuple[float, float, float]:
    """Return where the callipers stand, y in the vertebra's own frame: anterior, middle, posterior."""
    d = depth(m)
    return 0.5 * d - (1.0 - INSET) * d, 0.0, 0.5 * d - INSET * d


def heights_of(m: Morphometry) -> Heights:
    """Return the heights that a row of dimensions gives."""
    z = np.linspace(-1.2 * m.height, 1.2 * m.height, 4801)
    found = []
    for y in stations(m):
        inside = body_field(m, columns_of(np.stack([np.zeros_like(z), np.full_like(z, y), z], axis=1))) <= 0
        found.append(float(inside.sum() * (z[1] - z[0])))
    return Heights(*found)


def heights_from(body: Mesh, m: Morphometry) -> Heights:
    """Read the heights back from a body's surface given in the vertebra's own frame."""
    up = np.array([0.0, 0.0, 1.0])
    found = []
    for y in stations(m):
        hits = hits_mm(body, np.array([0.01, y, 0.0]), up)
        ahead, behind = hits[hits > 0], hits[hits < 0]
        found.append(float(ahead.min() - behind.max()) if len(ahead) and len(behind) else float("nan"))
    return Heights(*found)


def collapsed(m: Morphometry, fracture: Fracture) -> Morphometry:
    """Return the dimensions of a vertebra after its collapse; what places the arch stays."""
    return m if fracture.height_loss == 0.0 else _collapsed(m, fracture.shape, fracture.height_loss)


@lru_cache(maxsize=64)
def _collapsed(m: Morphometry, shape: str, loss: float) -> Morphometry:
    from scipy.optimize import brentq  # noqa: PLC0415

    whole = heights_of(m)
    make, ends = {
        "wedge": (_wedge, (-0.4, m.height_ratio)),
        "biconcave": (_hollow, (1.5 * m.height, 0.0)),
        "crush": (_crush, (0.02, 1.0)),
    }[shape]
    lost = LOST[shape]
    wanted = (1.0 - loss) * float(getattr(whole, lost))

    def excess(by: float) -> float:
        return float(getattr(heights_of(make(m, by)), lost)) - wanted

    return make(m, brentq(excess, *ends, xtol=1e-3 if shape == "biconcave" else 1e-4, maxiter=40))


def _wedge(m: Morphometry, ratio: float) -> Morphometry:
    """Lower the front; the endplates' hollow gives way with it, or they would meet. At last the rear follows."""
    front = max(ratio, SHARPEST)
    share = float(np.clip((1.0 + front) / (1.0 + m.height_ratio), 0.1, 1.0))
    return replace(
        m,
        height=m.height * (1.0 + min(ratio - SHARPEST, 0.0)),
        height_ratio=front,
        dish_upper_mm=m.dish_upper_mm * share,
        dish_lower_mm=m.dish_lower_mm * share,
    )


def _hollow(m: Morphometry, more_mm: float) -> Morphometry:
    return replace(m, dish_upper_mm=m.dish_upper_mm + 0.5 * more_mm, dish_lower_mm=m.dish_lower_mm + 0.5 * more_mm)


def _crush(m: Morphometry, share: float) -> Morphometry:
    return replace(
        m,
        height=m.height * share,
        dish_upper_mm=m.dish_upper_mm * share,
        dish_lower_mm=m.dish_lower_mm * share,
    )


def genant(loss: float) -> Literal[0, 1, 2, 3]:
    """Return the grade of a height loss: from 20 % mild, from 25 % moderate, above 40 % severe.

    Genant 1993, as told by Wang, Quant Imaging Med Surg 2019 (qims 24006): 20–25 %, 25–40 %, above 40 %.
    """
    return 3 if loss > 0.40 else 2 if loss >= 0.25 else 1 if loss >= 0.20 else 0


def retropulsed(fracture: Fracture, column: Column, level: str) -> Mass | None:
    """Return the fragment of the rear wall that stands in the canal; None without one."""
    reach = fracture.retropulsion_mm
    if not reach:
        return None
    m = column.rows[level]
    # The rear upper corner breaks out, between the pedicles.
    entry = foot_of(column, level, np.array([0.0, 0.0, 0.12 * m.height]), body=True)
    return dome_mass(column, level, entry, (0.3 * m.canal_width, reach, max(0.35 * m.height, 3.0)))
