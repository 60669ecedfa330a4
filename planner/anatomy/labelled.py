"""From label maps to the voxels of each structure: several numbers or layers of one name, lesions, bodies of levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.anatomy.labels import BODY_MAP
from planner.anatomy.regions import Region, any_voxel, labelled
from planner.anatomy.sources import Source


def labelled_regions(sources: Sequence[Source], treated: Sequence[tuple[str, str | None]]) -> dict[str, Region]:
    """Return name → voxels of every structure that the maps name; where two maps name one, the first counts.

    Parameters
    ----------
    treated : vertebra and lesion of each target; where both stand in one layer, the lesion's voxels are given back to
        the vertebra they were taken from.
    """
    found: dict[str, Region] = {}
    bodies: Region | None = None
    for source in sources:
        regions = _regions(source)
        bodies = regions.pop(BODY_MAP, bodies)
        for name, region in regions.items():
            if name in found and found[name].volume.sha256 == source.volume.sha256:  # layers of one file
                found[name] |= region
            found.setdefault(name, region)
    for vertebra, lesion in treated:
        if lesion in found and vertebra in found and found[vertebra].volume is found[lesion].volume:
            found[vertebra] |= found[lesion]
    return found | ({} if bodies is None else _bodies(found, bodies))


def _regions(source: Source) -> dict[str, Region]:
    """Return name → voxels of one layer; several numbers of one name are one structure."""
    numbers: dict[str, list[int]] = {}
    for number, name in source.names.items():
        numbers.setdefault(name, []).append(number)
    made = {name: labelled(source.volume, of_name) for name, of_name in numbers.items()}
    return {name: region for name, region in made.items() if region is not None}


def _bodies(found: Mapping[str, Region], bodies: Region) -> dict[str, Region]:
    """Body of a level = body map ∩ that level, on the body map's grid; a level labelled with its body keeps it."""
    made: dict[str, Region] = {}
    for name, vertebra in found.items():
        if name.startswith("vertebra_") and not name.endswith("_body") and f"{name}_body" not in found:
            body = bodies & vertebra
            if any_voxel(body):
                made[f"{name}_body"] = body
    return made
