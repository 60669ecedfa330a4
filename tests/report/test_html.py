"""The page's words, without a browser."""

from __future__ import annotations

import json
import re

import pytest

from planner.report import report_html
from planner.report.findings import headline, rows
from planner.report.marginbar import WIDTH, margin_bar
from planner.report.numbers import amount, limit_text, number, percent


def test_stands_alone_and_names_nobody(result):
    page = report_html(result)

    assert '<link rel="icon" href="data:,">' in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "default-src &#39;none&#39;" in page
    assert "Not a medical device. For rehearsal, teaching and quality work." in page


def test_result_is_embedded_and_cannot_close_its_element(result):
    result["warnings"].append("</script><script>alert(1)</script>")
    page = report_html(result)
    block = re.search(r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL)

    assert json.loads(block[1]) == result
    assert page.count("<script>alert(1)") == 0


def test_not_a_number_is_embedded_as_null(result):
    result["findings"][0]["value"] = float("nan")
    page = report_html(result)
    block = re.search(r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL)

    assert json.loads(block[1])["findings"][0]["value"] is None


def test_verdict_and_reason_stand_first(result):
    page = report_html(result).replace("\u00a0", " ")

    assert page.index("Violation</h1>") < page.index(
        "Instrument to spinal cord: 3.3 mm; the limit is at least 5 mm, 1.7 mm short."
    )
    assert (
        page.index("Limits broken")
        < page.index("Warnings <")
        < page.index("Not evaluated <")
        < page.index("Limits kept")
    )
    assert "three.js" not in page  # no scene, no licence to tell


@pytest.mark.parametrize(
    ("verdict", "keep", "told"),
    [
        ("compliant", ("pass",), "All 6 applicable limits are kept. The tightest: Set-point at the electrode: 90 °C"),
        ("incomplete", ("pass", "not_evaluated"), "2 not judged, first of all: Cord stays below 45 °C."),
        ("warning", ("pass", "warn"), "Zone beyond the lesion: 1.2 mm; the limit is at least 5 mm, 3.8 mm short."),
        ("incomplete", (), "No rule applies to this plan"),
    ],
)
def test_headline_of_other_verdicts(result, verdict, keep, told):
    result.update(verdict=verdict, findings=[f for f in result["findings"] if f["outcome"] in keep])

    assert headline(result, rows(result)).startswith(told)
    assert verdict.capitalize() in report_html(result)


@pytest.mark.parametrize(
    "result_", [{}, {"verdict": "warning", "findings": [{}]}, {"findings": [{"outcome": "fail", "source": "x"}]}]
)
def test_absent_keys_do_not_stop_it(result_):
    assert "</html>" in report_html(result_)


@pytest.mark.parametrize(
    ("value", "beside", "text"),
    [(3.3, None, "3.3"), (9.998, 10.0, "9.998"), (2758.0, None, "2758"), (-0.4, None, "−0.4"), (0.0, None, "0"),
     (12.345, None, "12.3"),
     (-0.001, None, "−0.001"), (0.0412, None, "0.041")],
)  # fmt: skip
def test_numbers(value, beside, text):
    assert number(value, beside) == text


def test_words_for_amounts_and_limits():
    assert amount(0.998, "1", "lesion_coverage_fraction") == "99.8 %"
    assert amount(None, "mm") == "not known"
    assert limit_text({"kind": "between", "low": 60.0, "high": 90.0}, "degC") == "60 to 90 °C"
    assert limit_text({"kind": "at_most", "low": None, "high": 3}, "1") == "≤ 3"
    assert percent(0.9999) == "> 99.9 %"


def test_drawing_puts_a_fail_outside_and_a_pass_inside():
    fail = margin_bar({"value": 3.3, "limit": {"kind": "at_least", "low": 5.0}, "interval": [2.4, 4.2]}, "")
    kept = margin_bar({"value": 75.0, "limit": {"kind": "between", "low": 60.0, "high": 90.0}}, "")

    assert 0 < fail.value < fail.limits[0] == fail.ok[0] < WIDTH
    assert fail.whisker[0] < fail.value < fail.whisker[1] < fail.ok[0]
    assert kept.ok[0] < kept.value < kept.ok[0] + kept.ok[1] < WIDTH
    assert margin_bar({"value": None, "limit": {"kind": "at_least", "low": 5.0}}, "") is None
