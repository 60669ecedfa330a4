"""Powers of two in single precision by a polynomial; the library's own does not vectorise."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.simulate.compiled import kernel

LOWEST, HIGHEST = np.float32(-120.0), np.float32(100.0)
"""Exponents beyond these are taken as these: doses saturate near 1e30 and never become infinite or subnormal."""
_C = tuple(np.float32(c) for c in (0.6931471806, 0.2402265070, 0.0555041087, 0.0096181291, 0.0013333558, 0.0001540353))
"""ln 2ⁿ / n!; the first one left out is below 1e-7 for half a step either way."""


@kernel
def power_of_two(x: Any) -> Any:
    """2 to the x, relative error below 3e-7."""
    x = min(max(np.float32(x), LOWEST), HIGHEST)
    whole = np.floor(x + np.float32(0.5))
    f = x - whole
    p = np.float32(1.0) + f * (_C[0] + f * (_C[1] + f * (_C[2] + f * (_C[3] + f * (_C[4] + f * _C[5])))))
    scale = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * scale
