"""Success figures of the users' own documents: kept as they stand, with the problem of their definition."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from planner.core.errors import repeated
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.sourced import Source, references
from planner.core.units import fault
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.models import Also
from planner.protocol.scores.models import Text


class Benchmark(Model):
    """One figure; it judges no plan.

    Attributes
    ----------
    problem : why it cannot be compared as it stands.
    measured : what others found.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]+$")]
    says: Text
    source: Source
    problem: Text
    measured: tuple[Also, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.source.grade != "source_text":
            raise fault("source", self.source.grade, "source_text", "a benchmark is what a source text claims")
        if unknown := [ref for ref in (self.source.ref, *(m.ref for m in self.measured)) if ref not in references()]:
            raise fault("", unknown, "ids of protocols/references.yaml", "add the reference")
        return self


class BenchmarkFile(Model):
    """The file."""

    benchmarks: tuple[Benchmark, ...] = Field(min_length=1)

    @field_validator("benchmarks")
    @classmethod
    def _ids_once(cls, value: tuple[Benchmark, ...]) -> tuple[Benchmark, ...]:
        if twice := repeated(one.id for one in value):
            raise fault("", twice, "each id once", "rename one of them")
        return value


@cache
def benchmarks() -> tuple[Benchmark, ...]:
    """Return the figures.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    raw = read_mapping(data_folder("protocols") / "benchmarks.yaml")
    return validated(BenchmarkFile, raw, path="benchmarks.yaml").benchmarks
