"""The register of score formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from planner.check.scores.result import Answer
from planner.core.errors import Problems


@dataclass(frozen=True)
class Computed:
    """A value, its class where the value's bands do not tell it, interim figures and points by item."""

    value: float | None
    class_name: str | None = None
    parts: dict[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeedsMore:
    """The items without which nothing can be said."""

    items: tuple[str, ...]


Formula = Callable[[Mapping[str, Answer], Problems], Computed | NeedsMore | None]
"""Answers in, a result out; None after noting problems."""

FORMULAS: dict[str, Formula] = {}


def formula(function: Formula) -> Formula:
    """Register a formula under its function's name."""
    FORMULAS[function.__name__] = function
    return function


def number(answers: Mapping[str, Answer], key: str) -> float:
    """Return a numeric answer that is known to be there."""
    return float(answers[key])
