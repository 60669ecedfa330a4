"""From what the plan says under `anatomy:` to labelled structures in LPS mm; all problems at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from planner.anatomy.grown import grown_lesions
from planner.anatomy.identity import CT_PLACE, compare
from planner.anatomy.kept import from_region, near_region
from planner.anatomy.labelled import labelled_regions
from planner.anatomy.lesions import add_lesions
from planner.anatomy.meshes import add_meshes
from planner.anatomy.parametric import ParametricSpec, ParametricSpine, build_parametric
from planner.anatomy.reading import Reading
from planner.anatomy.roles.build import with_roles
from planner.anatomy.sources import read_sources
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.stored import stored_volume
from planner.anatomy.structures import Anatomy, Maker, Structure, from_mesh
from planner.anatomy.volume import Volume
from planner.core.errors import InputError, Problems
from planner.core.files import content_hash
from planner.core.names import Frame
from planner.geometry.frames import apply_affine


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
    _read_ct(spec, reading)
    sources, whole = read_sources(spec, reading)
    images = [source.volume for source in sources]
    found = labelled_regions(sources, treated)
    makers: dict[str, Maker] = {name: partial(from_region, name, region) for name, region in found.items()}
    whole = add_meshes(makers, spec, images, reading) and whole
    add_lesions(makers, spec.lesions, reading)
    _check_overlap(images, reading)
    apart, told = compare(reading.identities)
    problems.extend(apart)
    reading.warnings += told
    if not whole:
        return None
    anatomy = Anatomy(makers, tuple(images), tuple(reading.warnings), tuple(reading.inputs), reading.ct)
    anatomy.croppers = {name: partial(near_region, name, region) for name, region in found.items()}
    anatomy = with_roles(anatomy, [vertebra for vertebra, _ in treated])
    grown = grown_lesions(anatomy, spec.lesions, treated, reading)
    return replace(anatomy, makers=makers | grown, warnings=tuple(reading.warnings)) if grown else anatomy


def _read_ct(spec: AnatomySpec, reading: Reading) -> None:
    """Read the CT whole, and first: structure sets are drawn on its grid."""
    if spec.ct is None:
        return
    reading.ct_named = True
    try:
        volume = stored_volume(reading.folder / spec.ct, place=CT_PLACE, series=spec.ct_series)
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
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in image.shape], indexing="ij"), axis=-1).reshape(-1, 3)
        index = volume.index_of(apply_affine(image.affine_lps, corners))
        apart = (index.max(axis=0) < -0.5) | (index.min(axis=0) > np.array(volume.shape) - 0.5)
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
