"""A reference in the Citation Style Language: the words that reference managers and pandoc know, and no others."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from planner.core.model import Model
from planner.core.units import fault

Evidence = Literal["guideline", "rct", "cohort", "bench", "ifu", "expert", "source_text", "standard"]
Kind = Literal[
    "article-journal", "article-magazine", "book", "chapter", "dataset", "document", "paper-conference", "report",
    "software", "standard", "thesis", "webpage",
]  # fmt: skip
"""Types of CSL 1.0.2 that are in use here."""

ET_AL = "et al."


class Name(Model):
    """A person by family name, or a group, or `et al.`, as it is written."""

    family: str | None = None
    given: str | None = None
    literal: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.family is None) == (self.literal is None):
            raise fault("", [self.family, self.literal], "`family` or `literal`", "state one of them")
        return self

    @property
    def text(self) -> str:
        """The name as it stands in a citation."""
        return self.literal or " ".join(part for part in (self.family, self.given) if part)


Whole = Annotated[int, Field(strict=True, ge=1, le=2100)]
Date = tuple[Whole] | tuple[Whole, Whole] | tuple[Whole, Whole, Whole]


class Issued(Model):
    """When it appeared: year, month, day, as far as known."""

    model_config = ConfigDict(populate_by_name=True)

    date_parts: tuple[Date] = Field(alias="date-parts")


class Custom(Model):
    """What CSL leaves to programs: which sort of evidence it is."""

    kind: Evidence


class Reference(Model):
    """One entry of ``protocols/references.yaml``; the file's words are CSL's, as `container-title`."""

    model_config = ConfigDict(populate_by_name=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    type: Kind
    title: str = Field(min_length=3)
    author: tuple[Name, ...] = ()
    container_title: str | None = Field(None, alias="container-title")
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    number: str | None = None
    chapter_number: str | None = Field(None, alias="chapter-number")
    archive: str | None = None
    archive_location: str | None = None
    issued: Issued | None = None
    doi: Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")] | None = Field(None, alias="DOI")
    pmid: Annotated[str, StringConstraints(pattern=r"^\d{1,8}$")] | None = Field(None, alias="PMID")
    pmcid: Annotated[str, StringConstraints(pattern=r"^PMC\d+$")] | None = Field(None, alias="PMCID")
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = Field(None, alias="URL")
    note: str | None = None
    custom: Custom

    @property
    def year(self) -> int | None:
        """Year of publication."""
        return None if self.issued is None else self.issued.date_parts[0][0]

    @property
    def authors(self) -> str | None:
        """Authors in words: `Fisher et al.`, `Belkoff and Molloy`."""
        *first, last = [name.text for name in self.author] or [""]
        joint = " " if last.startswith(ET_AL) else " and " if len(first) == 1 else ", "
        return joint.join(part for part in (", ".join(first), last) if part) or None

    @property
    def short(self) -> str:
        """First author, or the title without one, and year: `Fisher et al. 2010`."""
        first = self.author[0].family or self.author[0].literal if self.author else self.title
        others = " and " + str(self.author[1].family) if len(self.author) == 2 and self.author[1].family else " et al."
        return f"{first}{others if len(self.author) > 1 else ''}{f' {self.year}' if self.year else ''}"

    @property
    def venue(self) -> str | None:
        """Where it stands: `Spine 35:E1221`."""
        volume = (
            (self.volume or "") + (f"({self.issue})" if self.issue else "") + (f":{self.page}" if self.page else "")
        )
        chapter = f"chapter {self.chapter_number}" if self.chapter_number else None
        places = (self.container_title, self.archive, volume, self.archive_location, self.number)
        text = " ".join(part for part in places if part)
        return ", ".join(part for part in (text, chapter, self.note) if part) or None

    @cached_property
    def citation(self) -> str:
        """One line as it stands in a report."""
        parts = (self.authors, self.title, self.venue, str(self.year) if self.year else None)
        return ". ".join(part.rstrip(".") for part in parts if part)

    @cached_property
    def link(self) -> str | None:
        """Where to read it, as an address."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmcid:
            return f"https://www.ncbi.nlm.nih.gov/pmc/articles/{self.pmcid}/"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.url

    @property
    def identifiers(self) -> str:
        """DOI, PMID and PMCID in words; empty where none is known."""
        known = (("DOI", self.doi), ("PMID", self.pmid), ("", self.pmcid))
        return ", ".join(f"{name} {value}".strip() for name, value in known if value)

    def as_csl(self) -> dict[str, Any]:
        """Return the item as CSL-JSON has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
