"""Page 1 under the band: the two worst margins, the picture, what was not judged."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Image, Spacer, Table

from planner.report.findings import OUTCOME_WORDS, Row, counts
from planner.report.printed.drawings import Bar
from planner.report.printed.text import Look, Text
from planner.report.sections import Known
from planner.report.told import bar_of, worst_margins

TONES = {"fail": "#b3261e", "warn": "#8a5a00", "open": "#4a5a6b", "pass": "#1b6b4a", "off": "#56606b"}
SOFT = "#3b4650"
PICTURE_TALL = 116 * mm
FEW = 4
"""Findings not judged that page 1 names; the next pages name all."""


def first_page(known: Known, all_rows: list[Row], picture: bytes | None, width: float) -> list[Flowable]:
    """Return what stands on page 1."""
    t, cards = known.t, worst_margins(all_rows)
    story: list[Flowable] = []
    if cards:
        gap = 6 * mm
        each = (width - gap) / 2
        cells = [[_card(known, row, each - 4 * mm)] for row in cards]
        table = Table(
            [[cell[0] for cell in cells]], colWidths=[each + (gap if i == 0 else 0) for i in range(len(cells))]
        )
        style: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 3 * mm)]
        style += [("RIGHTPADDING", (0, 0), (-1, -1), 1 * mm), ("TOPPADDING", (0, 0), (-1, -1), 0)]
        style += [("LINEBEFORE", (i, 0), (i, 0), 2.2, TONES[row.group]) for i, row in enumerate(cards)]
        table.setStyle(style)
        story += [table, Spacer(1, 4 * mm)]
    else:
        story += [Text(t("No finding has a margin."), Look(10)), Spacer(1, 4 * mm)]
    story += (
        [scaled(picture, width, PICTURE_TALL)] if picture else [Text(t("There is no still picture of this scene."))]
    )
    tally = " · ".join(f"{n} {t(OUTCOME_WORDS[o])}" for o, n in counts(known.result).items())
    story += [Spacer(1, 3 * mm), Text(tally, Look(9.5, bold=True), after=3)]
    unjudged = [row for row in all_rows if row.group == "open"]
    for row in unjudged[:FEW]:
        weight = t("blocking") if row.blocks else t("advisory")
        story.append(Text(f"? {row.title} ({weight}). {row.because}", Look(8.3, SOFT)))
    if len(unjudged) > FEW:
        story.append(Text(t("{count} more were not judged.").format(count=len(unjudged) - FEW), Look(8.3, SOFT)))
    return story


def _card(known: Known, row: Row, width: float) -> list[Flowable]:
    tone = TONES[row.group]
    limit = f"{known.t('limit')} {row.limit}" + (f" ({row.limit_also})" if row.limit_also else "")
    value = row.value + (f" ({row.value_also})" if row.value_also else "")
    card: list[Flowable] = [
        Text(row.title, Look(10.5, bold=True)),
        Text(row.place, Look(8, SOFT)),
        Text(value, Look(21, tone, bold=True, leading=1.3)),
        Text(f"{limit}   {row.margin}", Look(10, tone, bold=True)),
    ]
    bar = bar_of(row)
    if bar is not None:
        card += [Spacer(1, 3), Bar(bar, tone, width * 0.8), Spacer(1, 3)]
    if row.sure:
        card.append(Text(row.sure, Look(8.3, SOFT)))
    card.append(Text(f"{row.source} [{row.grade}], {row.badge}", Look(7.8, SOFT)))
    if row.remedy and row.group in {"fail", "warn"}:
        card.append(Text(f"{known.t('Change')}: {row.remedy}", Look(9, bold=True)))
    return card


def scaled(data: bytes, width: float, height: float) -> Image:
    """Return a picture as large as fits."""
    across, tall = ImageReader(io.BytesIO(data)).getSize()
    scale = min(width / across, height / tall)
    return Image(io.BytesIO(data), across * scale, tall * scale)
