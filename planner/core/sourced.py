"""A number has a source: reference, evidence grade, and whether the text was actually read."""

from __future__ import annotations

from functools import cache
from typing import Literal

from planner.core.model import Model
from planner.core.resources import data_folder

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


class Reference(Model):
    """One entry of ``protocols/references.yaml``."""

    title: str
    authors: str | None = None
    venue: str | None = None
    year: int | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    url: str | None = None
    kind: Literal["guideline", "rct", "cohort", "bench", "ifu", "expert", "source_text", "standard"]

    @property
    def citation(self) -> str:
        """One line as it stands in a report."""
        parts = (self.authors, self.title, self.venue, str(self.year) if self.year else None)
        return ". ".join(part.rstrip(".") for part in parts if part)

    @property
    def link(self) -> str | None:
        """Where to read it, as an address."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmcid:
            return f"https://www.ncbi.nlm.nih.gov/pmc/articles/{self.pmcid}/"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.url


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
    return {key: validated(Reference, value, path=f"$.{key}") for key, value in raw.items()}
