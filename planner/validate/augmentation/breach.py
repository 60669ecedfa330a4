"""Breach of a pedicle by an error of placement, against worked examples."""

from __future__ import annotations

from collections.abc import Iterable

from planner.measure.pedicle import breach_probability, placement_sd_mm
from planner.validate.models import Case, Row

G11_MM, G8_MM = 3.048, 4.191
WIDTHS_MM = {"T5": 4.5, "T8": 5.9, "T12": 7.1, "L1": 8.7, "L3": 10.3}
"""From side to side, as in the anatomy table of the parametric spine."""
DIGITS = 5e-5
"""The examples are stated to four decimals."""


def _examples() -> Iterable[Row]:
    form = "2 (1 − Φ((width − diameter) / 2σ))"
    for name, tool, sd, level, expected in (
        ("11g", G11_MM, 1.0, "T5", 0.4678), ("11g", G11_MM, 1.0, "T8", 0.1539), ("11g", G11_MM, 1.0, "T12", 0.0428),
        ("11g", G11_MM, 1.0, "L1", 0.0047), ("11g", G11_MM, 1.0, "L3", 0.0003), ("8g", G8_MM, 1.0, "T8", 0.3928),
        ("8g", G8_MM, 1.0, "L1", 0.0242), ("11g_sd_1.9", G11_MM, 1.9, "L1", 0.1369),
    ):  # fmt: skip
        got = breach_probability(WIDTHS_MM[level], tool, sd)
        yield Row(f"breach_{name}_{level}", "worked_example", expected, got, DIGITS, form)
    blend = "√((1 − s)² σ_entry² + s² σ_tip²)"
    for share, expected in ((0.0, 1.0), (0.5, 1.1180), (0.75, 1.5207), (1.0, 2.0)):
        got = placement_sd_mm(1.0, 2.0, share)
        yield Row(f"placement_sd_at_{share:g}", "worked_example", expected, got, DIGITS, blend)


CASES = (Case("breach of a pedicle by placement", _examples),)
