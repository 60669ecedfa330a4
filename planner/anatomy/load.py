"""From what the plan says under `anatomy:` to labelled structures in LPS mm; all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.labels import BODY_MAP, table_of
from planner.anatomy.lesions import add_lesions
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.reading import Reading
from planner.anatomy.spec import AnatomySpec, LabelmapEntry
from planner.anatomy.structures import Anatomy, Maker, Structure, from_mask, from_mesh
from planner.anatomy.volume import Volume, read_labels, read_volume
from planner.core.errors import InputError, Problems
from planner.core.files import content_hash
from planner.core.names import Frame
from planner.geometry.frames import apply_affine

Masker = Callable[[], NDArray[np.bool_]]


def load_anatomy(
    spec: AnatomySpec, folder: Path, frame: Frame, problems: Problems, *, treated: Iterable[tuple[str, str]] = ()
) -> Anatomy | None:
    """Read every file that `spec` names, relative to `folder`.

    Parameters
    ----------
    treated : vertebra and lesion of each target, as structures are named. A lesion drawn in the same map took its
        voxels from the vertebra and its body; it is given back to both.

    Returns
    -------
    The anatomy, with whatever could be read, and every unreadable file, empty lesion and contradiction noted in
    `problems`; None where a label map could not be read, so that nothing can be said of levels.
    """
    reading = Reading(folder, frame, problems)
    if spec.parametric is not None:
        return _parametric(spec.parametric, spec, reading)
    labelled: dict[str, tuple[Masker, Volume]] = {}
    images: list[Volume] = []
    bodies: tuple[NDArray[np.bool_], Volume] | None = None
    for index, entry in enumerate(spec.entries):
        at = "$.anatomy.labelmap" + ("" if isinstance(spec.labelmap, str) else f"[{index}].file")
        try:
            volume = read_labels(folder / entry.file, place=at)
        except InputError as error:
            problems.extend(error.problems)
            continue
        images.append(volume)
        reading.note(at, volume)
        masks, unnamed = _masks(entry, volume)
        if unnamed:
            numbers = ", ".join(map(str, unnamed))
            reading.warnings.append(f"{at}: labels {numbers} have no name in the table and are left out")
        if BODY_MAP in masks:
            bodies = (masks.pop(BODY_MAP)(), volume)
        for name, mask in masks.items():
            labelled.setdefault(name, (mask, volume))
    for vertebra, lesion in treated:
        _give_back(labelled, vertebra, lesion)
    makers: dict[str, Maker] = {name: partial(_labelled, name, *found) for name, found in labelled.items()}
    if bodies is not None:
        makers |= _bodies(labelled, *bodies)
    add_lesions(makers, spec.lesions, reading)
    if spec.ct is not None:
        _check_ct(folder / spec.ct, images, reading)
    if len(images) < len(spec.entries):
        return None
    return Anatomy(makers, tuple(images), tuple(reading.warnings), tuple(reading.inputs))


def _give_back(labelled: dict[str, tuple[Masker, Volume]], vertebra: str, lesion: str) -> None:
    if vertebra in labelled and lesion in labelled and labelled[vertebra][1] is labelled[lesion][1]:
        (bone, volume), (tumour, _) = labelled[vertebra], labelled[lesion]
        labelled[vertebra] = (lambda: bone() | tumour(), volume)


def _masks(entry: LabelmapEntry, volume: Volume) -> tuple[dict[str, Masker], list[int]]:
    """Name → mask of the labels that are there, and the numbers without a name."""
    table = table_of(entry.labels)
    present = [int(value) for value in np.unique(volume.array) if value != 0]
    by_name: dict[str, list[int]] = {}
    for value in present:
        if value in table:
            by_name.setdefault(table[value], []).append(value)
    masks: dict[str, Masker] = {name: partial(np.isin, volume.array, values) for name, values in by_name.items()}
    return masks, [value for value in present if value not in table]


def _labelled(name: str, mask: Masker, volume: Volume) -> Structure:
    return from_mask(name, mask(), volume)


def _bodies(
    labelled: dict[str, tuple[Masker, Volume]], all_bodies: NDArray[np.bool_], grid: Volume
) -> dict[str, Maker]:
    """Body of a level = body map ∩ that level, on the body map's grid; a level labelled with its body keeps it."""
    made: dict[str, Maker] = {}
    for name, (vertebra, volume) in labelled.items():
        if name.startswith("vertebra_") and not name.endswith("_body") and f"{name}_body" not in labelled:
            mask = all_bodies & _on_grid(vertebra(), volume, grid)
            if mask.any():
                made[f"{name}_body"] = partial(from_mask, f"{name}_body", mask, grid)
    return made


def _on_grid(mask: NDArray[np.bool_], volume: Volume, grid: Volume) -> NDArray[np.bool_]:
    """Nearest-neighbour resampling of a mask onto another grid; the mask itself where the grids are one."""
    if mask.shape == grid.array.shape and np.allclose(volume.affine_lps, grid.affine_lps, atol=1e-4):
        return mask
    index = np.moveaxis(np.indices(grid.array.shape), 0, -1).reshape(-1, 3)
    nearest = np.rint(volume.index_of(apply_affine(grid.affine_lps, index))).astype(int)
    inside = np.all((nearest >= 0) & (nearest < mask.shape), axis=1)
    found = np.zeros(len(index), dtype=bool)
    found[inside] = mask[tuple(nearest[inside].T)]
    return found.reshape(grid.array.shape)


def _check_ct(path: Path, images: list[Volume], reading: Reading) -> None:
    """Read the CT whole, so that a damaged one is told now, and see that it covers the labels."""
    at = "$.anatomy.ct"
    if path.is_dir():
        way_out = "this version reads no DICOM folder yet; convert it to .nii.gz"
        reading.problems.add(at, f"the folder {path.name}", "a NIfTI file", way_out)
        return
    try:
        volume = read_volume(path, place=at)
    except InputError as error:
        reading.problems.extend(error.problems)
        return
    reading.note(at, volume)
    for image in images:
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in image.array.shape], indexing="ij"), axis=-1).reshape(-1, 3)
        index = volume.index_of(apply_affine(image.affine_lps, corners))
        apart = (index.max(axis=0) < -0.5) | (index.min(axis=0) > np.array(volume.array.shape) - 0.5)
        if apart.any():
            got, expected = "an image that does not overlap the label map", "the CT the labels were drawn on"
            reading.problems.add(at, got, expected, "check that the files belong together")
            return


def _parametric(spec: ParametricSpec, whole: AnatomySpec, reading: Reading) -> Anatomy | None:
    at = "$.anatomy.parametric"
    try:
        spine = build_parametric(spec)
    except ValueError as error:  # a lesion that the body cannot hold
        reading.problems.add(f"{at}.lesion", error, "a lesion that lies in the body", "make it smaller or move it")
        return None
    makers: dict[str, Maker] = {n: partial(from_mesh, n, mesh, "segmented") for n, mesh in spine.meshes.items()}
    reading.inputs.append({"role": at, "sha256": content_hash(spec.model_dump(mode="json"))})
    add_lesions(makers, whole.lesions, reading)
    return Anatomy(makers, (), (), tuple(reading.inputs))
