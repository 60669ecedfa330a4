"""Parts of the report on paper: findings, blocks of sections, and what stands at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table

from planner.report.blocks import Block, Pairs, Picture, Plot, Words
from planner.report.blocks import Table as TableBlock
from planner.report.findings import GROUPS, Row, grouped, house_words
from planner.report.printed.drawings import Bar, Chart
from planner.report.printed.first import SOFT, TONES, scaled
from planner.report.printed.text import Look, Text
from planner.report.sections import Known
from planner.report.told import SIGNED, SIGNERS, bar_of, flat, quantity_rows

SMALL, CELL = Look(7.6, SOFT), Look(8.4)
HAIR = "#d8dcdf"
PADS: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]  # fmt: skip


def heading(words: str) -> list[Flowable]:
    """Return a heading that does not stand alone at a page's foot."""
    return [CondPageBreak(32 * mm), _Heading(words)]


class _Heading(Text):
    def __init__(self, words: str) -> None:
        super().__init__(words, Look(13, bold=True, leading=1.5), after=2)

    def getSpaceBefore(self) -> float:  # noqa: N802 - ReportLab's name
        """Stand off from what is above."""
        return float(5 * mm)

    def split(self, *_: float) -> list[Text]:
        """Never: a heading goes over whole."""
        return []


def findings_on_paper(known: Known, all_rows: list[Row], width: float) -> list[Flowable]:
    """Return all findings, worst first; what does not apply is counted."""
    t = known.t
    story: list[Flowable] = []
    for group, members in grouped(all_rows).items():
        count = sum(row.count for row in members)
        story += heading(f"{t(GROUPS[group])} ({count})")
        if group == "off":
            names = "; ".join(dict.fromkeys(row.title for row in members))
            story.append(Text(names, SMALL))
            continue
        shares = (0.34, 0.11, 0.11, 0.14, 0.30) if group == "pass" else (0.40, 0.12, 0.13, 0.15, 0.20)
        wide = [width * share for share in shares]
        head = ("Limit judged", "Value", "Limit", "Margin", "Who says so")
        cells: list[list[Any]] = [[Text(t(words), SMALL) for words in head]]
        cells += [_finding(known, row, group) for row in members]
        table = Table(cells, colWidths=wide, repeatRows=1, splitInRow=1)
        table.setStyle(
            [*PADS, ("LINEBELOW", (0, 0), (-1, -1), 0.5, HAIR), ("LINEBELOW", (0, 0), (-1, 0), 1.2, TONES[group])]
        )
        story.append(table)
    return story


def _finding(known: Known, row: Row, group: str) -> list[Any]:
    t, tone = known.t, TONES[group]
    kept = group == "pass"
    first: list[Flowable] = [
        Text(row.title, CELL if kept else Look(8.8, bold=True)),
        Text(f"{row.place} · {row.rule}", SMALL),
    ]
    if group == "open":
        weight = t("blocking") if row.blocks else t("advisory")
        first.append(Text(f"{row.outcome_word}, {weight}: {row.because}", CELL))
    elif group != "pass":
        first += [Text(row.because, CELL)] if row.because else []
        first += [Text(f"{t('Change')}: {row.remedy}", Look(8.4, bold=True))] if row.remedy else []
    value = [Text(row.value or "–", Look(8.6 if kept else 9.4, tone, bold=not kept))]
    value += [Text(words, SMALL) for words in (row.value_also, row.interval, row.probability) if words]
    limit = [Text(row.limit or "–", CELL), *([Text(row.limit_also, SMALL)] if row.limit_also else [])]
    margin: list[Flowable] = [Text(row.margin or "–", Look(8.6, tone, bold=not kept))]
    bar = None if kept else bar_of(row)
    margin += [Bar(bar, tone, 66)] if bar else []
    says = [
        Text(f"{row.source} [{row.grade}]", SMALL),
        Text(row.badge, Look(7.6, SOFT, bold=not (row.verified or kept))),
    ]
    says += [Text(row.house, SMALL)] if row.house else []
    return [first, value, limit, margin, says]


def blocks_on_paper(blocks: Sequence[Block], width: float) -> list[Flowable]:
    """Print blocks; pictures and plots stand two abreast."""
    story: list[Flowable] = []
    row: list[list[Flowable]] = []
    half = width / 2 - 3 * mm

    def flush() -> None:
        if row:
            table = Table([[*row, *[""] * (2 - len(row))]], colWidths=[width / 2] * 2)
            table.setStyle(PADS)
            story.append(table)
            row.clear()

    for block in blocks:
        if isinstance(block, Picture) and not block.wide:
            row.append([scaled(block.data, half, 90 * mm), Text(block.caption, SMALL)])
        elif isinstance(block, Plot):
            row.append([Chart(block.curve, half)])
        else:
            flush()
            story += _block(block, width)
        if len(row) == 2:
            flush()
    flush()
    return story


def _block(block: Block, width: float) -> list[Flowable]:
    if isinstance(block, Words):
        return [Text(block.text, Look(9, bold=block.strong), after=3)]
    if isinstance(block, Pairs):
        return [pairs(block.rows, width)]
    if isinstance(block, Picture):
        return [scaled(block.data, width, 150 * mm), Text(block.caption, SMALL, after=4)]
    if isinstance(block, TableBlock):
        cells = [[Text(words, SMALL) for words in block.head]]
        cells += [[Text(words, CELL) for words in row] for row in block.rows]
        share = [0.34] + [0.66 / max(len(block.head) - 1, 1)] * (len(block.head) - 1)
        table = Table(cells, colWidths=[width * part for part in share], repeatRows=1)
        table.setStyle([*PADS, ("LINEBELOW", (0, 0), (-1, -1), 0.5, HAIR)])
        return [*([Text(block.caption, Look(9, bold=True))] if block.caption else []), table]
    return []


def pairs(rows: Sequence[tuple[str, str]], width: float, look: Look = CELL) -> Table:
    """Return names and what they stand for."""
    if not rows:
        return Table([[Text("–", look)]], colWidths=[width])
    cells = [[Text(key, Look(look.size, SOFT)), Text(words, look)] for key, words in rows]
    table = Table(cells, colWidths=[width * 0.28, width * 0.72])
    table.setStyle(PADS)
    return table


def last_part(known: Known, width: float, licences: Sequence[str]) -> list[Flowable]:
    """Return plan, input warnings, house rules, quantities, signatures, provenance."""
    t, result = known.t, known.result
    story: list[Flowable] = []
    if warnings := result.get("warnings"):
        story += [*heading(t("Read from the input, to be known")), *(Text(f"– {words}", CELL) for words in warnings)]
    if overrides := result.get("overrides"):
        told = [
            (str(o.get("rule")), t("now {now}; {words}").format(now=o.get("now"), words=house_words(o, known.lang)))
            for o in overrides
        ]
        story += [*heading(t("House rules")), pairs(told, width)]
    steps = (result.get("plan") or {}).get("steps") or []
    if steps:
        story += heading(t("Plan"))
        for number, step in enumerate(steps, start=1):
            name = " · ".join(str(v) for v in (t(str(step.get("label") or step.get("kind"))), step.get("level")) if v)
            rows = [(t("Device"), str(step["device"]))] if step.get("device") else []
            rows += [(t(str(key)), str(words)) for key, words in step.get("summary") or []]
            story.append(Text(f"{number}. {name}", Look(9.4, bold=True)))
            if rows:
                story.append(pairs(rows, width))
    quantities = quantity_rows(result, known.lang)
    if quantities:
        cells = [[Text(t(words), SMALL) for words in ("Quantity", "Plan", "Origin")]]
        cells += [
            [Text(label, SMALL), Text(value, SMALL), Text(t(origin), SMALL)]
            for _, label, value, origin, _ in quantities
        ]
        table = Table(cells, colWidths=[width * part for part in (0.5, 0.3, 0.2)], repeatRows=1)
        table.setStyle(
            [
                *PADS,
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, HAIR),
            ]
        )
        story += [*heading(t("Quantities")), table]
    story += [CondPageBreak(62 * mm), *heading(t("Signatures")), _signatures(known, width)]
    story += [*heading(t("Provenance")), pairs(flat(result.get("provenance") or {}), width, Look(7.2))]
    licence = f"{t('Third-party parts')}: {'; '.join(licences)}."
    attached = t("This file carries result.json, the whole result for machines.")
    return [*story, Spacer(1, 4 * mm), Text(f"{licence} {attached}", SMALL)]


def _signatures(known: Known, width: float) -> Table:
    """Return lines to sign on."""
    head = [Text("", SMALL), *(Text(known.t(words), SMALL) for words in SIGNED)]
    table = Table(
        [head, *([Text(known.t(words), CELL), "", "", "", ""] for words in SIGNERS)],
        colWidths=[width * part for part in (0.16, 0.26, 0.18, 0.14, 0.26)],
        rowHeights=[6 * mm, *[12 * mm] * len(SIGNERS)],
    )
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("LINEBELOW", (1, 1), (-1, -1), 0.6, "#3b4650"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return table
