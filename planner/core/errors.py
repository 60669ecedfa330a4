"""Errors that tell what was got, what was expected and the way out; input errors come all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class PlannerError(Exception):
    """Root of every error this package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input.

    Attributes
    ----------
    path : where, as ``$.steps[1].access.target``.
    got, expected, way_out : what stood there, what should, and how to mend it.
    """

    path: str
    got: str
    expected: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.path}: got {self.got}; expected {self.expected}. {self.way_out}"

    def as_dict(self) -> dict[str, str]:
        """Return the four texts for machines."""
        return {"path": self.path, "got": self.got, "expected": self.expected, "way_out": self.way_out}


class InputError(PlannerError):
    """The input cannot be used; carries every problem found, never only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


def shown(value: Any, limit: int = 80) -> str:
    """Return a short, single-line picture of a value for an error text."""
    text = "nothing" if value is None else value if isinstance(value, str) else repr(value)
    text = " ".join(str(text).split()) or "an empty text"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def repeated(values: Iterable[str]) -> list[str]:
    """Return what is there more than once, sorted."""
    return sorted(value for value, count in Counter(values).items() if count > 1)


class Problems:
    """Collector: checks add to it, and one raise at the end tells all."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, got: Any, expected: str, way_out: str) -> None:
        """Note one problem; `got` may be any value."""
        self.found.append(Problem(path, shown(got), expected, way_out))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over problems found elsewhere."""
        self.found.extend(problems)

    def raise_if_any(self) -> None:
        """Raise :class:`InputError` when something was noted."""
        if self.found:
            raise InputError(self.found)
