"""Where things are: clearances, margins, coverage, label maps, frames and the parametric vertebra."""

from planner.validate.anatomy import instruments, labels, parametric, zones
from planner.validate.models import Case

CASES: tuple[Case, ...] = (*instruments.CASES, *zones.CASES, *labels.CASES, *parametric.CASES)
