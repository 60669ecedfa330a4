"""How two protocols differ, in words a clinician reads."""

from __future__ import annotations

from planner.protocol.models import Protocol, Rule
from planner.protocol.order import asks_at_least
from planner.protocol.words import conditions, limit_text

_TEXTS = ("title", "because", "remedy", "chosen")


def differences(old: Protocol, new: Protocol) -> list[tuple[str, str]]:
    """Return pairs of rule id and what changed, in the order of the new protocol, removed rules last."""
    before = {rule.id: rule for rule in old.rules}
    found = []
    for rule in new.rules:
        if rule.id not in before:
            found.append((rule.id, f"new: {rule.title}: {limit_text(rule.limit, rule)} ({rule.severity})"))
        elif words := _changes(before[rule.id], rule):
            found.append((rule.id, "; ".join(words)))
    kept = {rule.id for rule in new.rules}
    return [
        *found,
        *(
            (r.id, f"removed: {r.title}: {limit_text(r.limit, r)} ({r.severity})")
            for r in old.rules
            if r.id not in kept
        ),
    ]


def _changes(old: Rule, new: Rule) -> list[str]:
    words = []
    if old.limit != new.limit:
        way = (
            "tighter"
            if asks_at_least(new.limit, old.limit)
            else "looser"
            if asks_at_least(old.limit, new.limit)
            else "other"
        )
        words.append(f"limit {limit_text(old.limit, old)} → {limit_text(new.limit, new)} ({way})")
    if old.warn != new.warn:
        words.append(f"better {limit_text(old.warn, old) or 'none'} → {limit_text(new.warn, new) or 'none'}")
    if old.severity != new.severity:
        words.append(f"severity {old.severity} → {new.severity}")
    if old.applies_when != new.applies_when:
        words.append(f"applies {conditions(old.applies_when)} → {conditions(new.applies_when)}")
    if (old.quantity, old.expression, old.unit, old.scope) != (new.quantity, new.expression, new.unit, new.scope):
        words.append(
            f"judges {old.expression or old.quantity} ({old.scope}) → {new.expression or new.quantity} ({new.scope})"
        )
    if old.source != new.source:
        words.append(f"source {old.source.ref}, {old.source.flag} → {new.source.ref}, {new.source.flag}")
    words += [f"{key} reworded" for key in _TEXTS if getattr(old, key) != getattr(new, key)]
    if new.override is not None and new.override != old.override:
        o = new.override
        told = (o.justification, o.approver, None if o.date is None else o.date.isoformat(), o.document)
        words.append(f"changed by {o.site}: {', '.join(text for text in told if text) or 'tightened'}")
    return words
