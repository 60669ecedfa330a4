"""Two ablations on one case in figures: margins at each isotherm, cord, time, death, and sources beside the cord."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

from planner.check.verdict import Verdict
from planner.core.names import ABLATION
from planner.core.quantity import QUANTITIES
from planner.geometry.clearance import covering_margin
from planner.measure.models import Measured, Outcome
from planner.protocol.language import quantity_label
from planner.protocol.limits import Limit
from planner.protocol.models import Rule
from planner.report.ablated import death_tables, source_name
from planner.report.blocks import Block, Table
from planner.report.numbers import amount, full_amount, number
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.treatment.cold_treatment import ICE_C, LETHAL_C
from planner.simulate.treatment.isosurface import SimulatedZone
from planner.simulate.treatment.result import HeatResult

Translate = Callable[[str], str]
FIGURES = (
    "ablation_duration_s", "lesion_edge_temperature_c", "lesion_coverage_fraction", "kill_probability",
    "zone_cord_clearance_mm", "zone_root_clearance_mm", "cord_temperature_max_c", "cord_temperature_min_c",
    "cord_cem43_min", "cord_above_45_s", "root_temperature_max_c", "root_temperature_min_c", "root_cem43_min",
    "skin_temperature_max_c", "skin_temperature_min_c", "bone_harmed_ml",
)  # fmt: skip
"""What is set beside each other, in reading order."""
NEURAL = (
    "cord_temperature_max_c",
    "cord_cem43_min",
    "root_cem43_min",
    "cord_temperature_min_c",
    "root_temperature_min_c",
)
"""Quantities for which sources beside the cord disagree."""


def beside(one: Verdict, two: Verdict, names: tuple[str, str], t: Translate) -> Iterator[Block]:
    """Return the tables; nothing where a plan ablates nothing."""
    both = (one, two)
    if not all(any(step.kind in ABLATION for step in v.result.case.steps) for v in both):
        return
    if rows := tuple(_figures(both)):
        yield Table((t("figure"), *names), rows, t("In figures; in brackets where the value may lie"))
    if rows := tuple(_margins(both, t)):
        yield Table((t("margin over the lesion at"), *names), rows, t("Margins at each isotherm and dose"))
    if rows := tuple(_sources(both, t)):
        head = (t("beside the cord"), t("source"), t("read"), *names)
        yield Table(head, rows, t("Where sources disagree beside the cord"))
    for name, verdict in zip(names, both, strict=True):
        for table in death_tables(verdict, t):
            yield Table(table.head, table.rows, f"{name}: {table.caption}")


def _figures(both: tuple[Verdict, Verdict]) -> Iterator[tuple[str, ...]]:
    known = [verdict.result.whole for verdict in both]
    for name in FIGURES:
        told = [_told(values.get(name), name) for values in known]
        if any(word != "–" for word in told):
            yield (quantity_label(name, both[0].lang) or QUANTITIES[name].label, *told)


def _told(found: Outcome | None, name: str) -> str:
    if not isinstance(found, Measured) or not isfinite(found.value):
        return "–"
    unit = QUANTITIES[name].unit
    if found.interval is None or found.interval[0] == found.interval[1]:
        return full_amount(found.value, unit, name)
    low, high = (amount(end, unit, name) for end in found.interval)
    return f"{amount(found.value, unit, name)} ({low} – {high})"


def _margins(both: tuple[Verdict, Verdict], t: Translate) -> Iterator[tuple[str, ...]]:
    found = [_levels(verdict) for verdict in both]
    for level in dict.fromkeys([*found[0], *found[1]]):
        yield (level, *(_margin(one, level, t) for one in found))


def _margin(found: Mapping[str, float | None], level: str, t: Translate) -> str:
    if level not in found:
        return "–"
    value = found[level]
    return t("not reached") if value is None else f"{number(value)} mm"


def _levels(verdict: Verdict) -> dict[str, float | None]:
    """Margin at each isotherm; the worst of several steps, None where one does not reach it."""
    result, found = verdict.result, dict[str, float | None]()
    for n, step in enumerate(result.case.steps):
        lesion = result.case.anatomy.get(step.target.lesion) if step.target.lesion else None
        if lesion is None or step.kind not in ABLATION:
            continue
        for level, zone in _zones(result.simulation.heat, result.simulation.cold, n):
            margin = None if zone is None else float(covering_margin(lesion.mesh, zone.distance)[0])
            before = found.get(level, margin)
            found[level] = None if margin is None or before is None else min(margin, before)
    return found


def _zones(heat: tuple[object, ...], cold: tuple[object, ...], n: int) -> Iterator[tuple[str, SimulatedZone | None]]:
    frozen, burnt = (cold[n] if cold else None), (heat[n] if heat else None)
    if isinstance(frozen, ColdResult):
        for level in (ICE_C, *LETHAL_C):
            yield f"{number(level)} °C", frozen.isotherm(level)
    if isinstance(burnt, HeatResult):
        yield from (("50 °C", burnt.at_50_c), ("240 CEM43", burnt.zone), ("60 °C", burnt.at_60_c))


def _sources(both: tuple[Verdict, Verdict], t: Translate) -> Iterator[tuple[str, ...]]:
    """One row for each figure that a source names for cord or root, with what each plan does to it."""
    values = [verdict.result.whole for verdict in both]
    seen: set[tuple[str, str, float]] = set()
    rules = [rule for rule in both[0].protocol.rules if rule.quantity in NEURAL]
    for rule in sorted(rules, key=lambda one: NEURAL.index(one.quantity)):
        if not set(rule.applies_when.kind or ABLATION) & set(ABLATION):
            continue
        claims = [(rule.limit, rule.source.ref, rule.source.flag)]
        claims += [(other.limit, other.ref, other.flag) for other in rule.also if other.limit is not None]
        for limit, ref, flag in claims:
            told = [_kept(found.get(rule.quantity), limit, t) for found in values]
            key = (rule.quantity, ref, _bound(limit))
            if key not in seen and any(word != "–" for word in told):
                seen.add(key)
                yield (_asked(rule, limit, both[0].lang), source_name(ref), flag, *told)


def _asked(rule: Rule, limit: Limit, lang: str) -> str:
    label = quantity_label(rule.quantity, lang) or rule.row.label  # type: ignore[arg-type]
    sign = "≤" if limit.at_most is not None else "≥"
    return f"{label} {sign} {amount(_bound(limit), rule.unit, rule.quantity)}"


def _bound(limit: Limit) -> float:
    bound = limit.at_most if limit.at_most is not None else limit.at_least
    return float(bound) if isinstance(bound, int | float) else float("nan")


def _kept(found: Outcome | None, limit: Limit, t: Translate) -> str:
    if not isinstance(found, Measured):
        return "–"
    bound, (low, high) = _bound(limit), found.interval or (found.value, found.value)
    inside = (low, high) if limit.at_least is not None else (-high, -low)
    edge = bound if limit.at_least is not None else -bound
    word = t("kept") if inside[0] >= edge else t("broken") if inside[1] < edge else t("may be broken")
    own = found.value if limit.at_least is not None else -found.value
    word = t("broken") if own < edge else word
    return f"{number(found.value)}: {word}"
