"""Needles on benches and in animals, simulated against what was measured: shown where missed, never a failure.

No parameter was fitted to these figures by number, but no row in liver is blind: the coolant's temperature was set
after a first look at them, the liver's conductivity kept after a look at those driven by current. What was chosen when,
and on what, stands in `docs/thermal.md`; rows that are blind are those of `blind`. Needle, time or tissue that a
report's summary does not state is assumed and said in the source column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from planner.plan.devices import device_sheet
from planner.simulate.tissues import tissue
from planner.simulate.treatment.isosurface import SimulatedZone
from planner.simulate.treatment.result import max_temperature_at, zone_of
from planner.simulate.treatment.treatment import Delivered
from planner.validate.models import Case, Row
from planner.validate.thermal.bench import ROOM_C, Bench, needle, run

KCAL_J = 4184.0
SHEET_MM = 2.0
"""Asked of the median."""
LEAST_N = 5
"""No median over fewer zones."""


@dataclass(frozen=True)
class Measurement:
    """One measured figure: what is read from the run, mean and standard deviation, number of samples, source."""

    name: str
    bench: str
    read: Callable[[Delivered], float]
    mean: float
    sd: float
    n: int
    source: str
    is_width: bool = True


def across(found: Delivered) -> float:
    """Short axis of the zone, mm."""
    return _zone(found).short_axis_mm


def along(found: Delivered) -> float:
    """Long axis of the zone, mm."""
    return _zone(found).long_axis_mm


def as_ball(found: Delivered) -> float:
    """Diameter of the ball of the zone's volume, mm."""
    return ball_mm(_zone(found).mesh.volume_mm3)


def ball_mm(volume_mm3: float) -> float:
    """Diameter of a ball, mm."""
    return float((6.0 * volume_mm3 / np.pi) ** (1.0 / 3.0))


def at_8_mm(found: Delivered) -> float:
    """Highest temperature 8 mm from the metal, beside the middle of a 30-mm tip."""
    return float(max_temperature_at(found, np.array([[1.473 / 2.0 + 8.0, 0.0, 15.0]]))[0])


def _zone(found: Delivered) -> SimulatedZone:
    zone = zone_of(found)
    if zone is None:
        raise ValueError("no tissue reaches 240 CEM43")
    return zone


def _watts(kcal: float) -> float:
    """Mean power of an energy that was delivered in 12 minutes."""
    return kcal * KCAL_J / 720.0


BENCHES: dict[str, Bench] = {
    "17G ex vivo": Bench(needle(1.473, 30, 12, power_w=_watts(7.70)), ROOM_C),
    "15G ex vivo": Bench(needle(1.829, 30, 12, power_w=_watts(8.78)), ROOM_C),
    "17G in vivo": Bench(needle(1.473, 30, 12, power_w=_watts(8.49)), 37.0, True),
    "15G in vivo": Bench(needle(1.829, 30, 12, power_w=_watts(11.20)), 37.0, True),
    "2 cm ex vivo": Bench(needle(1.473, 20, 12, power_w=30.0), ROOM_C),
    "2 cm in vivo": Bench(needle(1.473, 20, 12, power_w=30.0), 37.0, True),
    "monopolar 1.2 A": Bench(needle(1.829, 30, 15, current_a=1.2), ROOM_C),
    "bipolar 0.6 A": Bench(needle(1.829, 40, 15, current_a=0.6, bipolar=True, gap_share=0.08), ROOM_C),
    "30 W": Bench(needle(1.473, 30, 12, power_w=30.0), ROOM_C),
}
SONG = "Song 2015, PMC4628443; tip of 30 mm and 12 min assumed, mean power from the stated energy"
CHA = "Cha 2009, doi 10.1007/s00270-009-9600-0, variation coefficient as spread; 30 W assumed"
GAS = "abstract of a comparison of gas- and water-cooled 15G needles; tips of 30 and 40 mm assumed"
MEASURED: tuple[Measurement, ...] = (
    Measurement("17G ex vivo, ball of the volume, mm", "17G ex vivo", as_ball, ball_mm(23860), 1.9, 20, SONG),
    Measurement("15G ex vivo, ball of the volume, mm", "15G ex vivo", as_ball, ball_mm(29610), 3.1, 20, SONG),
    Measurement("17G in vivo, ball of the volume, mm", "17G in vivo", as_ball, ball_mm(7790), 1.8, 10, SONG),
    Measurement("15G in vivo, ball of the volume, mm", "15G in vivo", as_ball, ball_mm(10260), 2.0, 10, SONG),
    Measurement("2 cm tip ex vivo, long axis, mm", "2 cm ex vivo", along, 30.1, 3.0, 30, CHA),
    Measurement("2 cm tip ex vivo, short axis, mm", "2 cm ex vivo", across, 26.2, 2.6, 30, CHA),
    Measurement("2 cm tip in vivo, long axis, mm", "2 cm in vivo", along, 26.2, 3.9, 16, CHA),
    Measurement("2 cm tip in vivo, short axis, mm", "2 cm in vivo", across, 20.0, 3.0, 16, CHA),
    Measurement("monopolar 1.2 A, short axis, mm", "monopolar 1.2 A", across, 31.8, 2.9, 6, GAS),
    Measurement("bipolar 0.6 A, short axis, mm", "bipolar 0.6 A", across, 27.2, 2.9, 6, GAS),
    Measurement(
        "30 W for 12 min, temperature at 8 mm, °C", "30 W", at_8_mm, 58.7, 2.5, 7,
        "Haemmerich 2010, PMC3108076, liver at 450 kHz; 17G tip of 30 mm, water-cooled, assumed", False,
    ),
)  # fmt: skip


@cache
def simulated(name: str) -> Delivered:
    """Return a bench's run, once."""
    return run(BENCHES[name])


def value_of(measurement: Measurement) -> float:
    """Return the simulated figure."""
    return measurement.read(simulated(measurement.bench))


def _measured(measurement: Measurement) -> Iterable[Row]:
    quantity = f"{measurement.name}, n = {measurement.n}"
    yield Row(quantity, "published", measurement.mean, value_of(measurement), measurement.sd, measurement.source)


def _in_vivo_share() -> Iterable[Row]:
    share = _zone(simulated("17G in vivo")).mesh.volume_mm3 / _zone(simulated("17G ex vivo")).mesh.volume_mm3
    yield Row("17G, volume in vivo over ex vivo, n = 10 and 20", "published", 7.79 / 23.86, share, 0.09, SONG)


def _median() -> Iterable[Row]:
    misses = [value_of(m) - m.mean for m in MEASURED if m.is_width]
    if len(misses) < LEAST_N:
        return
    source = "median of the rows in mm above; in bone others found −1 mm, quartiles −3 and 3 mm (7 cases)"
    yield Row(
        f"median error, mm, n = {len(misses)} zones", "published", 0.0, float(np.median(misses)), SHEET_MM, source
    )
    size = float(np.median(np.abs(misses)))
    quantity = f"median size of the error, mm, n = {len(misses)} zones"
    yield Row(quantity, "published", 0.0, size, SHEET_MM, source)


TIPS_MM = (7, 15, 20)
"""The 10-mm tip is not shown: on its zone the share of the hottest tissue that the thermocouple reads was fitted."""


@cache
def tip(active_mm: int) -> Delivered:
    """Return a cooled bipolar tip in gel like muscle at 37 °C, as its maker looks at zones."""
    sheet = device_sheet(f"osteocool_{active_mm}mm")
    if sheet is None:
        raise ValueError(f"no sheet of a {active_mm}-mm tip")
    seconds, held = sheet.value("nominal_duration_s") or 0.0, sheet.value("nominal_setpoint_c") or 0.0
    made = needle(1.473, active_mm, seconds / 60.0, power_w=20.0, setpoint_c=held, bipolar=True, gap_share=0.35)
    made = replace(made, mode="temperature")
    return run(Bench(made, 37.0, False, tissue("muscle").value("sigma_s_m"), "muscle"))


def _tip(active_mm: int) -> Iterable[Row]:
    sheet = device_sheet(f"osteocool_{active_mm}mm")
    source = "device sheet, from memory; gel at 37 °C; fitted on the 10-mm tip alone"
    for name, read, figure in (("long", along, "zone_long_axis_mm"), ("short", across, "zone_short_axis_mm")):
        told = sheet.value(figure) if sheet else None  # type: ignore[arg-type]
        if told is not None:
            yield Row(f"{name} axis, mm", "published", told, read(tip(active_mm)), SHEET_MM, source)


CASES = (
    *(Case(f"bench: {m.name}", partial(_measured, m)) for m in MEASURED),
    Case("bench: perfusion", _in_vivo_share),
    Case("bench: all zones", _median),
    *(Case(f"bench: cooled tip of {mm} mm in gel", partial(_tip, mm)) for mm in TIPS_MM),
)
