"""Response to treatment: pain by the international consensus, bone by the MD Anderson criteria."""

from __future__ import annotations

from collections.abc import Mapping

from planner.check.scores.formulas.registry import Computed, NeedsMore, formula, number
from planner.check.scores.result import Answer
from planner.core.errors import Problems

PAIN_STEP = 2.0
"""Points on 0–10 that count as a change."""
ANALGESIC_STEP = 0.25
"""Share of the daily oral morphine equivalent that counts as a change."""
EXACT = 1e-9


@formula
def icpre(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Complete, partial, progressing or indeterminate, from worst pain and daily opioid before and after."""
    before, after = number(answers, "pain_before"), number(answers, "pain_after")
    dose, now = number(answers, "omed_before_mg"), number(answers, "omed_after_mg")
    less_pain, more_pain = before - after >= PAIN_STEP - EXACT, after - before >= PAIN_STEP - EXACT
    cut = dose > 0 and now <= dose * (1.0 - ANALGESIC_STEP) + EXACT
    raised = now >= dose * (1.0 + ANALGESIC_STEP) - EXACT and now > dose
    if before > 0 and after == 0 and now <= dose + EXACT:
        found = "complete_response"
    elif (less_pain and now <= dose + EXACT) or (cut and after <= before):
        found = "partial_response"
    # Worse in both, pain and opioid, is in no published class; nothing milder than progression would be honest.
    elif (more_pain and now >= dose - EXACT) or (raised and 0 <= after - before <= 1):
        found = "pain_progression"
    else:
        found = "indeterminate_response"
    parts = {"pain_change": after - before, "omed_change_mg": now - dose}
    return Computed(None, found, parts)


_LYTIC = {"filled_in": "complete_response", "rim_or_partly_filled": "partial_response", "unchanged": "stable_disease"}
_LYTIC |= {"larger": "progressive_disease"}
_BLASTIC = {"normalised": "complete_response", "smaller": "partial_response", "unchanged": "stable_disease"}
_BLASTIC |= {"larger": "progressive_disease"}
_ORDER = ("complete_response", "partial_response", "stable_disease", "progressive_disease")


@formula
def mda_bone(answers: Mapping[str, Answer], problems: Problems) -> Computed | NeedsMore | None:
    """Worst of what lytic, blastic and measurable parts show; a new lesion progresses unless it is a flare."""
    if answers.get("flare") and not answers.get("new_lesion"):
        problems.add(
            "$.flare", "yes", "a new lesion that the flare explains", "leave `flare` out, or say `new_lesion=yes`"
        )
        return None
    seen = [_LYTIC[str(answers["lytic"])]] if "lytic" in answers else []
    seen += [_BLASTIC[str(answers["blastic"])]] if "blastic" in answers else []
    parts: dict[str, float] = {}
    if "measurable_change_percent" in answers:
        change = number(answers, "measurable_change_percent")
        parts["measurable_change_percent"] = change
        if change <= -100:
            seen.append("complete_response")
        elif change <= -50:
            seen.append("partial_response")
        else:
            seen.append("progressive_disease" if change >= 25 else "stable_disease")
    if not seen and not answers.get("new_lesion"):
        return NeedsMore(("lytic", "blastic", "measurable_change_percent"))
    if answers.get("new_lesion") and not answers.get("flare"):
        seen.append("progressive_disease")
    if not seen:
        return NeedsMore(("lytic", "blastic", "measurable_change_percent"))
    return Computed(None, max(seen, key=_ORDER.index), parts)
