"""What is allowed: units at the door, limits at their edge, fill of the body, the fold what blocks, and scores."""

from planner.validate.models import Case
from planner.validate.protocol import fill, limits, scores, units, verdicts

CASES: tuple[Case, ...] = (*units.CASES, *fill.CASES, *limits.CASES, *verdicts.CASES, *scores.CASES)
