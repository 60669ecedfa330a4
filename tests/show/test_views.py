"""Named views and the style table."""

from __future__ import annotations

import numpy as np
import pytest

from planner.show.style import OUTCOME_COLOURS, ROLES
from planner.show.threejs import ViewerAssetError, library_part, threejs_source
from planner.show.views import needle_axis, views


def _contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        parts = [c / 255 for c in bytes.fromhex(colour[1:])]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_needle_axis_points_from_tip_to_hub(scene, sample):
    expected = (sample.ENTRY - sample.TIP) / np.linalg.norm(sample.ENTRY - sample.TIP)

    assert needle_axis(scene) @ expected == pytest.approx(1.0, abs=1e-4)


def test_views_stand_where_they_say(scene):
    found = views(scene)

    assert next(iter(found)) == "home"
    np.testing.assert_allclose(found["ap"].direction, [0, -1, 0])
    np.testing.assert_allclose(found["lateral_left"].direction, [1, 0, 0])
    np.testing.assert_allclose(found["axial"].direction, [0, 0, -1])
    for view in found.values():
        assert np.linalg.norm(view.direction) == pytest.approx(1.0)
        assert np.linalg.norm(view.up) == pytest.approx(1.0)
        assert abs(view.up @ view.direction) < 0.8
    home = found["home"].direction
    assert home[1] > 0.2  # from behind
    assert home[2] > 0.2  # from above


def test_outcome_inks_can_be_read_on_white():
    assert min(_contrast(colour, "#ffffff") for colour in OUTCOME_COLOURS.values()) >= 4.5


def _deuteranopic(colour: str) -> np.ndarray:
    """Viénot 1999: linear RGB as seen without M cones, then CIE Lab."""
    rgb = np.array([c / 255 for c in bytes.fromhex(colour[1:])])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]) @ linear
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen.clip(0)
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_what_must_not_be_confused_differs_in_deuteranopia():
    roles = ("instrument", "active_tip", "lesion", "zone", "balloon", "cement", "cord", "vessel_artery", "vessel_vein")
    seen = {role: _deuteranopic(ROLES[role].colour) for role in roles}
    apart = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a in roles for b in roles if a < b}

    assert min(apart.values()) > 12, sorted(apart.items(), key=lambda kv: kv[1])[:4]


def test_threejs_comes_with_its_licence_and_without_trimesh_s_viewer():
    source = threejs_source()

    assert "SPDX-License-Identifier: MIT" in source[:300]
    assert "THREE.GLTFLoader=" in source
    assert "B64GLTF" not in source


@pytest.mark.parametrize(
    "template", ["", "<script>var x;</script>", "<script>x;var camera,controls,scene,renderer,tracklight;"]
)
def test_a_changed_template_is_refused_in_words(template):
    with pytest.raises(ViewerAssetError, match="could not be taken from the installed trimesh"):
        library_part(template)
