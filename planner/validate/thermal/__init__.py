"""Heat, cold and the electric field: tissue, electrodes, sources, layers, dose, energy and the order of convergence."""

from planner.validate.models import Case
from planner.validate.thermal import blind, cold, dose, field, joule, laws, published, slabs, sources, unstated

CASES: tuple[Case, ...] = (
    *sources.CASES, *slabs.CASES, *laws.CASES, *dose.CASES, *field.CASES, *joule.CASES, *cold.CASES,
    *published.CASES, *blind.CASES, *unstated.CASES,
)  # fmt: skip
