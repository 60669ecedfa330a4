"""Holds a quantity against a rule. A rule that crashes becomes a finding, and the others still run."""

from __future__ import annotations

from planner.check.finding import Finding
from planner.check.fold import Outcome
from planner.check.region import Region, region_of
from planner.check.severity import Effective, effective_severity
from planner.check.subject import Subject, applies, value_of, withheld
from planner.core.sourced import references
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.registry import rounded
from planner.measure.result import Result
from planner.plan.case import CaseStep
from planner.protocol.language import Lang, label_of, phrase, spoken
from planner.protocol.messages import told
from planner.protocol.models import Rule


def judge(rule: Rule, subject: Subject, result: Result, lang: Lang = "en") -> Finding:
    """Return the finding of one rule on one subject, in a language."""
    try:
        return _judged(spoken(rule, lang), subject, result, lang)
    except Exception as error:  # noqa: BLE001 - a crashing check is a finding, never a pass
        because = told(f"the check crashed: {type(error).__name__}: {error}", lang)
        return _finding(rule, subject, "error", Effective(rule.severity), "en", because=because)


def _judged(rule: Rule, subject: Subject, result: Result, lang: Lang) -> Finding:
    meant = tuple(step for step in subject.steps if applies(rule.applies_when, step, result.case))
    stated = all(step.target.intent is not None for step in meant)
    base = effective_severity(rule, intent_stated=stated)
    if not meant:
        return _finding(rule, subject, "not_applicable", base, lang, because=told("the rule is not about this", lang))
    nothing = NotApplicable("the step has no such quantity")
    found = withheld(rule, subject, result, meant[0]) or value_of(rule, subject, result) or nothing
    if isinstance(found, NotApplicable):
        return _finding(rule, subject, "not_applicable", base, lang, because=told(found.reason, lang))
    region = region_of(rule.limit, meant[0].sheet, subject.level)
    if isinstance(region, str):
        because = phrase(lang, "not_evaluated", reason=told(region, lang))
        return _finding(rule, subject, "not_evaluated", base, lang, because=because)
    effective = effective_severity(rule, intent_stated=stated, modelled=found.modelled)
    if isinstance(found, NotEvaluated):
        because = phrase(lang, "not_evaluated", reason=told(found.reason, lang))
        return _finding(rule, subject, "not_evaluated", effective, lang, region=region, because=because)
    outcome, why = _outcome(rule, region, found, (meant[0], subject.level), lang)
    return _finding(rule, subject, outcome, effective, lang, region=region, found=found, because=why)


def _outcome(
    rule: Rule, region: Region, found: Measured, where: tuple[CaseStep, str | None], lang: Lang
) -> tuple[Outcome, str]:
    row, label = rule.row, label_of(rule, lang)
    value = phrase(lang, row.text(found.value)) if row.unit == "yes/no" else row.text(found.value)
    words = {"label": _capital(label), "value": value, "region": region.text(row, lang)}
    text = phrase(lang, "value", **words)
    notes = phrase(lang, "note", note=_capital(told(found.note, lang))) if found.note else ""
    if not region.holds(found.value):
        return "fail", phrase(lang, "fail", value=text, because=rule.because) + notes
    reasons = []
    if found.interval is not None and not (region.holds(found.interval[0]) and region.holds(found.interval[1])):
        low, high = (row.text(bound) for bound in found.interval)
        reasons.append(phrase(lang, "interval", low=low, high=high))
    inner = region_of(rule.warn, where[0].sheet, where[1]) if rule.warn is not None else None
    if isinstance(inner, Region) and not inner.holds(found.value):
        reasons.append(phrase(lang, "better", region=inner.text(row, lang)))
    if found.caveat:
        reasons.append(told(found.caveat, lang))
    if reasons:
        joined = phrase(lang, "and").join(reasons)
        why = phrase(lang, "inside", value=text, reasons=joined, because=rule.because)
        return "warn", why + notes
    return "pass", f"{text}{notes}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finding(
    rule: Rule, subject: Subject, outcome: Outcome, effective: Effective, lang: Lang, *, because: str,
    region: Region | None = None, found: Measured | None = None,
) -> Finding:  # fmt: skip
    reference = references()[rule.source.ref]
    if effective.why and outcome in {"fail", "warn"}:
        because += phrase(lang, "lowered", why=_capital(told(effective.why, lang)))
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
        label=label_of(rule, lang),
        value=None if found is None else rounded(found.value),
        unit=rule.unit,
        limit=None if region is None else region.as_json(),
        margin=rounded(region.margin(found.value)) if judged and found and region else None,
        interval=interval,
        p_violation=round(region.p_violation(interval, found.samples), 4) if region and found and interval else None,
        where_lps_mm=None if found is None else found.where_lps_mm,
        other_lps_mm=None if found is None else found.other_lps_mm,
        because=because,
        remedy=rule.remedy,
        source={"ref": reference.id, "citation": reference.citation, "url": reference.link, "flag": rule.source.flag},
        evidence=rule.source.grade,
        verified=rule.source.verified,
        override=None if rule.override is None else rule.override.model_dump(mode="json"),
    )
