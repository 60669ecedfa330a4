"""The parametric vertebra measured back, as with callipers, against the published dimensions it is drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.validate.models import Case, Row

RELATIVE_TOLERANCE = 0.03
"""A grid of 0.8 mm and the rounding of edges; an eighth of the spread between people."""

PEDICLE, BODY = "Zindrick et al., Spine 1987: pedicle width", "Panjabi et al., Spine 1992: width of the upper endplate"
CANAL = "Panjabi et al., Spine 1992: width of the canal"
_PUBLISHED_MM = {
    "L1": (8.7, 41.2, 23.7),
    "L2": (8.9, 42.6, 23.8),
    "L3": (10.3, 44.1, 24.3),
    "L4": (12.9, 46.6, 25.4),
    "L5": (18.0, 47.3, 27.1),
}
"""Level → pedicle, body and canal width."""


def _measured_back(level: str) -> Iterable[Row]:
    truth = build_parametric(ParametricSpec(level=level, levels="only")).truth
    names = ("pedicle_width_mm", "body_width_upper_mm", "canal_width_mm")
    for name, expected, source in zip(names, _PUBLISHED_MM[level], (PEDICLE, BODY, CANAL), strict=True):
        yield Row(name, "published", expected, truth[name], round(RELATIVE_TOLERANCE * expected, 3), source)


CASES = tuple(Case(f"parametric {level}", partial(_measured_back, level)) for level in _PUBLISHED_MM)
