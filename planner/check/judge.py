"""Holds a quantity against a rule. A rule that crashes becomes a finding, and the others still run."""

from __future__ import annotations

from dataclasses import dataclass

from planner.anatomy.roles.cord import cord_region
from planner.check.expression import combined
from planner.check.finding import Finding
from planner.check.fold import Outcome
from planner.check.region import Region, region_of
from planner.check.severity import Effective, effective_severity
from planner.core.names import levels_between
from planner.core.names import region_of as spine_region
from planner.core.quantity import QUANTITIES
from planner.core.sourced import references
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.models import Outcome as Found
from planner.measure.registry import rounded
from planner.measure.result import Result
from planner.plan.case import Case, CaseStep
from planner.plan.models import CORD_PROTECTION
from planner.protocol.expression import parse
from planner.protocol.models import AppliesWhen, Rule


@dataclass(frozen=True, eq=False)
class Subject:
    """What a rule judges: a step, a level with its steps, or the session with all of them."""

    steps: tuple[CaseStep, ...]
    step: int | None
    level: str | None


def subjects(rule: Rule, result: Result) -> list[Subject]:
    """Return what a rule judges in a case: one finding each, always."""
    steps = result.case.steps
    if rule.scope == "step":
        return [Subject((step,), step.index, step.level) for step in steps]
    if rule.scope == "level":
        levels = dict.fromkeys(step.level for step in steps)
        return [Subject(tuple(s for s in steps if s.level == level), None, level) for level in levels]
    return [Subject(steps, None, None)]


def judge(rule: Rule, subject: Subject, result: Result) -> Finding:
    """Return the finding of one rule on one subject."""
    try:
        return _judged(rule, subject, result)
    except Exception as error:  # noqa: BLE001 - a crashing check is a finding, never a pass
        return _finding(
            rule,
            subject,
            "error",
            Effective(rule.severity),
            because=f"the check crashed: {type(error).__name__}: {error}",
        )


def _judged(rule: Rule, subject: Subject, result: Result) -> Finding:
    meant = tuple(step for step in subject.steps if applies(rule.applies_when, step, result.case))
    stated = all(step.target.intent is not None for step in meant)
    base = effective_severity(rule, intent_stated=stated)
    if not meant:
        return _finding(rule, subject, "not_applicable", base, because="the rule is not about this")
    found = _given(rule, subject, result, meant[0]) or _value(rule, subject, result)
    if found is None:
        return _finding(rule, subject, "not_applicable", base, because="the step has no such quantity")
    if isinstance(found, NotApplicable):
        return _finding(rule, subject, "not_applicable", base, because=found.reason)
    region = region_of(rule.limit, meant[0].sheet, subject.level)
    if isinstance(region, str):
        return _finding(rule, subject, "not_evaluated", base, because=f"Not evaluated: {region}.")
    effective = effective_severity(rule, intent_stated=stated, modelled=found.modelled)
    if isinstance(found, NotEvaluated):
        because = f"Not evaluated: {found.reason}."
        return _finding(rule, subject, "not_evaluated", effective, region=region, because=because)
    outcome, why = _outcome(rule, region, found, meant[0], subject)
    return _finding(rule, subject, outcome, effective, region=region, found=found, because=why)


def applies(when: AppliesWhen, step: CaseStep, case: Case) -> bool:
    """Return whether every condition holds for a step. An unstated intent does not excuse a curative rule."""
    protection = set(getattr(step.plan, "protection", ())) & set(CORD_PROTECTION)
    target, cement = step.target, getattr(step.plan, "cement", None)
    material = None if cement is None else cement.material
    return all(
        (
            when.kind is None or step.kind in when.kind,
            when.lesion_type is None or target.lesion_type in when.lesion_type,
            when.intent is None or target.intent is None or target.intent in when.intent,
            when.protection is None or (when.protection == "present") == bool(protection),
            when.region is None or spine_region(step.level) in when.region,
            when.levels is None or any(step.level in levels_between(text) for text in when.levels),
            when.neural is None or cord_region(step.level) in when.neural,
            when.device is None or (step.sheet is not None and step.sheet.device in when.device),
            when.material is None or material in when.material,
            when.device_has is None or (step.sheet is not None and step.sheet.value(when.device_has) is not None),
            when.family is None or (step.sheet is not None and step.sheet.family in when.family),
            when.fractions is None or getattr(step.plan, "fractions", None) in when.fractions,
            when.drug is None or _drug(case) in when.drug,
            when.labelled is None or when.labelled in (*case.anatomy.names, *case.anatomy.modellers),
        )
    )


def _drug(case: Case) -> str | None:
    patient = case.plan.patient
    return None if patient is None or patient.bone_drug is None else patient.bone_drug.drug


def _given(rule: Rule, subject: Subject, result: Result, step: CaseStep) -> NotEvaluated | NotApplicable | None:
    """What keeps a rule from judging because of another quantity; None where every condition holds."""
    for name, limit in rule.applies_when.given.items():
        found = _of(name, subject, result)
        if found is None or isinstance(found, NotApplicable):
            return NotApplicable(f"there is no {QUANTITIES[name].label}")
        if isinstance(found, NotEvaluated):
            return NotEvaluated(f"it depends on {QUANTITIES[name].label}: {found.reason}")
        region = region_of(limit, step.sheet, subject.level)
        if isinstance(region, str):
            return NotEvaluated(region)
        if not region.holds(found.value):
            return NotApplicable(f"{QUANTITIES[name].label} is {QUANTITIES[name].text(found.value)}")
    return None


def _value(rule: Rule, subject: Subject, result: Result) -> Found | None:
    if rule.expression is not None:
        return combined(parse(rule.expression), lambda name: _of(name, subject, result), rule.quantity)
    return _of(rule.quantity, subject, result)


def _of(quantity: str, subject: Subject, result: Result) -> Found | None:
    if subject.step is not None:
        return result.by_step[[s.index for s in result.case.steps].index(subject.step)].get(quantity)
    if subject.level is not None:
        return result.of_level(quantity, subject.level)
    return result.of_session(quantity)


def _outcome(rule: Rule, region: Region, found: Measured, step: CaseStep, subject: Subject) -> tuple[Outcome, str]:
    row = rule.row
    text = f"{row.label.capitalize()} {row.text(found.value)}, asked {region.text(row)}."
    notes = "".join(f" {n[0].upper()}{n[1:]}." for n in (found.note,) if n)
    if not region.holds(found.value):
        return "fail", f"{text} {rule.because}{notes}"
    reasons = []
    if found.interval is not None and not (region.holds(found.interval[0]) and region.holds(found.interval[1])):
        low, high = (row.text(bound) for bound in found.interval)
        reasons.append(f"the value may lie between {low} and {high}, across the limit")
    inner = region_of(rule.warn, step.sheet, subject.level) if rule.warn is not None else None
    if isinstance(inner, Region) and not inner.holds(found.value):
        reasons.append(f"better {inner.text(row)}")
    if found.caveat:
        reasons.append(found.caveat)
    if reasons:
        return "warn", f"{text} Inside the limit, but {'; '.join(reasons)}. {rule.because}{notes}"
    return "pass", f"{text}{notes}"


def _finding(
    rule: Rule, subject: Subject, outcome: Outcome, effective: Effective, *, because: str,
    region: Region | None = None, found: Measured | None = None,
) -> Finding:  # fmt: skip
    reference = references()[rule.source.ref]
    if effective.why and outcome in {"fail", "warn"}:
        because = f"{because} ({effective.why[0].upper()}{effective.why[1:]}.)"
    interval = (
        None if found is None or found.interval is None else (rounded(found.interval[0]), rounded(found.interval[1]))
    )
    judged = found is not None and region is not None
    return Finding(
        rule=rule.id,
        title=rule.title,
        outcome=outcome,
        severity=effective.severity,
        declared_severity=rule.severity,
        step=subject.step,
        level=subject.level,
        quantity=rule.quantity,
        label=rule.row.label,
        value=None if found is None else rounded(found.value),
        unit=rule.unit,
        limit=None if region is None else region.as_json(),
        margin=rounded(region.margin(found.value)) if judged and found and region else None,
        interval=interval,
        p_violation=round(region.p_violation(interval), 4) if region and interval else None,
        where_lps_mm=None if found is None else found.where_lps_mm,
        other_lps_mm=None if found is None else found.other_lps_mm,
        because=because,
        remedy=rule.remedy,
        source={
            "ref": rule.source.ref,
            "citation": reference.citation,
            "url": reference.link,
            "flag": rule.source.flag,
        },
        evidence=rule.source.grade,
        verified=rule.source.verified,
        override=None if rule.override is None else rule.override.model_dump(mode="json"),
    )
