"""What patients report: disability, quality of life, and who counts as a responder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from planner.check.scores.formulas.registry import Computed, NeedsMore, formula, number
from planner.check.scores.formulas.value_set import DIMENSIONS, read_value_set
from planner.check.scores.result import Answer
from planner.core.errors import Problems
from planner.measure.stated import corrected_calcium as calcium_at_40

ODI_SECTIONS = (
    "pain_intensity", "personal_care", "lifting", "walking", "sitting",
    "standing", "sleeping", "sex_life", "social_life", "travelling",
)  # fmt: skip
ODI_MIN_ANSWERED = 8
"""Fewer sections do not carry an index (house choice: the instrument's paper allows one to be left out)."""


@formula
def odi(answers: Mapping[str, Answer], problems: Problems) -> Computed | NeedsMore | None:
    """Sum of the sections over five times their number, in percent."""
    sections = [key for key in ODI_SECTIONS if key in answers]
    short = [key for key in ("total_points", "sections_answered") if key in answers]
    if short and sections:
        way_out = "leave out the sections, or the two totals"
        problems.add(f"$.{short[0]}", answers[short[0]], "either the sections or their total", way_out)
        return None
    if short:
        if len(short) == 1:
            return NeedsMore(tuple({"total_points", "sections_answered"} - set(short)))
        total, count = number(answers, "total_points"), int(number(answers, "sections_answered"))
        if total > 5 * count:
            problems.add("$.total_points", total, f"at most {5 * count}, five a section", "correct one of the two")
            return None
    else:
        total, count = sum(number(answers, key) for key in sections), len(sections)
    if count < ODI_MIN_ANSWERED:
        return NeedsMore(tuple(key for key in ODI_SECTIONS if key not in answers))
    notes = () if count == len(ODI_SECTIONS) else (f"{count} of {len(ODI_SECTIONS)} sections answered",)
    return Computed(100.0 * total / (5 * count), parts={"total_points": total, "sections": count}, notes=notes)


@formula
def eq5d(answers: Mapping[str, Answer], problems: Problems) -> Computed | None:
    """Index of a health state by the user's own value set: 1 minus what its levels cost."""
    table = read_value_set(Path(str(answers["value_set"])), problems)
    if table is None:
        return None
    state = str(answers["state"])
    beyond = [place for place, level in zip(DIMENSIONS, state, strict=True) if int(level) > table.levels]
    if beyond:
        expected = f"levels 1–{table.levels}, as {table.name} has"
        problems.add("$.state", state, expected, "use the value set of this version of the instrument")
        return None
    levels = {place: int(level) for place, level in zip(DIMENSIONS, state, strict=True)}
    costs = {place: table.decrements[place].get(level, 0.0) for place, level in levels.items()}
    extra = 0.0
    if any(level > 1 for level in levels.values()):
        extra += table.constant
    if any(level == table.levels for level in levels.values()):
        extra += table.any_worst
    parts = costs | ({"constant": extra} if extra else {})
    return Computed(
        1.0 - sum(costs.values()) - extra, parts=parts, notes=(f"value set: {table.name}. {table.citation}",)
    )


def _responder(answers: Mapping[str, Answer], problems: Problems, share: float) -> Computed | None:
    before, after = number(answers, "before"), number(answers, "after")
    if before <= 0:
        problems.add("$.before", before, "more than 0", "who had nothing to lose cannot respond")
        return None
    change = (after - before) / before
    parts = {"change": change, "difference": after - before}
    return Computed(100.0 * change, "responder" if change <= -share + 1e-9 else "no_responder", parts)


@formula
def vas_response(answers: Mapping[str, Answer], problems: Problems) -> Computed | None:
    """Pain at least halved."""
    return _responder(answers, problems, 0.5)


@formula
def odi_response(answers: Mapping[str, Answer], problems: Problems) -> Computed | None:
    """Disability lower by at least 30 %."""
    return _responder(answers, problems, 0.3)


@formula
def corrected_calcium(answers: Mapping[str, Answer], _problems: Problems) -> Computed:
    """Total calcium as it would be at an albumin of 40 g/L, mmol/L."""
    calcium = number(answers, "calcium_mmol_l")
    found = calcium_at_40(calcium, number(answers, "albumin_g_l"))
    return Computed(found, parts={"correction_mmol_l": found - calcium})


CALCIUM_MMOL_L = (2.0, 1.75, 1.5)
"""Corrected calcium below which CTCAE grade 2, 3 and 4 begin."""
NORMAL_MMOL_L = 2.4
"""No laboratory's lower limit is higher."""


@formula
def ctcae_hypocalcaemia(answers: Mapping[str, Answer], _problems: Problems) -> Computed | NeedsMore:
    """Grade of low corrected calcium; between 2.0 mmol/L and normal it takes the laboratory's own limit."""
    calcium = number(answers, "corrected_calcium_mmol_l")
    grade = 1 + sum(calcium < limit for limit in CALCIUM_MMOL_L)
    if calcium >= NORMAL_MMOL_L:
        grade = 0
    elif grade == 1:
        if "lower_limit_mmol_l" not in answers:
            return NeedsMore(("lower_limit_mmol_l",))
        grade = int(calcium < number(answers, "lower_limit_mmol_l"))
    return Computed(float(grade), f"grade_{grade}")
