"""What page and print tell alike: verdict words, margin drawings, quantities, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.protocol.language import Lang, page_word, quantity_label
from planner.report.findings import Row
from planner.report.marginbar import MarginBar, margin_bar
from planner.report.numbers import full_amount, quantity_words

VERDICTS = {
    "violation": ("✗", "Violation", "A blocking limit is broken. The plan may not go ahead as it stands."),
    "incomplete": ("?", "Incomplete", "A blocking limit could not be judged. The plan is not cleared."),
    "warning": ("!", "Warning", "No blocking limit is broken; something needs the operator's judgement."),
    "compliant": ("✓", "Compliant", "Every applicable limit is kept."),
}
"""Verdict → sign, word, what it means."""

SIGNERS = ("Planned by", "Checked by", "Approved by")
SIGNED = ("Name", "Role", "Date", "Signature")
HASH_LETTERS = 12
"""Of a SHA-256 in a line for people; the whole stands under Provenance."""


def verdict_of(result: Mapping[str, Any]) -> str:
    """Return the verdict; what is not known is incomplete."""
    word = str(result.get("verdict"))
    return word if word in VERDICTS else "incomplete"


def worst_margins(rows: list[Row]) -> list[Row]:
    """Return the two findings that decide: those with a margin, worst first."""
    return [row for row in rows if row.margin][:2]


def judged_by(result: Mapping[str, Any], lang: Lang) -> str:
    """Return protocol, version and hash, site, program and time in one line."""
    made = result.get("provenance") or {}
    book = made.get("protocol") or {}
    name = " ".join(str(book[key]) for key in ("name", "version") if book.get(key))
    parts = [page_word(lang, "Judged by {protocol}").format(protocol=name) if name else ""]
    digest = str(book.get("sha256") or book.get("hash") or "")
    parts.append(f"SHA-256 {digest.removeprefix('sha256:')[:HASH_LETTERS]}" if digest else "")
    parts.append(f"{page_word(lang, 'site')} {book['site']}" if book.get("site") else "")
    version = (made.get("versions") or {}).get("planner")
    parts.append(f"planner {version}" if version else "")
    parts.append(str(made.get("created") or ""))
    return " · ".join(part for part in parts if part)


def bar_of(row: Row) -> MarginBar | None:
    """Return the drawing of a finding; None without one."""
    if row.raw.get("unit") == "yes/no":
        return None
    words = f"value {row.value}, limit {row.limit}" + (f", interval {row.interval}" if row.interval else "")
    return margin_bar(row.raw, words)


def quantity_rows(result: Mapping[str, Any], lang: Lang) -> list[tuple[str, str, str, str, list[str]]]:
    """Name, label, value, origin, and the value at each step."""
    by_step = result.get("quantities_by_step") or []
    table = result.get("quantities") or {}
    names = list(dict.fromkeys([*table, *(name for step in by_step for name in step)]))

    def told(entry: Any, name: str) -> str:
        return full_amount(entry.get("value"), entry.get("unit"), name) if isinstance(entry, Mapping) else "–"

    return [
        (
            name,
            quantity_label(name, lang) or quantity_words(name),
            told(table.get(name), name),
            str((table.get(name) or {}).get("origin") or ""),
            [told(step.get(name), name) for step in by_step],
        )
        for name in names
    ]


def one_line(value: Any) -> str:
    """A mapping's values in one line: `L3, lesion, palliative`."""
    if isinstance(value, Mapping):
        return ", ".join(str(v).replace("_", " ") for v in value.values() if v is not None)
    return str(value or "")


def flat(tree: Mapping[str, Any], lead: str = "") -> list[tuple[str, str]]:
    """Nested provenance as pairs of words."""
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{lead} › {key}" if lead else str(key).replace("_", " ")
        if isinstance(value, Mapping):
            pairs += flat(value, name)
        elif isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) for v in value):
            for i, inner in enumerate(value):
                pairs += flat(inner, f"{name} {i + 1}")
        elif isinstance(value, list | tuple):
            pairs.append((name, ", ".join(map(str, value))))
        else:
            pairs.append((name, "" if value is None else str(value)))
    return pairs
