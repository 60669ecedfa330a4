"""The verdict in a terminal."""

from __future__ import annotations

import pytest

from planner.report import report_text


def test_verdict_first_with_counts(result):
    first = report_text(result).splitlines()[0]

    assert first == "VIOLATION  6 pass · 1 warn · 2 fail · 1 error · 2 not evaluated · 2 not applicable"


def test_a_fail_has_all_its_parts(result):
    text = report_text(result)
    part = text[text.index("Instrument to spinal cord") : text.index("Balloon pressure")]

    for words in ("3.3 mm", "limit ≥ 5 mm", "margin −1.7 mm short", "interval 2.4 to 4.2 mm", "p(violation) 99.8 %",
                  "Gangi A", "[guideline]", "read in the source", "change  Move the entry 6 mm"):  # fmt: skip
        assert words in part


def test_worst_first(result):
    text = report_text(result)
    places = [
        text.index(t) for t in ("Instrument to spinal cord", "Balloon pressure", "Zone beyond", "Endplate", "Set-point")
    ]

    assert places == sorted(places)


def test_pressure_in_three_units(result):
    assert "2930 kPa (425 psi, 28.9 atm)   limit ≤ 2758 kPa (400 psi, 27.2 atm)" in report_text(result)


def test_unverified_is_said(result):
    assert "not verified: advises, does not block" in " ".join(report_text(result).split())


def test_not_evaluated_says_why_and_not_applicable_is_counted(result):
    text = report_text(result)

    assert "not evaluated: Nothing was simulated" in text
    assert "2 not applicable" in text
    assert "Screw breach" not in text


def test_colour_only_where_asked(result):
    assert "\x1b[" not in report_text(result)
    assert "\x1b[1;37;41m VIOLATION \x1b[0m" in report_text(result, colour=True)


def test_names_cannot_drive_the_terminal(result):
    result["findings"][0]["title"] = "cord\x1b[2J\x07"

    assert "\x1b" not in report_text(result)


@pytest.mark.parametrize(
    "finding", [{}, {"outcome": "fail"}, {"outcome": "pass", "value": 3, "source": None, "limit": None}]
)
def test_absent_keys_do_not_stop_it(finding):
    assert report_text({"verdict": "incomplete", "findings": [finding]}).startswith("INCOMPLETE")
