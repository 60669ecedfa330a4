"""Pictures that are measurements: chords, shadows and places under a virtual C-arm, values and places in slices."""

from planner.validate.models import Case
from planner.validate.show import projection, shadows

CASES: tuple[Case, ...] = (*projection.CASES, *shadows.CASES)
