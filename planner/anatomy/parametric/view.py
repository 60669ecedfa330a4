"""Which part of the body an image shows."""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.subject import Subject

View = Literal["spine", "body"]
VIEWS: Final[tuple[str, ...]] = get_args(View)

AROUND_MM: Final = {"left_right": 25.0, "front": 45.0, "ends": 12.0}
"""What a reconstruction of the spine shows beside, before, above and below the bones."""
BEHIND_MM: Final = 15.0
"""What it shows behind the skin, or behind the bones where there is no skin."""


def box_of(subject: Subject, view: View) -> NDArray[np.float64]:
    """Return the (2, 3) box to be imaged, LPS mm: the built vertebrae with the needle's way, or all of the trunk.

    Along the body it ends a little beyond the vertebrae in either case: what runs on is cut, as in a real scan.
    """
    low, high = subject.bounds.copy()
    skin = subject.mesh("skin").bounds if "skin" in subject.names else None
    rear = BEHIND_MM + (high[1] if skin is None else skin[1, 1])
    if view == "body":
        outer = np.array([subject.mesh(name).bounds for name in subject.names]) if skin is None else skin[None]
        margin = 10.0
        low[:2], high[:2] = outer[:, 0, :2].min(axis=0) - margin, outer[:, 1, :2].max(axis=0) + margin
    else:
        low[:2] -= [AROUND_MM["left_right"], AROUND_MM["front"]]
        high[0] += AROUND_MM["left_right"]
        high[1] = rear
    low[2] -= AROUND_MM["ends"]
    high[2] += AROUND_MM["ends"]
    if skin is not None:
        low[2], high[2] = max(low[2], skin[0, 2] + 1.0), min(high[2], skin[1, 2] - 1.0)
    return np.stack([low, high])
