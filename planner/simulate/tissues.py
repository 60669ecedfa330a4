"""What each tissue conducts, stores and is perfused by: read from `protocols/tissues.yaml`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from planner.core.errors import InputError, Problem
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.sourced import Source, references
from planner.core.validation import validated
from planner.core.yamlio import read_mapping

Property = Literal[
    "density_kg_m3", "heat_capacity_j_kg_k", "conductivity_w_m_k", "perfusion_ml_min_kg", "sigma_s_m",
    "water_kg_kg", "conductivity_rise_per_k", "sigma_rise_per_k",
]  # fmt: skip
"""What a tissue states; `water_kg_kg` freezes, the last two are shares of the value at 37 °C for each kelvin."""
REQUIRED: tuple[Property, ...] = (
    "density_kg_m3", "heat_capacity_j_kg_k", "conductivity_w_m_k", "perfusion_ml_min_kg", "sigma_s_m",
)  # fmt: skip
ABOVE_ZERO = REQUIRED[:3]
Bound = Literal["low", "base", "high"]

BODY_C = 37.0
"""Of blood, and of tissue before anything is done to it."""
WATER_KG_M3 = 1000.0
BLOOD_HEAT_J_M3_K = 1049.75 * 3617.0
"""Density times heat capacity of blood (its row of the table)."""


class RangedFigure(Model):
    """A value, the least and the most it may be, and who says so.

    Attributes
    ----------
    source : of the base. spread : of low and high; without it the same as the base's.
    """

    low: float
    base: float
    high: float
    source: Source
    spread: Source | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0.0 <= self.low <= self.base <= self.high:
            raise ValueError(f"expected 0 ≤ low ≤ base ≤ high, got {self.low:g}, {self.base:g}, {self.high:g}")
        for source in filter(None, (self.source, self.spread)):
            if source.ref not in references():
                raise ValueError(f"the reference {source.ref!r} is not in references.yaml")
        return self

    @property
    def verified(self) -> bool:
        """Whether the text behind the base value was read."""
        return self.source.verified


class Tissue(Model):
    """One row of the table."""

    title: str
    figures: dict[Property, RangedFigure]
    note: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [key for key in REQUIRED if key not in self.figures]
        if missing:
            raise ValueError(f"the tissue states no {', '.join(missing)}")
        empty = [key for key in ABOVE_ZERO if self.figures[key].low <= 0.0]
        if empty:
            raise ValueError(f"{', '.join(empty)} may not be 0")
        return self

    def value(self, key: Property, bound: Bound = "base") -> float:
        """Return a figure; 0 for a rise that is not stated."""
        figure = self.figures.get(key)
        return 0.0 if figure is None else float(getattr(figure, bound))

    def heat_capacity_j_m3_k(self, bound: Bound = "base") -> float:
        """By volume: density times heat capacity, both at the same bound."""
        return self.value("density_kg_m3", bound) * self.value("heat_capacity_j_kg_k", bound)

    def water_share(self, bound: Bound = "base") -> float:
        """Share of the volume that is water: what :func:`planner.freeze` is told."""
        return min(1.0, self.value("water_kg_kg", bound) * self.value("density_kg_m3") / WATER_KG_M3)

    def perfusion_w_m3_k(self, bound: Bound = "base") -> float:
        """Heat that blood takes away for each kelvin above its own temperature."""
        return perfusion_w_m3_k(self.value("perfusion_ml_min_kg", bound), self.value("density_kg_m3"))


def perfusion_w_m3_k(ml_min_kg: float, density_kg_m3: float) -> float:
    """Turn mL of blood a minute and kilogram of tissue into ω·ρ_b·c_b, W/(m³·K).

    >>> round(perfusion_w_m3_k(30.0, 1178.3))
    2237
    """
    return ml_min_kg * 1e-6 / 60.0 * density_kg_m3 * BLOOD_HEAT_J_M3_K


@cache
def tissues() -> dict[str, Tissue]:
    """Return the table by name.

    Raises
    ------
    InputError
        When the packaged file is damaged, with every problem.
    """
    raw = read_mapping(data_folder("protocols") / "tissues.yaml")
    return {name: validated(Tissue, row, path=f"tissues.yaml:{name}") for name, row in raw.items()}


def tissue(name: str) -> Tissue:
    """Return a tissue.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name not in tissues():
        close = difflib.get_close_matches(name, tissues(), n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(tissues())}"
        raise InputError([Problem("$.tissue", name, "a name in protocols/tissues.yaml", hint)])
    return tissues()[name]


@dataclass(frozen=True, eq=False)
class Bone:
    """Properties of bone cell by cell, in the units of the table; heat capacity by volume, J/(m³·K)."""

    conductivity_w_m_k: NDArray[np.float64]
    heat_capacity_j_m3_k: NDArray[np.float64]
    perfusion_w_m3_k: NDArray[np.float64]
    sigma_s_m: NDArray[np.float64]
    water_share: NDArray[np.float64]


def bone_at(density_kg_m3: ArrayLike, marrow: str = "red_marrow", bound: Bound = "base") -> Bone:
    """Return bone between marrow, cancellous and cortical, by the density of the whole wet tissue.

    Between the three rows heat capacity, conductivity and perfusion are linear in density, as of a mixture, and the
    logarithm of the electric conductivity is (our own assumption: the measured ones span a factor of five). Outside,
    the nearest row holds.
    """
    rows = [tissue(marrow), tissue("cancellous_bone"), tissue("cortical_bone")]
    at = np.asarray(density_kg_m3, dtype=np.float64)
    known = [row.value("density_kg_m3") for row in rows]

    def between(values: list[float]) -> NDArray[np.float64]:
        return np.asarray(np.interp(at, known, values))

    return Bone(
        between([row.value("conductivity_w_m_k", bound) for row in rows]),
        between([row.value("density_kg_m3") * row.value("heat_capacity_j_kg_k", bound) for row in rows]),
        between([row.perfusion_w_m3_k(bound) for row in rows]),
        np.exp(between([float(np.log(row.value("sigma_s_m", bound))) for row in rows])),
        between([row.water_share(bound) for row in rows]),
    )
