"""What blocks, what only advises, and how findings fold into one word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from planner.check.fold import Outcome, fold
from planner.check.severity import effective_severity
from planner.check.verdict import Verdict, check_plan
from planner.core.units import to_unit
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.protocol.load import load_protocol
from planner.protocol.models import Severity
from planner.validate.models import Case, Row
from planner.validate.patients import COARSE_L3, access, plan, vertebroplasty

WORDS = {"compliant": 0.0, "warning": 1.0, "violation": 2.0, "incomplete": 3.0}
"""The words as points."""
RATED_KPA = 2757.9
"""400 psi, on the sheet of the generic 15 mm balloon: 510(k) K223709."""
ENTRY, TIP = (45.7, 77.5, 6.8), (0.7, -5.9, 0.5)
"""A path through the left pedicle of the parametric L3."""


def _checked(step: Mapping[str, Any], *more: Mapping[str, Any], **target: Any) -> Verdict:
    ball = {"lesions": {"tumour": {"sphere": {"centre": [2, -2, 1], "diameter_mm": 8}}}}
    case = load_plan(plan(COARSE_L3 | ball, step, *more, **target))
    return check_plan(case, simulate_plan(case, simulate=False))


def _passes(verdict: Verdict, rule: str) -> float:
    return float(all(finding.outcome in {"pass", "warn"} for finding in verdict.findings if finding.rule == rule))


def _balloon(pressure_kpa: float) -> dict[str, Any]:
    balloon = {"volume_ml": 3, "pressure_kpa": pressure_kpa}
    return {
        "kind": "kyphoplasty",
        "device": "generic_balloon_15mm",
        "access": access(ENTRY, TIP, 11),
        "balloon": balloon,
    }


def _over_rating() -> Iterable[Row]:
    at, over = _checked(_balloon(RATED_KPA)), _checked(_balloon(to_unit("401 psi", "kPa")))
    form = "up to its own rating, the rating included"
    yield Row("passes_at_the_rating", "closed_form", 1.0, _passes(at, "IBT-P-RATED"), 0.0, form)
    form = "beyond its own sheet a plan is blocked by logic"
    yield Row("passes_1_psi_beyond", "closed_form", 0.0, _passes(over, "IBT-P-RATED"), 0.0, form)
    yield Row("verdict_1_psi_beyond", "closed_form", WORDS["violation"], WORDS[over.word], 0.0, form)


def _in_the_cord() -> Iterable[Row]:
    verdict = _checked(vertebroplasty((0, 80, 0), (0, 0, 0)))
    form = "an instrument in the cord is blocked by logic"
    yield Row("passes", "closed_form", 0.0, _passes(verdict, "ACC-CORD-INSIDE"), 0.0, form)
    yield Row("verdict", "closed_form", WORDS["violation"], WORDS[verdict.word], 0.0, form)


def _without_simulation() -> Iterable[Row]:
    heat = {
        "kind": "radiofrequency_ablation",
        "device": "generic_monopolar_20mm",
        "access": access(ENTRY, TIP, 13),
        "zone": {"long_axis_mm": 14, "short_axis_mm": 10, "centre_from_tip_mm": 2},
        "setpoint_c": 80,
        "duration_s": 360,
        "protection": ["thermocouple"],
    }
    word = _checked(heat, lesion="tumour", intent="palliative").word
    form = "a blocking thermal rule that is not evaluated leaves the verdict incomplete"
    yield Row("verdict", "closed_form", WORDS["incomplete"], WORDS[word], 0.0, form)


def _cement_adds_up() -> Iterable[Row]:
    needles = [vertebroplasty(ENTRY, TIP, volume_ml=volume) for volume in (1.25, 2.5)]
    whole = _checked(*needles).as_json()["quantities"]
    form = "1.25 + 2.5 mL in one level"
    for name in ("cement_volume_ml", "cement_session_volume_ml"):
        yield Row(name, "closed_form", 3.75, float(whole[name]["value"]), 1e-9, form)
    levels = float(whole["vertebral_levels"]["value"])
    yield Row("vertebral_levels", "closed_form", 1.0, levels, 0.0, "two steps at one level")


def _one_finding_each() -> Iterable[Row]:
    needles = [vertebroplasty(ENTRY, TIP, volume_ml=2.0)] * 2
    verdict, rules = _checked(*needles), load_protocol().rules
    expected = sum(2 if rule.scope == "step" else 1 for rule in rules)
    form = "one finding for each rule and step, level or session it judges: two steps, one level"
    yield Row("findings", "closed_form", float(expected), float(len(verdict.findings)), 0.0, form)


def _unread_advises() -> Iterable[Row]:
    rules = [rule for rule in load_protocol().rules if not rule.source.verified and rule.logic is None]
    blocking = sum(effective_severity(rule).severity == "block" for rule in rules)
    form = "a limit that was not read in its source never blocks, save by logic"
    yield Row("unread_limits_that_block", "closed_form", 0.0, float(blocking), 0.0, form)


Pairs = tuple[tuple[Outcome, Severity], ...]
_FOLDS: dict[str, tuple[Pairs, str]] = {
    "all pass": ((("pass", "block"), ("pass", "warn")), "compliant"),
    "an advisory rule fails": ((("pass", "block"), ("fail", "warn")), "warning"),
    "a value close to its limit": ((("warn", "block"),), "warning"),
    "a blocking rule fails": ((("fail", "block"), ("not_evaluated", "block"), ("error", "warn")), "violation"),
    "a blocking rule is not evaluated": ((("not_evaluated", "block"), ("fail", "warn")), "incomplete"),
    "an advisory rule is not evaluated": ((("pass", "block"), ("not_evaluated", "warn")), "warning"),
    "a rule crashes": ((("pass", "block"), ("error", "note")), "incomplete"),
    "no rule applies": ((("not_applicable", "block"),), "incomplete"),
}


def _folded(pairs: Pairs, word: str) -> Iterable[Row]:
    yield Row(
        "verdict", "closed_form", WORDS[word], WORDS[fold(pairs)], 0.0, f"folds to {word}; order of the fold by design"
    )


_HYTEC_GY = {1: 14.0, 2: 17.0, 3: 20.3, 4: 23.0, 5: 25.3}


def _cord_limits() -> Iterable[Row]:
    book, source = load_protocol(), "Sahgal et al. (HyTEC), Int J Radiat Oncol Biol Phys 2021;110:124"
    for fractions, gray in _HYTEC_GY.items():
        limit = book.rule(f"RT-CORD-{fractions}").limit.at_most
        got = float(limit) if isinstance(limit, int | float) else float("nan")
        yield Row(f"cord_dose_max_in_{fractions}_fractions_gy", "published", gray, got, 1e-9, source)


CASES = (
    Case("balloon at and beyond its rating", _over_rating),
    Case("needle in the cord", _in_the_cord),
    Case("heat without simulation", _without_simulation),
    Case("cement of two steps", _cement_adds_up),
    Case("one finding each", _one_finding_each),
    Case("limits that were not read", _unread_advises),
    *(Case(f"fold: {name}", partial(_folded, pairs, word)) for name, (pairs, word) in _FOLDS.items()),
    Case("cord limits of the rule book", _cord_limits),
)
