"""Meshes kept on disk between runs, by what was asked and by the very code and tables that drew them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from planner.anatomy.parametric.spec import ParametricSpec
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.mesh import Mesh


@cache
def _drawn_by() -> str:
    """Hash of every file of this package and of what closes its tubes: a change of one of them makes nothing stale."""
    digest = hashlib.sha256(code_of("planner.geometry.tubes").encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in {".py", ".csv"}:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def kept(spec: ParametricSpec, name: str, make: Callable[[], Mesh]) -> Mesh:
    """Return a structure from the disk, or make and keep it."""

    def arrays() -> dict[str, np.ndarray]:
        mesh = make()
        return {"vertices": mesh.vertices, "faces": mesh.faces.astype(np.int32)}

    held = cached_arrays(key_of("parametric", _drawn_by(), spec.model_dump_json(), name), arrays)
    return Mesh.of(held["vertices"], held["faces"])
