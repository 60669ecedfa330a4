"""Scene ↔ one npz file, the way it reaches the rendering worker. Numbers and JSON only, nothing that executes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from planner.geometry.mesh import Mesh
from planner.protocol.language import page_word
from planner.show.fonts import FontError, has_chinese, subset_ttf
from planner.show.legend import legend
from planner.show.scene import Bands, Marker, Scene, SceneItem
from planner.show.style import Style

FONT_FILE = "font.ttf"
"""Beside a scene whose words VTK's own font lacks."""
_TOLD = ("name", "label", "role", "group", "time_s", "modelled", "shown")


def save_scene(scene: Scene, path: Path) -> None:
    """Write a scene to `path` (.npz)."""
    told = {
        "title": scene.title,
        "items": [{key: getattr(item, key) for key in _TOLD} | _pictured(item) for item in scene.items],
        "markers": [[list(m.where_lps_mm), m.label, m.outcome, m.other_lps_mm] for m in scene.markers],
        "focus": [float(v) for v in scene.focus_lps_mm],
        "radius": float(scene.radius_mm),
        "lang": scene.lang,
    }
    arrays: dict[str, Any] = {"told": np.frombuffer(json.dumps(told, default=float).encode(), dtype=np.uint8)}
    for i, item in enumerate(scene.items):
        arrays[f"v{i}"], arrays[f"f{i}"] = item.mesh.vertices, item.mesh.faces
        if item.bands is not None:
            arrays[f"b{i}"] = item.bands.of_face
    np.savez(path, **arrays)
    words = scene.title + "".join([*(m.label for m in scene.markers), *(line.label for line in legend(scene))])
    if has_chinese(words):
        try:
            path.with_name(FONT_FILE).write_bytes(subset_ttf(words + page_word(scene.lang, "at target depth")))
        except FontError:  # the picture is then without these letters; the report says what it lacks
            return


def load_scene(path: Path) -> Scene:
    """Read what `save_scene` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        told = json.loads(arrays["told"].tobytes())
        items = tuple(_item(one, arrays, i) for i, one in enumerate(told["items"]))
    markers = tuple(
        Marker(_point(where), label, outcome, None if other is None else _point(other))
        for where, label, outcome, other in told["markers"]
    )
    return Scene(told["title"], items, markers, _point(told["focus"]), told["radius"], lang=told["lang"])


def _pictured(item: SceneItem) -> dict[str, Any]:
    bands = item.bands and {"colours": item.bands.colours, "labels": item.bands.labels}
    return {"look": item.look and asdict(item.look), "bands": bands}


def _item(told: dict[str, Any], arrays: Any, i: int) -> SceneItem:
    look, bands = told.pop("look"), told.pop("bands")
    return SceneItem(
        **told,
        mesh=Mesh.of(arrays[f"v{i}"], arrays[f"f{i}"]),
        look=look and Style(**look),
        bands=bands and Bands(arrays[f"b{i}"], tuple(bands["colours"]), tuple(bands["labels"])),
    )


def _point(values: list[float]) -> tuple[float, float, float]:
    x, y, z = values
    return float(x), float(y), float(z)
