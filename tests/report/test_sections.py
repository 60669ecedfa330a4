"""What others hang into a report: sections, curves, a second plan, and Chinese letters."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from dataclasses import replace

import pytest

import planner.report.html as html_module
import planner.report.printed.document as document_module
from planner.report import report_html
from planner.report.blocks import Pairs, Picture, Plot, Table, Words
from planner.report.compare import Other, comparison
from planner.report.curves import Curve, Line, Mark
from planner.report.plot import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, drawing, svg
from planner.report.printed import report_pdf
from planner.report.sections import SECTIONS, Known, Section
from planner.report.told import judged_by
from planner.show.fonts import FontError, has_chinese, subset_ttf

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
)
CURVE = Curve(
    "tc", "Thermocouples <b>", [0.0, 10.0, 20.0], "time", "s",
    (Line("wall", [37.0, math.nan, 41.0]), Line("root", [37.0, 38.0, 45.5])), "temperature", "°C",
    (Mark(45.0, "limit 45 °C", "y", "fail"), Mark(10.0, "off", "x")),
)  # fmt: skip
HOSTILE = "</script><script>alert(1)</script>"


def _with_section(monkeypatch, data) -> None:
    mine = (Section("mine", "My part", data),)
    for module in (html_module, document_module):
        monkeypatch.setattr(module, "SECTIONS", mine)


def _texts(pdf: bytes) -> list[str]:
    pdfium = pytest.importorskip("pypdfium2")
    pages = []
    with pdfium.PdfDocument(pdf) as document:
        for page in document:
            pages.append(page.get_textpage().get_text_range())
            page.close()
    return pages


def test_blocks_stand_in_page_and_pdf(result, monkeypatch):
    blocks = (
        Words(HOSTILE), Pairs((("Age", "64 years"),)), Table(("What", "How"), (("freeze", "10 min"),), "Cycle"),
        Picture(PICTURE, "a dot"), Plot(CURVE),
    )  # fmt: skip
    _with_section(monkeypatch, lambda known: blocks)
    page, paper = report_html(result), "\n".join(_texts(report_pdf(Known(result))))

    assert "My part" in page
    assert HOSTILE not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    for words in ("64 years", "Cycle", "10 min", "limit 45 °C", "wall"):
        assert words in page
        assert words in paper
    assert "My part" in paper


def test_a_section_without_anything_to_say_is_not_there(result, monkeypatch):
    _with_section(monkeypatch, lambda known: ())

    assert "My part" not in report_html(result)


def test_a_broken_section_says_so_and_the_verdict_stands(result, monkeypatch):
    _with_section(monkeypatch, lambda known: 1 / 0)
    page, paper = report_html(result), "\n".join(_texts(report_pdf(Known(result))))

    for text in (page, paper):
        assert "This part could not be made: ZeroDivisionError: division by zero." in " ".join(text.split())
        assert "Violation" in text


def test_every_section_has_its_own_name():
    names = [section.name for section in SECTIONS]

    assert len(set(names)) == len(names)
    assert {"slices", "fluoroscopy", "curves", "patient", "compare"} <= set(names)


def test_curve_is_drawn_to_scale_with_a_gap():
    d = drawing(CURVE)
    ys = {words: y for y, words in d.y_ticks}
    lines = [line for line in d.lines if line.label]

    assert [line.label for line in lines] == ["root"]  # of the other only single points are left beside its gap
    ends = lines[0].points
    share = (ends[-1][1] - TOP) / (HEIGHT - TOP - BOTTOM)
    low, high = min(map(float, ys)), max(map(float, ys))
    assert ends[0][0] == pytest.approx(LEFT)
    assert share == pytest.approx((high - 45.5) / (high - low), abs=2e-3)
    assert d.marks[0].points[0][1] == pytest.approx(
        HEIGHT - BOTTOM - (45 - low) / (high - low) * (HEIGHT - TOP - BOTTOM), abs=0.1
    )
    assert all(0 <= x <= WIDTH for line in d.lines for x, _ in line.points)
    assert "&lt;b&gt;" in svg(CURVE)


def test_page_1_tells_the_verdict_and_the_two_worst_margins(result):
    first = " ".join(_texts(report_pdf(Known(result)))[0].split())

    for words in ("Violation", "The plan may not go ahead", "Instrument to spinal cord", "3.3 mm", "1.7 mm short",
                  "Balloon pressure within its rating", "2930 kPa", "(blocking)", "Not a medical device"):  # fmt: skip
        assert words in first


def test_pdf_has_every_finding_signatures_and_the_result_inside(result):
    pdfium = pytest.importorskip("pypdfium2")
    pdf = report_pdf(Known(result))
    text = " ".join("\n".join(_texts(pdf)).split())

    for finding in result["findings"]:
        assert " ".join(finding["title"].split()) in text
    for words in ("Planned by", "Checked by", "Approved by", "not verified", "Provenance", "SIL Open Font License"):
        assert words in text
    with pdfium.PdfDocument(pdf) as document:
        assert document.count_attachments() == 1
        held = document.get_attachment(0)
        assert held.get_name() == "result.json"
        assert json.loads(bytes(held.get_data())) == result


def test_same_result_same_pdf(result):
    assert report_pdf(Known(result)) == report_pdf(Known(result))


def test_chinese_on_paper_and_page(result):
    result["lang"] = "zh"
    result["plan"]["title"] = "腰三转移瘤 <script>"
    paper, page = _texts(report_pdf(Known(result, "zh")))[0], report_html(result)

    for words in ("违规", "腰三转移瘤 <script>", "限值"):
        assert words in paper
    assert "腰三转移瘤 &lt;script&gt;" in page
    face = re.search(r'@font-face \{ font-family: "Planner Chinese".*?base64,([^"]+)"', page)
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    drawn = TTFont(io.BytesIO(base64.b64decode(face[1]))).getBestCmap()
    assert {ord(c) for c in page if has_chinese(c)} - set(drawn) == set()
    assert "font-src data:" in page


def test_english_page_carries_no_font(result):
    assert "@font-face" not in report_html(result)


def test_fixed_words_of_a_chinese_report_are_chinese(result, monkeypatch):
    """Headings, labels and buttons; a site's own words and units stay."""
    from planner.protocol.language import texts  # noqa: PLC0415

    for section in SECTIONS:
        assert section.heading in texts("zh").page
    result["lang"] = "zh"
    page = re.sub(r"<script.*?</script>|<style.*?</style>", "", report_html(result), flags=re.DOTALL)
    for english in ("Findings", "Signatures", "Provenance", "Limit judged", "Who says so", "Planned by", "Judged by"):
        assert english not in page


def test_font_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("planner.show.fonts.PACKAGE", "json")
    with pytest.raises(FontError, match="pip install pylopdf-fonts-zh-cn"):
        subset_ttf("某个没有缓存的字")


def test_protocol_version_and_hash_stand_under_the_verdict(result):
    assert "default" in judged_by(result, "en")
    assert "SHA-256 3f6e0c6e1f7b" in judged_by(result, "en")
    assert judged_by(result, "en").partition(" · ")[0] in report_html(result)


def test_two_plans_say_where_they_differ_and_which_is_better(result, sample):
    other = sample.sample_result()
    other["plan"]["title"] = "Another way in"
    other["verdict"] = "warning"
    other["findings"][0].update(outcome="pass", value=6.0, margin=1.0, interval=None, p_violation=None)
    other["findings"][3].update(outcome="pass", value=41.0, margin=4.0)
    blocks = comparison(result, Other(other, PICTURE), lambda words: words, PICTURE)
    table = next(block for block in blocks if isinstance(block, Table))
    rows = {row[0]: row for row in table.rows}

    assert rows["Instrument to spinal cord"][1:] == ("3.3 mm (fail)\n−1.7 mm short", "6 mm (pass)\n+1 mm to spare", "B")
    assert rows["Cord stays below 45 °C"][3] == "not known"  # what is not judged is neither better nor worse
    assert "Balloon pressure within its rating" not in rows
    assert sum(isinstance(block, Picture) for block in blocks) == 2
    assert comparison(result, None, lambda words: words) == ()
    page = report_html(result, other=Other(other))
    assert "Two plans beside each other" in page
    assert "Another way in" in page


def test_override_with_its_justification_is_in_page_and_pdf(result):
    house = {"rule": "cord_clearance", "now": "at least 3 mm", "site": "St. Elsewhere", "was": "at least 5 mm",
             "justification": "Robot guidance", "approver": "A. Head", "date": "2026-01-05", "document": "SOP-7", "loosens": True}  # fmt: skip
    result["overrides"] = [house]
    page, paper = report_html(result), " ".join("\n".join(_texts(report_pdf(Known(result)))).split())

    for words in ("at least 3 mm", "St. Elsewhere", "Robot guidance", "A. Head", "SOP-7", "loosened"):
        assert words in page
        assert words in paper


def test_nothing_but_a_verdict_is_still_a_pdf():
    assert "Incomplete" in _texts(report_pdf(replace(Known({}), lang="en")))[0]
