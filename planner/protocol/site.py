"""A hospital's own file: it tightens freely; to loosen a limit, somebody has to answer for it by name."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from planner.core.errors import InputError, Problems
from planner.core.model import Model
from planner.core.names import KINDS
from planner.core.units import fault
from planner.core.validation import validated
from planner.protocol.limits import Limit
from planner.protocol.models import Override, Rule, Severity
from planner.protocol.order import asks_at_least, stricter
from planner.protocol.words import rule_words

TECHNIQUE_RULE = "SITE-TECHNIQUE"
WEIGHT: dict[Severity, int] = {"note": 0, "warn": 1, "block": 2}


class Change(Model):
    """What a site changes in one rule; what is not given stays.

    Attributes
    ----------
    justification, approver, date, document : asked of a change that loosens, or that lets an unverified limit block.
    """

    rule: str
    limit: Limit | None = None
    warn: Limit | None = None
    severity: Severity | None = None
    justification: Annotated[str, Field(min_length=15)] | None = None
    approver: Annotated[str, Field(min_length=3)] | None = None
    date: dt.date | None = None
    document: Annotated[str, Field(min_length=3)] | None = None


class SiteFile(Model):
    """A site's profile.

    Attributes
    ----------
    base : the protocol that is changed.
    techniques : kinds of step that the site offers; None for all.
    overrides : changes of rules of the base.
    rules : rules of its own; their sources are the site's to name.
    """

    site: Annotated[str, StringConstraints(min_length=2)]
    version: str
    title: str
    base: str = "spine_tumour"
    techniques: tuple[str, ...] | None = Field(default=None, min_length=1)
    overrides: tuple[Change, ...] = ()
    rules: tuple[Rule, ...] = ()

    @field_validator("techniques")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(value or ()) - set(KINDS))
        if unknown:
            raise fault("", unknown, f"kinds of step: {', '.join(KINDS)}", "correct the kind")
        return value


def with_overrides(site: SiteFile, base: tuple[Rule, ...], problems: Problems) -> tuple[Rule, ...]:
    """Return the rules of the base as the site changes them, with its own and the techniques it does not offer.

    A change of an unknown rule, one that nobody answers for, and one that touches what blocks by logic are noted.
    """
    rules = {rule.id: rule for rule in base}
    seen: set[str] = set()
    for index, change in enumerate(site.overrides):
        at = f"$.overrides[{index}]"
        if change.rule not in rules:
            problems.add(f"{at}.rule", change.rule, f"the id of a rule of {site.base}", "see `planner protocol list`")
        elif change.rule in seen:
            problems.add(f"{at}.rule", change.rule, "each rule once", "put both changes into one entry")
        else:
            rules[change.rule] = _changed(site, rules[change.rule], change, at, problems)
        seen.add(change.rule)
    own = list(site.rules)
    for index, rule in enumerate(own):
        if rule.id in rules:
            problems.add(f"$.rules[{index}].id", rule.id, "an id of its own", "change the book's rule by `overrides`")
        if rule.severity == "block" and not rule.source.verified:
            way_out = "let it warn, or state a source that was read (flag V)"
            problems.add(f"$.rules[{index}].severity", "block", "a verified source for a rule that blocks", way_out)
    if site.techniques is not None and (left_out := [kind for kind in KINDS if kind not in site.techniques]):
        own.append(_not_offered(site, left_out))
    return (*rules.values(), *own)


def _changed(site: SiteFile, rule: Rule, change: Change, at: str, problems: Problems) -> Rule:
    limit, warn, severity = change.limit or rule.limit, change.warn or rule.warn, change.severity or rule.severity
    looser = []
    if not asks_at_least(limit, rule.limit):
        looser.append("allows what the book refuses")
    if change.warn is not None and rule.warn is not None and not asks_at_least(change.warn, rule.warn):
        looser.append("warns later than the book")
    if WEIGHT[severity] < WEIGHT[rule.severity]:
        looser.append(f"lowers {rule.severity} to {severity}")
    answered_for = severity == "block" and not rule.source.verified and rule.logic is None
    if rule.logic is not None and looser:
        got = f"{rule.id}: {'; '.join(looser)}"
        problems.add(at, got, "what blocks by logic left as it is", "no site can allow this; remove the entry")
        return rule
    if looser or (answered_for and (change.severity or change.limit)):
        missing = [k for k in ("justification", "approver", "date", "document") if getattr(change, k) is None]
        if missing:
            got = "; ".join(looser) or "lets a limit block whose source was not read"
            problems.add(
                f"{at}", f"{change.rule}: {got}", f"also {', '.join(missing)}", "say who answers for it, and where"
            )
            return rule
    if warn is not None and change.warn is None and not stricter(warn, limit):
        warn = None  # the new limit has passed the book's better range
    override = Override(
        site=site.site,
        was=rule_words(rule),
        loosens=bool(looser),
        justification=change.justification,
        approver=change.approver,
        date=change.date,
        document=change.document,
    )
    fields = {name: getattr(rule, name) for name in Rule.model_fields}
    try:
        return validated(
            Rule, fields | {"limit": limit, "warn": warn, "severity": severity, "override": override}, path=at
        )
    except InputError as error:  # a warn region outside the limit, an efficacy rule made to block
        problems.extend(error.problems)
        return rule


def _not_offered(site: SiteFile, kinds: list[str]) -> Rule:
    return Rule.model_validate(
        {
            "id": TECHNIQUE_RULE,
            "title": "The technique is offered here",
            "quantity": "technique_steps",
            "unit": "1",
            "severity": "block",
            "purpose": "safety",
            "applies_when": {"kind": tuple(kinds)},
            "limit": {"at_most": 0.0},
            "because": f"{site.site} does not offer it: {', '.join(kinds).replace('_', ' ')}.",
            "remedy": "Refer the patient to a centre that does, or choose a technique that is offered here.",
            "source": {
                "ref": "house",
                "grade": "expert",
                "flag": "E",
                "note": f"Profile of {site.site}, {site.version}.",
            },
            "override": {"site": site.site, "was": "no such rule", "approver": f"profile of {site.site}"},
        }
    )
