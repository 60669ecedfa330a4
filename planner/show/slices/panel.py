"""The slice viewer as parts of a page: it cuts the volume and the scene's own surfaces in the browser."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from planner.measure.result import Result
from planner.plan.case import Case
from planner.protocol.language import page_word
from planner.show.compose import scene_of
from planner.show.embed import Viewer, content_policy, safe_json
from planner.show.fonts import FONT_NAME, FONT_PLACE, with_font
from planner.show.frame import GLTF_FROM_LPS, METRES_PER_MM
from planner.show.glb import scene_glb
from planner.show.grey import grey_of
from planner.show.marks import DIRECTIONS
from planner.show.scene import Scene
from planner.show.slices.draw import ON_TOP, OUTLINED, WINDOWS, ink_of, outlined
from planner.show.slices.field import Field, fields_of
from planner.show.slices.planes import planes_of
from planner.show.slices.stack import KNOTS_GREY, KNOTS_HU, field_data, volume_sheet

Translate = Callable[[str], str]
FIELDS_BYTES = 2_000_000
"""Of all fields together; each gets its share."""
WORDS = (
    "Plane", "Window", "Overlay", "none", "Position", "Time", "Opacity", "Outlines", "CT number", "Slices",
    "outside the picture", "Slices cannot be shown here", "Lossy picture for looking; nothing is measured on it.",
)  # fmt: skip
"""What the panel says besides names; each is translated by the page's own language."""


def slice_viewer(
    case: Case,
    result: Result,
    scene: Scene | None = None,
    *,
    fields: Sequence[Field] | None = None,
    t: Translate = lambda words: words,
) -> Viewer:
    """Build the panel. Outlines come from the page's `scene-glb` block, which the 3D viewer brings along.

    Parameters
    ----------
    scene : the scene of the page, whose names and colours the outlines take.
    fields : what may be laid over the grey; by default all that was simulated.
    t : English words → the page's language.
    """
    folder = files("planner.show") / "viewer"
    data = panel_data(case, result, scene or scene_of(case, result), fields, t)
    body = (
        f'<div id="slices" class="slices" data-state="loading" role="group" aria-label="{escape(t("Slices"))}">'
        '<p class="slices-note" role="status" hidden></p></div>'
    )
    block = f'<script type="application/json" id="slice-data">{safe_json(data)}</script>'
    style = (folder / "slices.css").read_text(encoding="utf-8")
    return Viewer(style, body, block, ((folder / "slices.js").read_text(encoding="utf-8"),), ())


def panel_data(
    case: Case, result: Result, scene: Scene, fields: Sequence[Field] | None = None, t: Translate = lambda words: words
) -> dict[str, Any]:
    """All the panel's script needs; places are LPS mm."""
    grey = grey_of(case)
    shown = fields_of(result) if fields is None else tuple(fields)
    items = [
        {
            "name": item.name,
            "label": item.label,
            "role": item.role,
            "legend": t(item.style.legend),
            "ink": ink_of(item),
            "width": 2.2 if item.role in ON_TOP else 1.4,
            "order": OUTLINED.index(item.role),
        }
        for item in outlined(scene.items)
    ]
    share = FIELDS_BYTES // max(1, len(shown))
    return {
        "words": {word: t(word) for word in WORDS},
        "said": t(grey.said),
        "planes": [plane.as_json() | {"label": t(plane.words).format(tag=plane.tag)} for plane in planes_of(case)],
        "windows": [
            {"name": name, "label": t(name.replace("_", " ")), "width": width, "level": level}
            for name, (width, level) in WINDOWS.items()
        ],
        "window": "spine",
        "volume": volume_sheet(case, grey).as_json(),
        "knots_hu": KNOTS_HU,
        "knots_grey": KNOTS_GREY,
        "fields": [_translated(field_data(field, share), t) for field in shown],
        "items": items,
        "letters": {letter: list(way) for letter, way in DIRECTIONS.items()},
        # glTF metres to LPS mm, row by row.
        "lps_from_gltf": (np.linalg.inv(GLTF_FROM_LPS) / METRES_PER_MM).tolist(),
        "span": {"from_hu": KNOTS_HU[0], "to_hu": KNOTS_HU[-1]},
    }


def _translated(field: dict[str, Any], t: Translate) -> dict[str, Any]:
    """Put the label, `Highest temperature, step 1`, and what levels mean into the page's language."""
    what, comma, number = str(field["label"]).rpartition(", step ")
    label = t("{what}, step {number}").format(what=t(what), number=number) if comma else t(number)
    levels = [level | {"meaning": t(level["meaning"])} for level in field["levels"]]
    return field | {"label": label, "levels": levels}


def slices_html(
    case: Case, result: Result, scene: Scene | None = None, *, fields: Sequence[Field] | None = None
) -> str:
    """Return a page of its own with the panel, and the surfaces it cuts; asks no network for anything."""
    scene = scene or scene_of(case, result)
    parts = slice_viewer(case, result, scene, fields=fields, t=partial(page_word, scene.lang))
    glb = base64.b64encode(scene_glb(scene)).decode()
    parts = replace(parts, data=f'{parts.data}\n<script type="application/octet-stream" id="scene-glb">{glb}</script>')
    scripts = "\n".join(f"<script>{script}</script>" for script in parts.scripts)
    return with_font(
        f'<!doctype html>\n<html lang="{scene.lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy(parts.scripts)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(scene.title)}</title>"
        f"<style>{FONT_PLACE}body{{margin:0;font:15px/1.4 {FONT_NAME},system-ui,sans-serif}}{parts.style}</style>"
        f"</head><body><main>{parts.body}</main>\n{parts.data}\n{scripts}\n</body></html>\n"
    )
