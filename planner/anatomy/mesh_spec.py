"""What a plan file says under `anatomy.meshes`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from planner.anatomy.labels import structure_name
from planner.core.model import Model
from planner.core.names import Frame
from planner.core.units import fault

Units = Literal["mm", "cm", "m"]
"""Units in which mesh files are written."""
NAME = re.compile(r"\w[\w .+-]{0,79}")
"""A structure's name: it becomes part of file names, so it can never lead out of a folder."""


def _frame(value: Any) -> Any:
    if value not in ("LPS", "RAS"):
        raise fault("", value, "LPS or RAS", "say in which frame the file's points are; it is never guessed")
    return value


def _units(value: Any) -> Any:
    if value not in ("mm", "cm", "m"):
        raise fault("", value, "mm, cm or m", "say in which unit the file's points are")
    return value


MeshFrame = Annotated[Frame, BeforeValidator(_frame)]
MeshUnits = Annotated[Units, BeforeValidator(_units)]


class MeshEntry(Model):
    """One file, with frame and unit where they differ from `mesh_frame` and `mesh_units`."""

    file: str = Field(min_length=1)
    frame: MeshFrame | None = None
    units: MeshUnits | None = None


def _branch(value: Any) -> str:
    return "@file" if isinstance(value, str) else "@entry"


MeshSource = Annotated[
    Annotated[str, Field(min_length=1), Tag("@file")] | Annotated[MeshEntry, Tag("@entry")], Discriminator(_branch)
]


def _names(value: dict[str, MeshSource]) -> dict[str, MeshSource]:
    if not value:
        raise fault("", "nothing", "at least one mesh", "write for example `meshes: {vertebra_L3: L3.stl}`")
    seen: dict[str, str] = {}
    for key in value:
        if not NAME.fullmatch(key) or ".." in key:
            raise fault("", key, "the name of a structure", "use letters, digits and underscores")
        if (other := seen.setdefault(structure_name(key), key)) != key:
            raise fault("", f"{other} and {key}", "each structure once", f"both mean {structure_name(key)}")
    return value


Meshes = Annotated[dict[str, MeshSource], AfterValidator(_names)]
"""Structure name → file, or file with its frame and unit."""


def entries_of(meshes: dict[str, MeshSource] | None, frame: Frame | None, units: Units | None) -> dict[str, MeshEntry]:
    """Return every mesh with its frame and unit, taken from the common ones where it has none of its own.

    Raises
    ------
    PydanticCustomError
        A mesh of which no frame is stated.
    """
    found = {}
    for name, source in (meshes or {}).items():
        entry = MeshEntry(file=source) if isinstance(source, str) else source
        if entry.frame is None and frame is None:
            way_out = "add `mesh_frame: LPS` or `mesh_frame: RAS`; a mesh file does not say, and it is never guessed"
            raise fault(f"meshes.{name}", "a mesh whose frame is unsaid", "LPS or RAS", way_out)
        found[name] = entry.with_(frame=entry.frame or frame, units=entry.units or units)
    return found
