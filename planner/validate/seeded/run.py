"""Plants every error, and tells which rule caught it and whether the sound plan was silent."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

from planner.check.verdict import Verdict, check_plan
from planner.core.errors import InputError
from planner.measure.result import simulate_plan
from planner.plan.case import Case, load_plan
from planner.validate.seeded.bases import access, bases
from planner.validate.seeded.errors import REMOVED, Planted

SILENT = {"pass", "not_applicable"}


@dataclass(frozen=True)
class Caught:
    """What became of one planted error.

    Attributes
    ----------
    before : outcome of the rule on the sound plan; `accepted` where the error is one of input.
    after : its outcome on the plan with the error; `refused` where the plan was not accepted at this path.
    """

    planted: Planted
    before: str
    after: str

    @property
    def caught(self) -> bool:
        """Whether the right rule fired, and was silent before."""
        return self.after in {"fail", "refused"} and self.before in {*SILENT, "accepted"}


class Bench:
    """Keeps the sound cases, so that plans on the same patient are measured on the same surfaces."""

    def __init__(self) -> None:
        self.plans = bases()
        self.cases: dict[str, Case] = {}
        self.verdicts: dict[str, Verdict] = {}

    def sound(self, name: str) -> Verdict:
        """Return the verdict of a sound plan."""
        if name not in self.verdicts:
            case = load_plan(copy.deepcopy(self.plans[name]))
            first = next(iter(self.cases.values()), None)
            self.cases[name] = case if first is None else replace(case, anatomy=first.anatomy)
            self.verdicts[name] = _judged(self.cases[name])
        return self.verdicts[name]

    def plant(self, planted: Planted) -> Caught:
        """Return what became of one error."""
        before = _outcome(self.sound(planted.base), planted.rule)
        raw = changed(self.plans[planted.base], planted.changes)
        try:
            case = load_plan(raw)
        except InputError as error:
            paths = [problem.path for problem in error.problems]
            after = "refused" if any(_under(path, planted.rule) for path in paths) else f"refused at {', '.join(paths)}"
            return Caught(planted, "accepted" if planted.rule.startswith("$") else before, after)
        if planted.rule.startswith("$"):
            return Caught(planted, "accepted", "accepted")
        if raw["anatomy"] == self.plans[planted.base]["anatomy"]:
            case = replace(case, anatomy=self.cases[planted.base].anatomy)
        return Caught(planted, before, _outcome(_judged(case), planted.rule))


def changed(plan: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with values replaced, removed, or steps added."""
    made = copy.deepcopy(plan)
    for path, value in changes.items():
        *way, last = path.split(".")
        place: Any = made
        for part in way:
            place = place[int(part)] if part.isdigit() else place[part]
        if last == "+":
            place.extend(_cement_at(level, made) for level in value[1])
        elif value is REMOVED:
            del place[last]
        else:
            place[int(last) if last.isdigit() else last] = copy.deepcopy(value)
    if any("cement_at" in str(value) for value in changes.values()):
        made["anatomy"]["parametric"]["levels"] = "column"
    return made


def _cement_at(level: str, plan: dict[str, Any]) -> dict[str, Any]:
    cement = next(step for step in plan["steps"] if step["kind"] == "vertebroplasty")
    return {"kind": "vertebroplasty", "access": access("left"), "cement": cement["cement"], "target": {"level": level}}


def _judged(case: Case) -> Verdict:
    return check_plan(case, simulate_plan(case, simulate=False))


def _outcome(verdict: Verdict, rule: str) -> str:
    found = [finding.outcome for finding in verdict.findings if finding.rule == rule]
    order = ("fail", "error", "warn", "not_evaluated", "pass", "not_applicable")
    return min(found, key=order.index) if found else "no such rule"


def _under(path: str, asked: str) -> bool:
    return path == asked or path.startswith((f"{asked}.", f"{asked}_", f"{asked}["))
