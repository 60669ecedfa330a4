"""Heat, cold and the electric field: tissue, electrodes, sources, layers, dose, energy and the order of convergence."""

from planner.validate.models import Case
from planner.validate.thermal import (
    blind,
    cold,
    cold_animal,
    cold_gel,
    cold_round,
    dose,
    field,
    joule,
    laws,
    published,
    slabs,
    sources,
    unstated,
)  # fmt: skip

CASES: tuple[Case, ...] = (
    *sources.CASES, *slabs.CASES, *laws.CASES, *dose.CASES, *field.CASES, *joule.CASES, *cold.CASES,
    *cold_round.CASES, *published.CASES, *unstated.CASES, *cold_gel.CASES, *cold_animal.CASES, *blind.CASES,
)  # fmt: skip
