"""Facts that geometry answers: height lost, the lesion's size, its distance to cord and great vessels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from planner.advise.derived import SourcedValue
from planner.anatomy.density import trabecular_hu
from planner.anatomy.roles.deformity import height_loss
from planner.anatomy.structures import Structure
from planner.core.names import LEVELS
from planner.geometry.clearance import clearance_along
from planner.geometry.measures import feret_diameter
from planner.measure.neighbours import ARTERIES, CORD_OR_STAND_IN, VEINS
from planner.plan.case import Case


def measured_facts(case: Case) -> dict[str, SourcedValue]:
    """Return what the case's geometry tells of its target, each with its interval; what is not there is left out."""
    target, found = case.plan.target, {}
    if target is None:
        return {}
    loss = height_loss(case.anatomy, target.level)
    if loss is not None:
        ends = (100.0 * max(0.0, loss.fraction - loss.error), 100.0 * min(1.0, loss.fraction + loss.error))
        found["height_loss_percent"] = SourcedValue(ends, "measured", f"{loss.where} height against {loss.against}")
    index = LEVELS.index(target.level)
    beside = (*LEVELS[max(index - 1, 0) : index], *LEVELS[index + 1 : index + 2])
    densities = [value for level in beside if (value := trabecular_hu(case.anatomy, level)) is not None]
    if densities:
        least = min(mean for mean, _ in densities)
        found["trabecular_hu"] = SourcedValue((least, least), "measured", f"lower of {' and '.join(beside)}")
    lesion = case.anatomy.get(target.lesion) if target.lesion else None
    if lesion is None:
        return found
    size, first, second = feret_diameter(lesion.mesh.vertices)
    spread = 2.0 * lesion.uncertainty_mm(np.asarray(second) - np.asarray(first))
    found["lesion_size_mm"] = SourcedValue((max(0.0, size - spread), size + spread), "measured")
    for name, structures in (("cord_distance_mm", CORD_OR_STAND_IN), ("vessel_distance_mm", (*ARTERIES, *VEINS))):
        known = [s for s in (case.anatomy.get(n) for n in structures) if s is not None and s.reaches(*lesion.reach_mm)]
        # The first that is known stands for the cord; of the vessels the nearest counts.
        used = known[:1] if name == "cord_distance_mm" else known
        if used:
            found[name] = _nearest(lesion, used)
    return found


def _nearest(lesion: Structure, others: Iterable[Structure]) -> SourcedValue:
    """Smallest distance from the lesion's surface to others; overlap counts as 0."""
    best: tuple[float, float, str] = (np.inf, 0.0, "")
    for other in others:
        distances, _ = clearance_along(lesion.mesh.vertices, other.mesh)
        at = int(np.argmin(distances))
        outward = np.asarray(lesion.mesh.vertices[at]) - np.asarray(other.mesh.vertices).mean(axis=0)
        error = lesion.uncertainty_mm(outward) + other.uncertainty_mm(outward)
        best = min(best, (float(distances[at]), error, other.name))
    distance, error, name = best
    return SourcedValue((max(0.0, distance - error), max(0.0, distance + error)), "measured", name.replace("_", " "))
