"""A limit decides at its edge, its margin is signed, its probability is that of the normal distribution."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planner.check.finding import Finding
from planner.check.region import Region
from planner.check.verdict import check_plan
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.protocol.load import load_protocol
from planner.validate.models import Case, Row
from planner.validate.patients import COARSE_L3, access, plan

SETPOINT_C = 80.0
NORMAL = 1e-4
"""The 95 % point of the normal distribution is carried with six digits."""

_AT_THE_EDGE: tuple[tuple[dict[str, Any], bool, float], ...] = (
    ({"at_least": 80}, True, 0.0),
    ({"at_least": 80.001}, False, -0.001),
    ({"at_most": 80}, True, 0.0),
    ({"at_most": 79.999}, False, -0.001),
    ({"between": [60, 80]}, True, 0.0),
    ({"between": [80, 90]}, True, 0.0),
    ({"between": [60, 79.999]}, False, -0.001),
    ({"between": [60, 90]}, True, 10.0),
    ({"equals": 80}, True, 0.0),
    ({"equals": 80.001}, False, -0.001),
)
"""A limit, whether 80 °C lies in it, and how far inside."""


def _judged(limits: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Judge a set-point of 80 °C by a protocol of one's own, read from a file."""
    rules = [
        {
            "id": f"EDGE-{number}",
            "title": "A set-point at the edge of a limit",
            "quantity": "setpoint_c",
            "unit": "degC",
            "severity": "note",  # rules that weigh more must not contradict each other
            "purpose": "safety",
            "limit": dict(limit),
            "because": "Bounds belong to the region.",
            "remedy": "None is needed.",
            "source": {"ref": "house", "grade": "assumed", "flag": "E"},
        }
        for number, limit in enumerate(limits)
    ]
    step = {
        "kind": "radiofrequency_ablation",
        "device": "generic_monopolar_20mm",
        "access": access((42, 88, 12), (6, 0, 2)),
        "setpoint_c": SETPOINT_C,
    }
    ball = {"lesions": {"tumour": {"sphere": {"centre": [0, 0, 0], "diameter_mm": 10}}}}
    case = load_plan(plan(COARSE_L3 | ball, step, lesion="tumour"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "edge.yaml"
        file.write_text(
            json.dumps({"protocol": "edge", "version": "1", "title": "Edges", "rules": rules}), encoding="utf-8"
        )
        book = load_protocol(file)
    return check_plan(case, simulate_plan(case, simulate=False), book).findings


def _edges() -> Iterable[Row]:
    findings = _judged(limit for limit, _, _ in _AT_THE_EDGE)
    for (limit, inside, margin), finding in zip(_AT_THE_EDGE, findings, strict=True):
        ((kind, bound),) = limit.items()
        words = f"{kind}_" + "_".join(f"{b:g}" for b in (bound if isinstance(bound, list) else [bound]))
        got, expected = float(finding.outcome == "pass"), float(inside)
        yield Row(
            f"passes_{words}", "closed_form", expected, got, 0.0, f"{SETPOINT_C:g} °C; bounds belong to the region"
        )
        found = float("nan") if finding.margin is None else finding.margin
        form = "signed distance to the nearest bound, positive inside"
        yield Row(f"margin_to_{words}", "closed_form", margin, found, 1e-6, form)


def _nothing_passes() -> Iterable[Row]:
    for region in (Region("at_least", 2.0, math.inf), Region("at_most", -math.inf, 2.0), Region("between", 1.0, 2.0)):
        form = "a region is stated and negated, so what is no number lies outside"
        yield Row(f"nan_passes_{region.kind}", "closed_form", 0.0, float(region.holds(math.nan)), 0.0, form)


def _probabilities() -> Iterable[Row]:
    region = Region("at_least", 2.0, math.inf)
    for name, interval, expected, form in (
        ("value_at_the_limit", (1.0, 3.0), 0.5, "half of a normal value centred on the limit lies beyond it"),
        ("interval_up_to_the_limit", (2.0, 4.0), 0.025, "a 95 % interval leaves 2.5 % on either side"),
        ("limit_a_sigma_below", (3.0 - 1.959964, 3.0 + 1.959964), 0.158655, "Φ(−1)"),
        ("value_known_exactly", (5.0, 5.0), 0.0, "no spread, inside"),
    ):
        yield Row(f"p_violation_{name}", "closed_form", expected, region.p_violation(interval), NORMAL, form)


CASES = (
    Case("limits at their edge", _edges),
    Case("no number never passes", _nothing_passes),
    Case("probability of a violation", _probabilities),
)
