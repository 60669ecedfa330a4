"""What an ablation does, source by source: death of the lesion, and what follows freezing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from planner.check.verdict import Verdict
from planner.core.names import ABLATION, FREEZING
from planner.core.sourced import references
from planner.measure.killed import Killed, killed_of
from planner.measure.registry import StepContext
from planner.plan.case import CaseStep
from planner.protocol.language import Lang
from planner.report.blocks import Block, Table, Words
from planner.report.numbers import number
from planner.report.sections import Known
from planner.simulate.thermal.cold_damage import ColdSource, cold_laws

Translate = Callable[[str], str]
HEAT_SOURCES = {
    "Arrhenius": ("jacques1996", "V2"),
    "240 CEM43": ("brace2010", "D"),
    "60 °C": ("brace2010", "V"),
}
"""Who says so for heat: reference and flag."""
LONGEST = 40
"""Letters of a title that stand for a source without an author."""


def ablation_section(known: Known) -> Sequence[Block]:
    """Return for each simulated ablation what dies of the lesion, and after freezing what to expect."""
    if known.verdict is None:
        return ()
    blocks = list(death_tables(known.verdict, known.t))
    frozen = any(step.kind in FREEZING for step in known.verdict.result.case.steps)
    return (*blocks, *(after_cold(known.lang) if frozen else ()))


def death_tables(verdict: Verdict, t: Translate) -> Iterator[Table]:
    """Return a table for each ablation step that was simulated and names a lesion."""
    result = verdict.result
    for step in result.case.steps:
        found = killed_of(StepContext(result.case, step, result.simulation)) if step.kind in ABLATION else ""
        if not isinstance(found, str):
            yield _death(step, found, t)


def _death(step: CaseStep, found: Sequence[Killed], t: Translate) -> Table:
    cold = step.kind in FREEZING
    rows = [_cold_row(killed, t) if cold else _heat_row(killed) for killed in found]
    head = (t("source"), t("asks"), t("of the lesion dead"), t("at its weakest place"), t("read"))
    caption = t("Death of the lesion, source by source, step {number}").format(number=step.index + 1)
    return Table(head, tuple(rows), caption)


def _heat_row(killed: Killed) -> tuple[str, ...]:
    ref, flag = HEAT_SOURCES[killed.source]
    return (source_name(ref), killed.source, *_shares(killed), flag)


def _cold_row(killed: Killed, t: Translate) -> tuple[str, ...]:
    law = cold_laws().sources[killed.source]
    return (source_name(law.source.ref), _asks(law, t), *_shares(killed), law.source.flag)


def _asks(law: ColdSource, t: Translate) -> str:
    held = "" if law.hold_s == 0.0 else f", {number(law.hold_s / 60.0)} min"
    if law.threshold_c is not None:
        return f"{number(law.threshold_c)} °C{held}"
    back = law.regrowth_c
    grew = (
        "" if back is None else "; " + t("survivors of one freeze grew back, to {level} °C").format(level=number(back))
    )
    return f"{t('cells in a dish')}{held}: {law.what}{grew}"


def source_name(ref: str) -> str:
    """Return first author and year; without an author the beginning of the title."""
    found = references()[ref]
    if found.author or len(found.title) <= LONGEST:
        return found.short
    words = found.title[:LONGEST].rsplit(" ", 1)[0].rstrip(":;,")
    return f"{words} …{f' {found.year}' if found.year else ''}"


def _shares(killed: Killed) -> tuple[str, str]:
    low, high = (number(100.0 * share) for share in killed.interval)
    own = number(100.0 * killed.share)
    return (f"{own} %" if low == high else f"{own} % ({low}–{high})", f"{number(100.0 * killed.weakest)} %")


def after_cold(lang: Lang) -> Iterator[Block]:
    """Return what follows freezing, each with its source and with those that say otherwise."""
    from planner.advise.books import said  # noqa: PLC0415
    from planner.advise.pathway import events  # noqa: PLC0415 - the book of the sequence

    for event in events():
        if event.for_ == ("cold",):
            first, last = event.days
            source = f"{source_name(event.source.ref)}, {event.source.flag}"
            day = f"第 {first}–{last} 天" if lang == "zh" else f"Days {first}–{last}"
            yield Words(f"{day}: {said(event.title, lang)}", strong=True)
            yield Words(f"{said(event.because, lang)} ({source})")
            for view in event.views:
                yield Words(f"{source_name(view.ref)}: {said(view.says, lang)} ({view.flag})")
