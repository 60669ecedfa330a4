"""Limits in words, the same in the command line, the documentation and a site's record of changes."""

from __future__ import annotations

from planner.core.quantity import QUANTITIES, Quantity
from planner.protocol.limits import ByLevel, FromDevice, Limit
from planner.protocol.models import AppliesWhen, Rule

KIND_WORDS = {"at_least": "at least", "at_most": "at most", "between": "between", "equals": "exactly"}


def limit_text(limit: Limit | None, rule: Rule) -> str:
    """Return a limit in words, also one by level or from the device sheet; empty for None."""
    return "" if limit is None else limit_words(limit, rule.row)


def limit_words(limit: Limit, row: Quantity) -> str:
    """Return a limit of what `row` describes in words."""
    value, words = getattr(limit, limit.kind), KIND_WORDS[limit.kind]
    if isinstance(value, FromDevice):
        share = "" if value.times == 1.0 else f"{value.times:g} times "
        return f"{words} {share}the device's {value.device}"
    if isinstance(value, ByLevel):
        return f"{words} " + ", ".join(f"{levels} {row.text(number)}" for levels, number in value.by_level.items())
    if row.unit == "yes/no":
        return row.text(value)
    if isinstance(value, tuple):
        return f"{words} {row.text(value[0])} and {row.text(value[1])}"
    return f"{words} {row.text(value)}"


def conditions(when: AppliesWhen) -> str:
    """Return when a rule judges, in words."""
    words = []
    for name in type(when).model_fields:
        value = getattr(when, name)
        if name == "given":
            words += [f"{QUANTITIES[key].label} {limit_words(limit, QUANTITIES[key])}" for key, limit in value.items()]
        elif value is not None:
            told = " or ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words.append(f"{name.replace('_', ' ')} {told.replace('_', ' ')}")
    return ", ".join(words) or "always"


def rule_words(rule: Rule) -> str:
    """Return what a rule asks and how much it weighs, in one line."""
    better = f", better {limit_text(rule.warn, rule)}" if rule.warn is not None else ""
    return f"{limit_text(rule.limit, rule)}{better}; {rule.severity}"
