"""`result.json` → rows in the order in which a reader needs them: worst first, in words, tolerant of absent keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from planner.check.finding import badness, nearest_bound, relative_margin
from planner.core.quantity import QUANTITIES
from planner.core.sourced import Source
from planner.protocol.language import Lang, page_word, page_words, phrase
from planner.report.numbers import also, amount, limit_text, percent, quantity_words

Finding = Mapping[str, Any]

OUTCOME_WORDS = {
    "fail": "fail", "warn": "warn", "error": "error", "not_evaluated": "not evaluated",
    "pass": "pass", "not_applicable": "not applicable",
}  # fmt: skip

GRADE_WORDS = {
    "guideline": "guideline", "rct": "randomised trial", "cohort": "cohort study", "bench": "bench study",
    "ifu": "instructions for use", "expert": "expert opinion", "source_text": "source text", "assumed": "assumed",
}  # fmt: skip

WITHOUT_INTERVAL = {
    "measured": "exact for the shapes given",
    "planned": "as planned",
    "simulated": "simulated, spread not computed",
}

# Order of groups, and their headings.
GROUPS = {
    "fail": "Limits broken",
    "warn": "Warnings",
    "open": "Not evaluated",
    "pass": "Limits kept",
    "off": "Not applicable",
}


@dataclass(frozen=True)
class Row:
    """One finding, ready to print; every text is plain, escaping is the writer's work."""

    rule: str
    title: str
    outcome: str
    group: str
    blocks: bool
    place: str
    quantity: str
    value: str
    value_also: str
    limit: str
    limit_also: str
    margin: str
    margin_also: str
    interval: str
    probability: str
    because: str
    remedy: str
    source: str
    url: str
    grade: str
    verified: bool
    badge: str
    fly: str
    fly_other: str
    raw: Finding
    house: str = ""
    count: int = 1
    lang: Lang = "en"

    @property
    def outcome_word(self) -> str:
        """Outcome as printed."""
        return page_word(self.lang, OUTCOME_WORDS.get(self.outcome, self.outcome))

    @property
    def sure(self) -> str:
        """Interval and probability of violation in one line."""
        told = (
            f"{page_word(self.lang, 'interval')} {self.interval}" if self.interval else "",
            f"{page_word(self.lang, 'p(violation)')} {self.probability}" if self.probability else "",
        )
        return ", ".join(part for part in told if part)

    @property
    def unspread(self) -> str:
        """What a value without an interval is: only a measured one is exact."""
        row = QUANTITIES.get(str(self.raw.get("quantity")))
        return page_word(self.lang, WITHOUT_INTERVAL[row.origin if row else "measured"])


def rows(result: Mapping[str, Any]) -> list[Row]:
    """All findings, worst first."""
    steps = (result.get("plan") or {}).get("steps") or []
    # `step` is an index from 0; a reader counts from 1, in the order of the plan.
    order = {step.get("index", i): i + 1 for i, step in enumerate(steps)}
    lang = language_of(result)
    return [row_of(f, order, lang) for f in sorted(result.get("findings") or [], key=badness_of)]


def language_of(result: Mapping[str, Any]) -> Lang:
    """Language in which a result was told."""
    return "zh" if result.get("lang") == "zh" else "en"


def grouped(all_rows: list[Row]) -> dict[str, list[Row]]:
    """Rows under the keys of `GROUPS`, in their order; groups without rows are left out.

    What a rule says alike of several steps is one row that names them all and counts them.
    """
    found: dict[str, dict[tuple[str, ...], Row]] = {group: {} for group in GROUPS}
    for row in all_rows:
        members, key = found[row.group], (row.rule, row.outcome, row.value, row.because)
        same = members.get(key)
        if same is None:
            members[key] = row
        else:
            members[key] = replace(same, place=f"{same.place}, {row.place}", count=same.count + 1)
    return {group: list(members.values()) for group, members in found.items() if members}


def counts(result: Mapping[str, Any]) -> dict[str, int]:
    """Outcome → number of findings, in reading order, zeros left out but for pass, warn and fail."""
    found = [str(f.get("outcome")) for f in result.get("findings") or []]
    order = ("pass", "warn", "fail", "error", "not_evaluated", "not_applicable")
    return {o: found.count(o) for o in order if found.count(o) or o in ("pass", "warn", "fail")}


def row_of(f: Finding, order: Mapping[Any, int] | None = None, lang: Lang = "en") -> Row:
    """One finding in words."""
    unit, quantity = f.get("unit"), str(f.get("quantity") or "")
    value, limit, margin = f.get("value"), f.get("limit"), f.get("margin")
    real = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    bound = nearest_bound(limit, float(value)) if real and value is not None else None
    source, url, grade, verified = _source(f)
    outcome = str(f.get("outcome") or "error")
    blocks = f.get("severity") == "block"
    limited = next((e for e in ((limit or {}).get("high"), (limit or {}).get("low")) if e is not None), None)
    return Row(
        rule=str(f.get("rule") or ""),
        title=str(f.get("title") or f.get("rule") or quantity_words(quantity)),
        outcome=outcome,
        group=_group(outcome, blocks),
        blocks=blocks,
        place=_place(f, order or {}, lang),
        quantity=quantity,
        value="" if value is None else page_words(lang, amount(value, unit, quantity, bound)),
        value_also=also(value, unit),
        limit=page_words(lang, limit_text(limit, unit, quantity)),
        limit_also=also(limited, unit) if limited is not None else "",
        margin="" if margin is None else margin_words(float(margin), limit, unit, quantity, lang=lang),
        margin_also="" if margin is None else also(abs(float(margin)), unit),
        interval=page_words(lang, _interval(f.get("interval"), unit, quantity)),
        probability="" if f.get("p_violation") is None else percent(float(f["p_violation"])),
        because=_because(f, lang),
        remedy=str(f.get("remedy") or ""),
        source=source,
        url=url,
        grade=page_word(lang, GRADE_WORDS.get(grade, grade)),
        verified=verified,
        badge=page_word(lang, _badge(verified, blocks, f)),
        fly=_point(f.get("where_lps_mm")),
        fly_other=_point(f.get("other_lps_mm")),
        raw=f,
        house=house_words(f.get("override"), lang),
        lang=lang,
    )


def margin_words(margin: float, limit: Finding | None, unit: str | None, quantity: str, *, lang: Lang = "en") -> str:
    """Signed margin with what the sign means: `−1.7 mm (short)`, `+2 mm to spare`."""
    if unit == "yes/no":
        return ""
    text = page_words(lang, amount(abs(margin), unit, quantity))
    if margin == 0:
        return page_word(lang, "{amount}, on the limit").format(amount=text)
    if margin >= 0:
        return page_word(lang, "+{amount} to spare").format(amount=text)
    kind = {"at_least": "short", "at_most": "over"}.get(str((limit or {}).get("kind")), "outside")
    return f"−{text} {page_word(lang, kind)}"


def headline(result: Mapping[str, Any], all_rows: list[Row]) -> str:
    """One sentence: why the verdict is what it is."""
    lang = language_of(result)
    applicable = [r for r in all_rows if r.group != "off"]
    if not applicable:
        return page_word(lang, "No rule applies to this plan, so nothing was judged.")
    worst = applicable[0]
    if result.get("verdict") == "compliant" or worst.group == "pass":
        tight = next((r for r in applicable if r.margin), worst)
        words = page_word(lang, "All {count} applicable limits are kept. The tightest: {sentence}")
        return words.format(count=len(applicable), sentence=sentence(tight))
    if result.get("verdict") == "incomplete":
        open_ones = [r for r in applicable if r.group == "open"] or [worst]
        words = page_word(lang, "{count} not judged, first of all: {sentence}")
        return words.format(count=len(open_ones), sentence=sentence(open_ones[0]))
    return sentence(worst)


def sentence(row: Row) -> str:
    """Tell a finding in one sentence: what, how much, which limit, by how much."""
    if row.group == "open":
        return f"{row.title}. {row.because}".strip()
    if not row.value:
        return f"{row.title}: {row.outcome_word}. {row.because}".strip()
    margin = f", {row.margin.lstrip('+−')}" if row.margin else ""
    words = page_word(row.lang, "{title}: {value}; the limit is {limit}{margin}.")
    return words.format(title=row.title, value=row.value, limit=_spoken(row.limit, row.lang), margin=margin)


def _spoken(limit: str, lang: Lang) -> str:
    if not limit:
        return page_word(lang, "not stated")
    for sign, words in (("≥", "at least"), ("≤", "at most"), ("= ", "exactly ")):
        limit = limit.replace(sign, page_word(lang, words))
    return limit


def badness_of(f: Finding) -> tuple[int, float]:
    """Return what findings are sorted by, the worst first."""
    return badness(
        f.get("outcome"), f.get("severity"), relative_margin(f.get("margin"), f.get("value"), f.get("limit"))
    )


def _group(outcome: str, blocks: bool) -> str:
    if outcome == "fail":
        return "fail" if blocks else "warn"
    return {"warn": "warn", "error": "open", "not_evaluated": "open", "pass": "pass"}.get(outcome, "off")


def _place(f: Finding, order: Mapping[Any, int], lang: Lang) -> str:
    step, level = f.get("step"), f.get("level")
    numbered = f"{page_word(lang, 'step')} {order.get(step, step)}"
    parts = [numbered if step is not None else page_word(lang, "whole plan"), str(level) if level else ""]
    return " · ".join(part for part in parts if part)


def _because(f: Finding, lang: Lang) -> str:
    """Reason, without a lead that only repeats the outcome."""
    words = str(f.get("because") or "").strip()
    rest = words.removeprefix(phrase(lang, "not_evaluated", reason="").rstrip("。. ")).strip()
    return rest[:1].upper() + rest[1:]


def _interval(interval: Any, unit: str | None, quantity: str) -> str:
    if not isinstance(interval, list | tuple) or len(interval) != 2 or None in interval:
        return ""
    low, high = (amount(float(end), unit, quantity) for end in interval)
    return f"{low.split(' ')[0]} to {high}"


def _source(f: Finding) -> tuple[str, str, str, bool]:
    """Citation, address, grade, whether it was read; `source` may be a mapping, a text or absent."""
    source = f.get("source")
    grade, verified = str(f.get("evidence") or ""), f.get("verified")
    if isinstance(source, Mapping):
        text = str(source.get("citation") or source.get("id") or "")
        grade = grade or str(source.get("grade") or "")
        verified = source.get("verified") if verified is None else verified
        return text, str(source.get("url") or ""), grade, verified is True
    return str(source or "no source given"), "", grade, verified is True


def house_words(override: Any, lang: Lang = "en") -> str:
    """What a site changed in a rule, and who answers for it; empty where nothing was changed."""
    if not isinstance(override, Mapping):
        return ""
    named = ("justification", "approver", "date", "document")
    told = "; ".join(str(override[key]) for key in named if override.get(key))
    kind = "loosened by {site}, was {was}" if override.get("loosens") else "changed by {site}, was {was}"
    words = page_word(lang, kind).format(site=override.get("site"), was=override.get("was"))
    return words + (f". {told}" if told else "")


def evidence_words(source: Source, lang: Lang) -> str:
    """Grade of a source, and whether it was read."""
    read = page_word(lang, "read in the source" if source.verified else "not verified (flag {flag})")
    return f"{page_word(lang, GRADE_WORDS[source.grade])}, {read.format(flag=source.flag)}"


def _badge(verified: bool, blocks: bool, f: Finding) -> str:
    if verified:
        return "read in the source"
    if blocks:
        return "not verified; blocks by the logic of the rule or a site's override"
    lowered = f.get("declared_severity") == "block"
    return "not verified: advises, does not block" if lowered or f.get("severity") == "warn" else "not verified: a note"


def _point(value: Any) -> str:
    """Three numbers as JSON, or nothing."""
    good = (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v) for v in value)
    )
    return json.dumps([float(v) for v in value]) if good else ""
