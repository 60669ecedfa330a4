"""`planner protocol list --evidence` and `diff`: books as a whole, and beside each other."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import get_args

from planner.check.severity import effective_severity
from planner.cli.console import draw, say
from planner.cli.run_protocol import EXPLAIN_WIDTH
from planner.core.files import stable_json
from planner.core.sourced import Flag, Grade
from planner.protocol.diff import differences
from planner.protocol.load import book_names, load_protocol
from planner.protocol.models import Protocol, Rule

_LEGEND = (
    "lowered: declared to block, advises since its limit was not read · differ: sources disagree\n"
    "V read in the source · D derived from it · V2 second-hand · M memory · E own assumption"
)


def list_evidence(protocol: str, *, as_json: bool) -> None:
    """Print how well each book's limits are founded: rules by flag and by grade, how many block, how many would."""
    book = load_protocol(protocol)
    rows: list[dict[str, str | int]] = []
    for name, rules in _by_book(book).items():
        grades = Counter(rule.source.grade for rule in rules)
        flags = Counter(str(rule.source.flag) for rule in rules)
        weighs = [effective_severity(rule).severity for rule in rules]
        lowered = sum(r.severity == "block" != now for r, now in zip(rules, weighs, strict=True))
        counted: dict[str, str | int] = {"book": name, "rules": len(rules), "block": weighs.count("block")}
        counted |= {"lowered": lowered, "differ": sum(rule.chosen is not None for rule in rules)}
        rows.append(counted | dict(flags) | {str(grade): count for grade, count in grades.items()})
    grades_used = [g for g in get_args(Grade) if any(g in row for row in rows)]
    columns = ["book", "rules", "block", "lowered", "differ", *get_args(Flag), *grades_used]
    total = {c: sum(int(row.get(c, 0)) for row in rows) for c in columns[1:]}
    if as_json:
        say(stable_json({"protocol": book.name, "books": rows, "total": total}).rstrip())
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        title=f"Evidence behind {book.name} {book.version}",
        box=None,
        pad_edge=False,
        caption=_LEGEND,
        caption_justify="left",
    )
    for column in columns:
        table.add_column(column, justify="left" if column == "book" else "right")
    last: dict[str, str | int] = {"book": "all", **total}
    for row in [*rows, last]:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    draw(table)


def _by_book(protocol: Protocol) -> dict[str, list[Rule]]:
    """Rules by the book that ships them; those of no book are the site's own."""
    home = {rule.id: name for name in book_names() for rule in load_protocol(name).rules}
    found: dict[str, list[Rule]] = {}
    for rule in protocol.rules:
        found.setdefault(home.get(rule.id, protocol.site or protocol.name), []).append(rule)
    return found


def diff_protocols(old: str, new: str, *, as_json: bool) -> None:
    """Print how two protocols, books or site profiles differ."""
    first, second = load_protocol(old), load_protocol(new)
    found = differences(first, second)
    if as_json:
        changes = [{"rule": rule, "change": words} for rule, words in found]
        told = {"from": _name(first), "to": _name(second), "changes": changes}
        say(stable_json(told).rstrip())
        return
    head = f"{' '.join(_name(first).values())}  →  {' '.join(_name(second).values())}"
    lines = [
        textwrap.fill(words, EXPLAIN_WIDTH, initial_indent=f"  {rule}: ", subsequent_indent="    ")
        for rule, words in found
    ]
    say(
        "\n".join(
            [
                head,
                *lines,
                f"{len(found)} rule{'s differ' if len(found) > 1 else ' differs'}" if found else "no rule differs",
            ]
        )
    )


def _name(protocol: Protocol) -> dict[str, str]:
    return {"name": protocol.name, "version": protocol.version, "sha256": protocol.sha256[:12]}
