"""Checks a planned procedure on a vertebra against cited limits and shows it in 3D.

>>> import planner as pl
>>> sorted(set(pl.__all__) & {"load_plan", "simulate_plan", "check_plan"})
['check_plan', 'load_plan', 'simulate_plan']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.anatomy.parametric import ParametricLesion, ParametricSpec, build_parametric
    from planner.check.finding import Finding
    from planner.check.verdict import Verdict, check_plan
    from planner.core.errors import InputError, PlannerError
    from planner.core.provenance import package_version
    from planner.core.quantity import QUANTITIES
    from planner.measure.result import Result, simulate_plan
    from planner.plan.case import Case, load_plan
    from planner.protocol.load import load_protocol
    from planner.report.write import write_report, write_result
    from planner.show.verbs import show_plan

_HOMES = {
    "Case": "planner.plan.case",
    "Finding": "planner.check.finding",
    "InputError": "planner.core.errors",
    "ParametricLesion": "planner.anatomy.parametric",
    "ParametricSpec": "planner.anatomy.parametric",
    "PlannerError": "planner.core.errors",
    "QUANTITIES": "planner.core.quantity",
    "Result": "planner.measure.result",
    "Verdict": "planner.check.verdict",
    "build_parametric": "planner.anatomy.parametric",
    "check_plan": "planner.check.verdict",
    "load_plan": "planner.plan.case",
    "load_protocol": "planner.protocol.load",
    "package_version": "planner.core.provenance",
    "show_plan": "planner.show.verbs",
    "simulate_plan": "planner.measure.result",
    "write_report": "planner.report.write",
    "write_result": "planner.report.write",
}

__all__ = [
    "QUANTITIES", "Case", "Finding", "InputError", "ParametricLesion", "ParametricSpec", "PlannerError", "Result",
    "Verdict", "build_parametric", "check_plan", "load_plan", "load_protocol", "package_version", "show_plan",
    "simulate_plan", "write_report", "write_result",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import planner` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'planner' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
