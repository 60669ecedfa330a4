"""Which structures each quantity needs: one table, held against the measuring functions by the tests."""

from __future__ import annotations

from dataclasses import dataclass

from planner.anatomy.structures import Anatomy, Structure
from planner.core.names import region_of
from planner.measure.neighbours import ARTERIES, CORD_OR_STAND_IN, VEINS
from planner.measure.organs import ASKED


@dataclass(frozen=True)
class Need:
    """Any one of several structures.

    Attributes
    ----------
    any_of : names; `{level}` stands for the level of a step, `{lesion}` for its lesion, a final `*` for any ending
        of what is labelled; `ct` is the CT itself.
    segmented : whether one that is only modelled does not count.
    whole : whether one that the border of the image cuts does not count.
    regions : of the spine where it is needed; empty where it is everywhere.
    """

    any_of: tuple[str, ...]
    segmented: bool = False
    whole: bool = False
    regions: tuple[str, ...] = ()

    def names(self, level: str, lesion: str) -> tuple[str, ...]:
        """Return the names for one level and lesion."""
        return tuple(name.format(level=level, lesion=lesion) for name in self.any_of)

    def met(self, anatomy: Anatomy, level: str, lesion: str) -> bool:
        """Return whether the patient has one of the structures."""
        if self.regions and region_of(level) not in self.regions:
            return True
        if "ct" in self.any_of:
            return anatomy.ct is not None
        labelled = set(anatomy.names)
        names = self.names(level, lesion)
        if any(name.endswith("*") and any(other.startswith(name[:-1]) for other in labelled) for name in names):
            return True
        asked = [name for name in names if name in labelled or not self.segmented]
        return any(self._counts(found) for name in asked if (found := anatomy.get(name)) is not None)

    def _counts(self, found: Structure) -> bool:
        return not (self.whole and found.cut) and not (self.segmented and found.origin == "modelled")


_CORD = (Need(CORD_OR_STAND_IN, segmented=True),)
_CANAL = (Need(("spinal_canal",)),)
_ROOTS = (Need(("nerve_root_*", "nerve_root_{level}_left", "nerve_root_{level}_right")),)
_VESSELS = (Need(ARTERIES + VEINS),)
_ORGANS = tuple(Need(names, regions=(region,)) for region, names in ASKED.items())
_LESION = (Need(("{lesion}",)),)
_CT = (Need(("ct",)),)

NEEDS: dict[str, tuple[Need, ...]] = {
    "cord_clearance_mm": _CORD,
    "canal_clearance_mm": _CANAL,
    "vessel_clearance_mm": _VESSELS,
    "organ_clearance_mm": _ORGANS,
    "nerve_root_clearance_mm": _ROOTS,
    "pedicle_wall_margin_mm": (Need(("vertebra_{level}",)), Need(("vertebra_{level}_body", *CORD_OR_STAND_IN))),
    "skin_to_target_mm": (Need(("skin",)),),
    "zone_cord_clearance_mm": _CORD,
    "zone_canal_clearance_mm": _CANAL,
    "zone_vessel_clearance_mm": _VESSELS,
    "zone_organ_clearance_mm": _ORGANS,
    "zone_root_clearance_mm": _ROOTS,
    "ablation_margin_mm": _LESION,
    "ice_margin_mm": _LESION,
    "probe_edge_distance_mm": _LESION,
    "lesion_coverage_fraction": _LESION,
    "lesion_diameter_mm": _LESION,
    "cement_fill_fraction": (Need(("vertebra_{level}_body",), whole=True),),
    "lesion_lytic_fraction": _CT,
    "lesion_blastic_fraction": _CT,
    "posterior_wall_defect_fraction": _CT,
    "endplate_defect_fraction": _CT,
}
"""Quantity → needs, all of which must be met. A quantity that is not here needs no structure, or has no
measuring function yet; fitness of the input is only asked of what is there."""


def unmet(quantity: str, anatomy: Anatomy, level: str, lesion: str) -> tuple[Need, ...]:
    """Return what a quantity lacks in a patient."""
    return tuple(need for need in NEEDS.get(quantity, ()) if not need.met(anatomy, level, lesion))
