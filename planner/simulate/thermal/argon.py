"""What an argon probe can draw: watts by its active surface, down to a coldest temperature of the metal."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

from planner.anatomy.calibration import calibration
from planner.simulate.thermal.probes import ProbePhase


@dataclass(frozen=True)
class ArgonCooling:
    """Limits of one probe at full duty.

    Attributes
    ----------
    coldest_c : of its metal.
    power_w : the most heat it draws, whatever its temperature.
    """

    coldest_c: float
    power_w: float

    @classmethod
    def of(cls, diameter_mm: float, active_mm: float, *, share: float = 1.0) -> ArgonCooling:
        """Return the fitted limits of a probe; `share` scales its flux, as for a range.

        >>> round(ArgonCooling.of(1.47, 25.0).power_w)
        24
        """
        fitted = calibration("cryoprobe")
        flux = fitted["flux_17g_w_mm2" if diameter_mm <= fitted["gauge_17_mm"] else "flux_w_mm2"]
        return cls(fitted["coldest_c"], share * flux * pi * diameter_mm * active_mm)

    def phase(self, duration_s: float, duty: float = 1.0) -> ProbePhase:
        """Freeze for a while."""
        return ProbePhase(duration_s, self.coldest_c, self.power_w, duty)
