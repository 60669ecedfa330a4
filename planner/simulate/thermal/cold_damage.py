"""What cold kills, by each source that measured or stated it: a band, since they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.sourced import Source
from planner.core.units import fault

Array = NDArray[np.float64]
UNHARMED_C = 0.0
"""Not colder than this for long enough: no source credits a kill."""


class Survived(Model):
    """A measured point.

    Attributes
    ----------
    c : temperature held, °C.
    survives : share of cells alive a day later.
    regrew : whether those left grew back.
    """

    c: Annotated[float, Field(lt=0.0, gt=-273.15)]
    survives: Annotated[float, Field(ge=0.0, le=1.0)]
    regrew: bool = False


class ColdSource(Model):
    """What one source says.

    Attributes
    ----------
    what : which cells or tissue.
    kind : `cells` measured in a dish, `stated` as a temperature that kills.
    hold_s : how long the temperature was held; shorter is not covered by the source.
    once, twice : measured after one freeze and after two, warmest first.
    threshold_c : the temperature stated.
    source : who says so.
    """

    what: str
    kind: Literal["cells", "stated"]
    hold_s: Annotated[float, Field(ge=0.0)] = 0.0
    once: tuple[Survived, ...] = ()
    twice: tuple[Survived, ...] = ()
    threshold_c: Annotated[float, Field(lt=0.0, gt=-273.15)] | None = None
    source: Source

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "stated") != (self.threshold_c is not None) or (self.kind == "cells") != bool(self.once):
            raise fault("", self.kind, "points `once` for cells, or `threshold_c` where it is stated", "state that")
        for points in (self.once, self.twice):
            for warm, cold in pairwise(points):
                if cold.c >= warm.c or cold.survives > warm.survives:
                    raise fault("", [warm.c, cold.c], "colder points later, none with more survivors", "sort them")
        return self

    @property
    def regrowth_c(self) -> float | None:
        """The coldest temperature from which what one freeze left grew back; None where none did or nobody looked."""
        return min((p.c for p in self.once if p.regrew), default=None)

    def kill(self, coldest_c: Array, second_c: Array) -> Array:
        """Return the share killed where these were the coldest and the second coldest freeze."""
        if self.threshold_c is not None:
            return (coldest_c <= self.threshold_c).astype(np.float64)
        alive = _alive(self.once, coldest_c)
        if self.twice:
            again = np.where(second_c <= self.twice[0].c, _alive(self.twice, second_c), 1.0)
            alive = np.minimum(alive, again)
        return 1.0 - alive


class FastThaw(Model):
    """A thaw so fast that more cold is asked for the same death.

    Attributes
    ----------
    above_c_per_min, more_cold_k : from which rate on, and how much more.
    source : who says so.
    """

    above_c_per_min: Annotated[float, Field(gt=0.0)]
    more_cold_k: Annotated[float, Field(ge=0.0)]
    source: Source


class ColdLaws(Model):
    """The file."""

    sources: Annotated[dict[str, ColdSource], Field(min_length=1)]
    fast_thaw: FastThaw


@dataclass(frozen=True, eq=False)
class ColdHistory:
    """What points went through.

    Attributes
    ----------
    coldest_c : (points,) lowest temperature of all freezes.
    levels_c : temperatures that were counted, warmest first.
    seconds_below : (levels, freezes, points) how long each freeze kept a point below each level.
    thaw_c_per_min : (freezes, points) how fast it thawed; None where that is not known: then it was slow.
    """

    coldest_c: NDArray[np.floating]
    levels_c: tuple[float, ...]
    seconds_below: NDArray[np.floating]
    thaw_c_per_min: NDArray[np.floating] | None = None

    def held_c(self, hold_s: float) -> Array:
        """Return (freezes, points) the coldest temperature that each freeze held so long.

        Between two levels it runs straight with the time, and from the last one reached to the lowest temperature of
        all. It is never colder than the coldest level, and without credit where it is not below the warmest so long.
        """
        seconds = np.asarray(self.seconds_below, dtype=np.float64)
        lowest = np.broadcast_to(np.asarray(self.coldest_c, dtype=np.float64), seconds.shape[1:])
        held = np.full(seconds.shape[1:], UNHARMED_C)
        for n, level in enumerate(self.levels_c):
            last = n + 1 == len(self.levels_c)
            less = np.zeros_like(lowest) if last else seconds[n + 1]
            end = np.full_like(lowest, level) if last else np.maximum(self.levels_c[n + 1], lowest)
            part = np.clip((seconds[n] - hold_s) / np.maximum(seconds[n] - less, 1e-9), 0.0, 1.0)
            here = (seconds[n] > 0.0) & (seconds[n] >= hold_s)
            held = np.where(here, np.minimum(level + part * (end - level), level), held)
        return held


def kill_by_source(history: ColdHistory, laws: ColdLaws | None = None) -> dict[str, Array]:
    """Return for each source the share killed at each point, (points,)."""
    known = laws or cold_laws()
    found = {}
    for name, source in known.sources.items():
        held = history.held_c(source.hold_s)
        if history.thaw_c_per_min is not None:
            fast = np.asarray(history.thaw_c_per_min) > known.fast_thaw.above_c_per_min
            held = np.minimum(held + np.where(fast, known.fast_thaw.more_cold_k, 0.0), UNHARMED_C)
        ordered = np.sort(held, axis=0)
        second = ordered[1] if len(ordered) > 1 else np.full(held.shape[1:], UNHARMED_C)
        coldest = ordered[0] if len(ordered) else second
        found[name] = source.kill(coldest, second)
    return found


def band(kills: Iterator[Array] | Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return the least, the middle and the most that the sources say."""
    stack = np.stack(list(kills))
    return stack.min(axis=0), np.median(stack, axis=0), stack.max(axis=0)


@cache
def cold_laws() -> ColdLaws:
    """Return the shipped sources.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415 - the reader is needed only here

    return validated(ColdLaws, read_mapping(data_folder("protocols") / "damage" / "cold.yaml"), path="damage/cold.yaml")


def _alive(points: tuple[Survived, ...], temperature_c: Array) -> Array:
    """Share that survives: straight between points, all at 0 °C, and beyond the coldest point as there."""
    at = [UNHARMED_C, *(p.c for p in points)]
    share = [1.0, *(p.survives for p in points)]
    return np.asarray(np.interp(-np.asarray(temperature_c), [-c for c in at], share), dtype=np.float64)
