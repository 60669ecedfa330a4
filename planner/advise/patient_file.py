"""The door: a patient file, or a whole plan; what cannot be together is refused with both paths."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.advise.books import compiled, contradictions, techniques
from planner.advise.derived import SourcedValue, facts_of, refuse_scores
from planner.advise.logic import Facts
from planner.core.errors import Problems
from planner.core.files import content_hash
from planner.core.model import Model
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.plan.advice import Advice
from planner.plan.models import Plan, Target
from planner.plan.patient import FollowUp, Patient, Session


class PatientFile(Model):
    """A patient without anatomy: the sections of a plan that choice and sequence need."""

    planner: int = 1
    title: str | None = None
    patient: Patient
    target: Target | None = None
    session: Session | None = None
    follow_up: FollowUp | None = None
    advice: Advice | None = None


@dataclass(frozen=True, eq=False)
class PatientCase:
    """A patient ready for advice.

    Attributes
    ----------
    known : facts by name, each with its value and where it comes from.
    facts : the bare values, as conditions read them.
    """

    title: str | None
    patient: Patient
    target: Target | None
    follow_up: FollowUp | None
    advice: Advice
    known: Mapping[str, SourcedValue]
    folder: Path
    sha256: str
    facts: Facts = field(repr=False)


def load_patient(source: str | Path | Mapping[str, Any] | Plan, *, measured: Mapping[str, SourcedValue] | None = None,
                 folder: Path | None = None) -> PatientCase:  # fmt: skip
    """Read a patient file, or a plan with its anatomy, whose geometry then answers for what it shows.

    Parameters
    ----------
    source : a file, the same content as a mapping, or a plan already read.
    measured : facts from geometry, where the caller has measured them.

    Raises
    ------
    InputError
        With every problem at once; combinations that cannot be name both places.
    """
    if isinstance(source, Plan):
        raw: Mapping[str, Any] = source.model_dump(mode="json", exclude_none=True)
    else:
        raw = source if isinstance(source, Mapping) else read_mapping(Path(source))
    base = folder or (Path.cwd() if isinstance(source, Mapping | Plan) else Path(source).resolve().parent)
    if "anatomy" in raw or "steps" in raw:
        if not isinstance(source, Plan):
            from planner.advise.measured import measured_facts  # noqa: PLC0415 - only where there is anatomy
            from planner.plan.case import load_plan  # noqa: PLC0415

            case = load_plan(raw, folder=base)
            plan, measured = case.plan, measured_facts(case)
        else:
            plan = source
        written = PatientFile(
            title=plan.title, patient=plan.patient or Patient(), target=plan.target, session=plan.session,
            follow_up=plan.follow_up, advice=plan.advice,
        )  # fmt: skip
    else:
        written = validated(PatientFile, raw)
    known = facts_of(written.patient, written.target, written.advice, measured or {})
    facts = {name: found.value for name, found in known.items()}
    problems = Problems()
    _refuse_impossible(facts, problems)
    refuse_scores(written.patient, written.target, problems)
    _refuse_unknown_techniques(written.advice, problems)
    problems.raise_if_any()
    return PatientCase(
        written.title, written.patient, written.target, written.follow_up, written.advice or Advice(), known, base,
        content_hash(written.model_dump(mode="json")), facts,
    )  # fmt: skip


def _refuse_unknown_techniques(advice: Advice | None, problems: Problems) -> None:
    for index, name in enumerate(advice.site.techniques if advice and advice.site else ()):
        if name not in techniques():
            expected = f"a technique: {', '.join(techniques())}"
            close = difflib.get_close_matches(name, techniques(), n=1)
            hint = f"did you mean `{close[0]}`?" if close else "name one of them"
            problems.add(f"$.advice.site.techniques[{index}]", name, expected, hint)


def _refuse_impossible(facts: Facts, problems: Problems) -> None:
    for rule in contradictions():
        if compiled(rule.when).truth(facts) is True:
            one, other = rule.paths
            problems.add(f"$.{one} with $.{other}", rule.when, rule.expected["en"], rule.way_out)
