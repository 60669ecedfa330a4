"""What is known of an image file from an earlier reading, by its content; voxels are read again only when asked for.

A file is looked up by the hash of all its bytes. Kept are its place, shape, names, warnings and where each label lies;
never its voxels, and nothing that identifies a patient. Formats that spread over several files, or that depend on
another image, are read anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import refused
from planner.anatomy.images.kinds import kind_of
from planner.anatomy.volume import Volume, read_layers, read_volume
from planner.core.cache import cached_arrays, code_of, key_of
from planner.core.files import sha256_of

_CODE = (
    "planner.anatomy.boxes",
    "planner.anatomy.stored",
    "planner.anatomy.volume",
    "planner.anatomy.images.common",
    "planner.anatomy.images.itk",
    "planner.anatomy.images.itk_header",
    "planner.anatomy.images.kinds",
    "planner.anatomy.images.nifti",
    "planner.geometry.frames",
    "nibabel",
    "SimpleITK",
)
"""What decides on the answer besides the file."""
LARGEST = 4_000_000_000
"""Bytes of a file that are hashed in a few seconds; a larger one is read anew, its header first."""
Layers = tuple[Volume, ...]


class StoredVolume(Volume):
    """An image whose voxels are read when first asked for."""

    @classmethod
    def of(cls, facts: dict[str, Any], content: str, load: Callable[[], NDArray[Any]]) -> StoredVolume:
        """Build from what is known; `load` reads the voxels, which `content` stands for."""
        boxes = {number: tuple(slice(*ends) for ends in box) for number, *box in facts["boxes"] or ()}
        names = None if facts["names"] is None else dict(facts["names"])
        held = {
            "affine_lps": np.array(facts["affine_lps"], dtype=np.float64),
            "sha256": facts["sha256"],
            "warnings": tuple(facts["warnings"]),
            "names": names,
            "identity": None,
            "content": content,
            "_shape": tuple(facts["shape"]),
            "_load": load,
        } | ({} if facts["boxes"] is None else {"boxes": boxes})
        made = object.__new__(cls)
        made.__dict__.update(held)
        return made

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        shape: tuple[int, ...] | None = self.__dict__.get("_shape")
        return super().shape if shape is None else shape  # a copy with other voxels knows only these

    @cached_property
    def array(self) -> NDArray[Any]:
        """(i, j, k), axes closest to +L, +P, +S."""
        found: NDArray[Any] = self.__dict__["_load"]()
        return found


def stored_layers(path: Path, *, place: str, ct: Volume | None = None) -> Layers:
    """Read label maps as :func:`planner.anatomy.volume.read_layers`; of files read before, voxels only when needed."""
    return _stored("labels", path, place, lambda: read_layers(path, place=place, ct=ct), labels=True)


def stored_volume(path: Path, *, place: str, series: int | None = None) -> Volume:
    """Read an image as :func:`planner.anatomy.volume.read_volume`; of a file read before, voxels only when needed."""
    return _stored("image", path, place, lambda: (read_volume(path, place=place, series=series),), labels=False)[0]


def _stored(kind: str, path: Path, place: str, read: Callable[[], Layers], *, labels: bool) -> Layers:
    if not _alone(path, place):
        return read()
    sha256 = sha256_of(path)
    fresh: list[Layers] = []

    def once() -> Layers:
        if not fresh:
            fresh.append(read())
            if any(layer.sha256 != sha256 for layer in fresh[0]):
                raise refused(place, f"{path.name}, which changed while it was read", "a file at rest", "try again")
        return fresh[0]

    def facts() -> dict[str, NDArray[np.generic]]:
        text = json.dumps([_facts(layer, labels=labels) for layer in once()])
        return {"facts": np.frombuffer(text.encode(), dtype=np.uint8)}

    key = key_of(kind, sha256, path.name, place, code_of(*_CODE))
    held = json.loads(cached_arrays(key, facts)["facts"].tobytes())
    content = f"{kind} {sha256} {path.suffix} {code_of(*_CODE)}"

    def voxels(number: int) -> NDArray[Any]:
        return once()[number].array

    return tuple(StoredVolume.of(one, f"{content} {n}", partial(voxels, n)) for n, one in enumerate(held))


def _alone(path: Path, place: str) -> bool:
    """Return whether all of an image lies in this one file and says nothing of a patient."""
    kind = kind_of(path, place=place)
    if not path.is_file() or kind == "dicom" or path.stat().st_size > LARGEST:
        return False
    if kind == "nifti":
        return path.name.lower().endswith((".nii", ".nii.gz"))
    from planner.anatomy.images.itk_header import look_at_header  # noqa: PLC0415

    return look_at_header(path, place).file == path


def _facts(layer: Volume, *, labels: bool) -> dict[str, Any]:
    assert layer.identity is None  # noqa: S101 - it must not go to the disk
    boxes = [[n, *([s.start, s.stop] for s in box)] for n, box in layer.boxes.items()] if labels else None
    return {
        "shape": list(layer.shape),
        "affine_lps": layer.affine_lps.tolist(),
        "sha256": layer.sha256,
        "warnings": list(layer.warnings),
        "names": None if layer.names is None else list(layer.names.items()),
        "boxes": boxes,
    }
