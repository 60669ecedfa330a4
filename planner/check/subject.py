"""What a rule judges, whether it applies there, and the value it finds."""

from __future__ import annotations

from dataclasses import dataclass

from planner.anatomy.roles.cord import cord_region
from planner.check.expression import combined
from planner.check.region import region_of
from planner.core.names import levels_between
from planner.core.names import region_of as spine_region
from planner.core.quantity import QUANTITIES
from planner.measure.models import NotApplicable, NotEvaluated
from planner.measure.models import Outcome as Found
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


def applies(when: AppliesWhen, step: CaseStep, case: Case) -> bool:
    """Return whether every condition holds for a step. An unstated intent does not excuse a curative rule."""
    if when.kind is not None and step.kind not in when.kind:  # most rules end here
        return False
    protection = set(getattr(step.plan, "protection", ())) & set(CORD_PROTECTION)
    target, cement = step.target, getattr(step.plan, "cement", None)
    material = None if cement is None else cement.material
    return all(
        (
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


def withheld(rule: Rule, subject: Subject, result: Result, step: CaseStep) -> NotEvaluated | NotApplicable | None:
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


def value_of(rule: Rule, subject: Subject, result: Result) -> Found | None:
    """Return the value a rule judges; None where the steps have no such quantity."""
    if rule.expression is not None:
        return combined(parse(rule.expression), lambda name: _of(name, subject, result), rule.quantity)
    return _of(rule.quantity, subject, result)


def _of(quantity: str, subject: Subject, result: Result) -> Found | None:
    if subject.step is not None:
        return result.by_step[[s.index for s in result.case.steps].index(subject.step)].get(quantity)
    if subject.level is not None:
        return result.of_level(quantity, subject.level)
    return result.of_session(quantity)
