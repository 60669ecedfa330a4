"""What `bioheat` and `freeze` are given, checked before any work starts; every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.core.errors import Problems, shown
from planner.simulate.grid import TensorGrid

Array = NDArray[np.float64]
ABSOLUTE_ZERO_C = -273.15
MEMORY_LIMIT_MB = 8000.0
"""What a call may need unless told otherwise."""
Boundary = Literal["fixed", "insulated"]
Precision = Literal["single", "double"]
WORKING_ARRAYS = 13
"""Arrays of one number a cell that the solver holds, its own and temporary ones."""
LEAST_FIXED = 3
"""Cells along an axis whose two ends are held: fewer leave none to compute."""


@dataclass(frozen=True, eq=False)
class Checked:
    """Sound input: a grid and arrays or numbers that fit it."""

    grid: TensorGrid
    fields: dict[str, Any]
    times_s: Array


class InputCheck:
    """Gathers the problems of a kernel's arguments."""

    def __init__(self) -> None:
        self.problems = Problems()
        self._shapes: dict[str, tuple[int, ...]] = {}

    def field(self, name: str, value: Any, least: float | None = None, *, open_end: bool = False) -> Any:
        """Return a number or an array (nx, ny, nz) as float64; `least` is its lower bound, itself left out if open."""
        bound = (
            "a finite number"
            if least is None
            else f"a finite number {'above' if open_end else 'of at least'} {least:g}"
        )
        expected = f"{bound}, or an array (nx, ny, nz) of such"
        try:
            array = np.asarray(value)
            if array.dtype.kind not in "fiu":
                raise TypeError
            array = array.astype(np.float64, copy=False)
        except (TypeError, ValueError):
            self.problems.add(f"$.{name}", value, expected, "give numbers in SI units")
            return np.float64(1.0)
        if array.ndim not in {0, 3} or array.size == 0:
            self.problems.add(f"$.{name}", f"an array of shape {array.shape}", expected, "give one value a cell")
            return np.float64(1.0)
        if array.ndim:
            self._shapes[name] = array.shape
        lowest, highest = float(array.min()), float(array.max())
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            count = int((~np.isfinite(array)).sum())
            self.problems.add(
                f"$.{name}", f"{count} values that are NaN or infinite", expected, "replace or mask them first"
            )
        elif least is not None and (lowest < least or (open_end and lowest == least)):
            self.problems.add(f"$.{name}", f"a value of {lowest:g}", expected, "correct the value; check unit and sign")
        return array

    def shape(self) -> tuple[int, int, int] | None:
        """Return the one shape that all arrays have."""
        found = sorted(set(self._shapes.values()))
        if len(found) > 1:
            told = ", ".join(f"{name} {shape}" for name, shape in self._shapes.items())
            self.problems.add("$", told, "arrays of one shape (nx, ny, nz)", "resample them onto the same grid")
        elif not found:
            self.problems.add(
                "$", "numbers only", "at least one array (nx, ny, nz): it says how many cells there are",
                "give the source or another property as an array",
            )  # fmt: skip
        return (found[0][0], found[0][1], found[0][2]) if len(found) == 1 else None

    def shape_or(self, stated: Any) -> tuple[int, int, int] | None:
        """Return the shape that was stated; arrays must have it too."""
        try:
            x, y, z = (int(n) for n in stated)
        except (TypeError, ValueError):
            self.problems.add("$.shape", stated, "three counts of cells", "give (nx, ny, nz)")
            return None
        if min(x, y, z) < 1:
            self.problems.add("$.shape", stated, "three counts of at least 1", "give (nx, ny, nz)")
            return None
        self._shapes["shape"] = (x, y, z)
        return self.shape()

    def spacing(self, value: Any, shape: tuple[int, int, int] | None) -> list[Array]:
        """Return the widths of the cells of three axes."""
        expected = "a number above 0 in mm, three of them, or three arrays with the widths of all cells of an axis"
        single = isinstance(value, int | float | np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0)
        parts: list[Any] = (
            [value] * 3 if single else list(value) if isinstance(value, list | tuple | np.ndarray) else []
        )
        widths = []
        for axis, part in enumerate(parts):
            try:
                given = np.asarray(part, dtype=np.float64)
            except (TypeError, ValueError):
                given = np.array(np.nan)
            count = given.size if shape is None else shape[axis] if axis < len(shape) else 0
            fits = given.ndim == 0 or given.shape == (count,)
            if given.size == 0 or not fits or not np.isfinite(given).all() or given.min() <= 0.0:
                self.problems.add(f"$.spacing_mm[{axis}]", shown(part), expected, "give mm, not metres")
            elif shape is not None:
                widths.append(np.array(np.broadcast_to(given, (count,))))
        if len(parts) != 3:
            self.problems.add("$.spacing_mm", value, expected, "give one value, or one for each axis")
        return widths

    def number(self, name: str, value: Any, least: float, *, open_end: bool = False) -> float:
        """Return one finite number."""
        sound = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        if not sound or not np.isfinite(value) or value < least or (open_end and value == least):
            expected = f"a finite number {'above' if open_end else 'of at least'} {least:g}"
            self.problems.add(f"$.{name}", value, expected, "correct this value")
            return 1.0
        return float(value)

    def times(self, name: str, value: Any, *, empty: bool = False) -> Array:
        """Return increasing moments above 0."""
        try:
            times = np.atleast_1d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            times = np.array([np.nan])
        rising = times.ndim == 1 and np.isfinite(times).all() and (np.diff(times, prepend=0.0) > 0.0).all()
        if not rising or (times.size == 0 and not empty):
            self.problems.add(f"$.{name}", value, "increasing times above 0 s", "sort them and leave out 0 and repeats")
        return times

    def choice(self, name: str, value: Any, known: Sequence[str]) -> None:
        """Note a word that is not one of those known."""
        if value not in known:
            self.problems.add(f"$.{name}", value, " or ".join(map(repr, known)), "choose one of these")

    def ends(self, boundary: str, shape: tuple[int, int, int]) -> None:
        """Note an axis too short to have its two ends held."""
        if boundary == "fixed" and any(1 < n < LEAST_FIXED for n in shape):
            self.problems.add(
                "$.boundary", f"'fixed' on {shape} cells", "three cells or one along an axis", "add cells"
            )

    def memory(self, cells: int, times: int, item: int, extra: int, limit_mb: float) -> None:
        """Note what would need more memory than is allowed."""
        needed = cells * (item * (WORKING_ARRAYS + extra) + 8 * (times + 3)) / 1e6
        if needed > limit_mb:
            self.problems.add(
                "$.memory_limit_mb", f"{cells} cells and {times} times, which need about {needed:.0f} MB",
                f"at most {limit_mb:.0f} MB", "use larger or graded cells, ask for fewer times, or raise the limit",
            )  # fmt: skip

    def numerics(self, boundary: str, precision: str) -> None:
        """Note an unknown boundary or precision."""
        self.choice("boundary", boundary, get_args(Boundary))
        self.choice("precision", precision, get_args(Precision))

    def mask(self, name: str, value: Any) -> NDArray[np.bool_] | None:
        """Return a mask over all cells, or None."""
        if value is None:
            return None
        array = np.asarray(value)
        if array.dtype != np.bool_ or array.ndim != 3:
            self.problems.add(
                f"$.{name}",
                f"{array.dtype} of shape {array.shape}",
                "a boolean array (nx, ny, nz)",
                "compare first: `mask == 1`",
            )
            return None
        self._shapes[name] = array.shape
        return array


def held_cells(
    boundary: str, shape: tuple[int, int, int], arterial_c: float, mask: NDArray[np.bool_] | None, held_c: Any
) -> tuple[NDArray[np.bool_], Any] | None:
    """Return which cells are held and at what: the outermost at `arterial_c` if fixed, those of the mask; or None."""
    if boundary != "fixed" and mask is None:
        return None
    edge = edge_cells(shape) if boundary == "fixed" else np.zeros(shape, dtype=bool)
    return (edge, arterial_c) if mask is None else (edge | mask, np.where(mask, held_c, arterial_c))


def edge_cells(shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Mark the outermost cells; an axis of one cell has no ends."""
    edge = np.zeros(shape, dtype=bool)
    for axis, count in enumerate(shape):
        if count > 1:
            np.moveaxis(edge, axis, 0)[[0, -1]] = True
    return edge


Source = ArrayLike | Callable[[float], ArrayLike]
"""W/m³: a number, an array, or a function of time in seconds that returns one."""
