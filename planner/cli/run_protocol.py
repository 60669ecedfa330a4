"""`planner protocol list` and `explain`: the rule book as people read it."""

from __future__ import annotations

import difflib
import textwrap
from functools import partial

from planner.check.severity import effective_severity
from planner.cli.console import PIPE_WIDTH, draw, say
from planner.core.errors import InputError, Problem
from planner.core.files import stable_json
from planner.core.quantity import QUANTITIES
from planner.core.sourced import references
from planner.protocol.language import Lang, label_of, page_word, spoken, untranslated
from planner.protocol.load import load_protocol
from planner.protocol.messages import told
from planner.protocol.models import Rule, Severity
from planner.protocol.words import conditions, limit_text
from planner.report.findings import evidence_words, house_words

EXPLAIN_WIDTH = 100
_WEIGHT: dict[Severity, str] = {"block": "block", "warn": "advise", "note": "note"}


def list_rules(protocol: str, *, as_json: bool) -> None:
    """Print every rule of a protocol."""
    book = load_protocol(protocol)
    if as_json:
        say(
            stable_json(
                {
                    "protocol": book.name,
                    "version": book.version,
                    "title": book.title,
                    **({"site": book.site} if book.site else {}),
                    "sha256": book.sha256,
                    "rules": [r.model_dump(mode="json", exclude_none=True) for r in book.rules],
                }
            ).rstrip()
        )
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"{book.title} · {book.name} {book.version} · {book.sha256[:12]}", box=None, pad_edge=False)
    for column in ("rule", "acceptable", "better", "does", "grade", "read"):
        table.add_column(column, no_wrap=column == "rule")
    for rule in book.rules:
        read = "yes" if rule.source.verified else f"no ({rule.source.flag})"
        limit = f"{rule.row.label} {limit_text(rule.limit, rule)}"
        severity = effective_severity(rule).severity
        table.add_row(rule.id, limit, limit_text(rule.warn, rule), severity, rule.source.grade, read)
    draw(table)


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
    for key, text in _lines(rule, told(effective.why or "as declared", lang), lang):
        lead = page_word(lang, key)
        say(textwrap.fill(text, EXPLAIN_WIDTH, initial_indent=f"{lead:9} ", subsequent_indent=" " * 10))


def _lines(rule: Rule, why: str, lang: Lang) -> list[tuple[str, str]]:
    t = partial(page_word, lang)
    declared, effective = (t(_WEIGHT[severity]) for severity in (rule.severity, effective_severity(rule).severity))
    weighs = t("{declared}, here {effective}: {why}").format(declared=declared, effective=effective, why=why)
    judged = t("each {scope}; {conditions}").format(scope=t(rule.scope), conditions=conditions(rule.applies_when, lang))
    lines = [
        ("rule", f"{rule.id}: {rule.title}"),
        ("limit", f"{label_of(rule, lang)}: {limit_text(rule.limit, rule, lang)}"),
        ("better", limit_text(rule.warn, rule, lang)),
        ("judges", judged),
        ("severity", weighs),
        ("because", rule.because),
        ("remedy", rule.remedy),
        ("source", _cited(rule.source.ref)),
        ("evidence", evidence_words(rule.source, lang)),
        ("note", rule.source.note or ""),
        ("house", house_words(None if rule.override is None else rule.override.model_dump(mode="json"), lang)),
        *(("differs" if a.differs else "also", f"{a.says}. {_cited(a.ref)} ({a.flag})") for a in rule.also),
        ("chosen", rule.chosen or ""),
    ]
    return [line for line in lines if line[1]]


def lint_protocol(file: str) -> None:
    """Say that a protocol is sound, and which of its own rules are written in one language only.

    Raises
    ------
    InputError
        With every malformed or contradictory rule, and every text of the shipped books that a language lacks.
    """
    found, shipped = load_protocol(file), load_protocol()
    if problems := untranslated(shipped, tuple(QUANTITIES)):
        raise InputError(problems)
    say(f"{found.name} {found.version}: {len(found.rules)} rules, sound")
    known = {rule.id for rule in shipped.rules}
    if own := [rule.id for rule in found.rules if rule.id not in known]:
        say(f"in one language only, shown as written: {', '.join(own)}")


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
