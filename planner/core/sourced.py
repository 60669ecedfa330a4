"""A number has a source: reference, evidence grade, and whether the text was actually read."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import field_validator

from planner.core.bibliography import Reference
from planner.core.errors import repeated
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.units import fault

Grade = Literal["guideline", "rct", "cohort", "bench", "ifu", "expert", "source_text", "assumed"]
Flag = Literal["V", "V2", "M", "E", "D"]
"""V read in a text · V2 read in a secondary page · M memory · E engineering assumption · D derived here."""


class Source(Model):
    """Who says so, how strong the evidence is, and whether it was read."""

    ref: str
    grade: Grade
    flag: Flag
    note: str | None = None

    @property
    def verified(self) -> bool:
        """True for flag V alone: what is second-hand, remembered or derived advises, it does not block."""
        return self.flag == "V"


class SourcedFigure(Model):
    """A value that carries its source; the unit stands in the key under which it is stored."""

    value: float
    source: Source
    note: str | None = None


class References(Model):
    """The file, as pandoc reads it."""

    references: tuple[Reference, ...]

    @field_validator("references")
    @classmethod
    def _ids_once(cls, value: tuple[Reference, ...]) -> tuple[Reference, ...]:
        if twice := repeated(one.id for one in value):
            raise fault("", twice, "each id once", "rename one of the references")
        return value


@cache
def references() -> dict[str, Reference]:
    """Return every reference by its id.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415 - the reader is not needed for plain models

    raw = read_mapping(data_folder("protocols") / "references.yaml")
    return {one.id: one for one in validated(References, raw, path="references.yaml").references}
