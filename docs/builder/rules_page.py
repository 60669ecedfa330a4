"""The rule books: an index, and a page each."""

from __future__ import annotations

from builder.cited import cited, founded
from planner.check.severity import effective_severity
from planner.core.sourced import references
from planner.protocol.benchmarks import Benchmark, benchmarks
from planner.protocol.language import label_of, spoken
from planner.protocol.load import book_names, left_out, load_protocol
from planner.protocol.models import Protocol, Rule
from planner.protocol.words import conditions, limit_text

_HEAD = """# Rules

Generated from `protocols/rules` by `python docs/build.py`; do not edit here.

A rule states the acceptable region. **limit** fails outside it; **better** warns outside it. **does** is the
effective severity: *block* makes a violation, *warn* and *note* advise. A limit that was not read in its source
never blocks; what blocks by logic (a plan beyond its own device sheet, an instrument inside a segmented
cord or canal) does whatever its flag. **flag**: V read in the source · V2 read in a secondary page · M from memory
· E engineering assumption · D derived here from figures that were read. `planner protocol explain RULE` prints one
rule with all its sources, `planner protocol references` every source.

| book | rules | block | read in the source | version |
|---|---|---|---|---|
"""
_BENCHMARKS = """
## Figures of the source texts

What the users' own documents claim. None judges a plan: each stands with the problem of its definition and with what
others measured (`protocols/benchmarks.yaml`).

"""


def rules_page() -> str:
    """Return the index: every book, the benchmarks of the source texts, and what is left out."""
    rows = "".join(_row(load_protocol(name)) for name in book_names())
    figures = "\n".join(_benchmark(one) for one in benchmarks())
    dropped = "\n".join(f"- **{name}** {why}" for name, why in left_out().items())
    return f"{_HEAD}{rows}{_BENCHMARKS}{figures}\n\n## Left out\n\nFigures that are no rule, and why.\n\n{dropped}\n"


def _row(book: Protocol) -> str:
    block = sum(effective_severity(rule).severity == "block" for rule in book.rules)
    read = sum(rule.source.verified for rule in book.rules)
    return f"| [{book.title}](rules/{book.name}.md) | {len(book.rules)} | {block} | {read} | {book.version} |\n"


def _benchmark(one: Benchmark) -> str:
    measured = "; ".join(f"{other.says} ({cited(other.ref)}, flag {other.flag})" for other in one.measured)
    found = f" *Measured:* {measured}." if measured else ""
    return f"- **{one.id}** {one.says.en} ({one.source.ref}, {one.source.grade}). *Problem:* {one.problem.en}{found}"


def book_page(name: str) -> str:
    """Return one book: a table of its rules, then each rule whole."""
    book = load_protocol(name)
    head = f"# {book.title}\n\nBook `{book.name}`, version {book.version}, {len(book.rules)} rules. "
    head += f"Generated from `protocols/rules/{name}.yaml` by `python docs/build.py`; do not edit here. "
    head += "How to read it: [Rules](../rules.md).\n"
    table = "| rule | judges | limit | better | does | source | grade | flag |\n|---|---|---|---|---|---|---|---|\n"
    table += "".join(f"| {' | '.join(_cells(rule))} |\n" for rule in book.rules)
    return "\n".join([head, table, *(_whole(rule) for rule in book.rules)])


def _cells(rule: Rule) -> tuple[str, ...]:
    source = references()[rule.source.ref]
    judges = f"{rule.row.label} (`{rule.expression or rule.quantity}`), {rule.scope}"
    link = f"[{source.short}]({source.link})" if source.link else source.short
    limits = (limit_text(rule.limit, rule), limit_text(rule.warn, rule))
    return f"[`{rule.id}`](#{rule.id.lower()})", judges, *limits, _does(rule), link, rule.source.grade, rule.source.flag


def _does(rule: Rule) -> str:
    effective = effective_severity(rule).severity
    return effective if effective == rule.severity else f"{effective} (declared {rule.severity})"


def _whole(rule: Rule) -> str:
    chinese = spoken(rule, "zh")
    better = f"; better {limit_text(rule.warn, rule)}" if rule.warn else ""
    lines = [
        f"## {rule.id}\n\n**{rule.title}.** {chinese.title}\n",
        f"- *Asks:* {rule.row.label} {limit_text(rule.limit, rule)}{better}; {_does(rule)}, {rule.purpose}",
        f"- *Judges:* each {rule.scope}; {conditions(rule.applies_when)}",
        f"- *Because:* {rule.because}",
        f"- *Remedy:* {rule.remedy}",
        f"- *Source:* {founded(rule.source)}",
        *(f"- *{'Differs' if a.differs else 'Also'}:* {a.says}. {cited(a.ref)} (flag {a.flag})" for a in rule.also),
        *([f"- *Chosen:* {rule.chosen}"] if rule.chosen else []),
        f"- *中文：* {label_of(rule, 'zh')}{limit_text(rule.limit, rule, 'zh')}。{chinese.because}{chinese.remedy}",
    ]
    return "\n".join(lines) + "\n"
