"""`planner protocol list` and `explain`: the rule book as people read it."""

from __future__ import annotations

import difflib
import sys
import textwrap

from planner.check.severity import effective_severity
from planner.cli.console import say
from planner.core.errors import InputError, Problem
from planner.core.files import stable_json
from planner.core.sourced import references
from planner.protocol.language import Lang, label_of, spoken
from planner.protocol.load import load_protocol
from planner.protocol.models import Rule
from planner.protocol.words import conditions, limit_text
from planner.report.findings import house_words

PIPE_WIDTH, EXPLAIN_WIDTH = 140, 100


def list_rules(protocol: str, *, as_json: bool) -> None:
    """Print every rule of a protocol."""
    book = load_protocol(protocol)
    if as_json:
        say(
            stable_json(
                {
                    "protocol": book.name,
                    "version": book.version,
                    "sha256": book.sha256,
                    "rules": [r.model_dump(mode="json", exclude_none=True) for r in book.rules],
                }
            ).rstrip()
        )
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"{book.title} · {book.name} {book.version} · {book.sha256[:12]}", box=None, pad_edge=False)
    for column in ("rule", "acceptable", "better", "does", "grade", "read"):
        table.add_column(column, no_wrap=column == "rule")
    for rule in book.rules:
        read = "yes" if rule.source.verified else f"no ({rule.source.flag})"
        limit = f"{rule.row.label} {limit_text(rule.limit, rule)}"
        severity = effective_severity(rule).severity
        table.add_row(rule.id, limit, limit_text(rule.warn, rule), severity, rule.source.grade, read)
    # A pipe has no width of its own; a page's is readable in a file.
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def explain_rule(rule_id: str, protocol: str, *, as_json: bool, lang: Lang = "en") -> None:
    """Print one rule whole.

    Raises
    ------
    InputError
        When the protocol has no such rule.
    """
    book = load_protocol(protocol)
    try:
        rule = spoken(book.rule(rule_id.upper()), lang)
    except KeyError:
        close = difflib.get_close_matches(rule_id.upper(), [r.id for r in book.rules], n=1)
        hint = f"did you mean {close[0]}?" if close else "see `planner protocol list`"
        raise InputError([Problem("RULE", rule_id, "the id of a rule", hint)]) from None
    effective = effective_severity(rule)
    if as_json:
        cited = [references()[ref].as_csl() for ref in rule.cites]
        extra = {"effective_severity": effective.severity, "references": cited}
        say(stable_json(rule.model_dump(mode="json", exclude_none=True) | extra).rstrip())
        return
    for key, text in _lines(rule, effective.why or "as declared", lang):
        say(textwrap.fill(text, EXPLAIN_WIDTH, initial_indent=f"{key:9} ", subsequent_indent=" " * 10))


def _lines(rule: Rule, why: str, lang: Lang) -> list[tuple[str, str]]:
    read = "read in the source" if rule.source.verified else f"not verified (flag {rule.source.flag})"
    lines = [
        ("rule", f"{rule.id}: {rule.title}"),
        ("limit", f"{label_of(rule, lang)}: {limit_text(rule.limit, rule)}"),
        ("better", limit_text(rule.warn, rule)),
        ("judges", f"each {rule.scope}; {conditions(rule.applies_when)}"),
        ("severity", f"{rule.severity}, here {effective_severity(rule).severity}: {why}"),
        ("because", rule.because),
        ("remedy", rule.remedy),
        ("source", _cited(rule.source.ref)),
        ("evidence", f"{rule.source.grade}, {read}"),
        ("note", rule.source.note or ""),
        ("house", house_words(None if rule.override is None else rule.override.model_dump(mode="json"))),
        *(("also", f"{a.says}. {_cited(a.ref)} (flag {a.flag})") for a in rule.also),
    ]
    return [line for line in lines if line[1]]


def list_references(protocol: str, *, as_json: bool) -> None:
    """Print every source that a protocol cites, with what cites it; as CSL-JSON for reference managers."""
    book = load_protocol(protocol)
    citing: dict[str, list[str]] = {}
    for rule in book.rules:
        for ref in rule.cites:
            citing.setdefault(ref, []).append(rule.id)
    if as_json:
        say(stable_json([references()[ref].as_csl() for ref in citing]).rstrip())
        return
    for ref, rules in citing.items():
        for lead, text in ((ref, _cited(ref)), ("", f"{references()[ref].custom.kind}; {', '.join(rules)}")):
            say(textwrap.fill(text, PIPE_WIDTH, initial_indent=f"{lead:22} ", subsequent_indent=" " * 23))


def _cited(ref: str) -> str:
    source = references()[ref]
    return ". ".join(part for part in (source.citation, source.identifiers or source.link) if part)
