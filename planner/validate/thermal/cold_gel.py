"""Ice in gel, simulated against what was measured: shown where missed, never a failure.

Two figures were fitted, one for each maker of probes (`protocols/calibration/cryoprobe.yaml`); their rows say so, all
others are predicted. Only abstracts were read: what they leave open is assumed and said in `docs/thermal.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np

from planner.plan.devices import device_sheet
from planner.validate.models import Case, Row
from planner.validate.thermal.gel import Frozen, Rig, run

LETHAL_C = -30.0
"""Of Littrup."""
SHARE = 0.15
"""Asked of diameters and areas: one phantom an arrangement, thermocouples 5 mm apart."""
RATIO_SHARE = 0.1
"""Asked of the thin probe over the thick one, where errors common to both fall out."""
NEAR_MM, NEARLY_ALL = 3.0, 0.2
"""Asked of "about 1 cm"; and of "nearly all": four of five."""
STRAIGHT = 0.15
"""Asked of "linear": −20 °C halfway between −40 and 0 °C, give or take a seventh."""
HOURGLASS = 0.75
"""Ice is an hour-glass when its waist is less than three quarters of its width at the needles (assumed)."""
GROWTH_SHARE = 0.1
"""Of an isotherm's diameter: what a test of few samples would call no difference."""
MEDIAN_MM, BEST_MEAN_MM, LEAST_N = 1.0, 2.3, 5
"""Asked of the median error of radii; the best mean published; no median over fewer."""
SHEET_SHARE = 0.15
"""How well the makers' figures are remembered."""
LITTRUP = "Littrup 2009, PMC2762356, abstract"
SHAH = "Shah 2016, PMC4850244, abstract; one freeze of 10 min, needles of 45 mm assumed"
OBEJ = "Open Biomed Eng J 2016;10:62, abstract; 17G needle of 45 mm, gel at 37 °C assumed"


def agar(count: int, start_c: float = 39.0, diameter_mm: float = 2.4) -> Rig:
    """Return probes 20 mm apart in agar, frozen for 15 min; their active length is assumed."""
    return Rig(count, 20.0, diameter_mm, 40.0, start_c, ((900.0, 1.0),))


def needles(count: int, apart_mm: float, duty: float = 1.0) -> Rig:
    """Return 17G needles in gel at body temperature."""
    return Rig(count, apart_mm, 1.47, 45.0, 37.0, ((600.0, duty),))


def lethal_mm(found: Frozen) -> float:
    """Diameter of the circle as large as what is below −30 °C."""
    return found.diameter_mm(LETHAL_C)


def ice_mm(found: Frozen) -> float:
    """Diameter of the circle as large as the ice."""
    return found.diameter_mm(0.0)


def share(found: Frozen) -> float:
    """Area below −30 °C over that of the ice."""
    return found.area_mm2(LETHAL_C) / found.area_mm2(0.0)


@dataclass(frozen=True)
class Agar:
    """What was measured around probes of 2.4 mm at 39 °C; a diameter is read as that of a circle of the area."""

    count: int
    lethal_mm: float
    share: float

    @property
    def ice_mm(self) -> float:
        """Of the ice, from the two stated figures."""
        return self.lethal_mm / sqrt(self.share)

    @property
    def name(self) -> str:
        """How many."""
        return f"{self.count} of 2.4 mm"


AGAR = (Agar(1, 12.0, 0.13), Agar(2, 33.0, 0.46), Agar(3, 41.0, 0.51), Agar(4, 49.0, 0.56))
FITTED = AGAR[-1]
"""Its diameter of −30 °C."""
WINDOW = tuple(needles(n, s, d) for n in (2, 3, 4) for s in (15.0, 20.0) for d in (0.7, 1.0))
OUTSIDE = tuple(needles(n, s, d) for n in (2, 3, 4) for s, d in ((15.0, 0.5), (20.0, 0.5), (25.0, 1.0)))


def beyond_mm(value_c: float) -> float:
    """Mean distance of an isotherm from the needles within the window that is advised."""
    return float(np.mean([run(rig).beyond_mm(value_c) for rig in WINDOW]))


def radii() -> list[tuple[str, float, float]]:
    """Return every predicted radius: name, measured and simulated, mm."""
    rows: list[tuple[str, float, float]] = []
    for one in AGAR:
        found = run(agar(one.count))
        if one is not FITTED:
            rows.append((f"{one.name}, −30 °C", 0.5 * one.lethal_mm, 0.5 * lethal_mm(found)))
        rows.append((f"{one.name}, ice", 0.5 * one.ice_mm, 0.5 * ice_mm(found)))
    rows.extend((f"17G, {c:g} °C beyond needles", r, beyond_mm(c)) for c, r in ((-40.0, 10.0), (0.0, 20.0)))
    return rows


def _agar(one: Agar) -> Iterable[Row]:
    found = run(agar(one.count))
    kind = "fitted" if one is FITTED else "predicted"
    far = NEAR_MM if one.count == 1 else SHARE * one.lethal_mm
    yield Row("across −30 °C, mm, n = 1", "published", one.lethal_mm, lethal_mm(found), far, f"{kind}: {LITTRUP}")
    source = f"predicted: {LITTRUP}; from diameter and share"
    yield Row("across the ice, mm, n = 1", "published", one.ice_mm, ice_mm(found), SHARE * one.ice_mm, source)
    source = f"predicted: {LITTRUP}"
    yield Row("area below −30 °C over ice, n = 1", "published", one.share, share(found), SHARE * one.share, source)


def _thin() -> Iterable[Row]:
    """Probes of 1.7 mm draw by the same flux: nothing was fitted to them."""
    pairs = [(run(agar(n, diameter_mm=1.7)), run(agar(n))) for n in (1, 2, 3, 4)]
    across = float(np.mean([lethal_mm(thin) / lethal_mm(thick) for thin, thick in pairs]))
    area = float(np.mean([thin.area_mm2(LETHAL_C) / thick.area_mm2(LETHAL_C) for thin, thick in pairs]))
    source = f"predicted: {LITTRUP}; mean of four arrangements"
    for name, expected, got in (("diameter", 0.84, across), ("area", 0.71, area)):
        yield Row(f"{name} below −30 °C, 1.7 over 2.4 mm, n = 4", "published", expected, got, RATIO_SHARE, source)


def depths_mm() -> list[float]:
    """How far −30 °C lies behind the edge in each of 24 arrangements."""
    rigs = [agar(n, c, d) for d in (1.7, 2.4) for c in (6.0, 24.0, 39.0) for n in (1, 2, 3, 4)]
    return [0.5 * (ice_mm(run(rig)) - lethal_mm(run(rig))) for rig in rigs]


def _depth() -> Iterable[Row]:
    near = float(np.mean([depth < 10.0 for depth in depths_mm()]))
    source = f"predicted: {LITTRUP}; nearly all, at 6, 24 and 39 °C"
    yield Row("share with −30 °C within 10 mm of the edge, n = 24", "published", 1.0, near, NEARLY_ALL, source)


def _window() -> Iterable[Row]:
    rig = needles(2, 20.0, 0.7)
    source = f"fitted: {SHAH}; the widest spacing and lowest duty that are advised"
    yield Row("middle of two, 20 mm, 70 %, °C, n not read", "published", -40.0, run(rig).middle_c(), 2.0, source)
    inner, half, edge = (beyond_mm(c) for c in (-40.0, -20.0, 0.0))
    source = f"predicted: {SHAH}; mean of 12 arrangements, 15 and 20 mm, 70 and 100 %"
    yield Row("−40 °C from the needles, mm, n not read", "published", 10.0, inner, NEAR_MM, source)
    yield Row("0 °C from −40 °C, mm, n not read", "published", 10.0, edge - inner, NEAR_MM, source)
    yield Row("place of −20 °C between", "published", 0.5, (half - inner) / (edge - inner), STRAIGHT, source)
    cold = float(np.mean([run(one).middle_c() <= -40.0 for one in WINDOW if one != rig]))
    source = f"predicted: {SHAH}; the fitted arrangement left out"
    yield Row("share with −40 °C in the middle, of 11", "published", 1.0, cold, NEARLY_ALL, source)


def _beyond_window() -> Iterable[Row]:
    told = [run(rig).middle_c() > -40.0 or run(rig).waist() < HOURGLASS for rig in OUTSIDE]
    source = f"predicted: {SHAH}; 25 mm at 100 %, or 50 %"
    quantity = "share with a core above −40 °C or an hour-glass, of 9"
    yield Row(quantity, "published", 1.0, float(np.mean(told)), NEARLY_ALL, source)


def _second_freeze() -> Iterable[Row]:
    once = replace(needles(1, 0.0), freezes=((600.0, 1.0),))
    twice = replace(once, freezes=((600.0, 1.0), (300.0, 0.0), (600.0, 1.0)))
    for value in (0.0, -20.0, -40.0):
        grown = run(twice).diameter_mm(value) / run(once).diameter_mm(value) - 1.0
        source = f"predicted: {OBEJ}; no significant growth «in all cases», which may mean in none or not in every"
        quantity = f"growth of {value:g} °C by a second freeze, n not read"
        yield Row(quantity, "published", 0.0, grown, GROWTH_SHARE, source)


def _all_radii() -> Iterable[Row]:
    misses = [got - expected for _, expected, got in radii()]
    if len(misses) < LEAST_N:
        return
    n, sizes = f"n = {len(misses)} radii", np.abs(misses)
    source = "predicted: the rows above without the fitted ones; 7 radii in agar, 2 means around needles"
    yield Row(f"median error, mm, {n}", "published", 0.0, float(np.median(misses)), MEDIAN_MM, source)
    yield Row(f"median size of the error, mm, {n}", "published", 0.0, float(np.median(sizes)), MEDIAN_MM, source)
    source = "predicted: best mean published 2.3 mm"
    yield Row(f"mean size of the error, mm, {n}", "published", 0.0, float(np.mean(sizes)), BEST_MEAN_MM, source)


SHEETS = ("iceseed_15", "icesphere_15", "icerod_15")
ISOTHERMS: tuple[tuple[float, str], ...] = ((0.0, "ice"), (-20.0, "iso20"), (-40.0, "iso40"))


def sheet_rig(name: str) -> Rig:
    """Return the needle of a sheet as its maker looks at it: gel at 37 °C, two freezes of 10 min."""
    sheet = device_sheet(name)
    if sheet is None:
        raise ValueError(f"no sheet {name}")
    width, active = sheet.value("outer_diameter_mm") or 0.0, sheet.value("active_length_mm") or 0.0
    return Rig(1, 0.0, width, active, 37.0, ((600.0, 1.0), (480.0, 0.0), (600.0, 1.0)))


def sheet_rows(name: str) -> list[tuple[str, float, float]]:
    """Return what the sheet says and what is simulated: name, told and got, mm."""
    sheet, found = device_sheet(name), run(sheet_rig(name))
    reads: dict[str, Callable[[float], float]] = {"short": found.diameter_mm, "long": found.length_mm}
    rows = []
    for value, figure in ISOTHERMS:
        for axis, read in reads.items():
            told = sheet.value(f"{figure}_{axis}_axis_mm") if sheet else None  # type: ignore[arg-type]
            if told is not None:
                rows.append((f"{value:g} °C, {axis} axis", told, read(value)))
    return rows


CASES = (
    *(Case(f"gel: {one.name} probes in agar at 39 °C", partial(_agar, one)) for one in AGAR),
    Case("gel: thin against thick probes", _thin),
    Case("gel: lethal ice behind the edge", _depth),
    Case("gel: 17G needles, 15–20 mm apart, 70–100 %", _window),
    Case("gel: 17G needles, too far apart or too low a duty", _beyond_window),
    Case("gel: a second freeze", _second_freeze),
    Case("gel: all radii", _all_radii),
)
