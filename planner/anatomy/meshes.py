"""Surfaces from mesh files become closed LPS-millimetre meshes; frame and unit are stated, never guessed.

A frame is RAS or LPS and nothing else: axes of other kinds (OpenSim's x forward, y up) are out of scope and
have to be turned before. GLB and glTF say metres and y up by their standard, medical exporters seldom obey;
here too the stated unit and frame count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from planner.anatomy.labels import structure_name
from planner.anatomy.mesh_closing import NotClosedError, closed_surface
from planner.anatomy.mesh_files import read_triangles
from planner.anatomy.mesh_spec import Units
from planner.anatomy.reading import Reading
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Maker, from_mesh
from planner.anatomy.volume import Volume
from planner.core.errors import InputError, Problem
from planner.core.files import sha256_of
from planner.core.names import Frame
from planner.geometry.frames import apply_affine, flip_ras_lps
from planner.geometry.mesh import Mesh

UNITS_MM: Final[dict[str, float]] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}

SIZES_MM: Final = (
    (r"vertebra_.*_body", 12.0, 90.0),
    (r"vertebra_.*", 20.0, 150.0),
    (r"sacrum", 40.0, 250.0),
    (r"disc.*", 8.0, 100.0),
    (r"nerve_root.*", 2.0, 200.0),
    (r"spinal_c.*|thecal_sac|aorta|.*vena_cava|oesophagus|iliac.*", 12.0, 800.0),
    (r"kidney.*", 40.0, 250.0),
    (r"lung.*", 60.0, 450.0),
    (r"skin", 80.0, 2200.0),
    (r".*", 1.0, 2200.0),
)
"""Plausible largest extent by structure, small crops of long ones included; the first pattern that fits counts.
Bounds are wide: they tell a wrong unit (ten- or thousandfold), not a wrong structure."""


@dataclass(frozen=True, eq=False)
class MeshFile:
    """A surface with what is known of its making."""

    mesh: Mesh
    sha256: str
    warnings: tuple[str, ...]


def read_mesh(path: Path, *, frame: Frame, units: Units | None, place: str, name: str = "") -> Mesh:
    """Read one surface; see :func:`read_mesh_file`."""
    return read_mesh_file(path, frame=frame, units=units, place=place, name=name).mesh


def read_mesh_file(path: Path, *, frame: Frame, units: Units | None, place: str, name: str = "") -> MeshFile:
    """Read STL, OBJ, PLY, GLB or VTP as a closed surface, LPS mm, faces outward.

    Parameters
    ----------
    frame, units : of the file's numbers. Units unsaid are taken for mm where `name` has that size, with a warning.
    place : where the plan names the file, for errors.
    name : the structure, by which the size is judged.

    Raises
    ------
    InputError
        The file cannot be read, its size contradicts the unit, or its surface cannot be closed.
    """
    vertices, faces = read_triangles(path, place=place)
    warnings = []
    extent = float(np.ptp(vertices, axis=0).max())
    if problem := _size_problem(name, extent, units, place):
        raise InputError([problem])
    if units is None:
        warnings.append(f"{place}: the unit is unsaid; {extent:.0f} across was read as millimetres")
    vertices = vertices * UNITS_MM[units or "mm"]
    try:
        mesh, notes = closed_surface(flip_ras_lps(vertices) if frame == "RAS" else vertices, faces)
    except NotClosedError as error:
        way_out = "close it where it was made (fill holes, remove non-manifold edges), or give the label map instead"
        raise InputError([Problem(place, f"{path.name}: {error}", "a closed surface", way_out)]) from None
    warnings += [f"{place}: {note}" for note in notes]
    return MeshFile(mesh, sha256_of(path), tuple(warnings))


def _size_problem(name: str, extent: float, units: Units | None, place: str) -> Problem | None:
    low, high = next((low, high) for pattern, low, high in SIZES_MM if re.fullmatch(pattern, name or "any"))
    if low <= extent * UNITS_MM[units or "mm"] <= high:
        return None
    fitting = [unit for unit, mm in UNITS_MM.items() if low <= extent * mm <= high]
    got = f"{extent:.3g} {units or 'mm'} across" + ("" if units else " (unit unsaid)")
    what = (name or "a structure").replace("_", " ")
    hint = f"if the file is in {fitting[0]}, write `units: {fitting[0]}`" if fitting else "check the unit and the file"
    return Problem(place, got, f"{what} of {low:g} to {high:g} mm", f"{hint}; it is never scaled unasked")


def add_meshes(makers: dict[str, Maker], spec: AnatomySpec, images: list[Volume], reading: Reading) -> bool:
    """Add every surface of the plan, and return whether all could be read.

    One of a structure that is also labelled takes the label's place, and that is said.
    """
    whole, grids = True, images or [ct for ct in (reading.ct,) if ct is not None]
    for key, entry in spec.mesh_entries.items():
        at, name = f"$.anatomy.meshes.{key}", structure_name(key)
        assert entry.frame is not None  # noqa: S101 - the spec asks for it
        try:
            found = read_mesh_file(
                reading.folder / entry.file, frame=entry.frame, units=entry.units, place=at, name=name
            )
        except InputError as error:
            reading.problems.extend(error.problems)
            whole = False
            continue
        reading.inputs.append({"role": at, "sha256": found.sha256})
        reading.warnings += found.warnings
        if grids and not any(_meet(found.mesh, image) for image in grids):
            expected, way_out = "a surface where the image lies", "check the mesh's `frame` (LPS or RAS) and unit"
            reading.problems.add(at, "a surface outside the image", expected, way_out)
        if name in makers:
            reading.warnings.append(f"{at}: {name} is also a label; the mesh was taken")
        makers[name] = partial(from_mesh, name, found.mesh, "segmented")
    if spec.mesh_entries:
        reading.warnings.append("$.anatomy.meshes: surfaces are measured as given; their own error is not known")
    return whole


def _meet(mesh: Mesh, image: Volume) -> bool:
    """Whether the mesh's box and the image overlap, seen in the image's own axes."""
    low, high = mesh.bounds
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    index = apply_affine(np.linalg.inv(image.affine_lps), corners)
    return bool(np.all(index.max(axis=0) >= -0.5) and np.all(index.min(axis=0) <= np.array(image.shape) - 0.5))
