"""The page on advice: its example is a patient, and every rule stands there with its source."""

from __future__ import annotations

import sys
from pathlib import Path

from planner.advise.books import indications, techniques
from planner.advise.indicate import indicate
from planner.advise.risk import risk_models
from planner.core.yamlio import parse_mapping

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS))

from builder.advice_page import EXAMPLE  # noqa: E402


def test_the_example_is_a_patient_with_an_answer():
    found = indicate(parse_mapping(EXAMPLE))
    assert found.answer in {"recommended", "missing"}
    assert found.first in techniques()


def test_every_rule_and_model_stands_on_the_page():
    text = (DOCS / "advice.md").read_text(encoding="utf-8")
    for row in (*indications(), *risk_models()):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{row.id}` |")]
        assert f"{row.source.grade}, {row.source.flag}" in line
