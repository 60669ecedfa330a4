"""Experiments whose summaries leave open what decides the outcome: what can be said is a range, not a number.

Each row tells how far the measured mean lies outside the range that the plausible inputs span. That is a weak test, and
meant as one: it can contradict, not confirm.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial

import numpy as np

from planner.simulate.tissues import BODY_C, tissue
from planner.simulate.treatment.result import max_temperature_at
from planner.validate.models import Case, Row
from planner.validate.thermal.bench import ROOM_C, Bench, Core, needle, run

SALT_S_M = 16.0
"""10 % NaCl at 37 °C: 12.6 S/m at 20 °C (table of solutions, from memory) and 2 % a kelvin; gel takes nothing away."""
WELL_MM = float(np.sqrt(3500.0 / (20.0 * np.pi)))
"""Radius of 3.5 mL around the whole tip (the well's own measures were not read)."""
AGAR_S_M = {"no salt added": 0.3, "0.6 % NaCl": 1.3, "5 % NaCl": 9.4}
"""Background: assumed, and the ends of the range of a later series from the same place (Radiology 2005;236:495)."""
MINUTES = 12.0
RISE_MM = 20.0
CAVITY_MM, TIP_MM = 10.0, 10.0
"""Radius of the cavity (assumed), length of the tip."""
FROM_TIP_MM = (8.0, 20.0)
"""Where posterior wall, canal or foramen may lie from a tip in a body some 30 mm deep (assumed)."""
BURN_MIN = (5.0, 12.0)


@cache
def salted_agar(background: str, start_c: float) -> float:
    """Return the highest temperature 20 mm from a cooled 2-cm tip in a salted well, °C."""
    made = needle(1.473, 20.0, MINUTES, current_a=2.0)
    bench = Bench(made, start_c, False, AGAR_S_M[background], "saline", Core("saline", WELL_MM, SALT_S_M))
    return float(max_temperature_at(run(bench), np.array([[RISE_MM, 0.0, 10.0]]))[0])


@cache
def cadaver(start_c: float, minutes: float) -> tuple[float, ...]:
    """Return the highest temperature at each of `FROM_TIP_MM` beside a plain tip at 90 °C in muscle within bone, °C."""
    made = needle(1.473, TIP_MM, minutes, power_w=50.0, cooled=False)
    muscle = Core("muscle", CAVITY_MM, tissue("muscle").value("sigma_s_m"), is_ball=True)
    sigma = tissue("cancellous_bone").value("sigma_s_m")
    places = np.array([[mm, 0.0, 0.5 * TIP_MM] for mm in FROM_TIP_MM])
    found = run(Bench(made, start_c, False, sigma, "cancellous_bone", muscle))
    return tuple(float(t) for t in max_temperature_at(found, places))


def outside(measured: float, low: float, high: float) -> float:
    """Return how far a figure lies outside a range; 0 within."""
    return max(low - measured, measured - high, 0.0)


def _salted() -> Iterable[Row]:
    found = [salted_agar(background, start) for background in AGAR_S_M for start in (ROOM_C, BODY_C)]
    low, high = min(found), max(found)
    yield Row(
        f"3.5 mL of 10 % NaCl, 2 A: measured 91.4 °C at 20 mm, outside {low:.0f}–{high:.0f} °C by, °C", "published",
        0.0, outside(91.4, low, high), 0.8,
        "Radiology 2004;230:175, abstract; salt of the agar, start (20 or 37 °C), 12 min and the well's shape assumed",
    )  # fmt: skip
    falling = [salted_agar(background, ROOM_C) for background in AGAR_S_M]
    excess = max(0.0, *(float(rise) for rise in np.diff(falling)))
    source = "Radiology 2005;236:495, abstract: the saltier the agar, the cooler at 20 mm"
    yield Row("rise at 20 mm with salt in the agar, °C", "published", 0.0, excess, 0.0, source)


def _cadaver(place: str, mean: float, sd: float) -> Iterable[Row]:
    found = [t for start in (ROOM_C, BODY_C) for minutes in BURN_MIN for t in cadaver(start, minutes)]
    low, high = min(found), max(found)
    yield Row(
        f"10-mm tip, {place}, n = 8: measured {mean:g} °C, outside {low:.0f}–{high:.0f} °C by, °C", "published",
        0.0, outside(mean, low, high), sd,
        "Groetz 2013, abstract; start (20 or 37 °C), 90 °C for 5 or 12 min, cavity of 20 mm, 8 to 20 mm away assumed",
    )  # fmt: skip


CASES = (
    Case("bench: salted gel in agar, inputs unstated", _salted),
    *(
        Case(f"bench: cadaver vertebra, {place}, inputs unstated", partial(_cadaver, place, mean, sd))
        for place, mean, sd in (
            ("epidural space", 46.8, 4.7), ("foramen", 46.4, 2.5), ("vertebral body", 50.6, 10.5),
        )
    ),
)  # fmt: skip
