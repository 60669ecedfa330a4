"""Limits in words, the same in the command line, the documentation and a site's record of changes."""

from __future__ import annotations

from planner.core.quantity import QUANTITIES, Quantity
from planner.protocol.language import Lang, phrase
from planner.protocol.limits import ByLevel, FromDevice, Limit
from planner.protocol.messages import told
from planner.protocol.models import AppliesWhen, Rule


def limit_text(limit: Limit | None, rule: Rule, lang: Lang = "en") -> str:
    """Return a limit in words, also one by level or from the device sheet; empty for None."""
    return "" if limit is None else limit_words(limit, rule.row, lang)


def limit_words(limit: Limit, row: Quantity, lang: Lang = "en") -> str:
    """Return a limit of what `row` describes in words."""
    value = getattr(limit, limit.kind)
    if row.unit == "yes/no":
        return phrase(lang, row.text(value))
    if isinstance(value, tuple):
        return phrase(lang, limit.kind, low=row.text(value[0]), high=row.text(value[1]))
    if isinstance(value, FromDevice):
        share = "" if value.times == 1.0 else phrase(lang, "share", times=f"{value.times:g}")
        bound = phrase(lang, "device", share=share, figure=value.device)
    elif isinstance(value, ByLevel):
        bound = ", ".join(f"{levels} {row.text(number)}" for levels, number in value.by_level.items())
    else:
        bound = row.text(value)
    return phrase(lang, limit.kind, low=bound, high=bound)


def conditions(when: AppliesWhen, lang: Lang = "en") -> str:
    """Return when a rule judges, in words."""
    words = []
    for name in type(when).model_fields:
        value = getattr(when, name)
        if name == "given":
            words += [f"{told(row.label, lang)} {limit_words(limit, row, lang)}" for row, limit in _given(value)]
        elif value is not None:
            each = [told(str(one).replace("_", " "), lang) for one in (value if isinstance(value, tuple) else [value])]
            words.append(f"{told(name.replace('_', ' '), lang)} {phrase(lang, 'or').join(each)}")
    return ", ".join(words) or phrase(lang, "always")


def _given(limits: dict[str, Limit]) -> list[tuple[Quantity, Limit]]:
    return [(QUANTITIES[name], limit) for name, limit in limits.items()]


def rule_words(rule: Rule) -> str:
    """Return what a rule asks and how much it weighs, in one line."""
    better = f", better {limit_text(rule.warn, rule)}" if rule.warn is not None else ""
    return f"{limit_text(rule.limit, rule)}{better}; {rule.severity}"
