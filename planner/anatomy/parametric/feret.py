"""The largest diameter of a body, as a radiologist measures a tumour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def feret_diameter_mm(vertices: NDArray[np.float64]) -> float:
    """Return the largest distance between two of the (n, 3) points."""
    from scipy.spatial import ConvexHull  # noqa: PLC0415
    from scipy.spatial.distance import pdist  # noqa: PLC0415

    # The farthest pair lies on the hull, both of its ends well out from the mean.
    hull = vertices[ConvexHull(vertices).vertices]
    far = np.linalg.norm(hull - hull.mean(axis=0), axis=1)
    width = np.ptp(hull, axis=0).max()
    return float(pdist(hull[far >= width - far.max()]).max())
