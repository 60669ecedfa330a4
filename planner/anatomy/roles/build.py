"""Adds to an anatomy what can be modelled of it; each part is made when first asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Final

from planner.anatomy.kept import from_region
from planner.anatomy.regions import of_mask
from planner.anatomy.roles.canal import CANAL_ERROR_MM, canal_of
from planner.anatomy.roles.rings import Rings, rings_of
from planner.anatomy.roles.roots import root_of
from planner.anatomy.roles.skin import skin_of
from planner.anatomy.roles.split import Parts, split
from planner.anatomy.structures import Anatomy, Modeller, Structure
from planner.anatomy.volume import Volume
from planner.core.names import LEVELS

SPLIT_ERROR_MM: Final = 1.5
"""How far the cut between body and pedicle may lie off: on a real 1.5 mm label whose body was mapped, 95 of 100
places of the posterior wall lie within 0.7 mm; at 3 mm within one voxel."""
SIDES: Final = (("left", 1), ("right", -1))


def with_roles(anatomy: Anatomy, treated: Collection[str] = ()) -> Anatomy:
    """Return the anatomy with modellers for what is not labelled: parts of vertebrae, canal, roots, skin.

    Where `treated` names vertebrae, canal and roots are modelled at these and their neighbours only: nothing is
    asked elsewhere, and each level takes a third of a second.
    """
    made: dict[str, Modeller] = {}
    there = [level for level in LEVELS if f"vertebra_{level}" in anatomy.makers]
    at = [LEVELS.index(level) for level in there if f"vertebra_{level}" in treated]
    levels = [level for level in there if not at or min(abs(LEVELS.index(level) - i) for i in at) <= 1]
    for level in there:
        for part in ("body", "pedicle_left", "pedicle_right", "posterior"):
            made[f"vertebra_{level}_{part}"] = partial(_part, anatomy, level, part)
    if "spinal_canal" not in anatomy.makers:
        made["spinal_canal"] = partial(_canal, anatomy, levels)
    if not any(name.startswith("nerve_root_") for name in anatomy.makers):
        for level in levels:
            for side, sign in SIDES:
                name = f"nerve_root_{level}_{side}"
                made[name] = partial(_root, anatomy, name, level, sign)
    if anatomy.ct is not None and "skin" not in anatomy.makers:
        made["skin"] = partial(skin_of, anatomy.ct)
    anatomy.modellers = {name: maker for name, maker in made.items() if name not in anatomy.makers}
    return anatomy


def vertebra_rings(anatomy: Anatomy, level: str) -> Rings | None:
    """Return the canal's wall inside one vertebra, found once; None where the level encloses no canal."""
    return anatomy.once(f"rings_{level}", lambda: _rings(anatomy, level))


def vertebra_parts(anatomy: Anatomy, level: str) -> Parts | None:
    """Return the parts of one vertebra, found once; a labelled body decides where the body ends."""

    def made() -> Parts | None:
        whole, rings = anatomy.get(f"vertebra_{level}"), vertebra_rings(anatomy, level)
        if whole is None or rings is None:
            return None
        name = f"vertebra_{level}_body"
        body = anatomy.get(name) if name in anatomy.makers else None
        return split(whole.mesh, rings, None if body is None else body.mesh)

    return anatomy.once(f"parts_{level}", made)


def _rings(anatomy: Anatomy, level: str) -> Rings | None:
    whole = anatomy.get(f"vertebra_{level}")
    if whole is None:
        return None
    # The way to the next vertebra, where it is labelled, is the first guess of the canal's direction.
    at = LEVELS.index(level)
    ends = [
        s.mesh.centroid
        for other in (LEVELS[at - 1] if at else None, LEVELS[at + 1] if at + 1 < len(LEVELS) else None)
        if other and f"vertebra_{other}" in anatomy.makers and (s := anatomy.get(f"vertebra_{other}")) and not s.cut
    ]
    return rings_of(whole.mesh, ends[0] - ends[1] if len(ends) == 2 else None)


def _part(anatomy: Anatomy, level: str, part: str) -> Structure | None:
    parts, whole = vertebra_parts(anatomy, level), anatomy.get(f"vertebra_{level}")
    if parts is None or whole is None or not parts.masks[part].any():
        return None
    made = from_region(f"vertebra_{level}_{part}", of_mask(Volume(parts.masks[part], parts.affine_lps, "")))
    return replace(made, origin="modelled", cut=whole.cut, model_error_mm=SPLIT_ERROR_MM)


def _canal(anatomy: Anatomy, levels: list[str]) -> Structure | None:
    found = [rings for level in levels if (rings := vertebra_rings(anatomy, level)) is not None]
    if not found:
        return None
    found.sort(key=lambda rings: -float(rings.frame.origin[2]))  # by where they lie: a level may be misnamed
    return replace(canal_of(found), model_error_mm=CANAL_ERROR_MM)


def _root(anatomy: Anatomy, name: str, level: str, sign: int) -> Structure | None:
    rings = vertebra_rings(anatomy, level)
    return None if rings is None else root_of(name, rings, sign)
