"""Texts of rules and quantities in another language; English stands in the books themselves."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import Field

from planner.core.errors import InputError, Problem
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.models import Protocol, Rule

Lang = Literal["en", "zh"]
LANGUAGES: tuple[Lang, ...] = ("en", "zh")
_WORDS = re.compile(r"[A-Za-z][A-Za-z ]*[A-Za-z]|[A-Za-z]")


class RuleTexts(Model):
    """What of a rule people read."""

    title: str = Field(min_length=2)
    because: str = Field(min_length=4)
    remedy: str = Field(min_length=2)
    label: str | None = None
    chosen: str | None = None


class Texts(Model):
    """One language.

    Attributes
    ----------
    rules : by id.
    quantities : label of each row of the quantity table.
    phrases : sentences of findings, with places for values in braces.
    page : English words of reports → this language's.
    messages : sentences of measurements, values as {1}, {2} → this language's (see `planner.protocol.messages`).
    """

    rules: dict[str, RuleTexts]
    quantities: dict[str, str]
    phrases: dict[str, str]
    page: dict[str, str]
    messages: dict[str, str]


PHRASES = {
    "value": "{label} {value}, asked {region}.",
    "inside": "{value} Inside the limit, but {reasons}. {because}",
    "fail": "{value} {because}",
    "interval": "the value may lie between {low} and {high}, across the limit",
    "better": "better {region}",
    "not_evaluated": "Not evaluated: {reason}.",
    "and": "; ",
    "note": " {note}.",
    "lowered": " ({why}.)",
    "at_least": "at least {low}",
    "at_most": "at most {high}",
    "between": "between {low} and {high}",
    "equals": "exactly {low}",
    "share": "{times} times ",
    "device": "{share}the device's {figure}",
    "or": " or ",
    "always": "always",
    "yes": "yes",
    "no": "no",
}
"""English sentences of findings; another language has the same keys."""


@cache
def texts(lang: Lang) -> Texts | None:
    """Return a language's texts; None for English.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    if lang == "en":
        return None
    path = data_folder("protocols") / "lang" / f"{lang}.yaml"
    return validated(Texts, read_mapping(path), path=f"lang/{lang}.yaml")


def phrase(lang: Lang, key: str, **values: str) -> str:
    """Return a sentence of a finding with its values in place."""
    found = texts(lang)
    return (PHRASES if found is None else found.phrases)[key].format(**values)


def spoken(rule: Rule, lang: Lang) -> Rule:
    """Return a rule with its texts in a language; a site's own rule stays as the site wrote it."""
    found = texts(lang)
    own = None if found is None else found.rules.get(rule.id)
    if own is None:
        return rule
    return rule.model_copy(update=own.model_dump(exclude_none=True))


def label_of(rule: Rule, lang: Lang) -> str:
    """Return what a rule judges, in words."""
    found = texts(lang)
    if found is None or rule.expression is not None:
        return rule.row.label
    return found.quantities.get(rule.quantity, rule.row.label)


def quantity_label(name: str, lang: Lang) -> str | None:
    """Return a quantity's label in another language; None where the table's own label is to be used."""
    found = texts(lang)
    return None if found is None else found.quantities.get(name)


def page_word(lang: Lang, english: str) -> str:
    """Return a word or sentence of a report in a language; English where the language has none."""
    found = texts(lang)
    return english if found is None else found.page.get(english, english)


def page_words(lang: Lang, text: str) -> str:
    """Return a label or an amount with each run of words that the language knows exchanged; the rest stays."""
    found = texts(lang)
    if found is None:
        return text
    if text in found.page:
        return found.page[text]
    parts = (
        found.page.get(part) or _WORDS.sub(lambda run: _exchanged(lang, run.group()), part) for part in text.split(", ")
    )
    return ", ".join(parts)


def _exchanged(lang: Lang, words: str) -> str:
    """Exchange the longest known beginning, then the rest."""
    parts, done = words.split(" "), []
    while parts:
        for n in range(len(parts), 0, -1):
            run = " ".join(parts[:n])
            new = page_word(lang, run)
            if new != run:
                done.append(new)
                parts = parts[n:]
                break
        else:
            done.append(parts.pop(0))
    return " ".join(done)


def untranslated(protocol: Protocol, quantities: tuple[str, ...]) -> list[Problem]:
    """Return every rule, quantity and phrase that a language lacks, or has for nothing."""
    problems = []
    for lang in LANGUAGES:
        found = texts(lang)
        if found is None:
            continue
        for what, asked, there in (
            ("rules", {rule.id for rule in protocol.rules}, set(found.rules)),
            ("quantities", set(quantities), set(found.quantities)),
            ("phrases", set(PHRASES), set(found.phrases)),
        ):
            at = f"lang/{lang}.yaml.{what}"
            problems += [Problem(f"{at}.{key}", "nothing", "a translation", "add it") for key in sorted(asked - there)]
            problems += [Problem(f"{at}.{key}", key, "a name in use", "remove it") for key in sorted(there - asked)]
        for rule in protocol.rules:
            for key in ("label", "chosen"):
                own, asked_for = getattr(found.rules.get(rule.id), key, None), getattr(rule, key)
                if rule.id in found.rules and (own is None) != (asked_for is None):
                    at = f"lang/{lang}.yaml.rules.{rule.id}.{key}"
                    problems.append(Problem(at, own or "nothing", f"{key} where the rule has one", "correct it"))
    return problems


def checked_language(lang: str) -> Lang:
    """Return a language that texts exist in.

    Raises
    ------
    InputError
        For another.
    """
    for known in LANGUAGES:
        if lang == known:
            return known
    raise InputError([Problem("--lang", lang, " or ".join(LANGUAGES), "choose one of them")])
