"""The parts of a report in reading order. A new one is a function and a line in `SECTIONS`.

`data` takes what is known and returns what the section says, or something empty where it has nothing to say: then
neither page nor PDF shows it. Blocks (`planner.report.blocks`) are printed by page and PDF alike; a section with a
template of its own gets what `data` returned as `data`, and the PDF leaves it out unless `printed` makes blocks of it.
Interactive parts (a slice viewer) return a `planner.show.embed.Viewer` from `part`: style, body, data and scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from planner.check.verdict import Verdict
from planner.protocol.language import Lang, page_word, page_words
from planner.report.blocks import Block, Picture, Plot, Words
from planner.report.compare import Other, comparison
from planner.report.curve_sources import curves_of
from planner.report.curves import Curve
from planner.report.imaging import fluoroscopy, printed_slices, slices
from planner.show.embed import Viewer
from planner.show.scene import Scene


@dataclass(frozen=True, eq=False)
class Known:
    """What a section may draw on.

    Attributes
    ----------
    result : content of `result.json`.
    lang : language of the report.
    verdict : the objects behind the result (case, simulation, findings); None where only `result.json` is at hand.
    scene : the 3D scene; None without.
    pictures : stills by the name of their view, PNG; `home` is the first.
    other : the plan that this one is compared with; None where it stands alone.
    """

    result: Mapping[str, Any]
    lang: Lang = "en"
    verdict: Verdict | None = None
    scene: Scene | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    other: Other | None = None

    @property
    def t(self) -> Callable[[str], str]:
        """English word or sentence → the report's language."""
        return partial(page_word, self.lang)


Blocks = Sequence[Block]


@dataclass(frozen=True)
class Section:
    """One part.

    Attributes
    ----------
    name : identifier, `fluoroscopy`.
    heading : English; the page translates it.
    data : what it says.
    template : partial under `templates/sections`, without its ending; `blocks` prints blocks.
    part : an interactive part of the page, in place of the template.
    printed : blocks for the PDF where `data` returns none.
    """

    name: str
    heading: str
    data: Callable[[Known], Any]
    template: str = "blocks"
    part: Callable[[Known], Viewer | None] | None = None
    printed: Callable[[Known], Blocks] | None = None


def curves(known: Known) -> Blocks:
    """Return the curves of the simulation."""
    if known.verdict is None:
        return ()
    return tuple(Plot(_in_language(curve, known.lang)) for curve in curves_of(known.verdict.result))


def _in_language(curve: Curve, lang: Lang) -> Curve:
    """Exchange the words of a curve; names, numbers and units stay."""
    return replace(
        curve,
        title=page_words(lang, curve.title),
        x_label=page_words(lang, curve.x_label),
        y_label=page_words(lang, curve.y_label),
        lines=tuple(replace(line, label=page_words(lang, line.label)) for line in curve.lines),
        marks=tuple(replace(mark, label=page_words(lang, mark.label)) for mark in curve.marks),
        spans=tuple(replace(span, label=page_words(lang, span.label)) for span in curve.spans),
    )


def pictures(known: Known) -> Blocks:
    """Return the stills of the named cameras but the first, which stands on top."""
    from planner.show.views import views  # noqa: PLC0415

    told = {} if known.scene is None else views(known.scene)
    return tuple(
        Picture(data, f"{known.t(told[name].label)}: {known.t(told[name].hint)}")
        for name, data in known.pictures.items()
        if name in told and name != "home"
    )


def failed(known: Known, error: Exception) -> Words:
    """Say that a section could not be made."""
    words = known.t("This part could not be made: {reason}.")
    return Words(words.format(reason=f"{type(error).__name__}: {error}"), strong=True)


def compared(known: Known) -> Blocks:
    """Return the two plans beside each other."""
    return comparison(known.result, known.other, known.t, known.pictures.get("home"), known.verdict)


def patient(known: Known) -> Blocks:
    """Return advice for the patient, where the plan tells of one."""
    from planner.report.patient import patient_section  # noqa: PLC0415 - it takes `Known` from here

    return tuple(patient_section(known))


def ablated(known: Known) -> Blocks:
    """Return what an ablation does, source by source."""
    from planner.report.ablated import ablation_section  # noqa: PLC0415 - it takes `Known` from here

    return tuple(ablation_section(known))


def nothing(_: Known) -> Blocks:
    """Hold a place."""
    return ()


SECTIONS: tuple[Section, ...] = (
    Section("compare", "Two plans beside each other", compared),
    Section("pictures", "Views", pictures),
    Section("slices", "Slices", nothing, part=slices, printed=printed_slices),
    Section("fluoroscopy", "Virtual fluoroscopy", fluoroscopy),
    Section("curves", "Curves", curves),
    Section("ablated", "What the ablation does", ablated),
    Section("patient", "Patient", patient),
)
"""In reading order, after the findings and what was not evaluated, before plan, quantities and signatures."""
