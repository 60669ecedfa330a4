"""`report.pdf`: page 1 tells go or no-go and the two worst margins; then all findings, pictures, curves, signatures."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate

from planner.protocol.language import page_word
from planner.report.findings import headline, rows
from planner.report.printed.attach import attach
from planner.report.printed.drawings import sign
from planner.report.printed.first import first_page
from planner.report.printed.parts import blocks_on_paper, findings_on_paper, heading, last_part
from planner.report.printed.text import FONT, Look, Text, write
from planner.report.sections import SECTIONS, Known, failed
from planner.report.told import VERDICTS, judged_by, one_line, verdict_of
from planner.show.embed import safe_json
from planner.show.fonts import LICENCE_LINE, subset_ttf

rl_config.useA85 = 0  # pictures stay as they are: letters in their place take a quarter more bytes, and a second
MARGIN = 15 * mm
BAND = 37 * mm
"""Height of the band that tells the verdict."""
LINES = 3
"""Of the reason, that the band holds."""
INKS = {"violation": "#b3261e", "incomplete": "#4a5a6b", "warning": "#8a5a00", "compliant": "#1b6b4a"}
WASHES = {"violation": "#fbeceb", "incomplete": "#eef1f4", "warning": "#fdf4e1", "compliant": "#e9f4ee"}
LICENCES = ("ReportLab (BSD)", LICENCE_LINE)


def report_pdf(known: Known, picture: bytes | None = None) -> bytes:
    """Write the report as PDF; the same input gives the same bytes.

    Parameters
    ----------
    known : the result and what stands behind it.
    picture : the still picture of the scene, PNG; page 1 says so where there is none.

    Raises
    ------
    planner.show.fonts.FontError
        The font that comes along is not installed; tells the way out.
    """
    story = _story(known, picture)
    held = io.BytesIO()
    font = subset_ttf(_letters(story, known))
    name = f"planner-{hashlib.sha256(font).hexdigest()[:12]}"
    pdfmetrics.registerFont(TTFont(name, io.BytesIO(font)))
    FONT.set(name)
    document = BaseDocTemplate(
        held, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=_title(known), author="planner", subject=verdict_of(known.result), invariant=1, lang=known.lang,
    )  # fmt: skip
    width, height = A4
    inner = width - 2 * MARGIN
    flush = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    first = Frame(MARGIN, MARGIN, inner, height - BAND - MARGIN - 4 * mm, **flush)
    later = Frame(MARGIN, MARGIN, inner, height - 2 * MARGIN - 4 * mm, **flush)
    document.addPageTemplates(
        [
            PageTemplate("first", [first], onPage=partial(_verdict_band, known)),
            PageTemplate("later", [later], onPage=partial(_running_head, known)),
        ]
    )
    document.build(story, canvasmaker=partial(_numbered(), known=known))
    return held.getvalue()


def _story(known: Known, picture: bytes | None) -> list[Flowable]:
    width = A4[0] - 2 * MARGIN
    all_rows = rows(known.result)
    story = [*first_page(known, all_rows, picture, width), NextPageTemplate("later"), PageBreak()]
    story += findings_on_paper(known, all_rows, width)
    for section in SECTIONS:
        try:
            data = section.printed(known) if section.printed else section.data(known)
        except Exception as error:  # noqa: BLE001 - one broken section must not cost the reader the verdict
            data = (failed(known, error),)
        if isinstance(data, tuple | list) and data:
            story += [*heading(known.t(section.heading)), *blocks_on_paper(data, width)]
    return story + last_part(known, width, LICENCES)


def _letters(story: list[Flowable], known: Known) -> str:
    """Return every letter that the report may print: all words of the result, and the fixed ones of its language."""
    from planner.protocol.language import texts  # noqa: PLC0415

    found = texts(known.lang)
    own = "" if found is None else "".join([*found.page.values(), *found.phrases.values(), *found.quantities.values()])
    return safe_json(dict(known.result)) + own + "".join(_words(flowable) for flowable in story)


def _words(flowable: Any) -> str:
    """Return the letters of texts within a flowable, cells of tables included."""
    if isinstance(flowable, str):
        return flowable
    if isinstance(flowable, Text):
        return flowable.words
    if isinstance(flowable, list | tuple):
        return "".join(map(_words, flowable))
    held = [getattr(flowable, name, ()) for name in ("_cellvalues", "_content", "letters")]
    return "".join(map(_words, held))


def _title(known: Known) -> str:
    plan = known.result.get("plan") or {}
    return str(plan.get("title") or known.t("Planned procedure"))


def _verdict_band(known: Known, canvas: Any, _: Any) -> None:
    """Draw the verdict across the top: sign, word, reason."""
    width, height = A4
    verdict = verdict_of(known.result)
    ink, (_, word, meaning) = INKS[verdict], VERDICTS[verdict]
    canvas.setFillColor(HexColor(WASHES[verdict]))
    canvas.rect(0, height - BAND, width, BAND, stroke=0, fill=1)
    canvas.setFillColor(HexColor(ink))
    canvas.rect(0, height - 3 * mm, width, 3 * mm, stroke=0, fill=1)
    plan = known.result.get("plan") or {}
    _one_line(
        canvas, MARGIN, height - 9.5 * mm, " · ".join(filter(None, [_title(known), one_line(plan.get("target"))]))
    )
    sign(canvas, verdict, (MARGIN, height - 24 * mm), 7.5 * mm, ink)
    write(canvas, MARGIN + 12 * mm, height - 23.5 * mm, known.t(word), Look(26, ink, bold=True))
    all_rows = rows(known.result)
    reason = Text(headline(known.result, all_rows), Look(10.5, bold=True, leading=1.25))
    left = MARGIN + 66 * mm
    _, tall = reason.wrapOn(canvas, width - MARGIN - left, BAND)
    if len(reason.lines) > LINES:  # the whole stands under Findings
        reason = Text("\n".join([*reason.lines[: LINES - 1], reason.lines[LINES - 1][:-1] + "…"]), reason.look)
        _, tall = reason.wrapOn(canvas, width, BAND)
    reason.drawOn(canvas, left, height - 13.5 * mm - tall)
    under = Text(known.t(meaning), Look(8.5, "#3b4650"))
    _, low = under.wrapOn(canvas, width - MARGIN - left, BAND)
    under.drawOn(canvas, left, height - 14.5 * mm - tall - low)
    _one_line(canvas, MARGIN, height - BAND + 2.2 * mm, judged_by(known.result, known.lang), 7.2)


def _one_line(canvas: Any, x: float, y: float, words: str, size: float = 8.5) -> None:
    held = Text(words, Look(size, "#3b4650"))
    held.wrap(A4[0] - 2 * MARGIN, 20)
    write(canvas, x, y, held.lines[0] + ("…" if len(held.lines) > 1 else ""), held.look)


def _running_head(known: Known, canvas: Any, _: Any) -> None:
    verdict = verdict_of(known.result)
    width, height = A4
    canvas.setFillColor(HexColor(INKS[verdict]))
    canvas.rect(0, height - 2 * mm, width, 2 * mm, stroke=0, fill=1)
    words = f"{known.t(VERDICTS[verdict][1])} · {_title(known)}"
    _one_line(canvas, MARGIN, height - 10 * mm, words, 8)


def _numbered() -> Any:
    """Return a canvas that knows how many pages there are, and carries `result.json`."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.known = known
            self.pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - ReportLab's name
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            foot = page_word(self.known.lang, "Not a medical device. For rehearsal, teaching and quality work.")
            for number, page in enumerate(self.pages, start=1):
                self.__dict__.update(page)
                write(self, MARGIN, 8 * mm, foot, Look(7.5, "#3b4650"))
                count = f"{number} / {len(self.pages)}"
                write(self, A4[0] - MARGIN - 12 * mm, 8 * mm, count, Look(7.5, "#3b4650"))
                super().showPage()
            attach(self, "result.json", safe_json(dict(self.known.result)).encode())
            super().save()

    return Numbered
