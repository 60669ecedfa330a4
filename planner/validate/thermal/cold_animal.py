"""Ice in living pigs, simulated with blood: shown where missed, never a failure. Nothing here was fitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import hypot, inf, sqrt
from typing import Any

from planner.simulate.thermal.argon import ArgonCooling
from planner.simulate.tissues import tissue
from planner.validate.models import Case, Row
from planner.validate.thermal.gel import Rig, run

BODY_C = 38.0
"""Of a pig under anaesthesia, about."""
NITROGEN = ArgonCooling(-160.0, inf)
"""Boiling nitrogen at −196 °C, some of it lost in film and metal; its probe takes what it needs (assumed)."""
PROBE_MM, ACTIVE_MM = 3.4, 30.0
"""Of the nitrogen probe: 10G from memory; the stated ice of 4 cm less its two caps."""
DEAD_C = -20.0
"""Where tissue is taken to have died by the third day; at 0 °C it is larger, see `docs/thermal.md`."""
STEP_MM = 1.0
"""Blood of the kidney warms within 1.4 mm."""
APART_MM, NEEDLE_MM, NEEDLE_ACTIVE_MM = 15.0, 1.47, 45.0
"""Two argon needles of the second report: kind and distance not read, assumed."""
VISICA = "predicted: PMC7798152, abstract; 10G nitrogen probe of 30 mm at −160 °C, dead below −20 °C assumed"
SWINE = "predicted: CVIR 2018;41:1089 and its congress abstract; two 17G needles 15 mm apart assumed"


@dataclass(frozen=True)
class Lesion:
    """What was measured after three days: mean and standard deviation, mm; width and depth are both across."""

    organ: str
    minutes: float
    n: int
    long: tuple[float, float]
    wide: tuple[float, float]
    deep: tuple[float, float]

    @property
    def across(self) -> tuple[float, float]:
        """Mean of width and depth, and the mean of their variances' root."""
        return 0.5 * (self.wide[0] + self.deep[0]), sqrt(0.5 * (self.wide[1] ** 2 + self.deep[1] ** 2))

    @property
    def rig(self) -> Rig:
        """Return the same with one nitrogen probe."""
        freezes = ((60.0 * self.minutes, 1.0),)
        return Rig(
            1, 0.0, PROBE_MM, ACTIVE_MM, BODY_C, freezes, cooling=NITROGEN, medium=living(self.organ), step_mm=STEP_MM
        )


LESIONS = (
    Lesion("liver", 4.0, 8, (38.0, 15.0), (17.0, 3.0), (17.0, 7.0)),
    Lesion("kidney", 4.0, 4, (30.0, 5.0), (20.0, 4.0), (17.0, 6.0)),
    Lesion("kidney", 12.0, 4, (32.0, 5.0), (31.0, 8.0), (19.0, 7.0)),
)
PROTOCOLS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "liver": ((45.0, 3.0), (43.0, 2.8)),
    "kidney": ((39.5, 1.7), (40.0, 4.4)),
}
"""Width after 10–8–10 min and after 15 min, mm, five pigs each."""


def living(organ: str) -> tuple[tuple[str, Any], ...]:
    """Return what :func:`planner.freeze` is told of an organ with its blood."""
    row = tissue(organ)
    return (
        ("conductivity", row.value("conductivity_w_m_k")), ("heat_capacity", row.heat_capacity_j_m3_k()),
        ("perfusion", row.perfusion_w_m3_k()), ("water", row.water_share()),
    )  # fmt: skip


def _lesion(one: Lesion) -> Iterable[Row]:
    found = run(one.rig)
    mean, sd = one.across
    yield Row(f"across, mm, n = {one.n}", "published", mean, found.diameter_mm(DEAD_C), sd, VISICA)
    yield Row(f"along, mm, n = {one.n}", "published", one.long[0], found.length_mm(DEAD_C), one.long[1], VISICA)


def two_needles(organ: str, freezes: tuple[tuple[float, float], ...]) -> Rig:
    """Return two argon needles in an organ."""
    return Rig(2, APART_MM, NEEDLE_MM, NEEDLE_ACTIVE_MM, BODY_C, freezes, medium=living(organ))


def _protocols(organ: str) -> Iterable[Row]:
    (twice, sd2), (once, sd1) = PROTOCOLS[organ]
    ratio, spread = twice / once, twice / once * hypot(sd2 / twice, sd1 / once)
    double = run(two_needles(organ, ((600.0, 1.0), (480.0, 0.0), (600.0, 1.0))))
    single = run(two_needles(organ, ((900.0, 1.0),)))
    got = double.diameter_mm(0.0) / single.diameter_mm(0.0)
    yield Row("ice after 10–8–10 over 15 min, n = 5", "published", ratio, got, spread, SWINE)


CASES = (
    *(Case(f"pig: {one.organ}, nitrogen, {one.minutes:g} min", partial(_lesion, one)) for one in LESIONS),
    *(Case(f"pig: {organ}, two freezes against one", partial(_protocols, organ)) for organ in PROTOCOLS),
)
