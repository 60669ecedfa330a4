"""The interval of a value from runs with one group of properties at an end of its range each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def combined(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval of the first of `values`, the fine run's; next comes the coarse base, then the coarse ends.

    What each end of a range changes on the coarse grid is added to the fine value, the changes of independent
    groups by their squares.

    >>> combined([50.0, 49.0, 46.0, 53.0])
    (47.0, 54.0)
    """
    fine, base, *ends = values
    change = np.array(ends) - base
    up, down = np.sqrt((np.maximum(change, 0.0) ** 2).sum()), np.sqrt((np.minimum(change, 0.0) ** 2).sum())
    return fine - float(down), fine + float(up)
