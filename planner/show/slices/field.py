"""A simulated quantity on a grid, as slices show it: values with place, unit, levels and times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from planner.measure.result import Result
from planner.simulate.thermal.thermocouples import Thermocouples, voxels_about

Array = NDArray[np.float64]
Ramp = Literal["heat", "cold", "dose", "cement"]

RAMPS: Final[dict[str, tuple[str, ...]]] = {
    "heat": ("#3b1f6b", "#a3257f", "#f05a28", "#f9a51a", "#fdf3b0"),
    "cold": ("#f2fbff", "#9bd3f0", "#3f8fce", "#2a4f9e", "#241a5e"),
    "dose": ("#12355b", "#1f7a8c", "#5fb86b", "#f2e34c"),
    "cement": ("#0b5547", "#5fb86b", "#e6f5c9"),
}
"""Colours from the lowest to the highest value; lightness runs one way in each, so that the order is seen without
hues. In `cold` what is coldest, the lowest value, is lightest: it is what is looked for."""


@dataclass(frozen=True, eq=False)
class Level:
    """A value that is drawn as a line, and what it stands for."""

    value: float
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class Field:
    """A quantity in space, or in space and time.

    Attributes
    ----------
    name : identifier, `heat_1`.
    label : what it is: `Highest temperature, step 1`.
    unit : as printed; empty for a pure number.
    values : (times, i, j, k) or (i, j, k); NaN where it is not known.
    affine_lps : (4, 4) voxel index to LPS mm.
    low, high : ends of the colour bar; beyond them colours stay, and below `low` (for cold: above `high`) nothing is
        painted.
    times_s : of each frame; empty for one without time.
    levels : lines.
    ramp : which colours.

    Raises
    ------
    ValueError
        Shapes or times do not fit, or the colour bar has no extent.
    """

    name: str
    label: str
    unit: str
    values: NDArray[np.floating]
    affine_lps: Array
    low: float
    high: float
    times_s: tuple[float, ...] = ()
    levels: tuple[Level, ...] = ()
    ramp: Ramp = "heat"

    def __post_init__(self) -> None:
        if self.values.ndim not in {3, 4}:
            raise ValueError(f"{self.name}: three axes, or four with time, got {self.values.ndim}")
        frames = self.values.shape[0] if self.values.ndim == 4 else 0
        if len(self.times_s) != frames or any(b <= a for a, b in zip(self.times_s, self.times_s[1:], strict=False)):
            raise ValueError(f"{self.name}: {frames} frames need as many rising times, got {self.times_s}")
        if not self.low < self.high:
            raise ValueError(f"{self.name}: the colour bar runs from {self.low} to {self.high}")

    @property
    def frames(self) -> int:
        """How many there are; one without time."""
        return max(1, len(self.times_s))

    def frame(self, number: int = -1) -> NDArray[np.floating]:
        """(i, j, k) values of a frame; by default the last."""
        return self.values[number] if self.values.ndim == 4 else self.values


Source = Callable[[Result], Iterator[Field]]

HEAT_LEVELS = (Level(45.0, "nerve at risk"), Level(50.0), Level(60.0, "lethal at once"))
COLD_LEVELS = (
    Level(10.0, "nerve at risk"), Level(0.0, "edge of the ice"), Level(-20.0, "may kill"),
    Level(-40.0, "kills"),
)  # fmt: skip
COLD_BAR_C = (-60.0, 15.0)
"""Ends of the bar of cold: the probe is far colder, but nothing more is decided there."""
DOSE_LEVELS = (Level(240.0, "lethal"),)
BAR_C = 5.0
"""The bar of temperatures ends at a multiple of this."""
MOST_CEM43 = 1e4
"""Equivalent minutes at which the colour bar ends."""


def heat_fields(result: Result) -> Iterator[Field]:
    """Temperature over time, its highest and the equivalent dose of each heating step that was simulated."""
    for number, heat in enumerate(getattr(result.simulation, "heat", ()) or ()):
        run = getattr(heat, "run", None)
        if run is None:
            continue
        step = number + 1
        affine, points = voxels_about(run.grid)
        at, shape = Thermocouples(run.grid, points.reshape(-1, 3)), points.shape[:-1]
        hottest = at.read(run.max_c, np.nan).reshape(shape)
        top = max(60.0, BAR_C * float(np.ceil(float(np.nanmax(hottest)) / BAR_C)))
        yield Field(
            f"heat_{step}", f"Highest temperature, step {step}", "°C", hottest, affine, 40.0, top, levels=HEAT_LEVELS,
            ramp="heat",
        )  # fmt: skip
        if run.frames:
            times, moments = _moments(run, at, shape)
            yield Field(
                f"temperature_{step}", f"Temperature, step {step}", "°C", moments, affine, 40.0, top, times,
                HEAT_LEVELS, "heat",
            )  # fmt: skip
        # By its logarithm the dose runs almost straight between cells.
        dose = 10.0 ** at.read(np.log10(np.maximum(run.cem43_min, 1e-3)), np.nan).reshape(shape)
        yield Field(
            f"dose_{step}", f"Equivalent dose at 43 °C, step {step}", "min", np.minimum(dose, MOST_CEM43), affine, 1.0,
            MOST_CEM43, levels=DOSE_LEVELS, ramp="dose",
        )  # fmt: skip


def cold_fields(result: Result) -> Iterator[Field]:
    """Lowest temperature of each freezing step that was simulated, and temperature over time."""
    for number, cold in enumerate(getattr(result.simulation, "cold", ()) or ()):
        run = getattr(cold, "run", None)
        if run is None:
            continue
        step = number + 1
        affine, points = voxels_about(run.grid)
        shape = points.shape[:-1]
        at = Thermocouples(run.grid, points.reshape(-1, 3))
        yield Field(
            f"cold_{step}", f"Lowest temperature, step {step}", "°C", at.read(run.min_c, np.nan).reshape(shape), affine,
            *COLD_BAR_C, levels=COLD_LEVELS, ramp="cold",
        )  # fmt: skip
        if run.frames:
            times, moments = _moments(run, at, shape)
            yield Field(
                f"temperature_{step}", f"Temperature, step {step}", "°C", moments, affine, *COLD_BAR_C, times,
                COLD_LEVELS, "cold",
            )  # fmt: skip


def _moments(run: Any, at: Thermocouples, shape: tuple[int, ...]) -> tuple[tuple[float, ...], Array]:
    """Times, s, and the temperature that a run kept at each of them."""
    times, held = zip(*run.frames, strict=True)
    return times, np.stack([at.read(each, np.nan).reshape(shape) for each in held])


def cement_fields(result: Result) -> Iterator[Field]:
    """How full of cement the pores of each simulated step are, as it went in."""
    for number, augmentation in enumerate(getattr(result.simulation, "augmentation", ()) or ()):
        cement = getattr(augmentation, "cement", None)
        if cement is None or isinstance(cement, str):
            continue
        times, held = zip(*cement_frames(cement), strict=True)
        step = number + 1
        yield Field(
            f"cement_{step}", f"Pores filled with cement, step {step}", "%", 100.0 * np.stack(held),
            cement.cells.affine_lps, 5.0, 100.0, times, (Level(50.0),), "cement",
        )  # fmt: skip


def cement_frames(cement: Any) -> list[tuple[float, Array]]:
    """Return time since mixing, s, and the share of each cell's room that is full, (nx, ny, nz), the end last."""
    filled, cells = cement.filled, cement.cells
    frames = [*filled.frames, (float(filled.time_s[-1]), filled.held_ml)]
    made: dict[float, Array] = {}
    for time_s, held in frames:
        box = np.zeros(cells.mask.shape)
        box[cells.mask] = np.clip(held / np.maximum(filled.room_ml, 1e-12), 0.0, 1.0)
        made[float(time_s)] = box  # the end may stand among the frames as well
    return sorted(made.items())


SOURCES: tuple[Source, ...] = (heat_fields, cold_fields, cement_fields)
"""Functions that make fields of a result; each gives nothing where it has nothing to show."""


def fields_of(result: Result) -> tuple[Field, ...]:
    """Return every field that the simulation of a case left."""
    return tuple(_fields(result))


def first_field(result: Result) -> Field | None:
    """Return the first of them, without making the others."""
    return next(_fields(result), None)


def _fields(result: Result) -> Iterator[Field]:
    return (field for source in SOURCES for field in source(result))
