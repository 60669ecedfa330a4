"""What is allowed: units at the door, limits at their edge, fill of the body, the fold and what blocks."""

from planner.validate.models import Case
from planner.validate.protocol import fill, limits, units, verdicts

CASES: tuple[Case, ...] = (*units.CASES, *fill.CASES, *limits.CASES, *verdicts.CASES)
