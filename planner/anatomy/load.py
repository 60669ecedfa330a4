"""From what the plan says under `anatomy:` to labelled structures in LPS mm; all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.identity import CT_PLACE, compare
from planner.anatomy.labels import BODY_MAP
from planner.anatomy.lesions import add_lesions
from planner.anatomy.meshes import add_meshes
from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.reading import Reading
from planner.anatomy.roles.build import with_roles
from planner.anatomy.sources import Source, read_sources
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Anatomy, Maker, Structure, from_mask, from_mesh
from planner.anatomy.volume import Volume, read_volume
from planner.core.errors import InputError, Problems
from planner.core.files import content_hash
from planner.core.names import Frame
from planner.geometry.frames import apply_affine

Masker = Callable[[], NDArray[np.bool_]]


def load_anatomy(
    spec: AnatomySpec, folder: Path, frame: Frame, problems: Problems, *, treated: Sequence[tuple[str, str | None]] = ()
) -> Anatomy | None:
    """Read every file that `spec` names, relative to `folder`.

    Parameters
    ----------
    treated : vertebra and lesion of each target, as structures are named. A lesion drawn in the same map took its
        voxels from the vertebra and its body; it is given back to both. Canal and roots are modelled near these.

    Returns
    -------
    The anatomy, with whatever could be read, and every unreadable file, empty lesion and contradiction noted in
    `problems`; None where a label map or mesh could not be read, so that nothing can be said of levels.
    """
    reading = Reading(folder, frame, problems)
    if spec.parametric is not None:
        return _parametric(spec.parametric, spec, reading)
    labelled: dict[str, tuple[Masker, Volume]] = {}
    images: list[Volume] = []
    bodies: tuple[NDArray[np.bool_], Volume] | None = None
    _read_ct(spec, reading)
    sources, whole = read_sources(spec, reading)
    for source in sources:
        images.append(source.volume)
        masks = _masks(source)
        if BODY_MAP in masks:
            bodies = (masks.pop(BODY_MAP)(), source.volume)
        for name, mask in masks.items():
            if name in labelled and labelled[name][1].sha256 == source.volume.sha256:  # layers of one file
                labelled[name] = (partial(_either, labelled[name][0], mask), source.volume)
            labelled.setdefault(name, (mask, source.volume))
    for vertebra, lesion in treated:
        if lesion is not None:
            _give_back(labelled, vertebra, lesion)
    makers: dict[str, Maker] = {name: partial(_labelled, name, *found) for name, found in labelled.items()}
    if bodies is not None:
        makers |= _bodies(labelled, *bodies)
    whole = add_meshes(makers, spec, images, reading) and whole
    add_lesions(makers, spec.lesions, reading)
    _check_overlap(images, reading)
    apart, told = compare(reading.identities)
    problems.extend(apart)
    reading.warnings += told
    if not whole:
        return None
    anatomy = Anatomy(makers, tuple(images), tuple(reading.warnings), tuple(reading.inputs), reading.ct)
    return with_roles(anatomy, [vertebra for vertebra, _ in treated])


def _give_back(labelled: dict[str, tuple[Masker, Volume]], vertebra: str, lesion: str) -> None:
    if vertebra in labelled and lesion in labelled and labelled[vertebra][1] is labelled[lesion][1]:
        (bone, volume), (tumour, _) = labelled[vertebra], labelled[lesion]
        labelled[vertebra] = (partial(_either, bone, tumour), volume)


def _masks(source: Source) -> dict[str, Masker]:
    """Name → mask; several numbers of one name are one structure."""
    by_name: dict[str, list[int]] = {}
    for value, name in source.names.items():
        by_name.setdefault(name, []).append(value)
    return {name: partial(np.isin, source.volume.array, values) for name, values in by_name.items()}


def _either(one: Masker, other: Masker) -> NDArray[np.bool_]:
    return one() | other()


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
    if volume.on_grid_of(grid):
        return mask
    index = np.moveaxis(np.indices(grid.array.shape), 0, -1).reshape(-1, 3)
    nearest = np.rint(volume.index_of(apply_affine(grid.affine_lps, index))).astype(int)
    inside = np.all((nearest >= 0) & (nearest < mask.shape), axis=1)
    found = np.zeros(len(index), dtype=bool)
    found[inside] = mask[tuple(nearest[inside].T)]
    return found.reshape(grid.array.shape)


def _read_ct(spec: AnatomySpec, reading: Reading) -> None:
    """Read the CT whole, and first: structure sets are drawn on its grid."""
    if spec.ct is None:
        return
    try:
        volume = read_volume(reading.folder / spec.ct, place=CT_PLACE, series=spec.ct_series)
    except InputError as error:
        reading.problems.extend(error.problems)
        return
    reading.note(CT_PLACE, volume)
    reading.ct = volume


def _check_overlap(images: list[Volume], reading: Reading) -> None:
    """See that the CT covers the labels."""
    volume = reading.ct
    if volume is None:
        return
    for image in images:
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in image.array.shape], indexing="ij"), axis=-1).reshape(-1, 3)
        index = volume.index_of(apply_affine(image.affine_lps, corners))
        apart = (index.max(axis=0) < -0.5) | (index.min(axis=0) > np.array(volume.array.shape) - 0.5)
        if apart.any():
            got, expected = "an image that does not overlap the label map", "the CT the labels were drawn on"
            reading.problems.add(CT_PLACE, got, expected, "check that the files belong together")
            return


def _parametric(spec: ParametricSpec, whole: AnatomySpec, reading: Reading) -> Anatomy | None:
    at = "$.anatomy.parametric"
    try:
        spine = build_parametric(spec, at=at, store=True)
    except InputError as error:
        reading.problems.extend(error.problems)
        return None
    makers: dict[str, Maker] = {name: partial(_drawn, spine, name) for name in spine.names}
    reading.inputs.append({"role": at, "sha256": content_hash(spec.model_dump(mode="json"))})
    add_lesions(makers, whole.lesions, reading)
    return with_roles(Anatomy(makers, (), (), tuple(reading.inputs), extent_mm=spine.extent_mm))


def _drawn(spine: ParametricSpine, name: str) -> Structure:
    return from_mesh(name, spine.mesh(name), "segmented")
