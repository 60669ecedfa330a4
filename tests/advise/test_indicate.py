"""Laws of the ranking, the answer's own logic, and the sensitivities."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.advise.books import criteria, facts_table, indications, techniques
from planner.advise.engine import RANK, compiled_books, evaluate, lead
from planner.advise.indicate import indicate
from planner.advise.patient_file import load_patient
from planner.advise.sensitivity import answers_of
from planner.protocol.load import load_protocol
from planner.validate.advise.laws import HARMFUL
from planner.validate.advise.vignettes import patient_of, vignettes

BOOKS = compiled_books()
USED = sorted({f for rule in indications() for f in rule.condition.facts} | {c.need.fact for c in criteria().values()})


@st.composite
def facts(draw, share=0.85):
    """A patient as facts, some of them missing."""
    return {
        name: draw(st.sampled_from(answers_of(name)))[1] for name in USED if draw(st.floats(0, 1)) < share
    }  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(facts(), st.sampled_from(HARMFUL))
def test_a_new_contraindication_never_raises_a_technique(known, harm):
    name, value = harm
    harmless = {"yes_no": not value}.get(facts_table()[name].kind, (1.0, 1.0) if name == "inr" else (200.0, 200.0))
    before, after = evaluate(known | {name: harmless}), evaluate(known | {name: value})
    for t in range(len(BOOKS.names)):
        assert RANK[after.states[t]] >= RANK[before.states[t]]
        assert after.scores[t][0] <= before.scores[t][0] + 1e-12
        assert after.scores[t][1] <= before.scores[t][1] + 1e-12
    hit = {t for i, rule in enumerate(BOOKS.rules) if name in rule.condition.facts for t in BOOKS.touches[i]}
    for t in hit:
        for other in set(range(len(BOOKS.names))) - hit:
            if before.order.index(other) < before.order.index(t):
                assert after.order.index(other) < after.order.index(t), "it passes nobody whom the fact spares"


@settings(max_examples=200, deadline=None)
@given(facts(), st.lists(st.integers(0, 20), min_size=2, max_size=2, unique=True))
def test_more_pain_never_lowers_vertebroplasty(known, pains):
    less, more = (p / 2.0 for p in sorted(pains))
    pvp = BOOKS.names.index("pvp")
    places = [evaluate(known | {"pain_vas": (p, p)}).order.index(pvp) for p in (less, more)]
    assert places[1] <= places[0]


@settings(max_examples=200, deadline=None)
@given(facts(), st.data())
def test_scores_hold_their_interval_whatever_the_missing_facts_are(known, data):
    before = evaluate(known)
    name = data.draw(st.sampled_from(USED))
    after = evaluate(known | {name: data.draw(st.sampled_from(answers_of(name, known.get(name))))[1]})
    if name not in known:
        for old, new in zip(before.scores, after.scores, strict=True):
            assert old[0] - 1e-12 <= new[0]
            assert new[1] <= old[1] + 1e-12
        for old, new in zip(before.states, after.states, strict=True):
            assert old == new or old in {"missing", "elsewhere"}, "what was decided stays"


@settings(max_examples=100, deadline=None)
@given(facts(share=0.7))
def test_a_lead_is_the_least_that_completions_leave(known):
    found = evaluate(known)
    one, other = found.order[:2]
    least = lead(found, one, other)
    assert found.scores[one][0] - found.scores[other][1] <= least + 1e-9
    assert least <= found.scores[one][1] - found.scores[other][0] + 1e-9


@pytest.mark.parametrize("row", vignettes(), ids=lambda row: row.name)
def test_answer_is_missing_exactly_where_a_fact_could_change_it(row):
    found = indicate(patient_of(row))
    assert (found.answer == "missing") == (row.without is not None)
    if row.without is None:
        assert found.decisive == ()
        assert not any(item.decides for item in found.by_missing)
    else:
        assert row.waits_for in found.decisive
        complete = indicate(patient_of(row, complete=True))
        if row.waits_for not in {"radiosensitivity"}:
            assert complete.answer == "recommended"


def test_vignettes_are_many_and_a_third_waits():
    waiting = [row for row in vignettes() if row.without]
    assert len(vignettes()) >= 30
    assert 3 * len(waiting) >= 30


def test_weights_turn_the_order_where_they_say(patient):
    found = indicate(patient)
    names, standing = list(criteria()), found.standing
    first, second = found.ranked[0], found.ranked[1]
    for row in found.by_weight:
        for end, then in ((row.low, row.below), (row.high, row.above)):
            if then is None or end == float("inf"):
                continue
            c = names.index(row.criterion)
            t, f = BOOKS.names.index(then), BOOKS.names.index(first.name)
            shift = (end - row.weight) * standing.needs[c][0] / BOOKS.total_weight
            at_end = [standing.scores[i][0] + shift * BOOKS.gives[i][c] for i in (f, t)]
            assert at_end[0] == pytest.approx(at_end[1], abs=1e-12)
    assert first.score[0] >= second.score[0]


def test_every_limit_shared_with_the_rule_book_is_the_same():
    shared = [rule for rule in indications() if rule.limit_of]
    assert len(shared) >= 5
    rules = {rule.id: rule for rule in load_protocol().rules}
    for rule in shared:
        (fact,) = set(rule.condition.facts) - {"irradiated_before"}
        limit, row = rules[rule.limit_of].limit, rules[rule.limit_of].row
        bound = limit.at_most if limit.at_most is not None else limit.at_least
        step = 10.0**-row.decimals * (1 if limit.at_most is not None else -1)
        ordered = facts_table()[fact].kind == "ordered"

        def at(x, fact=fact, ordered=ordered):
            value = facts_table()[fact].values[round(x)] if ordered else (x, x)
            return {fact: value, "irradiated_before": True}

        assert rule.condition.truth(at(bound)) is False, rule.id
        assert rule.condition.truth(at(bound + step)) is True, rule.id


def test_disagreement_shows_every_view(patient):
    patient["patient"]["lesion"]["cord_distance_mm"] = 4
    (rule,) = indicate(patient).as_json()["disagreements"]
    assert [view["ref"] for view in rule["views"]] == ["d1", "nice1731", "nakatsuka2009"]
    patient["patient"]["lesion"]["cord_distance_mm"] = 14
    assert indicate(patient).as_json()["disagreements"] == []


def test_json_is_complete_and_speaks_both_languages(patient):
    english, chinese = (indicate(patient).as_json(lang) for lang in ("en", "zh"))
    assert json.loads(json.dumps(english, allow_nan=False))["first"] == "cement_sbrt" == chinese["first"]
    assert {row["technique"] for row in english["ranking"]} == set(techniques())
    assert english["ranking"][0]["title"] != chinese["ranking"][0]["title"]
    for rule in english["rules"].values():
        assert rule["source"]["citation"]
    assert sum(row["weight"] for row in english["weights"].values()) == pytest.approx(1.0)


def test_survival_from_a_score_leaves_what_its_class_leaves(patient):
    p = patient["patient"]
    del p["expected_survival_months"]
    p["primary"], p["extraspinal_bone_metastases"] = "lung", 3
    p["scores"] |= {"kps": 60}
    p["scores"].pop("ecog")
    known = load_patient(patient).known
    assert known["ecog"].value == (2.0, 2.0)
    assert known["expected_survival_months"].value[0] == 0.0
    assert indicate(patient).answer == "missing"
    p["scores"]["tokuhashi"] = 12
    assert load_patient(patient).known["expected_survival_months"].value == (12.0, 1200.0)


def test_sins_from_items_is_an_interval(patient):
    p = patient["patient"]
    del p["scores"]["sins"], p["pain_type"]
    p["sins_items"] = {"pain": "mechanical", "alignment": "normal"}
    assert load_patient(patient).known["sins"].value == (9.0, 12.0)  # L3 2, lytic 2, collapse 2, sides unknown
    p["sins_items"]["posterolateral"] = "none"
    assert load_patient(patient).known["sins"].value == (9.0, 9.0)
