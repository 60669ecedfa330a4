"""What evaluating a score returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from planner.core.sourced import references
from planner.protocol.language import Lang
from planner.protocol.messages import told
from planner.protocol.scores.models import ScoreBook

Answer = str | float | bool


@dataclass(frozen=True)
class Answered:
    """One item: what was given, as it was read, and the points it brought (None where it brings none)."""

    given: Answer
    points: float | None = None


@dataclass(frozen=True)
class ScoreResult:
    """One evaluated score.

    Attributes
    ----------
    outcome : `evaluated`, or `not_evaluated` where items are missing.
    value, class_name : None where not evaluated; a score may have a class and no number (a grade).
    items : the breakdown, in the score's own order.
    missing : required items that were not given.
    parts : interim figures of a formula, by name with their unit.
    notes : what a reader should know about this value.
    """

    book: ScoreBook
    outcome: Literal["evaluated", "not_evaluated"]
    value: float | None
    class_name: str | None
    items: dict[str, Answered]
    missing: tuple[str, ...]
    parts: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines: `{name, value, class, items, missing, …}`."""
        book, source = self.book, self.book.source
        return {
            "name": book.score,
            "title": getattr(book.title, lang),
            "version": book.version,
            "outcome": self.outcome,
            "value": self.value,
            "unit": book.unit,
            "class": self.class_name,
            "class_title": self.class_title(lang),
            "advice": self.advice(lang),
            "items": {
                key: {"value": item.given, "points": item.points, "title": getattr(book.items[key].title, lang)}
                for key, item in self.items.items()
            },
            "missing": list(self.missing),
            "parts": self.parts,
            "notes": self.notes_in(lang),
            "source": references()[source.ref].citation,
            "evidence": source.grade,
            "verified": source.verified,
        }

    def notes_in(self, lang: Lang) -> list[str]:
        """Return what a reader should know of this value and of the score."""
        return [*(told(note, lang) for note in self.notes), *(getattr(note, lang) for note in self.book.notes)]

    def class_title(self, lang: Lang = "en") -> str | None:
        """Return the class in words."""
        if self.class_name is None:
            return None
        for band in self.book.classes:
            if band.name == self.class_name and band.title is not None:
                return str(getattr(band.title, lang))
        if self.class_name in self.book.outcomes:
            return str(getattr(self.book.outcomes[self.class_name], lang))
        for item in self.book.items.values():
            if self.class_name in item.values:
                return str(getattr(item.values[self.class_name].title, lang))
        return self.class_name

    def advice(self, lang: Lang = "en") -> str | None:
        """Return what the source advises for this class, where it does."""
        found = next((band.advice for band in self.book.classes if band.name == self.class_name), None)
        return None if found is None else str(getattr(found, lang))
