"""From what the plan says under `anatomy:` to labelled structures in LPS mm; all problems at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.labels import BODY_MAP, table_of
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.spec import AnatomySpec, LabelmapEntry, LesionSpec
from planner.anatomy.structures import Anatomy, Maker, Structure, from_mask, from_mesh
from planner.anatomy.volume import Volume, read_labels, read_volume
from planner.core.errors import InputError, Problems
from planner.core.files import content_hash
from planner.core.names import Frame
from planner.geometry.bodies import Ellipsoid
from planner.geometry.frames import flip_ras_lps


def load_anatomy(
    spec: AnatomySpec, folder: Path, frame: Frame, problems: Problems, *, place: str = "$.anatomy"
) -> Anatomy | None:
    """Read every file that `spec` names, relative to `folder`.

    Returns
    -------
    The anatomy, with whatever could be read, and every unreadable file, empty lesion and contradiction noted in
    `problems`; None where a label map could not be read, so that nothing can be said of levels.
    """
    if spec.parametric is not None:
        return _parametric(spec.parametric, spec, folder, frame, place, problems)
    makers: dict[str, Maker] = {}
    images: list[Volume] = []
    inputs: list[dict[str, str]] = []
    warnings: list[str] = []
    bodies: tuple[NDArray[np.bool_], Volume] | None = None
    for index, entry in enumerate(spec.entries):
        at = f"{place}.labelmap" + ("" if isinstance(spec.labelmap, str) else f"[{index}].file")
        try:
            volume = read_labels(folder / entry.file, place=at)
        except InputError as error:
            problems.extend(error.problems)
            continue
        images.append(volume)
        warnings += volume.warnings
        inputs.append({"role": at, "sha256": volume.sha256})
        masks, unnamed = _masks(entry, volume)
        if unnamed:
            warnings.append(f"{at}: labels {', '.join(map(str, unnamed))} have no name in the table and are left out")
        if BODY_MAP in masks:
            bodies = (masks.pop(BODY_MAP)(), volume)
        for name, mask in masks.items():
            makers.setdefault(name, partial(_labelled, name, mask, volume))
    if bodies is not None:
        _add_bodies(makers, bodies)
    _add_lesions(makers, spec.lesions, folder, frame, place, problems, inputs)
    if spec.ct is not None:
        _check_ct(folder / spec.ct, images, place, problems, inputs, warnings)
    if len(images) < len(spec.entries):
        return None
    return Anatomy(makers, tuple(images), tuple(warnings), tuple(inputs))


Masker = Callable[[], NDArray[np.bool_]]


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


def _add_bodies(makers: dict[str, Maker], bodies: tuple[NDArray[np.bool_], Volume]) -> None:
    """Body of a level = body map ∩ that level, on the body map's grid."""
    map_of_bodies, grid = bodies

    def cut(level_name: str, vertebra: Callable[[], tuple[NDArray[np.bool_], Volume]]) -> Structure:
        level, volume = vertebra()
        return from_mask(f"{level_name}_body", map_of_bodies & _on_grid(level, volume, grid), grid)

    for name, maker in list(makers.items()):
        if not name.startswith("vertebra_") or name.endswith("_body") or f"{name}_body" in makers:
            continue
        mask, volume = maker.args[1:3]  # type: ignore[attr-defined] - label makers are partials of _labelled
        if (map_of_bodies & _on_grid(mask(), volume, grid)).any():
            makers[f"{name}_body"] = partial(cut, name, lambda mask=mask, volume=volume: (mask(), volume))


def _on_grid(mask: NDArray[np.bool_], volume: Volume, grid: Volume) -> NDArray[np.bool_]:
    """Nearest-neighbour resampling of a mask onto another grid; the mask itself where the grids are one."""
    if mask.shape == grid.array.shape and np.allclose(volume.affine_lps, grid.affine_lps, atol=1e-4):
        return mask
    index = np.moveaxis(np.indices(grid.array.shape), 0, -1).reshape(-1, 3)
    places = index @ grid.affine_lps[:3, :3].T + grid.affine_lps[:3, 3]
    nearest = np.rint(volume.index_of(places)).astype(int)
    inside = np.all((nearest >= 0) & (nearest < mask.shape), axis=1)
    found = np.zeros(len(index), dtype=bool)
    found[inside] = mask[tuple(nearest[inside].T)]
    return found.reshape(grid.array.shape)


def _add_lesions(
    makers: dict[str, Maker],
    lesions: dict[str, LesionSpec],
    folder: Path,
    frame: Frame,
    place: str,
    problems: Problems,
    inputs: list[dict[str, str]],
) -> None:
    for name, lesion in lesions.items():
        at = f"{place}.lesions.{name}"
        if name in makers:
            problems.add(at, f"{name!r} both as a label and here", "one of them", "rename this lesion or drop it")
        elif lesion.mask is not None:
            try:
                volume = read_labels(folder / lesion.mask, place=f"{at}.mask")
            except InputError as error:
                problems.extend(error.problems)
                continue
            inputs.append({"role": f"{at}.mask", "sha256": volume.sha256})
            if volume.array.any():
                makers[name] = partial(from_mask, name, volume.array > 0, volume)
            else:
                problems.add(f"{at}.mask", "a mask without a single voxel", "a lesion", "draw the lesion or name another file")
        else:
            body = _ellipsoid(lesion, frame)
            if body is None:
                problems.add(f"{at}.ellipsoid.directions", "directions in one plane", "three that stand apart", "give perpendicular rows")
            else:
                makers[name] = partial(from_mesh, name, body.surface(), "user")


def _ellipsoid(lesion: LesionSpec, frame: Frame) -> Ellipsoid | None:
    if lesion.sphere is not None:
        centre, diameters, rows = lesion.sphere.centre, (lesion.sphere.diameter_mm,) * 3, np.eye(3)
    else:
        given = lesion.ellipsoid
        assert given is not None  # noqa: S101 - the spec holds exactly one shape, and the mask was handled before
        centre, diameters = given.centre, given.diameters_mm
        rows = np.eye(3) if given.directions is None else np.asarray(given.directions, dtype=float)
    lengths = np.linalg.norm(rows, axis=1)
    if lengths.min() == 0 or abs(np.linalg.det(rows / lengths[:, None])) < 0.99:
        return None
    place, rows = np.asarray(centre, dtype=float), rows / lengths[:, None]
    if frame == "RAS":
        place, rows = flip_ras_lps(place), flip_ras_lps(rows)
    return Ellipsoid(place, rows, np.asarray(diameters) / 2.0)


def _check_ct(
    path: Path, images: list[Volume], place: str, problems: Problems, inputs: list[dict[str, str]], warnings: list[str]
) -> None:
    if path.is_dir():
        problems.add(f"{place}.ct", f"the folder {path.name}", "a NIfTI file", "this version reads no DICOM folder yet; convert it to .nii.gz")
        return
    try:
        volume = read_volume(path, place=f"{place}.ct")
    except InputError as error:
        problems.extend(error.problems)
        return
    inputs.append({"role": f"{place}.ct", "sha256": volume.sha256})
    warnings += volume.warnings
    for image in images:
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in image.array.shape], indexing="ij"), axis=-1).reshape(-1, 3)
        places = corners @ image.affine_lps[:3, :3].T + image.affine_lps[:3, 3]
        index = volume.index_of(places)
        apart = (index.max(axis=0) < -0.5) | (index.min(axis=0) > np.array(volume.array.shape) - 0.5)
        if apart.any():
            problems.add(f"{place}.ct", "an image that does not overlap the label map", "the CT the labels were drawn on", "check the files belong together")
            return


def _parametric(
    spec: ParametricSpec, whole: AnatomySpec, folder: Path, frame: Frame, place: str, problems: Problems
) -> Anatomy | None:
    try:
        spine = build_parametric(spec)
    except ValueError as error:  # a lesion that the body cannot hold
        problems.add(f"{place}.parametric.lesion", error, "a lesion that lies in the body", "make it smaller or move it")
        return None
    makers: dict[str, Maker] = {name: partial(from_mesh, name, mesh, "segmented") for name, mesh in spine.meshes.items()}
    inputs = [{"role": f"{place}.parametric", "sha256": content_hash(spec.model_dump(mode="json"))}]
    _add_lesions(makers, whole.lesions, folder, frame, place, problems, inputs)
    return Anatomy(makers, (), (), tuple(inputs))
