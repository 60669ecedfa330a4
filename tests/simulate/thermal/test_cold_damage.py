"""What cold kills: figures of the sources, and laws that hold for all of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.core.errors import InputError
from planner.core.sourced import references
from planner.core.validation import validated
from planner.simulate.thermal.cold_damage import ColdHistory, ColdSource, band, cold_laws, kill_by_source

LEVELS_C = (-5.0, -10.0, -20.0, -30.0, -40.0)
LONG_S = 600.0


def held_at(*freezes_c, seconds=LONG_S, thaw=None):
    """One point that each freeze brings to a temperature and holds there."""
    below = [[[seconds if c < level or (c == level and c < 0) else 0.0] for c in freezes_c] for level in LEVELS_C]
    coldest = np.array([min(freezes_c, default=0.0)])
    rate = None if thaw is None else np.full((len(freezes_c), 1), thaw)
    return ColdHistory(coldest, LEVELS_C, np.array(below).reshape(len(LEVELS_C), len(freezes_c), 1), rate)


def killed(history):
    return {name: float(found[0]) for name, found in kill_by_source(history).items()}


# what the abstracts say of survival, typed again from them
SAID = [
    ("panc1_2017", (-20.0,), 0.77),
    ("panc1_2017", (-20.0, -20.0), 0.93),
    ("bxpc3_2017", (-20.0,), 0.98),
    ("panc1_2022", (-20.0,), 0.80),
    ("renal_786o", (-10.0,), 0.22),
    ("renal_786o", (-10.0, -10.0), 0.62),
    ("lung_a549", (-20.0,), 0.90),
    ("lung_a549", (-30.0, -30.0), 1.0),
    ("breast_mcf7", (-10.0,), 0.0),
    ("breast_mcf7", (-30.0,), 1.0),
    ("renal_2022", (-20.0, -20.0), 0.971),
    ("littrup", (-20.0, -20.0), 0.0),
    ("littrup", (-30.0,), 1.0),
    ("shah", (-30.0, -30.0), 0.0),
    ("gosmart", (-40.0,), 1.0),
]


@pytest.mark.parametrize(("source", "freezes", "dead"), SAID)
def test_each_source_gives_back_what_it_measured(source, freezes, dead):
    assert killed(held_at(*freezes))[source] == pytest.approx(dead, abs=1e-9)


def test_sources_disagree_between_20_and_40_below_and_agree_at_the_ends():
    ends = {c: [float(part[0]) for part in band(kill_by_source(held_at(c, c)).values())] for c in (-2.0, -20.0, -40.0)}
    assert ends[-2.0][2] < 0.25
    assert ends[-20.0][0] == 0.0
    assert ends[-20.0][2] == 1.0
    assert ends[-40.0][0] == 1.0


def test_every_source_is_cited_and_flagged():
    for source in (*cold_laws().sources.values(), cold_laws().fast_thaw):
        assert source.source.ref in references()
        assert source.source.flag


COLD = st.floats(-60.0, 0.0)
FREEZES = st.lists(COLD, min_size=1, max_size=3)


def colder_first(a, b):
    return all(b[name] >= a[name] - 1e-12 for name in a)


def ramped(lowest, seconds):
    """A point that cools evenly to its lowest temperature: time below a level falls straight with the level."""
    below = [[[seconds * max(0.0, (level - low) / -low) if low < 0 else 0.0] for low in lowest] for level in LEVELS_C]
    return ColdHistory(np.array([min(lowest)]), LEVELS_C, np.array(below).reshape(len(LEVELS_C), len(lowest), 1))


@given(FREEZES, st.floats(0.0, 30.0), st.floats(1.0, 1200.0))
def test_colder_never_kills_less(freezes, more, seconds):
    assert colder_first(killed(ramped(freezes, seconds)), killed(ramped([c - more for c in freezes], seconds)))


@given(FREEZES, COLD, st.floats(1.0, 1200.0))
def test_another_freeze_never_kills_less(freezes, again, seconds):
    assert colder_first(killed(ramped(freezes, seconds)), killed(ramped([*freezes, again], seconds)))


@given(FREEZES, st.floats(1.0, 1200.0), st.floats(0.0, 1200.0))
def test_longer_never_kills_less(freezes, seconds, more):
    assert colder_first(killed(ramped(freezes, seconds)), killed(ramped(freezes, seconds + more)))


@given(FREEZES, st.floats(0.0, 200.0), st.floats(0.0, 200.0))
def test_a_faster_thaw_never_kills_more(freezes, one, two):
    slow, fast = sorted((one, two))
    assert colder_first(killed(held_at(*freezes, thaw=fast)), killed(held_at(*freezes, thaw=slow)))


@given(FREEZES, st.floats(0.0, 1200.0))
def test_shares_are_shares(freezes, seconds):
    assert all(0.0 <= share <= 1.0 for share in killed(ramped(freezes, seconds)).values())


def test_a_short_moment_is_not_credited_by_those_who_held_it():
    brief = killed(held_at(-25.0, seconds=30.0))
    assert brief["georgiades"] == 1.0
    assert brief["cooper"] == 0.0
    assert brief["renal_786o"] == 0.0


def test_a_point_that_never_froze_is_alive():
    assert set(killed(held_at(20.0, 25.0)).values()) == {0.0}


def test_a_source_whose_survivors_rise_with_cold_is_refused():
    raw = {"what": "cells", "kind": "cells", "source": {"ref": "shah2016", "grade": "bench", "flag": "V"}}
    points = [{"c": -10, "survives": 0.2}, {"c": -20, "survives": 0.4}]
    with pytest.raises(InputError, match="colder points later"):
        validated(ColdSource, raw | {"once": points})
    with pytest.raises(InputError, match="threshold_c"):
        validated(ColdSource, raw)


def test_the_band_of_the_documentation_is_what_the_sources_give():
    page = Path(__file__).parents[3] / "docs" / "heat_or_cold.md"
    rows = re.findall(r"^\| (−\d+) \| (\d) \| (\d+) % \| (\d+) % \| (\d+) % \|", page.read_text("utf-8"), flags=re.M)
    assert len(rows) > 6
    for level, freezes, *told in rows:
        held = np.array([float(level.replace("−", "-"))])
        second = held if freezes == "2" else np.zeros(1)
        found = band([law.kill(held, second) for law in cold_laws().sources.values()])
        assert [round(100 * float(part[0])) for part in found] == [int(share) for share in told], (level, freezes)


def test_what_was_held_lies_between_two_levels_by_its_time():
    below = np.array([600.0, 600.0, 400.0, 200.0, 0.0]).reshape(5, 1, 1)
    history = ColdHistory(np.array([-36.0]), LEVELS_C, below)
    # −20 °C for 400 s and −30 °C for 200 s: 300 s at −25 °C; from 200 s at −30 °C to none at the coldest, −36 °C
    assert history.held_c(300.0)[0, 0] == pytest.approx(-25.0)
    assert history.held_c(100.0)[0, 0] == pytest.approx(-33.0)
    assert history.held_c(0.0)[0, 0] == pytest.approx(-36.0)
    assert history.held_c(700.0)[0, 0] == 0.0
