"""Scores that are computed and not added up; each function is named by the score's file."""

from planner.check.scores.formulas import dose, function, response  # noqa: F401 - importing registers the functions
from planner.check.scores.formulas.registry import FORMULAS, Computed, NeedsMore

__all__ = ["FORMULAS", "Computed", "NeedsMore"]
