from __future__ import annotations

import cases
import pytest
import rule_cases

from planner.measure.models import Measured
from planner.measure.result import Result
from planner.plan.case import load_plan
from planner.simulate.run import run_simulation


@pytest.fixture(scope="session")
def case_of(patient):
    """Name of a step → a case with that one step, or with several of them."""
    made = {}

    def case(*names):
        if names not in made:
            raw = cases.plan(
                target__intent=rule_cases.INTENT.get(names[0], "palliative"),
                target__lesion_type=rule_cases.LESION_TYPE.get(names[0], "lytic"),
            )
            raw["steps"] = [rule_cases.STEPS[name] for name in names]
            if names[0] in rule_cases.LABELS:
                raw["anatomy"]["labelmap"][0]["labels"] = cases.LABELS | rule_cases.LABELS[names[0]]
            raw["target"]["level"] = rule_cases.LEVEL.get(names[0], raw["target"]["level"])
            raw["patient"] = rule_cases.PATIENT.get(names[0])
            made[names] = load_plan(raw, folder=patient)
        return made[names]

    return case


@pytest.fixture(scope="session")
def result_of(case_of):
    """Steps and the quantities they shall have → a result, without measuring."""

    def result(names, quantities):
        names = (names,) if isinstance(names, str) else tuple(names)
        case = case_of(*names)
        found = {name: Measured(v) if isinstance(v, int | float) else v for name, v in quantities.items()}
        return Result(case, run_simulation(case), tuple(dict(found) for _ in case.steps), True)

    return result
