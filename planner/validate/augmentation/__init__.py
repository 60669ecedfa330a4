"""Balloon and cement: cavity in even bone, fronts of cement, heat of setting, and figures measured by others."""

from planner.validate.augmentation import balloon, breach, flow, fracture, heat, published
from planner.validate.models import Case

CASES: tuple[Case, ...] = (*balloon.CASES, *flow.CASES, *heat.CASES, *published.CASES, *fracture.CASES, *breach.CASES)
