"""What is refused before any work is done, all of it at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from planner.core.errors import Problems
from planner.geometry.segments import segment_to_segments
from planner.simulate.electric.boundary import Boundary
from planner.simulate.electric.coverage import cell_at_contacts
from planner.simulate.electric.electrodes import Contact, Electrode
from planner.simulate.electric.network import Double, Single, Widths
from planner.simulate.electric.solver import ElectricField

WIDEST_CELL = 1.0
"""Cells at a contact may be this many diameters wide. Measured: resistance within 1 % up to 1.5, for one contact."""
SHORTEST_CONTACT = 1.0
"""A contact, or the insulation between two, is at least this many cells long."""
MEMORY_LIMIT_MB = 8000.0
"""What a call may need unless told otherwise; 192³ cells need about an eighth of it."""
BYTES_PER_CELL = 130
"""Conductances, vectors of the iteration, coarse levels and results; measured."""


def checked(
    sigma: ArrayLike,
    electrodes: Sequence[Electrode],
    spacing_mm: Any,
    shape: tuple[int, int, int] | None,
    *,
    boundary: Boundary,
    power_w: float | None,
    start: ElectricField | None,
    limit_mb: float,
) -> tuple[Single, Widths]:
    """Return conductivity and widths of cells as the solver takes them.

    Raises
    ------
    InputError
        With every problem; parameters as :func:`planner.electric_field`.
    """
    problems = Problems()
    values = _conductivity(problems, sigma, shape, limit_mb)
    cells = values.shape if values is not None else None
    widths = _widths(problems, spacing_mm, cells)
    if boundary not in get_args(Boundary):
        problems.add("$.boundary", boundary, " or ".join(get_args(Boundary)), "choose what happens at the outer faces")
    if power_w is not None and not (math.isfinite(power_w) and power_w > 0.0):
        problems.add("$.power_w", power_w, "a finite number of watts above 0", "leave it out to keep the potentials")
    if start is not None and cells is not None and start.potential_v.shape != cells:
        problems.add("$.start", f"a field of shape {start.potential_v.shape}", f"the shape {cells}", "leave it out")
    sound = [e for n, e in enumerate(electrodes) if _electrode(problems, f"$.electrodes[{n}]", e)]
    if len(sound) == len(electrodes):
        _potentials(problems, electrodes, boundary)
        _apart(problems, electrodes)
        if widths is not None:
            for n, electrode in enumerate(electrodes):
                _on_grid(problems, f"$.electrodes[{n}]", electrode, widths)
    problems.raise_if_any()
    if values is None or widths is None:
        raise AssertionError("a problem was found and not told")
    return values, widths


def _conductivity(
    problems: Problems, sigma: ArrayLike, shape: tuple[int, int, int] | None, limit_mb: float
) -> Single | None:
    try:
        values = np.asarray(sigma, dtype=np.float32)
    except (TypeError, ValueError):
        problems.add("$.sigma", sigma, "numbers in S/m", "give one value a cell")
        return None
    if values.ndim == 0 and shape is not None:
        values = np.full(shape, values, np.float32)
    if values.ndim != 3 or 0 in values.shape or (shape is not None and values.shape != tuple(shape)):
        problems.add(
            "$.sigma", f"shape {values.shape}", "(nx, ny, nz), or one number and `shape`", "give one value a cell"
        )
        return None
    needed = values.size * BYTES_PER_CELL / 1e6
    if needed > limit_mb:
        problems.add(
            "$.sigma",
            f"{values.size} cells, {needed:.0f} MB",
            f"at most {limit_mb:g} MB",
            "use wider or graded cells",
        )
        return None
    sound = values[np.isfinite(values)]
    lowest, highest = float(sound.min(initial=0.0)), float(sound.max(initial=0.0))
    if bad := values.size - sound.size:
        problems.add("$.sigma", f"{bad} cells that are NaN or infinite", "finite S/m", "fill in every cell")
    if lowest < 0.0:
        problems.add("$.sigma", f"{lowest:g} S/m", "0 S/m or more", "gas and insulators are 0")
    if highest <= 0.0:
        problems.add("$.sigma", "0 S/m everywhere", "a cell that conducts", "give tissue its conductivity")
    return np.ascontiguousarray(values)


def _widths(problems: Problems, spacing_mm: Any, cells: tuple[int, ...] | None) -> Widths | None:
    single = isinstance(spacing_mm, int | float | np.generic) or (
        isinstance(spacing_mm, np.ndarray) and not spacing_mm.ndim
    )
    per_axis = [spacing_mm] * 3 if single else list(spacing_mm)
    if len(per_axis) != 3:
        problems.add(
            "$.spacing_mm", f"{len(per_axis)} values", "one, or one for each of three axes", "give mm for x, y and z"
        )
        return None
    found: list[Double] = []
    for axis, given in enumerate(per_axis):
        try:
            width = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            width = np.array(np.nan)
        if not (np.isfinite(width).all() and (width > 0.0).all()):
            problems.add(f"$.spacing_mm[{axis}]", given, "finite mm above 0", "give the edge of a cell")
        elif cells is not None and width.ndim == 0:
            found.append(np.full(cells[axis], float(width)))
        elif cells is not None and width.shape == (cells[axis],):
            found.append(np.ascontiguousarray(width))
        elif cells is not None:
            problems.add(f"$.spacing_mm[{axis}]", f"{width.size} widths", f"{cells[axis]}", "give one width a cell")
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def needle_problems(problems: Problems, path: str, needle: Electrode, widths: Widths) -> None:
    """Note what is wrong with a needle's shape and its place on a grid."""
    if _electrode(problems, path, needle):
        _on_grid(problems, path, needle, widths)


def _electrode(problems: Problems, path: str, electrode: Electrode) -> bool:
    before = len(problems.found)
    numbers = [*electrode.tip_mm, *electrode.entry_mm, electrode.diameter_mm]
    numbers += [v for c in electrode.contacts for v in (c.near_mm, c.far_mm, c.potential_v)]
    if not np.isfinite(numbers).all():
        problems.add(path, electrode, "finite numbers", "replace NaN and infinity")
    elif electrode.diameter_mm <= 0.0:
        problems.add(f"{path}.diameter_mm", electrode.diameter_mm, "mm above 0", "give the outer diameter")
    elif electrode.length_mm < electrode.diameter_mm * (1.0 - 1e-9):
        problems.add(
            path,
            f"{electrode.length_mm:g} mm long",
            f"at least its diameter, {electrode.diameter_mm:g} mm",
            "move the entry up the shaft",
        )
    elif not electrode.contacts:
        problems.add(f"{path}.contacts", "none", "one or more bare parts", "say where the needle is bare")
    else:
        _contacts(problems, path, electrode)
    return len(problems.found) == before


def _contacts(problems: Problems, path: str, electrode: Electrode) -> None:
    rows = sorted(enumerate(electrode.contacts), key=lambda row: row[1].near_mm)
    for n, contact in rows:
        if not -1e-9 <= contact.near_mm < contact.far_mm <= electrode.length_mm + 1e-9:
            got = f"{contact.near_mm:g} to {contact.far_mm:g} mm from the tip"
            problems.add(
                f"{path}.contacts[{n}]",
                got,
                f"a stretch between 0 and {electrode.length_mm:g} mm",
                "measure from the tip",
            )
    for (_, one), (n, other) in pairwise(rows):
        if other.near_mm < one.far_mm:
            problems.add(
                f"{path}.contacts[{n}]",
                f"begins at {other.near_mm:g} mm",
                f"{one.far_mm:g} mm or more",
                "contacts may not overlap",
            )


def _potentials(problems: Problems, electrodes: Sequence[Electrode], boundary: Boundary) -> None:
    held = {c.potential_v for e in electrodes for c in e.contacts} | (set() if boundary == "insulated" else {0.0})
    if len(held) < 2:
        got = "no electrode" if not electrodes else f"one potential, {held.pop():g} V"
        problems.add(
            "$.electrodes",
            got,
            "two different potentials",
            "add a return contact, or set boundary='infinity' for a far pad",
        )


def _apart(problems: Problems, electrodes: Sequence[Electrode]) -> None:
    for (n, one), (m, other) in combinations(enumerate(electrodes), 2):
        for a in one.contacts:
            for b in other.contacts:
                gap = _axis_distance(one, a, other, b) - 0.5 * (one.diameter_mm + other.diameter_mm)
                if gap <= 0.0:
                    problems.add(
                        f"$.electrodes[{m}]",
                        f"metal {-gap:.2f} mm inside electrodes[{n}]",
                        "contacts apart",
                        "move a needle",
                    )


def _axis_distance(one: Electrode, a: Contact, other: Electrode, b: Contact) -> float:
    ends = other.at(b.near_mm)[None], other.at(b.far_mm)[None]
    near, far = segment_to_segments(one.at(a.near_mm), one.at(a.far_mm), *ends)
    return float(np.linalg.norm(near - far))


def _on_grid(problems: Problems, path: str, electrode: Electrode, widths: Widths) -> None:
    size = " × ".join(f"{w.sum():g}" for w in widths)
    cell = cell_at_contacts(electrode, widths)
    if not math.isfinite(cell):
        ends = [
            tuple(round(float(x), 2) for x in electrode.at(p))
            for c in electrode.contacts
            for p in (c.near_mm, c.far_mm)
        ]
        problems.add(
            path,
            f"metal from {ends[0]} to {ends[-1]} mm",
            f"inside the grid of {size} mm",
            "move it, or enlarge the grid",
        )
        return
    if cell > WIDEST_CELL * electrode.diameter_mm * (1.0 + 1e-9):
        problems.add(
            "$.spacing_mm",
            f"cells of {cell:g} mm at {path}",
            f"at most its diameter, {electrode.diameter_mm:g} mm",
            "use finer cells around it",
        )
    parts = sorted(electrode.contacts, key=lambda c: c.near_mm)
    bare = [(c.near_mm, c.far_mm) for c in parts]
    for low, high in bare + [(a[1], b[0]) for a, b in pairwise(bare)]:
        if 0.0 < high - low < SHORTEST_CONTACT * cell:
            problems.add(
                "$.spacing_mm",
                f"cells of {cell:g} mm at {path}",
                f"at most {high - low:g} mm, its shortest part",
                "use finer cells around it",
            )
