"""Laws of thermal damage with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log, log2

from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.sourced import Source

GAS = 8.314
"""J/(mol·K), as the programs round it from which the constants of the laws come; the exact one raises Ω by 0.5 %."""
KELVIN = 273.15


@dataclass(frozen=True)
class Cem43:
    """Equivalent minutes at 43 °C: Σ R^(43 − T) Δt.

    Sapareto and Dewey, Int J Radiat Oncol Biol Phys 10 (1984) 787.

    Attributes
    ----------
    above, below : factor in time that one degree is worth above and below 43 °C (1/R); 2 and 4 in general,
        2.25 above 43 °C for the spinal cord (Froese et al., Radiat Res 125 (1991) 173).
    from_c : no dose below this temperature.
    """

    above: float = 2.0
    below: float = 4.0
    from_c: float = 39.0

    def rate(self, temperature_c: float) -> float:
        """Equivalent minutes a minute."""
        if temperature_c < self.from_c:
            return 0.0
        return float((self.above if temperature_c >= 43.0 else self.below) ** (temperature_c - 43.0))


CORD = Cem43(above=2.25)
"""The spinal cord's own slope."""


class Arrhenius(Model):
    """First-order damage Ω = ∫ A·exp(−Ea/(R·T)) dt; at Ω = 1 a share of 1/e is unharmed.

    Attributes
    ----------
    what : what is damaged.
    a_per_s, ea_j_mol : frequency factor and activation energy.
    source : who says so.
    from_c : damage counts above this temperature only. The laws were fitted to burns; drawn out to body temperature,
        that of soft tissue would call healthy tissue dead after an hour. 43 °C is an assumption of this package.
    """

    what: str
    a_per_s: float
    ea_j_mol: float
    source: Source
    from_c: float = 43.0

    def rate(self, temperature_c: float) -> float:
        """Damage a second."""
        if temperature_c < self.from_c:
            return 0.0
        return exp(log(self.a_per_s) - self.ea_j_mol / (GAS * (temperature_c + KELVIN)))

    @property
    def log2_a(self) -> float:
        """log₂ of A in 1/s."""
        return log2(self.a_per_s)

    @property
    def activation_k(self) -> float:
        """Ea / (R·ln 2) in kelvin: log₂ of the rate is `log2_a` less this over the absolute temperature."""
        return self.ea_j_mol / (GAS * log(2.0))


@cache
def arrhenius_laws() -> dict[str, Arrhenius]:
    """Return the shipped laws by name: `cell_kill`, `skin`, `collagen`.

    Raises
    ------
    InputError
        When the packaged file is damaged.
    """
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415 - the reader is needed only here

    raw = read_mapping(data_folder("protocols") / "damage" / "arrhenius.yaml")
    return {name: validated(Arrhenius, value, path=f"$.{name}") for name, value in raw.items()}
