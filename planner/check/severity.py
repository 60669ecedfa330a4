"""The one home of effective severity."""

from __future__ import annotations

from dataclasses import dataclass

from planner.protocol.models import Rule, Severity

UNSTATED_INTENT = "the plan states no intent: a curative rule judges at most as a warning"


@dataclass(frozen=True)
class Effective:
    """How much a rule weighs here, and why it weighs less than declared; None where it does not."""

    severity: Severity
    why: str | None = None


def effective_severity(rule: Rule, *, intent_stated: bool = True, modelled: bool = False) -> Effective:
    """Return what a rule may do to this verdict.

    A declared `block` stands only where the limit was read in its source, or where a site answers for it by name
    and document. What blocks by logic keeps its severity whatever the flag, save that a merely modelled canal warns.
    """
    curative = rule.applies_when.intent == ("curative",) and not intent_stated
    if rule.severity != "block":
        return Effective(rule.severity, UNSTATED_INTENT if curative else None)
    if rule.logic == "inside_neural" and modelled:
        return Effective("warn", "the structure is modelled, not segmented: it warns")
    answered_for = rule.override is not None and rule.override.approver is not None
    if rule.logic is None and not rule.source.verified and not answered_for:
        return Effective("warn", "the limit was not read in its source: it advises, it does not block")
    if curative:
        return Effective("warn", UNSTATED_INTENT)
    return Effective("block")
