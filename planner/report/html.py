"""The report page: one file that opens offline, verdict and 3D scene first, every number with its source."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from planner.check.verdict import Verdict
from planner.protocol.language import Lang, page_word, quantity_label
from planner.report.findings import (
    GROUPS,
    OUTCOME_WORDS,
    Row,
    counts,
    grouped,
    headline,
    house_words,
    language_of,
    rows,
)
from planner.report.marginbar import WIDTH, MarginBar, margin_bar
from planner.report.numbers import full_amount, quantity_words
from planner.report.plot import svg
from planner.report.sections import SECTIONS, Known, Section, failed
from planner.show.embed import Viewer, content_policy, safe_json, still_picture, viewer
from planner.show.scene import Scene

VERDICTS = {
    "violation": ("✗", "Violation", "A blocking limit is broken. The plan may not go ahead as it stands."),
    "incomplete": ("?", "Incomplete", "A blocking limit could not be judged. The plan is not cleared."),
    "warning": ("!", "Warning", "No blocking limit is broken; something needs the operator's judgement."),
    "compliant": ("✓", "Compliant", "Every applicable limit is kept."),
}

LICENCES = ("Report layout by Jinja (BSD-3-Clause)",)


def report_html(
    result: Mapping[str, Any],
    scene: Scene | None = None,
    png: bytes | None = None,
    glb: bytes | None = None,
    *,
    verdict: Verdict | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    result : content of `result.json`; embedded unchanged but for not-finite numbers, which become null.
    scene : the interactive scene; without one the still picture stands in its place.
    png : the still picture, for paper and for browsers without WebGL.
    glb : the scene's GLB where the caller has it already.
    verdict : the objects behind the result; without them sections that need them are left out.
    pictures : stills by the name of their view, PNG.

    Returns
    -------
    str
        A complete HTML document that asks no network for anything.

    Raises
    ------
    planner.show.threejs.ViewerAssetError
        There is a scene, and three.js cannot be taken from the installed trimesh.
    """
    parts = None if scene is None else viewer(scene, png, glb, language_of(result))
    known = Known(result, language_of(result), verdict, scene, pictures or {})
    sections = [made for section in SECTIONS if (made := _made(section, known))]
    more = [made.part for made in sections if made.part]
    scripts = (*(parts.scripts if parts else ()), *(script for part in more for script in part.scripts))
    all_rows = rows(result)
    glyph, word, meaning = VERDICTS.get(str(result.get("verdict")), VERDICTS["incomplete"])
    judged = [row for row in all_rows if row.margin]
    plan, lang = result.get("plan") or {}, language_of(result)
    t = partial(page_word, lang)
    page = _template().render(
        t=t,
        lang=lang,
        title=str(plan.get("title") or "Planned procedure"),
        target=_words(plan.get("target")),
        verdict=str(result.get("verdict") or "incomplete"),
        glyph=glyph,
        word=t(word),
        meaning=t(meaning),
        why=re.sub(r"(?<=\d) (?=[^\W\d]|°|%)", "\u00a0", headline(result, all_rows)),  # a unit stays with its number
        tally=[(n, t(OUTCOME_WORDS[o]), o) for o, n in counts(result).items()],
        worst=judged[:2],
        groups=[(key, t(GROUPS[key]), members) for key, members in grouped(all_rows).items()],
        bar=_bar,
        bar_width=WIDTH,
        steps=plan.get("steps") or [],
        quantities=_quantities(result, lang),
        warnings=[str(w) for w in result.get("warnings") or []],
        overrides=[(str(o.get("rule")), str(o.get("now")), house_words(o)) for o in result.get("overrides") or []],
        provenance=_flat(result.get("provenance") or {}),
        sections=sections,
        plot=svg,
        data_uri=data_uri,
        more_data=[part.data for part in more],
        licences=list(
            dict.fromkeys([*(parts.licences if parts else ()), *(w for p in more for w in p.licences), *LICENCES])
        ),
        viewer=parts,
        still=still_picture(str(plan.get("title") or ""), png),
        css="".join([_asset("report.css"), parts.style if parts else _viewer_style(), *(part.style for part in more)]),
        policy=content_policy(scripts),
        scripts=scripts,
        result_json=safe_json(dict(result)),
    )
    return str(page)


@dataclass(frozen=True)
class _Made:
    """A section that has something to say."""

    name: str
    heading: str
    template: str
    data: Any
    part: Viewer | None


def _made(section: Section, known: Known) -> _Made | None:
    part = data = None
    try:
        part = section.part(known) if section.part else None
        data = None if part else section.data(known)
    except Exception as error:  # noqa: BLE001 - one broken section must not cost the reader the verdict
        data = (failed(known, error),)
    own = section.template if not isinstance(data, tuple) else "blocks"
    template = f"sections/{own}.html.j2"
    return _Made(section.name, known.t(section.heading), template, data, part) if part or data else None


def data_uri(data: bytes) -> str:
    """Return a picture as an address that asks no network."""
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # heavy, only where needed

    environment = Environment(
        loader=PackageLoader("planner.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _asset(name: str) -> str:
    return (files("planner.report") / "templates" / name).read_text(encoding="utf-8")


def _viewer_style() -> str:
    return (files("planner.show") / "viewer" / "viewer.css").read_text(encoding="utf-8")


def _bar(row: Row) -> MarginBar | None:
    if row.raw.get("unit") == "yes/no":
        return None
    words = f"value {row.value}, limit {row.limit}" + (f", interval {row.interval}" if row.interval else "")
    return margin_bar(row.raw, words)


def _quantities(result: Mapping[str, Any], lang: Lang) -> list[tuple[str, str, str, str, list[str]]]:
    """Name, label, value, origin, and the value at each step."""
    by_step = result.get("quantities_by_step") or []
    table = result.get("quantities") or {}
    names = list(dict.fromkeys([*table, *(name for step in by_step for name in step)]))

    def told(entry: Any, name: str) -> str:
        return full_amount(entry.get("value"), entry.get("unit"), name) if isinstance(entry, Mapping) else "–"

    return [
        (
            name,
            quantity_label(name, lang) or quantity_words(name),
            told(table.get(name), name),
            str((table.get(name) or {}).get("origin") or ""),
            [told(step.get(name), name) for step in by_step],
        )
        for name in names
    ]


def _words(value: Any) -> str:
    """A mapping's values in one line: `L3, lesion, palliative`."""
    if isinstance(value, Mapping):
        return ", ".join(str(v).replace("_", " ") for v in value.values() if v is not None)
    return str(value or "")


def _flat(tree: Mapping[str, Any], lead: str = "") -> list[tuple[str, str]]:
    """Nested provenance as pairs of words."""
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{lead} › {key}" if lead else str(key).replace("_", " ")
        if isinstance(value, Mapping):
            pairs += _flat(value, name)
        elif isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) for v in value):
            for i, inner in enumerate(value):
                pairs += _flat(inner, f"{name} {i + 1}")
        elif isinstance(value, list | tuple):
            pairs.append((name, ", ".join(map(str, value))))
        else:
            pairs.append((name, "" if value is None else str(value)))
    return pairs
