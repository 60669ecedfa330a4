"""Triangles from STL, OBJ, PLY, GLB and VTP files, and surfaces written back; hostile files end in an error."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.vtp import read_vtp
from planner.core.errors import InputError, Problem, shown
from planner.core.files import write_atomically
from planner.core.names import Frame
from planner.geometry.frames import flip_ras_lps
from planner.geometry.mesh import Mesh

FORMATS = (".stl", ".obj", ".ply", ".glb", ".vtp")
MAX_BYTES = 160_000_000
MAX_FACES = 3_000_000
"""A vertebra from a fine CT has some 100 000 triangles. More than this is no single structure, and measuring it
would take minutes."""
_CLAIM = re.compile(rb'NumberOf(?:Points|Polys|Strips|Lines|Verts)\s*=\s*"\s*(\d{1,30})')
_HEAD = 1_000_000
LONGEST_LINE = 20_000
"""Bytes; a polygon of more corners than fit is cut into millions of triangles by every loader."""


def read_triangles(path: Path, *, place: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return vertices (n, 3) in the file's own unit and frame and faces (m, 3), equal vertices joined.

    A GLB's nodes are put in place; materials and whatever lies in other files are not looked at.

    Raises
    ------
    InputError
        The file is missing, damaged, of another format, empty, absurdly large or holds numbers that are not finite.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise _refused(
            place, f"{path} (no such file)", "a mesh file", "check the path; it is taken relative to the plan"
        )
    if suffix not in FORMATS:
        raise _refused(place, path.name, f"one of {', '.join(FORMATS)}", "export the surface in one of these formats")
    if path.stat().st_size > MAX_BYTES:
        raise _refused(place, f"{path.stat().st_size} bytes", f"at most {MAX_BYTES:.0e}", "decimate the surface")
    try:
        vertices, faces = _vtp(path) if suffix == ".vtp" else _by_trimesh(path.read_bytes(), suffix[1:])
    except Exception as error:  # noqa: BLE001 - trimesh's loaders raise whatever the bytes make them stumble over
        got = f"{path.name}: {shown(error) or type(error).__name__}"
        raise _refused(place, got, "a whole mesh file", "the file is damaged or truncated; export it again") from None
    if len(faces) == 0:
        raise _refused(place, f"{path.name} without a triangle", "a surface", "is the file empty or truncated?")
    if len(faces) > MAX_FACES:
        raise _refused(place, f"{len(faces)} triangles", f"at most {MAX_FACES}", "decimate the surface")
    if not np.isfinite(vertices).all():
        raise _refused(place, f"{path.name} with NaN or infinite vertices", "finite coordinates", "export it again")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise _refused(place, f"{path.name} whose faces name absent vertices", "a whole mesh", "export it again")
    return _joined(vertices, faces)


def write_mesh(mesh: Mesh, path: Path, *, frame: Frame = "LPS") -> None:
    """Write a surface as STL, PLY, OBJ or GLB (by the file's ending), millimetres in `frame`.

    Raises
    ------
    ValueError
        Another ending.
    """
    import trimesh  # noqa: PLC0415 - a fifth of a second, paid only where a mesh is written

    suffix = path.suffix.lower()
    if suffix not in FORMATS or suffix == ".vtp":
        raise ValueError(f"a surface is written as .stl, .ply, .obj or .glb, not {suffix or path.name}")
    vertices = mesh.vertices if frame == "LPS" else flip_ras_lps(mesh.vertices)
    made = trimesh.Trimesh(vertices, mesh.faces, process=False)  # two axes turn: faces keep looking outward
    write_atomically(path, made.export(file_type=suffix[1:]))


def _by_trimesh(data: bytes, kind: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    import trimesh  # noqa: PLC0415

    if kind == "obj" and max(map(len, data.splitlines()), default=0) > LONGEST_LINE:
        raise ValueError("a line without end")
    # From bytes and without a resolver: no name inside the file (`mtllib ../../x`, a buffer's uri) is ever opened.
    found: Any = trimesh.load_scene(io.BytesIO(data), file_type=kind, process=False, skip_materials=True)
    whole = found.to_mesh()
    return np.asarray(whole.vertices, dtype=np.float64), np.asarray(whole.faces, dtype=np.int64)


def _vtp(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    claims = [int(number) for number in _CLAIM.findall(head)]
    # VTK makes room for what the header claims before it looks at the data.
    if max(claims, default=0) > 2 * MAX_FACES:
        raise ValueError(f"its header claims {max(claims)} elements")
    return read_vtp(path)


def _joined(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One vertex where several lie at the very same place (every STL), in order of first use; no empty faces."""
    used, faces = np.unique(faces, return_inverse=True)
    place, first, number = np.unique(vertices[used], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    joined = rank[number.reshape(-1)][faces.reshape(-1, 3)]
    whole = (joined[:, 0] != joined[:, 1]) & (joined[:, 1] != joined[:, 2]) & (joined[:, 2] != joined[:, 0])
    return place[order], joined[whole]


def _refused(place: str, got: str, expected: str, way_out: str) -> InputError:
    return InputError([Problem(place, got, expected, way_out)])
