"""The interactive scene as parts of a page: markup, style, data and scripts, all of them inline."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.resources import files
from math import isfinite
from typing import Any

import numpy as np

from planner.protocol.language import Lang, page_word
from planner.show.fonts import LICENCE_LINE as FONT_LICENCE
from planner.show.fonts import with_font
from planner.show.frame import FRAME_NOTE, GLTF_FROM_LPS, METRES_PER_MM, gltf_directions, gltf_points
from planner.show.glb import scene_glb
from planner.show.scene import Scene
from planner.show.style import BESIDE, LEGEND_ORDER, OPAQUE_FROM, OUTCOME_COLOURS, UNCUT
from planner.show.threejs import LICENCE_LINE, threejs_source
from planner.show.views import VIEW_ANGLE_DEG, aim, as_json, camera_distance_mm, cuts, views


@dataclass(frozen=True)
class Viewer:
    """Parts of a page; the page's writer puts each where it belongs.

    Attributes
    ----------
    style : CSS.
    body : HTML of the viewer's place, the still picture in it for pages without WebGL or on paper.
    data : HTML of the data blocks (never executed).
    scripts : JavaScript sources, in order, to stand at the end of the body.
    licences : third-party licence lines for the page's foot.
    """

    style: str
    body: str
    data: str
    scripts: tuple[str, ...]
    licences: tuple[str, ...]


def viewer(scene: Scene, png: bytes | None = None, glb: bytes | None = None) -> Viewer:
    """Build the interactive scene.

    Parameters
    ----------
    scene : what is to be seen.
    png : the still picture, shown where there is no WebGL and on paper.
    glb : the scene's GLB where the caller has it already; made here otherwise.

    Raises
    ------
    ViewerAssetError
        three.js cannot be taken from the installed trimesh.
    """
    binary = base64.b64encode(scene_glb(scene) if glb is None else glb).decode()
    data = (
        f'<script type="application/json" id="scene-data">{safe_json(page_data(scene))}</script>\n'
        f'<script type="application/octet-stream" id="scene-glb">{binary}</script>'
    )
    folder = files("planner.show") / "viewer"
    script = (folder / "viewer.js").read_text(encoding="utf-8")
    body = (
        '<div id="viewer" class="viewer" data-state="loading">'
        f"{still_picture(scene.title, png, scene.lang)}"
        '<p class="viewer-note" role="status" hidden></p></div>'
    )
    style = (folder / "viewer.css").read_text(encoding="utf-8")
    return Viewer(style, body, data, (threejs_source(), script), (LICENCE_LINE,))


def still_picture(title: str, png: bytes | None, lang: Lang = "en") -> str:
    """HTML of the still picture, or of a sentence where there is none."""
    if png is None:
        words = page_word(lang, "There is no still picture of this scene.")
        return f'<p class="viewer-still viewer-nostill">{escape(words)}</p>'
    source = base64.b64encode(png).decode()
    return f'<img class="viewer-still" alt="3D view: {escape(title)}" src="data:image/png;base64,{source}">'


def page_data(scene: Scene) -> dict[str, Any]:
    """All the page's script needs, in glTF metres; colours and opacities come from the one style table."""
    t = partial(page_word, scene.lang)
    order = {role: place for place, role in enumerate(LEGEND_ORDER)}
    items = [
        {
            "name": item.name,
            "label": item.label,
            "role": item.role,
            "legend": item.style.legend,
            "colour": item.style.colour,
            "opacity": item.style.opacity,
            "rank": item.style.rank,
            "group": item.group,
            "time_s": item.time_s,
            "modelled": item.modelled,
            "shown": item.shown,
            "bands": None if item.bands is None else [*zip(item.bands.colours, map(t, item.bands.labels), strict=True)],
        }
        for item in sorted(scene.items, key=lambda item: order[item.role])
    ]
    markers = [
        {
            "where": _point(marker.where_lps_mm),
            "other": None if marker.other_lps_mm is None else _point(marker.other_lps_mm),
            "label": marker.label,
            "outcome": marker.outcome,
            "colour": OUTCOME_COLOURS.get(marker.outcome, OUTCOME_COLOURS["fail"]),
        }
        for marker in scene.markers
    ]
    return {
        "title": scene.title,
        "items": items,
        "markers": markers,
        "focus": _point(aim(scene)),
        "distance": camera_distance_mm(scene.radius_mm) * METRES_PER_MM,
        "view_angle_deg": VIEW_ANGLE_DEG,
        "opaque_from": OPAQUE_FROM,
        "beside": BESIDE,
        "uncut": list(UNCUT),
        "views": {
            name: as_json(view, gltf_directions, gltf_points) | {"label": t(view.label), "hint": t(view.hint)}
            for name, view in views(scene).items()
        },
        "cuts": {
            name: {"label": t(one.label), "normal": gltf_directions(one.normal).tolist()}
            for name, one in cuts(scene).items()
        },
        "words": {key: t(words) for key, words in WORDS.items()},
        "letters": {letter: list(map(float, gltf_directions(axis))) for letter, axis in _LETTERS.items()},
        "gltf_from_lps_mm": (GLTF_FROM_LPS * METRES_PER_MM).tolist(),
        "frame": FRAME_NOTE,
    }


WORDS = {
    "structures": "Structures",
    "views": "Views",
    "tools": "Cut and time",
    "cut": "Cut",
    "place": "Place of the cut, mm",
    "whole": "nothing cut",
    "time": "Time",
    "show": "Show {name}",
    "opacity": "Opacity of {name}",
    "scene": "3D scene: {title}. Arrow keys turn it, plus and minus zoom, Home resets.",
    "hint": "drag: turn · right drag: move · click, then wheel: zoom",
    "still": "The scene cannot be turned here: {reason}. The still picture and all findings hold without it.",
    "no_webgl": "this browser has no WebGL",
    "lost": "the browser took the graphics context away",
}
"""What the page says by itself, in English."""


_LETTERS = {
    "L": (1.0, 0.0, 0.0), "R": (-1.0, 0.0, 0.0), "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0), "H": (0.0, 0.0, 1.0), "F": (0.0, 0.0, -1.0),
}  # fmt: skip


def _point(lps_mm: Any) -> list[float]:
    return [float(v) for v in gltf_points(np.asarray(lps_mm, dtype=np.float64))]


def safe_json(value: Any) -> str:
    """JSON that may stand inside a script element: no `<`, `>`, `&` or line separators; not-finite numbers are null."""
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def content_policy(scripts: tuple[str, ...]) -> str:
    """Content-Security-Policy that runs these scripts and nothing else, and asks no network for anything.

    `unsafe-eval` is for browser automation, which polls a page by evaluating text; nothing here evaluates any.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    allowed = f"{hashes} 'unsafe-eval'" if hashes else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; connect-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def scene_html(scene: Scene, png: bytes | None = None) -> str:
    """One self-contained page with nothing but the scene: what `planner show --html` writes."""
    parts = viewer(scene, png)
    scripts = "\n".join(f"<script>{script}</script>" for script in parts.scripts)
    page = (files("planner.show") / "viewer" / "page.css").read_text(encoding="utf-8")
    foot = page_word(scene.lang, "Not a medical device. For rehearsal, teaching and quality work.")
    own = [FONT_LICENCE] if scene.lang == "zh" else []
    return with_font(
        f'<!doctype html>\n<html lang="{scene.lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy(parts.scripts)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(scene.title)}</title>'
        f"<style>{page}{parts.style}</style></head>\n"
        f"<body><h1>{escape(scene.title)}</h1>{parts.body}\n"
        f"<footer>{escape(foot)} "
        f"{escape('; '.join([*parts.licences, *own]))}.</footer>\n{parts.data}\n{scripts}\n</body></html>\n"
    )
