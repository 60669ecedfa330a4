"""Two plans beside each other: verdicts, pictures, and every limit on which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from planner.check.verdict import Verdict
from planner.report.blocks import Block, Picture, Table, Words
from planner.report.findings import Row, badness_of, headline, rows
from planner.report.told import VERDICTS, verdict_of

SAME = 1e-9
"""Margins, as parts of their limits, that differ by less are the same."""


@dataclass(frozen=True, eq=False)
class Other:
    """The plan that is compared.

    Attributes
    ----------
    result : its `result.json`.
    picture : its still, PNG; None where there is none.
    verdict : the objects behind it; None where only the file is at hand.
    """

    result: Mapping[str, Any]
    picture: bytes | None = None
    verdict: Verdict | None = None


def comparison(
    result: Mapping[str, Any], other: Other | None, t: Any, picture: bytes | None = None, verdict: Verdict | None = None
) -> Sequence[Block]:
    """Return the blocks of the comparison; nothing without another plan."""
    if other is None:
        return ()
    told = [(result, rows(result), picture), (other.result, rows(other.result), other.picture)]
    names = _names([_title(r, t) for r, _, _ in told])
    blocks: list[Block] = [
        Words(f"{name}: {t(VERDICTS[verdict_of(r)][1])}. {headline(r, found)}", strong=True)
        for name, (r, found, _) in zip(names, told, strict=True)
    ]
    blocks += [
        Picture(still, f"{name}: {t(VERDICTS[verdict_of(r)][1])}")
        for name, (r, _, still) in zip(names, told, strict=True)
        if still
    ]
    if verdict is not None and other.verdict is not None:
        from planner.report.beside import beside  # noqa: PLC0415 - the physics, only where there is some

        blocks += beside(verdict, other.verdict, names, t)
    one, two = (_worst_by_rule(found) for _, found, _ in told)
    lines = []
    for rule in dict.fromkeys([*one, *two]):
        a, b = one.get(rule), two.get(rule)
        if _applies(a) or _applies(b):
            lines.append((rule, a, b))
    differ = [line for line in lines if _text(line[1], t) != _text(line[2], t)]
    differ.sort(key=lambda line: min(_badness(line[1]), _badness(line[2])))
    table = tuple(
        ((a or b).title, _text(a, t), _text(b, t), _better(a, b, names, t))  # type: ignore[union-attr]
        for _, a, b in differ
    )
    alike = t("{count} limits are judged alike.").format(count=len(lines) - len(differ))
    if table:
        blocks.append(Table((t("Limit judged"), *names, t("Better")), table))
    return (*blocks, Words(alike))


def _names(titles: list[str]) -> tuple[str, str]:
    one, two = titles
    return (f"A: {one}", f"B: {two}")


def _title(result: Mapping[str, Any], t: Any) -> str:
    return str((result.get("plan") or {}).get("title") or t("Planned procedure"))


def _worst_by_rule(found: list[Row]) -> dict[str, Row]:
    worst: dict[str, Row] = {}
    for row in found:
        if row.rule not in worst or _badness(row) < _badness(worst[row.rule]):
            worst[row.rule] = row
    return worst


def _applies(row: Row | None) -> bool:
    return row is not None and row.group != "off"


def _badness(row: Row | None) -> tuple[float, float]:
    return (inf, 0.0) if row is None else badness_of(row.raw)


def _text(row: Row | None, t: Any) -> str:
    if row is None or row.group == "off":
        return str(t("not applicable"))
    value = f"{row.value} ({row.outcome_word})" if row.value else row.outcome_word
    return f"{value}\n{row.margin}" if row.margin else value


def _better(a: Row | None, b: Row | None, names: tuple[str, str], t: Any) -> str:
    """Name the plan with the better outcome, then with the wider margin; a plan that is not judged is never better."""
    if not (_applies(a) and _applies(b)):
        return "–"
    one, two = _badness(a), _badness(b)
    if one[0] != two[0]:
        if "not_evaluated" in (a.outcome, b.outcome):  # type: ignore[union-attr]
            return str(t("not known"))
        return names[0][0] if one[0] > two[0] else names[1][0]
    if abs(one[1] - two[1]) < SAME or one[1] == two[1]:
        return "="
    return names[0][0] if one[1] > two[1] else names[1][0]
