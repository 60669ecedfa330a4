"""Checks a planned procedure on a vertebra against cited limits and shows it in 3D.

>>> import planner as pl
>>> sorted(set(pl.__all__) & {"load_plan", "simulate_plan", "check_plan"})
['check_plan', 'load_plan', 'simulate_plan']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.advise.indicate import Indication, indicate
    from planner.advise.pathway import Pathway, pathway
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
    from planner.show.fluoro.verbs import fluoro_plan, write_fluoro
    from planner.show.slices.verbs import write_slices
    from planner.show.verbs import show_plan
    from planner.simulate.electric.electrodes import Contact, Electrode
    from planner.simulate.electric.field import electric_field
    from planner.simulate.electric.solver import ElectricField
    from planner.simulate.thermal.bioheat import BioheatResult, bioheat
    from planner.simulate.thermal.freeze import FreezeResult, freeze
    from planner.simulate.thermal.probes import Cryoprobe, ProbePhase

_HOMES = {
    "BioheatResult": "planner.simulate.thermal.bioheat",
    "Case": "planner.plan.case",
    "Contact": "planner.simulate.electric.electrodes",
    "Cryoprobe": "planner.simulate.thermal.probes",
    "ElectricField": "planner.simulate.electric.solver",
    "Electrode": "planner.simulate.electric.electrodes",
    "Finding": "planner.check.finding",
    "FreezeResult": "planner.simulate.thermal.freeze",
    "Indication": "planner.advise.indicate",
    "InputError": "planner.core.errors",
    "ParametricLesion": "planner.anatomy.parametric",
    "ParametricSpec": "planner.anatomy.parametric",
    "Pathway": "planner.advise.pathway",
    "PlannerError": "planner.core.errors",
    "ProbePhase": "planner.simulate.thermal.probes",
    "QUANTITIES": "planner.core.quantity",
    "Result": "planner.measure.result",
    "Verdict": "planner.check.verdict",
    "bioheat": "planner.simulate.thermal.bioheat",
    "build_parametric": "planner.anatomy.parametric",
    "check_plan": "planner.check.verdict",
    "electric_field": "planner.simulate.electric.field",
    "freeze": "planner.simulate.thermal.freeze",
    "fluoro_plan": "planner.show.fluoro.verbs",
    "load_plan": "planner.plan.case",
    "load_protocol": "planner.protocol.load",
    "indicate": "planner.advise.indicate",
    "package_version": "planner.core.provenance",
    "pathway": "planner.advise.pathway",
    "show_plan": "planner.show.verbs",
    "simulate_plan": "planner.measure.result",
    "write_fluoro": "planner.show.fluoro.verbs",
    "write_report": "planner.report.write",
    "write_result": "planner.report.write",
    "write_slices": "planner.show.slices.verbs",
}

__all__ = [
    "QUANTITIES", "BioheatResult", "Case", "Contact", "Cryoprobe", "ElectricField", "Electrode", "Finding",
    "FreezeResult", "Indication", "InputError", "ParametricLesion", "ParametricSpec", "Pathway", "PlannerError",
    "ProbePhase", "Result", "Verdict", "bioheat", "build_parametric", "check_plan", "electric_field", "fluoro_plan",
    "freeze", "indicate", "load_plan", "load_protocol", "package_version", "pathway", "show_plan", "simulate_plan",
    "write_fluoro", "write_report", "write_result", "write_slices",
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
