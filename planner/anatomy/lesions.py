"""Lesions that the plan gives: as a mask, a sphere or an ellipsoid. Grown ones come last, in `grown`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from planner.anatomy.lesion_spec import LesionSpec
from planner.anatomy.reading import Reading
from planner.anatomy.structures import Maker, from_mask, from_mesh
from planner.anatomy.volume import read_labels
from planner.core.errors import InputError
from planner.core.names import Frame
from planner.geometry.bodies import Ellipsoid
from planner.geometry.frames import flip_ras_lps

APART = 0.99
"""Least determinant of three unit directions that count as perpendicular (about 5° off)."""


def add_lesions(makers: dict[str, Maker], lesions: Mapping[str, LesionSpec], reading: Reading) -> None:
    """Add each lesion to `makers`, and note those that cannot be used."""
    for name, lesion in lesions.items():
        at = f"$.anatomy.lesions.{name}"
        if name in makers:
            got = f"{name!r} both as a label and here"
            reading.problems.add(at, got, "one of them", "rename this lesion or drop it")
        elif lesion.grow is not None:
            if reading.ct is None and not reading.ct_named:  # one that cannot be read is told already
                way_out = "name the image with `ct`, or give the lesion as sphere, ellipsoid or mask"
                reading.problems.add(f"{at}.grow", "no CT to grow it in", "`anatomy.ct`", way_out)
        elif lesion.mask is not None:
            _add_mask(makers, name, lesion.mask, f"{at}.mask", reading)
        else:
            body = _ellipsoid(lesion, reading.frame)
            if body is None:
                where, way_out = f"{at}.ellipsoid.directions", "give perpendicular rows"
                reading.problems.add(where, "directions in one plane", "three that stand apart", way_out)
            else:
                makers[name] = partial(from_mesh, name, body.surface(), "user")


def _add_mask(makers: dict[str, Maker], name: str, file: str, at: str, reading: Reading) -> None:
    try:
        volume = read_labels(reading.folder / file, place=at)
    except InputError as error:
        reading.problems.extend(error.problems)
        return
    reading.note(at, volume)
    if volume.array.any():
        makers[name] = partial(from_mask, name, volume.array > 0, volume)
    else:
        reading.problems.add(at, "a mask without a single voxel", "a lesion", "draw the lesion or name another file")


def _ellipsoid(lesion: LesionSpec, frame: Frame) -> Ellipsoid | None:
    rows = np.eye(3)
    if lesion.sphere is not None:
        centre, diameters = lesion.sphere.centre, (lesion.sphere.diameter_mm,) * 3
    else:
        given = lesion.ellipsoid
        assert given is not None  # noqa: S101 - the spec holds exactly one shape, and a mask was handled before
        centre, diameters = given.centre, given.diameters_mm
        if given.directions is not None:
            rows = np.asarray(given.directions, dtype=float)
    lengths = np.linalg.norm(rows, axis=1)
    if lengths.min() == 0 or abs(np.linalg.det(rows / lengths[:, None])) < APART:
        return None
    place, rows = np.asarray(centre, dtype=float), rows / lengths[:, None]
    if frame == "RAS":
        place, rows = flip_ras_lps(place), flip_ras_lps(rows)
    return Ellipsoid(place, rows, np.asarray(diameters) / 2.0)
