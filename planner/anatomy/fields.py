"""Distance fields of structures, kept on disk between runs."""

from __future__ import annotations

import numpy as np

from planner.core.cache import cached_arrays, key_of
from planner.geometry.fields import FIELD_SPACING_MM, DistanceField, distance_field
from planner.geometry.mesh import Mesh


def cached_field(mesh: Mesh, *, spacing_mm: float = FIELD_SPACING_MM, pad_mm: float = 20.0) -> DistanceField:
    """Return the signed distance field of a surface, from the cache where it was built before.

    Parameters
    ----------
    mesh : closed surface, LPS mm; spacing_mm, pad_mm : as for :func:`planner.geometry.fields.distance_field`.
    """

    def make() -> dict[str, np.ndarray]:
        field = distance_field(mesh, spacing_mm=spacing_mm, pad_mm=pad_mm)
        return {"values": field.values, "origin": field.origin}

    held = cached_arrays(key_of("field", mesh.vertices, mesh.faces, spacing_mm, pad_mm), make)
    values, origin = held["values"].astype(np.float32, copy=False), held["origin"].astype(np.float64)
    return DistanceField(values, origin, float(spacing_mm))
