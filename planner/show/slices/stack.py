"""What the page needs to cut slices itself: one small volume as a sheet of grey tiles, one sheet for each field."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.geometry.frames import apply_affine
from planner.plan.case import Case
from planner.show.grey import LOWEST_HU, Grey
from planner.show.slices.draw import scale_of
from planner.show.slices.field import RAMPS, Field
from planner.show.slices.planes import SIDE_MM

Array = NDArray[np.float64]
KNOTS_HU: Final = (-1024.0, -200.0, 300.0, 2000.0)
KNOTS_GREY: Final = (0.0, 25.0, 190.0, 255.0)
"""CT numbers are bent into 8 bits: 3 HU a step in soft tissue and marrow, 26 HU in cortex, 33 HU in air."""
FINEST_MM, COARSEST_MM = 0.8, 2.0
SHARPER: Final = 0.9
"""Factor by which voxels grow until a sheet fits."""
VOLUME_BYTES: Final = 1_500_000
"""Of the sheet of the volume: with fields and the page's 3D scene the report stays far below 10 MB."""
FIELD_BYTES: Final = 400_000
"""Of the sheet of one field with all its times."""
MOST_FRAMES: Final = 12
QUALITY: Final = 82
"""Of the lossy picture: CT numbers of soft tissue stay within some 10 HU."""
METHOD: Final = 2
"""Of its packing; 4 takes twice as long for a twenty-fifth of the bytes."""
LEVEL: Final = 6
"""Of a field's packing; 9 takes nine times as long for a fourteenth of the bytes."""
UNKNOWN: Final = 0
"""Byte of a field where it is not known."""
BEYOND: Final = 0.1
"""Share of the colour bar by which bytes 1 to 255 reach beyond either end, so that its border is no stair."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Slices of a volume side by side in one picture.

    Attributes
    ----------
    data : WebP or PNG file.
    kind : `webp` or `png`.
    shape : (i, j, k) of the volume; k tiles, `columns` of them in a row. In a tile i runs right and j down.
    affine_lps : (4, 4) voxel index to LPS mm.
    """

    data: bytes
    kind: str
    shape: tuple[int, int, int]
    columns: int
    affine_lps: Array

    def as_json(self) -> dict[str, Any]:
        """Return it for the page."""
        return {
            "src": f"data:image/{self.kind};base64,{base64.b64encode(self.data).decode()}",
            "shape": list(self.shape),
            "columns": self.columns,
            "affine": [[float(v) for v in row] for row in self.affine_lps[:3]],
        }


def bent(hu: NDArray[np.floating]) -> NDArray[np.uint8]:
    """CT numbers to bytes."""
    return np.asarray(np.rint(np.interp(hu, KNOTS_HU, KNOTS_GREY)), dtype=np.uint8)


def volume_sheet(case: Case, grey: Grey, most_bytes: int = VOLUME_BYTES) -> Sheet:
    """Return the part of a patient about the needles, as fine as fits."""
    points = [p for step in case.steps for tool in step.instruments for p in (tool.tip,)]
    bones = [s.mesh.bounds for step in case.steps if (s := case.anatomy.get(f"vertebra_{step.level}"))]
    spots = np.concatenate([*bones, *([np.array(points)] if points else [])])
    middle = 0.5 * (spots.min(axis=0) + spots.max(axis=0))
    half = np.maximum(0.5 * np.ptp(spots, axis=0) + 12.0, 0.5 * SIDE_MM)
    own = np.linalg.norm(grey.affine_lps[:3, :3], axis=0).min()
    step = max(FINEST_MM, float(own) * 0.8)
    while True:
        made = _volume(grey, middle, half, step)
        if len(made.data) <= most_bytes or step >= COARSEST_MM:
            return made
        step /= SHARPER


def _volume(grey: Grey, middle: Array, half: Array, step: float) -> Sheet:
    from scipy.ndimage import affine_transform  # noqa: PLC0415

    affine, shape = _lattice(middle, half, step)
    to_grey = np.linalg.inv(grey.affine_lps) @ affine
    corners = apply_affine(to_grey, [[i, j, k] for i in (0, shape[0]) for j in (0, shape[1]) for k in (0, shape[2])])
    low = np.clip(np.floor(corners.min(axis=0)) - 1, 0, grey.hu.shape).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2, 0, grey.hu.shape).astype(int)
    part = np.asarray(grey.hu[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], dtype=np.float32)
    hu = np.full(shape, LOWEST_HU, dtype=np.float32)
    if part.size:
        shift = to_grey[:3, 3] - low
        affine_transform(part, to_grey[:3, :3], shift, output=hu, order=1, mode="constant", cval=LOWEST_HU)
    tiles, columns = _tiled(bent(hu))
    return Sheet(_webp(tiles), "webp", shape, columns, affine)


def _lattice(middle: Array, half: Array, step: float) -> tuple[Array, tuple[int, int, int]]:
    counts = np.ceil(2.0 * half / step).astype(int)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = middle - 0.5 * step * (counts - 1)
    return affine, (int(counts[0]), int(counts[1]), int(counts[2]))


def _tiled(volume: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Lay slices side by side, about as many in a row as in a column."""
    ni, nj, nk = volume.shape
    columns = max(1, int(np.ceil(np.sqrt(nk * nj / ni))))
    rows = -(-nk // columns)
    sheet = np.zeros((rows * nj, columns * ni), dtype=np.uint8)
    for k in range(nk):
        row, column = divmod(k, columns)
        sheet[row * nj : (row + 1) * nj, column * ni : (column + 1) * ni] = volume[:, :, k].T
    return sheet, columns


def _webp(tiles: NDArray[np.uint8]) -> bytes:
    from PIL import Image  # noqa: PLC0415

    stream = io.BytesIO()
    Image.fromarray(tiles).save(stream, format="WEBP", quality=QUALITY, method=METHOD)
    return stream.getvalue()


def _png(tiles: NDArray[np.uint8]) -> bytes:
    from PIL import Image  # noqa: PLC0415

    stream = io.BytesIO()
    Image.fromarray(tiles).save(stream, format="PNG", compress_level=LEVEL)
    return stream.getvalue()


def field_data(field: Field, most_bytes: int = FIELD_BYTES) -> dict[str, Any]:
    """Return a field for the page: bytes along its colour bar without loss, every frame of at most `MOST_FRAMES`."""
    every = max(1, -(-len(field.times_s) // MOST_FRAMES))
    numbers = sorted({*range(field.frames - 1, -1, -every)})
    thin = 1
    while True:
        sheet = _field_sheet(field, numbers, thin)
        if len(sheet.data) <= most_bytes or thin >= 4:
            break
        thin += 1
    ni, nj, nk = sheet.shape
    return {
        "name": field.name,
        "label": field.label,
        "unit": field.unit,
        "low": float(field.low),
        "high": float(field.high),
        "log": field.ramp == "dose",
        "cold": field.ramp == "cold",
        "ramp": list(RAMPS[field.ramp]),
        "levels": [{"value": float(lv.value), "meaning": lv.meaning} for lv in field.levels],
        "times": [float(field.times_s[n]) for n in numbers] if field.times_s else [],
        "frames": len(numbers),
        "beyond": BEYOND,
        "sheet": sheet.as_json() | {"shape": [ni, nj, nk // len(numbers)]},
    }


def _field_sheet(field: Field, numbers: list[int], thin: int) -> Sheet:
    """Frames one after the other along k; thinned to every so many voxels."""
    cut = (slice(None, None, thin),) * 3
    frames = []
    for number in numbers:
        values = np.asarray(field.frame(number)[cut], dtype=np.float64)
        share = np.clip(scale_of(field, np.nan_to_num(values, nan=field.low)), -BEYOND, 1.0 + BEYOND)
        byte = np.rint(1.0 + 254.0 * (share + BEYOND) / (1.0 + 2.0 * BEYOND))
        frames.append(np.where(np.isfinite(values), byte, UNKNOWN).astype(np.uint8))
    stacked = np.concatenate(frames, axis=2)
    tiles, columns = _tiled(stacked)
    affine = np.array(field.affine_lps, dtype=np.float64)
    affine[:3, :3] *= thin
    shape = (int(stacked.shape[0]), int(stacked.shape[1]), int(stacked.shape[2]))
    return Sheet(_png(tiles), "png", shape, columns, affine)
