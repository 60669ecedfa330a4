"""A score as it stands in its file: items with their points, classes, and the source of both."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from planner.core.errors import repeated
from planner.core.model import Model
from planner.core.sourced import Source, references
from planner.core.units import fault

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Method = Literal["sum", "choice", "number", "formula"]


class Text(Model):
    """One text in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class Choice(Model):
    """One answer of an item.

    Attributes
    ----------
    points : what it adds to a sum; None in scores that do not add up.
    aliases : other spellings that mean the same.
    """

    title: Text
    points: float | None = None
    aliases: tuple[str, ...] = ()


class Band(Model):
    """A stretch of numbers; the last band of a list has no upper end.

    Attributes
    ----------
    at_most, below : its upper end, with or without the bound itself.
    points : what an item in this band adds.
    name, title, advice : of the class, where the band classifies a whole score.
    """

    at_most: float | None = None
    below: float | None = None
    points: float | None = None
    name: Name | None = None
    title: Text | None = None
    advice: Text | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.at_most is not None and self.below is not None:
            raise fault("", [self.at_most, self.below], "at_most or below", "state one upper end")
        return self

    def holds(self, value: float) -> bool:
        """Return whether a value lies under the band's upper end."""
        if self.at_most is not None:
            return value <= self.at_most
        return self.below is None or value < self.below


class Item(Model):
    """One thing a score asks for.

    Attributes
    ----------
    values : the answers of a choice, by key; none for numbers and yes/no.
    unit, low, high, whole : of a number; `whole` allows integers only, `multiple_of` steps.
    bands : numbers → points.
    flag : a yes/no; `points` are added for yes.
    file : the value names a file (an EQ-5D value set).
    optional : the score can do without.
    aliases : other names of the item.
    """

    title: Text
    values: dict[str, Choice] = Field(default_factory=dict)
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    multiple_of: float | None = None
    bands: tuple[Band, ...] = ()
    flag: bool = False
    points: float | None = None
    file: bool = False
    digits: str | None = None
    optional: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["choice", "number", "flag", "file", "digits"]:
        """How a value of it is read."""
        if self.values:
            return "choice"
        if self.digits is not None:
            return "digits"
        return "flag" if self.flag else "file" if self.file else "number"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.kind == "number" and (self.low is None or self.high is None or self.low >= self.high):
            raise fault("", [self.low, self.high], "low below high", "state the range a value may have")
        _ordered(self.bands)
        spellings = [*self.values, *(alias for choice in self.values.values() for alias in choice.aliases)]
        if twice := repeated(spellings):
            raise fault("values", twice, "each spelling once", "remove one of them")
        return self


class ScoreBook(Model):
    """One score.

    Attributes
    ----------
    method : `sum` adds the items' points; `choice` and `number` classify one item; `formula` is computed by the
        function of that name in `planner.check.scores`.
    example : answers that show the score, beyond those of the required items.
    cap : a sum beyond it counts as this.
    classes : bands of the value; named by the answer itself for a choice.
    """

    score: Name
    title: Text
    version: str
    about: Text
    method: Method
    formula: Name | None = None
    unit: str = "points"
    decimals: int = Field(default=0, ge=0, le=4)
    items: dict[Name, Item] = Field(min_length=1)
    cap: float | None = None
    classes: tuple[Band, ...] = ()
    outcomes: dict[str, Text] = Field(default_factory=dict)
    source: Source
    also: tuple[Source, ...] = ()
    notes: tuple[Text, ...] = ()
    example: dict[str, float | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.method == "formula") != (self.formula is not None):
            raise fault("formula", self.formula, "a formula exactly where the method is one", "correct `method`")
        _ordered(self.classes)
        if any(band.name is None or band.title is None for band in self.classes):
            raise fault("classes", "a class without a name or title", "both", "name every class")
        if self.method in {"choice", "number"} and len(self.items) != 1:
            raise fault("items", list(self.items), f"one item for the method {self.method}", "use sum or formula")
        if self.method == "sum":
            bare = [key for key, item in self.items.items() if not _has_points(item)]
            if bare:
                raise fault("items", bare, "points for every answer of a sum", "give `points`")
        names = [*self.items, *(alias for item in self.items.values() for alias in item.aliases)]
        if twice := repeated(names):
            raise fault("items", twice, "each name once", "rename one of them")
        unknown = [s.ref for s in (self.source, *self.also) if s.ref not in references()]
        if unknown:
            raise fault("source", unknown, "ids of protocols/references.yaml", "add the reference")
        return self


def _has_points(item: Item) -> bool:
    if item.kind == "choice":
        return all(choice.points is not None for choice in item.values.values())
    if item.kind == "number":
        return bool(item.bands) and all(band.points is not None for band in item.bands)
    return item.kind == "flag" and item.points is not None


def _ordered(bands: tuple[Band, ...]) -> None:
    ends = [band.at_most if band.at_most is not None else band.below for band in bands]
    if any(end is None for end in ends[:-1]) or (ends and ends[-1] is not None):
        raise fault("", ends, "an upper end on every band but the last", "order the bands from low to high")
    known = [end for end in ends if end is not None]
    if any(a >= b for a, b in pairwise(known)):
        raise fault("", known, "upper ends that rise", "order the bands from low to high")
