"""The rule books as a page."""

from __future__ import annotations

from planner.check.severity import effective_severity
from planner.core.sourced import references
from planner.protocol.load import book_names, left_out, load_protocol
from planner.protocol.models import Rule
from planner.protocol.words import limit_text

_HEAD = """# Rules

Generated from `protocols/rules` by `python docs/build.py`; do not edit here.

A rule states the acceptable region. **limit** fails outside it; **better** warns outside it. **does** is the
effective severity: *block* makes a violation, *warn* and *note* advise. A limit that was not read in its source
never blocks; what blocks by logic (a plan beyond its own device sheet, an instrument inside a segmented
cord or canal) does whatever its flag. **flag**: V read in the source · V2 read in a secondary page · M from memory
· E engineering assumption · D derived here from figures that were read. `planner protocol explain RULE` prints one
rule with all its sources.
"""


def rules_page() -> str:
    """Return the page: one section a book, one row a rule, then the reasons."""
    parts = [_HEAD]
    for name in book_names():
        book = load_protocol(name)
        parts.append(f"## {book.title}\n\nBook `{book.name}`, version {book.version}, {len(book.rules)} rules.\n")
        parts.append(_table(book.rules))
        parts.append("\n".join(_reason(rule) for rule in book.rules) + "\n")
    parts.append("## Left out\n\nFigures that are no rule, and why.\n")
    parts.append("\n".join(f"- **{name}** {why}" for name, why in left_out().items()) + "\n")
    return "\n".join(parts)


def _table(rules: tuple[Rule, ...]) -> str:
    head = "| rule | judges | limit | better | does | source | grade | flag |\n|---|---|---|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(_cells(rule))} |\n" for rule in rules)


def _cells(rule: Rule) -> tuple[str, ...]:
    source = references()[rule.source.ref]
    cited = " ".join(str(part) for part in (source.authors or source.title, source.year) if part)
    effective = effective_severity(rule).severity
    does = effective if effective == rule.severity else f"{effective} (declared {rule.severity})"
    judges = f"{rule.row.label} (`{rule.expression or rule.quantity}`), {rule.scope}"
    link = f"[{cited}]({source.link})" if source.link else cited
    limits = (limit_text(rule.limit, rule), limit_text(rule.warn, rule))
    return f"`{rule.id}`", judges, *limits, does, link, rule.source.grade, rule.source.flag


def _reason(rule: Rule) -> str:
    when = rule.applies_when.model_dump(exclude_none=True)
    conditions = "; ".join(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in when.items() if key != "kind")
    asked = f" *Only where:* {conditions}." if conditions else ""
    return f"- **{rule.id}** {rule.title}. {rule.because} *Remedy:* {rule.remedy}{asked}"


def _plain(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
