from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.anatomy.parametric.morphometry import LEVELS, read_csv, table
from planner.anatomy.parametric.variation import (
    LIMIT_SD,
    SLIMMEST_PEDICLE_MM,
    PatientSpec,
    rows_for,
    spread,
)

SIZES = ("width_upper", "depth_upper", "height", "canal_width", "canal_depth", "pedicle_width", "pedicle_height")


@pytest.fixture(scope="module")
def crowd():
    """Four hundred people: (people, levels, sizes)."""
    people = [rows_for(PatientSpec(variation=1.0), seed=seed) for seed in range(400)]
    return np.array([[[getattr(rows[level], f) for f in SIZES] for level in LEVELS] for rows in people])


def test_nobody_in_particular_is_the_table():
    assert rows_for() == table()
    assert rows_for(seed=7) == table()


def test_one_seed_is_one_patient():
    spec = PatientSpec(sex="female", stature_cm=158.0, variation=1.0)

    assert rows_for(spec, seed=3) == rows_for(spec, seed=3)
    assert rows_for(spec, seed=3) != rows_for(spec, seed=4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), variation=st.floats(0.01, 1.5))
def test_nothing_leaves_the_population(seed, variation):
    for level, m in rows_for(PatientSpec(variation=variation), seed=seed).items():
        mean, sd = table()[level], spread(level)
        for name, one in sd.items():
            if name in ("pedicle_width", "pedicle_height", "disc_below"):
                continue  # held in by what must fit, tested below
            assert abs(getattr(m, name) - getattr(mean, name)) <= LIMIT_SD * one + 1e-9, name
        assert SLIMMEST_PEDICLE_MM <= m.pedicle_width <= mean.pedicle_width + LIMIT_SD * sd["pedicle_width"]
        assert 0.0 < m.pedicle_height <= 0.92 * m.arch_height + 1e-9
        assert m.sac_width < m.canal_width
        assert m.sac_depth < m.canal_depth
        assert all(math.isfinite(v) for k, v in vars(m).items() if k != "level")


def test_people_differ_as_the_population_does(crowd):
    """Population SD, not standard error; a normal curve cut at 2.5 SD has 0.95 of its spread."""
    columns = ("EPW", "EPD", "VBHp", "SCW", "SCD", "PDW", "PDH")
    sd = np.array([[float(row[c]) for c in columns] for row in read_csv("morphometry_sd.csv")])
    seen = crowd.std(axis=0) / sd

    for k, name in enumerate(SIZES):
        if name.startswith("pedicle"):
            continue  # cut below, where a pedicle would be no pedicle
        assert 0.80 < seen[:, k].min() < seen[:, k].max() < 1.10, name
    mean = np.array([[getattr(table()[level], f) for f in SIZES[:5]] for level in LEVELS])
    assert np.abs((crowd.mean(axis=0)[:, :5] - mean) / sd[:, :5]).max() < 0.2


def test_a_large_patient_is_large_throughout(crowd):
    """One factor runs through every dimension; one habit through every level of a dimension."""
    width, height = crowd[:, :, 0], crowd[:, :, 2]

    assert 0.3 < np.corrcoef(width[:, 14], height[:, 14])[0, 1] < 0.7
    assert 0.7 < np.corrcoef(width[:, 14], width[:, 4])[0, 1] < 0.95


def test_standard_errors_are_not_sampled():
    """Panjabi's published ± is the standard error of 12 spines: three to four times smaller than people differ."""
    for row in read_csv("morphometry_sd.csv"):
        mean = table()[row["level"]]
        for column, value in (("EPW", mean.width_upper), ("EPD", mean.depth_upper), ("VBHp", mean.height)):
            assert 0.05 < float(row[column]) / value < 0.13, (row["level"], column)


def test_a_man_is_larger_than_a_woman():
    woman, man = (rows_for(PatientSpec(sex=sex)) for sex in ("female", "male"))
    for level in LEVELS:
        assert all(getattr(woman[level], f) < getattr(man[level], f) for f in SIZES)
    # Cook & Baker 2021, L5: depth 33.3 and 37.1 mm, pedicle width 15.1 and 16.6 mm.
    assert man["L5"].depth_upper / woman["L5"].depth_upper == pytest.approx(37.1 / 33.3, rel=0.005)
    assert man["L5"].pedicle_width / woman["L5"].pedicle_width == pytest.approx(16.6 / 15.1, rel=0.005)
    # Masharawi 2010: men's bodies are wedged about 2 degrees more to the front.
    wedge = [
        math.degrees(math.atan(m.height * (1 - m.height_ratio) / (0.5 * (m.depth_upper + m.depth_lower))))
        for m in (woman["L2"], man["L2"])
    ]
    assert 1.5 < wedge[1] - wedge[0] < 2.5


def test_the_tall_are_tall():
    short, tall = (rows_for(PatientSpec(stature_cm=cm))["L3"] for cm in (150.0, 190.0))

    assert tall.height / short.height == pytest.approx(190 / 150)
    assert (
        1.0 < tall.canal_width / short.canal_width < tall.width_upper / short.width_upper < tall.height / short.height
    )
    assert tall.arch_height == pytest.approx(tall.height)
    assert tall.facet_deg == short.facet_deg
    assert rows_for(PatientSpec(stature_cm=170.0))["L3"].height == pytest.approx(table()["L3"].height)


def test_ct_series_show_taller_bodies_and_a_shallower_canal():
    cadaver, ct = table(), table("ct")

    assert ct["L3"].height == 26.67
    assert ct["L3"].height * ct["L3"].height_ratio == pytest.approx(26.83)
    assert (ct["L1"].canal_width, ct["L1"].canal_depth) == (22.04, 16.02)
    assert ct["T4"].pedicle_width == 4.5
    for level in LEVELS:
        assert ct[level].height > cadaver[level].height
        assert ct[level].canal_depth <= cadaver[level].canal_depth
    heights = [ct[level].height for level in LEVELS]
    assert np.abs(np.diff(heights)).max() < 2.0  # no step where one series ends and the next begins


def test_populations_change_what_was_measured_in_them():
    mean, turkish, indian = table(), *(rows_for(PatientSpec(population=p)) for p in ("turkish", "indian"))

    assert turkish["T5"].pedicle_width == pytest.approx(3.8, abs=0.15)
    assert turkish["L3"] == mean["L3"]
    assert indian["T1"].pedicle_transverse_deg == pytest.approx(35.4)
    assert indian["T12"].pedicle_transverse_deg == pytest.approx(-9.8)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"sex": "other"}, "female"),
        ({"stature": 1.7}, "a number with its unit"),
        ({"stature_cm": 300}, "between 130 and 210"),
    ],
)
def test_bad_patients_are_refused(given, match):
    with pytest.raises(ValidationError, match=match):
        PatientSpec.model_validate(given)


def test_a_stature_may_be_written_with_its_unit():
    assert PatientSpec.model_validate({"stature": "1.68 m"}).stature_cm == pytest.approx(168.0)
