"""NRRD, Slicer's .seg.nrrd and MHA/MHD by SimpleITK, whose frame is LPS mm already."""

from __future__ import annotations

import math
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import DAMAGED, check_size, clean_name, quiet, refused
from planner.anatomy.images.itk_header import check_inflated, look_at_header
from planner.anatomy.volume import Volume
from planner.core.errors import InputError, shown
from planner.core.files import sha256_of
from planner.geometry.frames import canonical, is_singular

_PLACED = {"left-posterior-superior", "right-anterior-superior", "left-anterior-superior"}
MOST_LAYERS = 256


def read_itk(path: Path, *, place: str) -> tuple[Volume, ...]:
    """Read an image; several volumes on one grid where each voxel holds several values (Slicer's layers).

    Raises
    ------
    InputError
    """
    import SimpleITK as sitk  # noqa: PLC0415, N813 - a third of a second, paid only where one is read

    voxels = look_at_header(path, place)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO("NrrdImageIO" if voxels.nrrd else "MetaImageIO")
    told = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        with quiet():
            reader.ReadImageInformation()
            affine = _placement(reader, place, nrrd=voxels.nrrd)
            shape, parts = tuple(reader.GetSize())[:3], int(reader.GetNumberOfComponents())
            each, held = _bytes_each(reader, path, place), voxels.file.stat().st_size
            check_size(place, (*shape, parts), bytes_each=each, held=held, deflated=voxels.deflated)
            if voxels.deflated and not voxels.nrrd:
                check_inflated(voxels, math.prod(shape) * parts * each, place)
            image = reader.Execute()
            array = sitk.GetArrayFromImage(image).reshape(*reversed(shape), parts)
            keys = {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys() if key.startswith("Segment")}
    except InputError:
        raise
    except (RuntimeError, TypeError, ValueError, MemoryError, OverflowError, OSError, zlib.error) as error:
        got = f"{path.name}: {_reason(error)}"
        raise refused(place, got, "a whole NRRD or MetaImage file", DAMAGED) from None
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(told)
    names, digest = _segment_names(keys, parts), sha256_of(path)
    layers = []
    for part in range(parts):
        turned, affine_lps = canonical(array[..., part].transpose(2, 1, 0), affine)
        layers.append(Volume(turned, affine_lps, digest, names=names[part] if names else None))
    return tuple(layers)


def _placement(reader: Any, place: str, *, nrrd: bool) -> NDArray[np.float64]:
    size = tuple(reader.GetSize())
    if len(size) < 3 or any(n != 1 for n in size[3:]):
        raise refused(place, f"an image of shape {size}", "three dimensions", "give one 3-D volume")
    if nrrd:
        space = reader.GetMetaData("NRRD_space") if reader.HasMetaDataKey("NRRD_space") else "none"
        if space not in _PLACED:
            got, way_out = f"a NRRD of space {shown(space)}", "save it from 3D Slicer; left and right are never guessed"
            raise refused(place, got, "space left-posterior-superior or right-anterior-superior", way_out)
    dimension = len(size)
    directions = np.asarray(reader.GetDirection(), dtype=float).reshape(dimension, dimension)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = directions * np.asarray(reader.GetSpacing(), dtype=float)[:3]
    affine[:3, 3] = np.asarray(reader.GetOrigin(), dtype=float)[:3]
    if is_singular(affine):
        got, way_out = "a singular or non-finite placement", "repair the header's directions"
        raise refused(place, got, "a placement in space", way_out)
    return affine


def _bytes_each(reader: Any, path: Path, place: str) -> int:
    import SimpleITK as sitk  # noqa: PLC0415, N813

    kind = sitk.GetPixelIDValueAsString(reader.GetPixelID())
    if "complex" in kind or reader.GetNumberOfComponents() > MOST_LAYERS:
        raise refused(place, f"{path.name} of {kind}", "real numbers, one a voxel", "give the CT or its labels")
    bits = re.search(r"(\d+)-bit", kind)
    return int(bits[1]) // 8 if bits else 1


def _segment_names(keys: dict[str, str], parts: int) -> list[dict[int, str]] | None:
    """Return label number → name for each layer, as Slicer writes them in the header; None where it wrote none."""
    numbers = sorted({int(found[1]) for key in keys if (found := re.match(r"Segment(\d+)_", key))})
    if not numbers:
        return None
    names: list[dict[int, str]] = [{} for _ in range(parts)]
    for n in numbers:
        # Before Slicer 4.11 each segment had a layer of its own and the value 1.
        layer = keys.get(f"Segment{n}_Layer", str(n) if parts > 1 else "0")
        value = keys.get(f"Segment{n}_LabelValue", "1")
        if layer.strip().isdigit() and value.strip().isdigit() and int(layer) < parts:
            names[int(layer)][int(value)] = clean_name(keys.get(f"Segment{n}_Name"), f"segment {n + 1}")
    return names


def _reason(error: Exception) -> str:
    """Return the last line of ITK's account, without its own source paths."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shown(re.sub(r"(?:[\w-]*/)+[\w.-]*", "…", lines[-1]) if lines else "unreadable")
