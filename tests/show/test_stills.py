"""Pictures of the named views, from scene to page."""

from __future__ import annotations

import io

import numpy as np
import pytest

from planner.show import start_png
from planner.show.views import views

pytestmark = pytest.mark.gl


def test_named_views_come_with_the_first_picture(scene, gl, tmp_path):
    from skimage.io import imread  # noqa: PLC0415

    wanted = ("ap", "needle", "canal")
    stills = start_png(scene, tmp_path / "scene.png", (400, 300), also=wanted).finish()

    assert set(stills) == set(wanted) <= set(views(scene))
    seen = [imread(io.BytesIO(data))[..., :3].astype(int) for data in stills.values()]
    for picture in seen:
        assert picture.shape == (600, 800, 3)
        assert (np.abs(picture - picture[2, -3]).max(axis=2) > 12).mean() > 0.1
    assert all(np.abs(one - other).mean() > 2 for one, other in [(seen[0], seen[1]), (seen[1], seen[2])])
    assert list(tmp_path.iterdir()) == [tmp_path / "scene.png"]


def test_chinese_words_are_drawn(scene, gl, tmp_path):
    """Boxes or nothing would leave the title's strip as it is without words."""
    from dataclasses import replace  # noqa: PLC0415

    from skimage.io import imread  # noqa: PLC0415

    ink = {}
    for title in ("腰三椎体转移瘤射频消融", "腰", " "):
        words = replace(scene, title=title, lang="zh", items=scene.items[:1])
        start_png(words, tmp_path / "a.png", (800, 600)).finish()
        strip = imread(tmp_path / "a.png")[4:38, :, :3].astype(int)
        ink[title] = int((strip.max(axis=2) < 90).sum())
    assert ink["腰三椎体转移瘤射频消融"] > 5 * max(ink["腰"] - ink[" "], 1) > 50
