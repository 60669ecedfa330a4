"""Advice: patients with the answer expected and why, and those where one missing entry must change it to missing."""

from planner.validate.advise import laws, vignettes
from planner.validate.models import Case

CASES: tuple[Case, ...] = (*vignettes.cases(), *laws.CASES)
