"""The patient section: which technique and why, the dated sequence, doses, bone protection, images, risks, course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planner.advise.indicate import Indication, indicate
from planner.advise.measured import measured_facts
from planner.advise.pathway import Pathway, pathway
from planner.advise.patient_file import PatientCase, load_patient
from planner.advise.response import response, skeletal_events_json
from planner.core.sourced import references
from planner.plan.advice import CoursePoint
from planner.protocol.language import Lang
from planner.report.advice_words import (
    STATE_WORDS,
    answer_line,
    fact_words,
    lead_words,
    risk_words,
    rule_tag,
    score_words,
    short,
    w,
    when_words,
)
from planner.report.blocks import Block, Plot, Table, Words
from planner.report.curves import Curve, Line, Mark
from planner.report.sections import Known

SINS_UNSTABLE_FROM = 7
"""From here on SINS asks for a spine surgeon (Fisher 2010, rule SEL-SINS-7)."""


def patient_section(known: Known) -> Sequence[Block]:
    """Return the patient section of a report; nothing where the plan says nothing of the patient."""
    case = _case(known)
    return () if case is None else patient_blocks(indicate(case), known.lang)


def _case(known: Known) -> PatientCase | None:
    if known.verdict is not None:
        plan = known.verdict.result.case.plan
        if plan.patient is None:
            return None
        return load_patient(plan, measured=measured_facts(known.verdict.result.case))
    told = known.result.get("plan") or {}
    if not told.get("patient"):
        return None
    return load_patient({key: told[key] for key in ("patient", "target") if told.get(key)})


def patient_blocks(found: Indication, lang: Lang, *, laid: Pathway | None = None) -> tuple[Block, ...]:
    """Return indication, sequence and what belongs to them as blocks, in reading order."""
    told = found.as_json(lang)
    laid = laid or pathway(found)
    path = laid.as_json(lang)
    return (
        Words(answer_line(told, lang), strong=True),
        *_reasons(told, lang),
        *_ranking(told, lang),
        *_missing(told, lang),
        *_disagreements(told, lang),
        *_weights(told, lang),
        *_timeline(path, lang),
        *_doses(path, lang),
        *_checks(path, lang),
        *_risks(path, lang),
        *_response(found.case, lang),
        *_course(found.case.advice.course, lang),
        Words(f"{w(lang, 'Skeletal-related events')}: {skeletal_events_json(lang)['definition']}"),
    )


def _reasons(told: Mapping[str, Any], lang: Lang) -> list[Block]:
    first = next((row for row in told["ranking"] if row["technique"] == told["first"]), None)
    if first is None:
        return []
    rules = [told["rules"][name] for name in (*first["for"], *first["against"])]
    signs = {"costs": "−", "adds": "+"}
    lines: list[Block] = [
        Words(f"{signs.get(r['effect'], '+')} {r['title']}. {r['because']} ({rule_tag(r, lang)})") for r in rules
    ]
    return [*lines, Words(w(lang, "Needs the tumour board."))] if first["board"] else lines


def _ranking(told: Mapping[str, Any], lang: Lang) -> list[Block]:
    """Those that are indicated or forbidden as rows; the others in one line."""
    head = ("technique", "state", "score", "for", "against, missing")
    rows = []
    for row in told["ranking"]:
        if row["state"] == "not_indicated":
            continue
        low, high = row["score"]
        against = [told["rules"][name]["title"] for name in row["against"]]
        missing = [fact["title"] for fact in row["missing"]]
        waits = f"{w(lang, 'missing')}: {', '.join(missing)}" if missing else ""
        rows.append((
            row["title"], w(lang, STATE_WORDS[row["state"]]), score_words(low, high),
            "; ".join(told["rules"][name]["title"] for name in row["for"]), "; ".join(filter(None, [*against, waits])),
        ))  # fmt: skip
    others = [row["title"] for row in told["ranking"] if row["state"] == "not_indicated"]
    table = Table(tuple(w(lang, words) for words in head), tuple(rows), w(lang, "Techniques, best first"))
    return [table, Words(f"{w(lang, 'not indicated')}: {'; '.join(others)}.")]


def _missing(told: Mapping[str, Any], lang: Lang) -> list[Block]:
    items = told["sensitivity"]["missing"]
    if not items:
        return []
    rows = tuple((fact_words(row["fact"], lang), lead_words(row, lang)) for row in items)
    head = (w(lang, "missing"), w(lang, "what would lead"))
    return [Table(head, rows, w(lang, "What is missing, and what it would change"))]


def _disagreements(told: Mapping[str, Any], lang: Lang) -> list[Block]:
    return [
        Table(
            (w(lang, "source"), w(lang, "read"), w(lang, "says")),
            tuple((references()[view["ref"]].citation, view["flag"], view["says"]) for view in rule["views"]),
            f"{w(lang, 'Sources disagree')}: {rule['title']}",
        )
        for rule in told["disagreements"]
    ]


def _weights(told: Mapping[str, Any], lang: Lang) -> list[Block]:
    rows = []
    for row in told["sensitivity"]["weights"]:
        high = "∞" if row["high"] is None else f"{row['high']:.2f}"
        then = " / ".join(short(name, lang) for name in (row["below"], row["above"]) if name) or "–"
        title = told["weights"][row["criterion"]]["title"]
        rows.append((title, f"{row['weight']:.2f}", f"{row['low']:.2f}–{high}", then))
    head = tuple(w(lang, words) for words in ("criterion", "weight", "first place stays from–to", "then leads"))
    return [Table(head, tuple(rows), w(lang, "Weights of the score"))] if rows else []


def _timeline(path: Mapping[str, Any], lang: Lang) -> list[Block]:
    rows = []
    for due in path["timeline"]:
        waits = f" ({w(lang, 'if')}: {', '.join(f['title'] for f in due['missing'])})" if not due["holds"] else ""
        source = "" if due["rule"] is None else f"{due['rule']['source']['ref']} {due['rule']['source']['flag']}"
        rows.append((when_words(due, lang), due["title"] + waits, ", ".join(due["who"]), source))
    if not rows:
        return []
    head = tuple(w(lang, words) for words in ("when", "what", "who", "source"))
    start = path["start"] or w(lang, "no date given (--start)")
    return [Table(head, tuple(rows), f"{w(lang, 'Sequence')}: {path['title']} · {w(lang, 'Day 0')}: {start}")]


def _doses(path: Mapping[str, Any], lang: Lang) -> list[Block]:
    rows = [
        (
            f"{row['dose_gy']:g} Gy / {row['fractions']}", f"{row['bed_gy']:.1f} Gy", f"{row['eqd2_gy']:.1f} Gy",
            "" if row["cord_limit_gy"] is None else f"{row['cord_limit_gy']:.1f} Gy",
            f"{'' if row['suits'] else '? '}{row['title']} ({row['source']['ref']} {row['source']['flag']})",
        )
        for row in path["schemes"]
    ]  # fmt: skip
    if not rows:
        return []
    head = tuple(w(lang, words) for words in ("dose", "BED₁₀", "EQD2", "cord at most", "for"))
    hints = [
        Words(f"{'!' if h['holds'] else '?'} {h['title']}{': ' if h['because'] else ''}{h['because']}")
        for h in path["hints"]
    ]
    course = path["planned_course"]
    judged: list[Block] = []
    if course is not None:
        word = w(lang, (course.get("class") or course["outcome"]).replace("_", " "))
        judged.append(Words(f"{w(lang, 'Planned course at the cord')}: {word}", strong=True))
    return [Table(head, tuple(rows), w(lang, "Fraction schemes")), *hints, *judged]


def _checks(path: Mapping[str, Any], lang: Lang) -> list[Block]:
    marks = {"act": w(lang, "act"), "missing": w(lang, "missing"), "in_order": w(lang, "in order")}
    bone = []
    for row in path["bone_protection"]:
        waits = ", ".join(fact["title"] for fact in row["missing"])
        words = row["action"] if row["outcome"] == "act" else waits
        bone.append((row["title"], marks[row["outcome"]], words, f"{row['source']['ref']} {row['source']['flag']}"))
    images = []
    for row in path["imaging"]:
        joined = f" {w(lang, 'or')} ".join(row["use"]) if row["any"] else " + ".join(row["use"])
        shows = "; ".join(f"{name}: {words}" for name, words in row["shows"].items())
        images.append((row["question"], joined, marks[row["outcome"]], shows))
    parts: list[Block] = []
    if bone:
        head = tuple(w(lang, words) for words in ("check", "state", "what to do, what is missing", "source"))
        parts.append(Table(head, tuple(bone), w(lang, "Bone protection")))
    if images:
        head = tuple(w(lang, words) for words in ("question", "images", "state", "what they show"))
        parts.append(Table(head, tuple(images), w(lang, "Images")))
    return parts


def _risks(path: Mapping[str, Any], lang: Lang) -> list[Block]:
    rows = []
    for row in path["risks"]:
        if row["outcome"] == "evaluated":
            words = f"{risk_words(row, lang)} {row['caveat']}"
        elif row["outcome"] == "missing":
            words = f"{w(lang, 'missing')}: {', '.join(fact['title'] for fact in row['missing'])}"
        else:
            words = w(lang, "not for this patient")
        rows.append((row["title"], words, f"{row['source']['citation']} ({row['source']['flag']})"))
    head = tuple(w(lang, words) for words in ("risk", "as published", "source"))
    return [Table(head, tuple(rows), w(lang, "Risks, as published"))]


def _response(case: PatientCase, lang: Lang) -> list[Block]:
    if case.advice.response is None:
        return []
    told = response(case.advice.response, case.folder).as_json(lang)
    mda = told["mda"]
    words = mda["class_title"] or f"{w(lang, 'missing')}: {', '.join(mda['missing'])}"
    lines: list[Block] = [Words(f"{w(lang, 'Response of bone (MD Anderson)')}: {words}", strong=True)]
    if told["sclerosis"]:
        lines.append(Words(w(lang, "The lesion became denser: sclerosis is healing, not progression.")))
    if told["recist_misleads"]:
        lines.append(Words(w(lang, "RECIST would call its longer diameter progression; bone is not measured by it.")))
    return lines


def _course(points: Sequence[CoursePoint], lang: Lang) -> list[Block]:
    """Stability beside burden over time, where at least two days were taken."""
    days = sorted(points, key=lambda point: point.day)
    if len(days) < 2:  # one day is no course
        return []
    x = [float((point.day - days[0].day).days) for point in days]
    kinds = (("SINS", "sins"), (w(lang, "lesions"), "metastases"), (w(lang, "pain (VAS)"), "pain_vas"))
    lines = []
    for label, key in kinds:
        values = [getattr(point, key) for point in days]
        if any(value is not None for value in values):
            lines.append(Line(label, [float("nan") if value is None else float(value) for value in values]))
    marks = (Mark(float(SINS_UNSTABLE_FROM), f"SINS {SINS_UNSTABLE_FROM}", outcome="warn"),)
    title = f"{w(lang, 'Stability against burden')} ({days[0].day} – {days[-1].day})"
    return [
        Plot(
            Curve(
                "course",
                title,
                x,
                w(lang, "time"),
                w(lang, "days"),
                tuple(lines),
                w(lang, "points, lesions"),
                "",
                marks,
            )
        )
    ]
