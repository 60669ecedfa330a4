"""The verb `check_plan` and the verdict it returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from planner.check.finding import Finding
from planner.check.fold import EXIT_CODE, Word, fold
from planner.check.judge import judge
from planner.check.plan_summary import plan_summary
from planner.check.subject import subjects
from planner.core.errors import InputError, Problem
from planner.core.model import Model
from planner.core.names import Origin
from planner.core.provenance import Provenance, stamp
from planner.core.quantity import QUANTITIES
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import rounded
from planner.measure.result import Result, simulate_plan
from planner.plan.case import Case
from planner.protocol.language import Lang
from planner.protocol.load import DEFAULT, load_protocol
from planner.protocol.messages import told
from planner.protocol.models import Protocol
from planner.protocol.words import rule_words

FORMAT: Literal[1] = 1
"""Version of `result.json`."""


class QuantityValue(Model):
    """A quantity in `result.json`; without a value it says why."""

    value: float | None
    unit: str
    origin: Origin
    not_evaluated: str | None = None


class ResultFile(Model):
    """What `result.json` holds."""

    planner: Literal[1]
    lang: Lang = "en"
    verdict: Word
    findings: tuple[Finding, ...]
    quantities: dict[str, QuantityValue]
    quantities_by_step: tuple[dict[str, QuantityValue], ...]
    plan: dict[str, Any]
    warnings: tuple[str, ...]
    overrides: tuple[dict[str, Any], ...] = ()
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a protocol says of a case.

    Attributes
    ----------
    word : compliant, warning, violation or incomplete.
    findings : one for each rule and step, level or session it judges, in the order of the protocol.
    result : the quantities judged, with the case they belong to.
    provenance : what made it.
    """

    word: Word
    findings: tuple[Finding, ...]
    result: Result
    protocol: Protocol
    provenance: Provenance
    lang: Lang = "en"

    @property
    def exit_code(self) -> int:
        """0 compliant or warning, 1 violation, 2 incomplete."""
        return EXIT_CODE[self.word]

    def worst_first(self) -> list[Finding]:
        """Return the findings, what blocks and fails by most first."""
        return sorted(self.findings, key=lambda finding: finding.rank)

    def __str__(self) -> str:
        counts = Counter(finding.outcome for finding in self.findings)
        shown = [
            f"{counts[o]} {o.replace('_', ' ')}"
            for o in ("pass", "warn", "fail", "error", "not_evaluated")
            if counts[o]
        ]
        return f"{self.word.upper()}  {' · '.join(shown)}"

    @cached_property
    def file(self) -> ResultFile:
        """What `result.json` holds."""
        return ResultFile(
            planner=FORMAT,
            lang=self.lang,
            verdict=self.word,
            findings=self.findings,
            quantities=_values(self.result.whole, self.lang),
            quantities_by_step=tuple(_values(step, self.lang) for step in self.result.by_step),
            plan=plan_summary(self.result.case, self.lang),
            warnings=self.result.case.warnings,
            overrides=tuple(
                {"rule": rule.id, "now": rule_words(rule), **rule.override.model_dump(mode="json")}
                for rule in self.protocol.rules
                if rule.override is not None
            ),
            provenance=self.provenance,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `result.json` holds, as plain data that a caller may change."""
        return self.file.model_dump(mode="json")


def _values(outcomes: Mapping[str, Outcome], lang: Lang) -> dict[str, QuantityValue]:
    """Return the quantities a step or plan has; what it cannot have is left out."""
    found = {}
    for name, outcome in outcomes.items():
        row = QUANTITIES[name]
        if isinstance(outcome, Measured):
            found[name] = QuantityValue(
                value=rounded(outcome.value), unit=row.unit, origin=outcome.origin or row.origin
            )
        elif isinstance(outcome, NotEvaluated):
            why = told(outcome.reason, lang)
            found[name] = QuantityValue(value=None, unit=row.unit, origin=row.origin, not_evaluated=why)
    return found


def check_plan(
    case: Case, result: Result | None = None, protocol: str | Path | Protocol = DEFAULT, *, lang: Lang = "en"
) -> Verdict:
    """Judge a case by a protocol.

    Parameters
    ----------
    result : what :func:`planner.simulate_plan` returned; run here, with simulation, where it is not given.
    protocol : a name, a file, or a loaded protocol.
    lang : of titles, reasons and remedies; it changes no outcome.

    Raises
    ------
    InputError
        When the protocol cannot be used, or the result belongs to another case.
    """
    if result is None:
        result = simulate_plan(case)
    if result.case is not case:
        raise InputError(
            [Problem("result", "the result of another case", "the result of this case", "simulate this case again")]
        )
    book = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    findings = tuple(judge(rule, subject, result, lang) for rule in book.rules for subject in subjects(rule, result))
    word = fold((finding.outcome, finding.severity) for finding in findings)
    provenance = stamp(
        {"name": book.name, "version": book.version, "sha256": book.sha256}
        | ({"site": book.site} if book.site else {}),
        ({"role": "plan", "sha256": case.sha256}, *case.anatomy.inputs, *case.inputs),
        {"simulate": result.simulated},
        case.plan.seed,
    )
    return Verdict(word, findings, result, book, provenance, lang)
