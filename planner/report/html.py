"""The report page: one file that opens offline, verdict and 3D scene first, every number with its source."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

from planner.check.verdict import Verdict
from planner.protocol.language import page_word
from planner.report.compare import Other
from planner.report.findings import (
    GROUPS,
    OUTCOME_WORDS,
    counts,
    grouped,
    headline,
    house_words,
    language_of,
    rows,
)
from planner.report.marginbar import WIDTH
from planner.report.plot import svg
from planner.report.sections import SECTIONS, Known, Section, failed
from planner.report.told import (
    SIGNED,
    SIGNERS,
    VERDICTS,
    bar_of,
    flat,
    judged_by,
    one_line,
    quantity_rows,
    verdict_of,
    worst_margins,
)
from planner.show.embed import Viewer, content_policy, safe_json, still_picture, viewer
from planner.show.fonts import LICENCE_LINE, has_chinese, with_font
from planner.show.scene import Scene

LICENCES = ("Report layout by Jinja (BSD-3-Clause)",)


def report_html(
    result: Mapping[str, Any],
    scene: Scene | None = None,
    png: bytes | None = None,
    glb: bytes | None = None,
    *,
    verdict: Verdict | None = None,
    pictures: Mapping[str, bytes] | None = None,
    other: Other | None = None,
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
    other : the plan that this one is compared with.

    Returns
    -------
    str
        A complete HTML document that asks no network for anything.

    Raises
    ------
    planner.show.threejs.ViewerAssetError
        There is a scene, and three.js cannot be taken from the installed trimesh.
    """
    parts = None if scene is None else viewer(scene, png, glb)
    known = Known(result, language_of(result), verdict, scene, pictures or {}, other)
    sections = [made for section in SECTIONS if (made := _made(section, known))]
    more = [made.part for made in sections if made.part]
    scripts = (*(parts.scripts if parts else ()), *(script for part in more for script in part.scripts))
    all_rows = rows(result)
    glyph, word, meaning = VERDICTS[verdict_of(result)]
    plan, lang = result.get("plan") or {}, language_of(result)
    t = partial(page_word, lang)
    page = page_template("report.html.j2").render(
        t=t,
        lang=lang,
        title=str(plan.get("title") or "Planned procedure"),
        target=one_line(plan.get("target")),
        verdict=verdict_of(result),
        judged=judged_by(result, lang),
        signers=[t(words) for words in SIGNERS],
        signed=[t(words) for words in SIGNED],
        glyph=glyph,
        word=t(word),
        meaning=t(meaning),
        why=re.sub(r"(?<=\d) (?=[^\W\d]|°|%)", "\u00a0", headline(result, all_rows)),  # a unit stays with its number
        tally=[(n, t(OUTCOME_WORDS[o]), o) for o, n in counts(result).items()],
        worst=worst_margins(all_rows),
        groups=[(key, t(GROUPS[key]), members) for key, members in grouped(all_rows).items()],
        urgent=("fail", "warn", "open"),
        bar=bar_of,
        bar_width=WIDTH,
        steps=plan.get("steps") or [],
        quantities=quantity_rows(result, lang),
        warnings=[str(w) for w in result.get("warnings") or []],
        overrides=[
            (str(o.get("rule")), str(o.get("now")), house_words(o, lang)) for o in result.get("overrides") or []
        ],
        provenance=flat(result.get("provenance") or {}),
        sections=sections,
        plot=svg,
        data_uri=data_uri,
        more_data=[part.data for part in more],
        licences=_licences(result, parts, *more),
        viewer=parts,
        still=still_picture(str(plan.get("title") or ""), png),
        css="".join([asset("report.css"), parts.style if parts else _viewer_style(), *(part.style for part in more)]),
        policy=content_policy(scripts),
        scripts=scripts,
        result_json=safe_json(dict(result)),
    )
    return with_font(str(page))


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


def _licences(result: Mapping[str, Any], *parts: Viewer | None) -> list[str]:
    """Return the licence lines of all parts, each once."""
    own = [LICENCE_LINE] if has_chinese(safe_json(dict(result))) or language_of(result) == "zh" else []
    return list(dict.fromkeys([*(words for part in parts if part for words in part.licences), *LICENCES, *own]))


def data_uri(data: bytes) -> str:
    """Return a picture as an address that asks no network."""
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@cache
def page_template(name: str) -> Any:
    """Return a page's template; every text put into it is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # heavy, only where needed

    environment = Environment(
        loader=PackageLoader("planner.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def asset(name: str) -> str:
    """Return a file beside the templates."""
    return (files("planner.report") / "templates" / name).read_text(encoding="utf-8")


def _viewer_style() -> str:
    return (files("planner.show") / "viewer" / "viewer.css").read_text(encoding="utf-8")
