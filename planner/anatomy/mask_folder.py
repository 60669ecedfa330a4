"""A folder of masks: one file a structure, named after it."""

from __future__ import annotations

from pathlib import Path

from planner.anatomy.images.common import Layers
from planner.anatomy.labels import structure_name
from planner.anatomy.mesh_spec import NAME
from planner.anatomy.reading import Reading
from planner.anatomy.volume import Volume, read_labels
from planner.core.errors import InputError

ENDINGS = (".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
MOST_FILES = 2000
"""A folder with one file a structure holds some hundred; more is another folder."""


def read_masks(folder: Path, reading: Reading) -> list[Volume]:
    """Read every mask of a folder, packed into as few layers as grids and overlaps allow; none where one is bad."""
    at = "$.anatomy.folder"
    if not folder.is_dir():
        reading.problems.add(at, f"{folder.name} (no such folder)", "a folder of masks", "check the path")
        return []
    files = sorted(file for file in folder.iterdir() if file.name.lower().endswith(ENDINGS))
    if not 0 < len(files) <= MOST_FILES:
        way_out = "name the folder with one NIfTI or NRRD file a structure"
        reading.problems.add(at, f"a folder with {len(files)} label files", f"1 to {MOST_FILES}", way_out)
        return []
    grids: list[tuple[Volume, Layers]] = []
    sound = True
    for number, file in enumerate(files, start=1):
        stem = file.name[: -len(next(ending for ending in ENDINGS if file.name.lower().endswith(ending)))]
        place = f"{at}.{stem}"
        if not NAME.fullmatch(stem) or ".." in stem or not file.resolve().is_relative_to(folder.resolve()):
            way_out = "rename the file, for example vertebra_L3.nii.gz; links out of the folder are not followed"
            reading.problems.add(at, f"the file {file.name!r}", "a mask named after its structure", way_out)
            sound = False
            continue
        try:
            mask = read_labels(file, place=place)
        except InputError as error:
            reading.problems.extend(error.problems)
            sound = False
            continue
        reading.note(place, mask)
        layers = next((layers for grid, layers in grids if grid.on_grid_of(mask)), None)
        if layers is None:
            layers = Layers(mask.array.shape, len(files))
            grids.append((Volume(layers.nothing, mask.affine_lps, mask.sha256), layers))
        if mask.array.any():
            layers.add(number, structure_name(stem), mask.array > 0)
    return [
        Volume(array, grid.affine_lps, grid.sha256, names=names)
        for grid, layers in grids
        for array, names in zip(layers.arrays, layers.names, strict=True)
        if sound
    ]
