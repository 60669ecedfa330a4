"""What a plan file says under `anatomy:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, cast

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from planner.anatomy.labels import TABLES
from planner.anatomy.lesion_spec import LesionSpec
from planner.anatomy.mesh_spec import MeshEntry, Meshes, MeshFrame, MeshUnits, entries_of
from planner.anatomy.parametric import ParametricSpec
from planner.core.errors import shown
from planner.core.model import Model
from planner.core.units import fault


def _labels(value: Any) -> Any:
    if isinstance(value, str):
        if value not in TABLES:
            raise fault(
                "",
                value,
                f"one of {', '.join(TABLES)}, or a mapping of numbers to names",
                "name the table that made the label map",
            )
        return value
    if isinstance(value, dict) and value:
        read: dict[int, str] = {}
        for key, name in value.items():
            whole = isinstance(key, int) and not isinstance(key, bool)
            if not (whole or (isinstance(key, str) and key.strip().isdigit())) or int(key) < 1:
                raise fault("", key, "label numbers from 1 on", "write for example {1: vertebra_L3, 2: spinal_cord}")
            if not isinstance(name, str) or not name.strip():
                raise fault("", name, "the name of a structure", f"say what label {key} is")
            if int(key) in read:
                raise fault("", f"label {key} twice", "each label once", "remove one of them")
            read[int(key)] = name.strip()
        return read
    raise fault(
        "", value, "a table's name or a mapping of numbers to names", "write for example `labels: totalsegmentator`"
    )


Labels = Annotated[str | dict[int, str], BeforeValidator(_labels)]


def _by_name(labels: Mapping[Any, str]) -> bool:
    return any(isinstance(key, str) for key in labels)


def _labels_or_names(value: Any) -> Any:
    """Read a mapping by names, as segmentations and structure sets carry them; anything else is as for a label map."""
    by_name = isinstance(value, dict) and value and all(isinstance(k, str) and not k.strip().isdigit() for k in value)
    if not by_name:
        return _labels(value)
    for key, name in value.items():
        if not isinstance(name, str) or not name.strip():
            raise fault("", name, "the name of a structure", f"say what {shown(key)} is")
    return {key.strip(): name.strip() for key, name in value.items()}


NamedLabels = Annotated[str | dict[int, str] | dict[str, str], BeforeValidator(_labels_or_names)]


class LabelmapEntry(Model):
    """One of several label maps over the same patient."""

    file: str
    labels: Labels | None = None


def _branch(value: Any) -> str | None:
    return "@one" if isinstance(value, str) else "@several" if isinstance(value, list | tuple) else None


Labelmap = Annotated[
    Annotated[str, Tag("@one")] | Annotated[tuple[LabelmapEntry, ...], Field(min_length=1), Tag("@several")],
    Discriminator(_branch, custom_error_type="labelmap", custom_error_message="a file or a list of {file, labels}"),
]

_SOURCES = ("labelmap", "dicom_seg", "rtstruct", "folder", "meshes", "parametric")


class AnatomySpec(Model):
    """Where the anatomy comes from."""

    labelmap: Labelmap | None = None
    labels: NamedLabels | None = None
    lesions: dict[str, LesionSpec] = Field(default_factory=dict)
    ct: str | None = None
    ct_series: int | None = Field(default=None, ge=1)
    parametric: ParametricSpec | None = None
    dicom_seg: str | None = None
    rtstruct: str | None = None
    folder: str | None = None
    mesh_frame: MeshFrame | None = None
    mesh_units: MeshUnits | None = None
    meshes: Meshes | None = None

    @field_validator("meshes")
    @classmethod
    def _framed(cls, value: Meshes | None, info: ValidationInfo) -> Meshes | None:
        if "mesh_frame" in info.data:  # else it is wrong, and that is told already
            entries_of(value, info.data["mesh_frame"], None)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [key for key in _SOURCES if getattr(self, key) is not None]
        if not given or (self.parametric is not None and len(given) > 1):
            raise _told(
                " and ".join(f"`{key}`" for key in given) or "no source",
                "`parametric` or some of `labelmap`, `dicom_seg`, `rtstruct`, `folder`, `meshes`",
                "say where the anatomy comes from, once",
            )
        by_name = isinstance(self.labels, dict) and _by_name(self.labels)
        carries_names = self.dicom_seg is not None or self.rtstruct is not None
        if by_name and not carries_names:
            raise _told(
                "`labels` by name",
                "label numbers from 1 on",
                "write for example {1: vertebra_L3}; names serve `dicom_seg` and `rtstruct`",
            )
        numbered = isinstance(self.labelmap, str) or (carries_names and not isinstance(self.labels, str))
        if self.labels is not None and not by_name and not numbered:
            raise _told(
                "`labels` beside no single label map",
                "`labels` inside each entry of the list",
                "move `labels` into the entries of `labelmap`",
            )
        return self

    @property
    def mesh_entries(self) -> dict[str, MeshEntry]:
        """Every mesh with its frame and unit."""
        return entries_of(self.meshes, self.mesh_frame, self.mesh_units)

    @property
    def entries(self) -> tuple[LabelmapEntry, ...]:
        """Every label map with its labels; empty for a parametric patient."""
        if isinstance(self.labelmap, str):
            # Names belong to a structure set beside it.
            by_name = isinstance(self.labels, dict) and _by_name(self.labels)
            numbers = None if by_name else cast("str | dict[int, str] | None", self.labels)
            return (LabelmapEntry.model_construct(file=self.labelmap, labels=numbers),)
        return self.labelmap or ()


def _told(got: str, expected: str, way_out: str) -> PydanticCustomError:
    return fault("", shown(got), expected, way_out)
