"""A patient who does not exist: a spine drawn from a table of dimensions."""

from planner.anatomy.parametric.build import ParametricSpine, build_parametric
from planner.anatomy.parametric.spec import ParametricLesion, ParametricSpec

__all__ = ["ParametricLesion", "ParametricSpec", "ParametricSpine", "build_parametric"]
