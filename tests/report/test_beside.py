"""Heat and cold beside each other: figures, sources that disagree, death source by source, what follows freezing."""

from __future__ import annotations

from pathlib import Path

import cases
import numpy as np
import pytest

from planner.check.verdict import check_plan
from planner.core.sourced import references
from planner.measure.killed import Killed
from planner.measure.models import Measured
from planner.measure.result import Result
from planner.plan.case import load_plan
from planner.protocol.language import texts
from planner.report.ablated import HEAT_SOURCES, LONGEST, _death, after_cold, source_name
from planner.report.beside import beside
from planner.report.blocks import Table
from planner.report.compare import Other, comparison
from planner.report.curves import Curve, Line, Span
from planner.report.plot import drawing, svg
from planner.simulate.run import run_simulation
from planner.simulate.thermal.cold_damage import cold_laws

ACCESS = {"entry": cases.ENTRY, "target": cases.TIP, "gauge": 13}
COLD = {"kind": "cryoablation", "device": "generic_cryo_17g", "access": ACCESS, "cycle": ["freeze 10 min"]}
EXAMPLES = Path(__file__).parents[2] / "examples" / "rfa_or_cryo"
CORD_HOT_C, CORD_DOSE_MIN, CORD_COLD_C = 44.5, 20.0, 12.0
"""Between what the sources allow: 44 and 45 °C, 10 and 30 CEM43, 10 and 19 °C."""


def verdict(patient, quantities, **plan):
    case = load_plan(cases.plan(**plan), folder=patient)
    found = {
        name: Measured(*value) if isinstance(value, tuple) else Measured(value) for name, value in quantities.items()
    }
    result = Result(case, run_simulation(case, simulate=False), tuple(dict(found) for _ in case.steps), True)
    return check_plan(case, result)


@pytest.fixture(scope="module")
def pair(patient):
    cold = {"cord_temperature_min_c": CORD_COLD_C, "kill_probability": (0.9, (0.4, 1.0)), "ablation_duration_s": 1680.0}
    hot = {"cord_temperature_max_c": CORD_HOT_C, "cord_cem43_min": CORD_DOSE_MIN, "kill_probability": 0.7}
    rfa = cases.plan()["steps"][0]
    return verdict(patient, cold, steps=[COLD]), verdict(patient, hot, steps=[rfa])


def table(blocks, caption):
    return next(block for block in blocks if isinstance(block, Table) and caption in block.caption)


def test_figures_stand_beside_each_other_with_their_bands(pair):
    rows = {row[0]: row[1:] for row in table(beside(*pair, ("A", "B"), str), "In figures").rows}
    assert rows["share of the lesion's cells killed"] == ("90 % (40 % – 100 %)", "70 %")
    assert rows["ablation time"] == ("1680 s (28 min)", "–")
    assert rows["coldest point of cord"] == ("12 °C", "–")


def test_a_cord_between_the_sources_is_kept_by_one_and_broken_by_another(pair):
    rows = table(beside(*pair, ("A", "B"), str), "disagree").rows
    told = {row[0]: row[3:] for row in rows}
    assert told["hottest point of cord ≤ 45 °C"] == ("–", "44.5: kept")
    assert told["hottest point of cord ≤ 44 °C"] == ("–", "44.5: broken")
    assert told["heat dose at cord, CEM43 ≤ 10 min"] == ("–", "20: broken")
    assert told["heat dose at cord, CEM43 ≤ 30 min"] == ("–", "20: kept")
    assert told["coldest point of cord ≥ 10 °C"] == ("12: kept", "–")
    assert told["coldest point of cord ≥ 19 °C"] == ("12: broken", "–")
    assert len(set(rows)) == len(rows)


def test_a_value_whose_interval_crosses_is_told_so(patient, pair):
    crossing = verdict(patient, {"cord_temperature_min_c": (12.0, (8.0, 16.0))}, steps=[COLD])
    rows = {row[0]: row[3] for row in table(beside(crossing, pair[1], ("A", "B"), str), "disagree").rows}
    assert rows["coldest point of cord ≥ 10 °C"] == "12: may be broken"


def test_the_comparison_of_the_report_holds_the_tables(pair):
    one, two = pair
    blocks = comparison(one.as_json(), Other(two.as_json(), None, two), str, None, one)
    assert table(blocks, "In figures")
    without = comparison(one.as_json(), Other(two.as_json()), str)
    assert not any(isinstance(block, Table) and "In figures" in block.caption for block in without)


def test_death_is_told_for_every_source_and_those_who_saw_regrowth(pair):
    step, place = pair[0].result.case.steps[0], np.zeros(3)
    killed = [Killed(name, 0.5, (0.2, 0.8), 0.1, place) for name in cold_laws().sources]
    found = _death(step, killed, str)
    assert len(found.rows) == len(cold_laws().sources)
    assert all(row[2:4] == ("50 % (20–80)", "10 %") for row in found.rows)
    assert sum("grew back" in row[1] for row in found.rows) == 2
    assert all(len(row[0]) <= LONGEST + 10 for row in found.rows)
    heat = _death(pair[1].result.case.steps[0], [Killed(n, 1.0, (1.0, 1.0), 1.0, place) for n in HEAT_SOURCES], str)
    assert {row[2] for row in heat.rows} == {"100 %"}
    assert all(source_name(ref) for ref in references())


def test_after_freezing_pain_and_weak_bone_with_those_who_say_otherwise():
    words = [block.text for block in after_cold("en")]
    assert any(text.startswith("Days 1–3") for text in words)
    assert any("fracture" in text for text in words)
    assert any("Thacker" in text for text in words)
    assert any("第 1–3 天" in block.text for block in after_cold("zh"))


def test_phases_are_shaded_once_named_and_behind_the_lines():
    spans = (Span(0.0, 10.0, "freeze"), Span(18.0, 28.0, "freeze"))
    curve = Curve(
        "ice_1", "Ice, step 1", [0.0, 10.0, 28.0], "time", "min", (Line("a", [0.0, 1.0, 2.0]),), "v", "mL", (), spans
    )
    first, second = drawing(curve).shades
    assert first.width == pytest.approx(second.width, abs=0.2)
    assert (first.label, second.label) == ("freeze", "")
    drawn = svg(curve)
    assert drawn.index("<rect") < drawn.index('stroke-width="2"')


@pytest.mark.parametrize("name", ["cryo", "rfa"])
def test_the_shipped_pair_is_one_case_with_two_techniques(name):
    case = load_plan(EXAMPLES / f"{name}.yaml")
    other = load_plan(EXAMPLES / ("rfa.yaml" if name == "cryo" else "cryo.yaml"))
    assert case.plan.anatomy == other.plan.anatomy
    assert case.plan.patient == other.plan.patient
    assert case.plan.target == other.plan.target
    assert {step.kind for step in (*case.steps, *other.steps)} == {"cryoablation", "cooled_radiofrequency_ablation"}


def test_words_of_the_tables_are_there_in_chinese():
    page = texts("zh").page
    for words in (
        "kept",
        "broken",
        "may be broken",
        "not reached",
        "What the ablation does",
        "freeze",
        "edge of the ice",
    ):
        assert words in page
