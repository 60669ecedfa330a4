"""The gel bench reads what it should, symmetric parts stand for the whole, and the page tells every miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.validate.run import rows_of
from planner.validate.thermal import cold_animal, cold_gel
from planner.validate.thermal.gel import Frozen, Rig, run

PAGE = (Path(__file__).parents[2] / "docs" / "thermal.md").read_text(encoding="utf-8")
SHORT = ((60.0, 1.0),)


class Whole(Rig):
    """The same without using its symmetry."""

    mirrored = (False, False)


def made(field, count=1, apart_mm=0.0):
    """Ice whose temperature is known, level along the probes."""
    lines = [np.arange(-60.0, 60.1, 1.0)] * 2
    z = np.arange(0.5, 40.0, 1.0)
    x, y = np.meshgrid(*lines, indexing="ij")
    values = np.repeat(field(x, y)[:, :, None], len(z), axis=2)
    return Frozen(Whole(count, apart_mm, 2.4, 40.0, 37.0, SHORT), *lines, z, values, -100.0, 10.0)


def test_a_cone_of_cold_is_read_where_it_is():
    ice = made(lambda x, y: 4.0 * (np.hypot(x, y) - 12.0))
    assert ice.diameter_mm(0.0) == pytest.approx(24.0, abs=0.1)
    assert ice.diameter_mm(-20.0) == pytest.approx(14.0, abs=0.1)
    assert ice.area_mm2(-20.0) / ice.area_mm2(0.0) == pytest.approx((7.0 / 12.0) ** 2, rel=0.02)
    assert ice.beyond_mm(-20.0) == pytest.approx(7.0, abs=0.05)
    assert ice.middle_c() == pytest.approx(-48.0)


def test_waist_of_two_balls_and_of_a_bar():
    def balls(x, y):
        return np.hypot(np.abs(x) - 10.0, y) - 12.0

    assert made(balls, 2, 20.0).waist() == pytest.approx(np.sqrt(12.0**2 - 10.0**2) / 12.0, abs=0.03)
    assert made(lambda _, y: np.abs(y) - 9.0, 2, 20.0).waist() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_neighbours_are_as_far_apart_as_stated(count):
    places = Rig(count, 15.0, 1.47, 45.0, 37.0, SHORT).places_mm
    apart = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
    assert apart == pytest.approx(15.0)
    assert places.mean(axis=0) == pytest.approx(0.0, abs=1e-9)


def test_half_the_gel_stands_for_all_of_it():
    rig = Rig(2, 10.0, 2.4, 10.0, 37.0, ((120.0, 1.0),))
    whole = run(Whole(*(getattr(rig, name) for name in ("count", "apart_mm", "diameter_mm", "active_mm", "start_c")),
                      rig.freezes))  # fmt: skip
    half = run(rig)
    assert half.diameter_mm(0.0) == pytest.approx(whole.diameter_mm(0.0), abs=0.15)
    assert half.power_w == pytest.approx(whole.power_w, rel=1e-3)


def test_the_fit_is_where_it_says_and_would_show_another_flux():
    """Four probes give the fitted diameter; a flux of 0.8 times does not."""
    fitted = run(cold_gel.agar(4))
    assert cold_gel.lethal_mm(fitted) == pytest.approx(cold_gel.FITTED.lethal_mm, abs=0.5)
    assert cold_gel.lethal_mm(run(replace(cold_gel.agar(4), share=0.8))) < cold_gel.FITTED.lethal_mm - 3.0


@pytest.mark.slow
def test_every_row_says_fitted_or_predicted_and_the_page_tells_every_miss():
    rows = [(case.name, row) for case in (*cold_gel.CASES, *cold_animal.CASES) for row in rows_of(case)]
    assert {row.kind for _, row in rows} == {"published"}
    assert [row for _, row in rows if not row.source.startswith(("fitted:", "predicted:"))] == []
    assert sum(row.source.startswith("fitted:") for _, row in rows) == 2
    assert all("n = " in row.quantity or "n not read" in row.quantity or "of " in row.quantity for _, row in rows)
    missed = [row for _, row in rows if not row.passed]
    assert PAGE.split("## Ice in gel")[1].split("\n# ")[0].count("**missed**") == len(missed)


@pytest.mark.slow
def test_finer_cells_move_isotherms_by_less_than_half_a_millimetre():
    for value in (0.0, -30.0):
        coarse, fine = (run(replace(cold_gel.agar(4), step_mm=step)).diameter_mm(value) for step in (1.25, 0.85))
        assert coarse == pytest.approx(fine, abs=0.5)
