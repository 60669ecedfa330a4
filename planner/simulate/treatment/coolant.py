"""Water that runs through a shaft: what it takes from the outer wall, from the size of the needle alone.

The flow between inner tube and wall is slow and narrow, hence laminar; there the Nusselt number does not depend on the
flow, and neither does the film coefficient h = Nu·k/D_h. Warming of the water itself is left out: 2 W into 20 mL a
minute are 1.4 °C. With h near 5000 W/(m²·K) a wall stays within some degrees of the coolant, so that neither h nor the
coolant's temperature shapes more than the first millimetre (López Molina 2012: 5, 15 and 25 °C gave like profiles).
"""

from __future__ import annotations

from dataclasses import dataclass

NUSSELT = 5.04
"""Annulus, outer wall heated evenly, inner one insulated, radii 1 : 2 (textbook of Kays and Crawford, from memory)."""
WATER_W_M_K = 0.6
BORE_SHARE, INNER_SHARE = 0.8, 0.5
"""Bore of the outer diameter, and inner tube of the bore (assumed; no maker states them)."""
COOLANT_C = 20.0
"""Water at room temperature (assumed)."""


@dataclass(frozen=True)
class Coolant:
    """Temperature of the water, and what a square metre of the needle's outer wall loses to it for each kelvin."""

    temperature_c: float
    film_w_m2_k: float

    @classmethod
    def in_needle(cls, diameter_mm: float, temperature_c: float = COOLANT_C) -> Coolant:
        """Return the coolant of a needle of an outer diameter; the film counts for the bore's surface."""
        bore = BORE_SHARE * diameter_mm * 1e-3
        film = NUSSELT * WATER_W_M_K / ((1.0 - INNER_SHARE) * bore)
        return cls(temperature_c, film * BORE_SHARE)
