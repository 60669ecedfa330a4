"""A patient who does not exist: a spine drawn from a table of dimensions."""

from planner.anatomy.parametric.build import build_parametric
from planner.anatomy.parametric.disease_spec import ParametricLesion
from planner.anatomy.parametric.spec import ParametricSpec
from planner.anatomy.parametric.spine import ParametricSpine

__all__ = ["ParametricLesion", "ParametricSpec", "ParametricSpine", "build_parametric"]
