"""Compiles every kernel of the field before the first one is solved, so that whoever waits is told why, once."""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.simulate.compiled import announced
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.solver import FieldSolver


@cache
def warm_up() -> None:
    """Solve a field of a thousand cells; later calls do nothing."""
    cells = np.full(10, 1.0)
    with announced("the solver of the electric field"):
        ball = Electrode.sphere((5.0, 5.0, 5.0), 3.0)
        FieldSolver((cells, cells, cells), [ball], "ground").solved(np.ones((10, 10, 10), np.float32))
