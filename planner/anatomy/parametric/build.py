"""From a spec to a spine: dimensions, posture, then the makers of every structure."""

from __future__ import annotations

from functools import partial

from planner.anatomy.parametric import bones, cortex, disease, neural, posture, ribs, soft, vessels, wrapping
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.layout import stack
from planner.anatomy.parametric.spec import ParametricSpec
from planner.anatomy.parametric.spine import ParametricSpine
from planner.anatomy.parametric.variation import rows_for
from planner.core.errors import Problems

_PARTS = (bones, cortex, ribs, disease, neural, vessels, soft, wrapping)


def build_parametric(spec: ParametricSpec, *, at: str = "$", store: bool = False) -> ParametricSpine:
    """Return the spine that a spec describes; each structure is built when it is first asked for.

    Parameters
    ----------
    at : where the spec stands in a plan, for the paths of problems.
    store : whether costly meshes are kept on disk for the next run.

    Raises
    ------
    InputError
        With everything asked that does not go together or does not fit.
    """
    problems = Problems()
    column = _column(spec, at, problems)
    spine = ParametricSpine(spec, column, store=store)
    for part in _PARTS:
        spine.add(part.parts(spine))
    spine.add_truth(partial(disease.truth, spine))
    disease.check(spine, at, problems)
    problems.raise_if_any()
    return spine


def _column(spec: ParametricSpec, at: str, problems: Problems) -> Column:
    healthy = rows_for(spec.patient, spec.source, spec.seed)
    broken = disease.collapsed_rows(spec, healthy)
    # An angle that was asked for holds with the fractures; where none was, they bend a normal spine.
    posture.check(spec, broken, at, problems)
    rows = posture.standing(healthy, broken, spec.kyphosis_deg, spec.lordosis_deg)
    turned = None if spec.scoliosis is None else posture.bends(spec.scoliosis)
    return Column.of(rows, stack(rows, spec.level, turned))
