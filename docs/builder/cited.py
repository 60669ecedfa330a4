"""Sources as the pages cite them."""

from __future__ import annotations

from planner.core.sourced import Source, references


def cited(ref: str) -> str:
    """Return a reference in one line, linked where it has an address."""
    source = references()[ref]
    text = ". ".join(part for part in (source.citation, source.identifiers) if part)
    return f"[{text}]({source.link})" if source.link else text


def founded(source: Source) -> str:
    """Return a source with its grade and flag, and what is said of it."""
    note = f" {source.note}" if source.note else ""
    return f"{cited(source.ref)} ({source.grade}, flag {source.flag}).{note}"
