"""The page in a real browser: drawn, complete, offline, and deaf to hostile names."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest

from planner.report import report_html
from planner.show import scene_html

pytestmark = pytest.mark.browser
READY = "window.plannerViewer && (plannerViewer.ready || plannerViewer.error)"
PNG_1PX = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)


class Opened:
    """A page and all that it said or asked for."""

    def __init__(self, browser, path, **options) -> None:
        self.page = browser.new_page(viewport={"width": 1000, "height": 720}, **options)
        self.errors, self.requests = [], []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("dialog", lambda d: (self.errors.append(d.message), d.dismiss()))
        # Routing sees every request before it leaves, refused ones and the icon included.
        self.page.context.route("**/*", lambda route: (self.requests.append(route.request.url), route.continue_()))
        self.page.goto(path.as_uri())
        self.page.wait_for_function(READY, timeout=30_000)

    def outside(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]

    def canvas(self) -> np.ndarray:
        from skimage.io import imread  # noqa: PLC0415

        url = self.page.evaluate("document.querySelector('canvas').toDataURL('image/png')")
        return imread(io.BytesIO(base64.b64decode(url.split(",")[1])))[..., :3].astype(int)


@pytest.fixture(scope="module")
def opened(browser, sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_html(sample.sample_result(), sample.sample_scene(), PNG_1PX), encoding="utf-8")
    page = Opened(browser, path)
    yield page
    page.page.close()


def test_is_drawn_without_errors_and_asks_nobody(opened):
    pixels = opened.canvas()
    background = pixels[2, -2]

    assert opened.page.evaluate("plannerViewer.error") is None
    assert (np.abs(pixels - background).max(axis=2) > 12).mean() > 0.15
    assert opened.errors == []
    assert opened.outside() == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1


def test_every_structure_is_listed_and_changes_the_picture(opened, scene):
    listed = opened.page.locator(".viewer-list .viewer-name").all_inner_texts()
    assert sorted(listed) == sorted(item.label for item in scene.items)

    hidden = [item.name for item in scene.items]
    # The right root stands behind the cord in the first view; from the front it is seen.
    for view in ("home", "ap"):
        opened.page.evaluate("v => plannerViewer.setView(v, true)", view)
        _settled(opened)
        opened.page.wait_for_timeout(100)
        whole = before = opened.canvas()
        seen = {}
        for name in hidden:  # one after the other: each changes the picture that is left
            opened.page.evaluate("n => plannerViewer.setVisible(n, false)", name)
            left = opened.canvas()
            seen[name], before = int((np.abs(left - before).max(axis=2) > 3).sum()), left
        for name in hidden:
            opened.page.evaluate("n => plannerViewer.setVisible(n, true)", name)
        assert np.array_equal(opened.canvas(), whole)
        hidden = [name for name, pixels in seen.items() if pixels < 100]
    assert hidden == []
    opened.page.evaluate("plannerViewer.setView('home', true)")


def test_tick_box_and_slider_work_by_hand(opened):
    whole = opened.canvas()
    box = opened.page.get_by_label("Show Spinal cord")
    box.uncheck()
    opened.page.wait_for_timeout(120)
    assert not np.array_equal(opened.canvas(), whole)
    box.check()
    slider = opened.page.get_by_label("Opacity of Ablation zone, step 1")
    before = opened.canvas()
    slider.fill("90")
    opened.page.wait_for_timeout(120)
    assert not np.array_equal(opened.canvas(), before)
    slider.fill("36")


def _settled(opened) -> dict:
    opened.page.wait_for_function("!plannerViewer.camera().moving")
    return opened.page.evaluate("plannerViewer.camera()")


def test_fly_to_goes_to_the_place(opened, sample):
    start = _settled(opened)
    opened.page.get_by_role("button", name="Show in 3D: Instrument to spinal cord").click()
    end = _settled(opened)

    middle = (np.array(sample.NEEDLE_NEAR) + np.array(sample.CORD_NEAR)) / 2
    np.testing.assert_allclose(end["target"], [middle[0] / 1e3, middle[2] / 1e3, -middle[1] / 1e3], atol=1e-5)
    assert np.linalg.norm(np.subtract(end["position"], start["position"])) > 0.02
    # The distance lies across the line of sight, so it is seen at its length.
    sight = np.subtract(end["position"], end["target"])
    line = np.subtract(sample.NEEDLE_NEAR, sample.CORD_NEAR)[[0, 2, 1]] * [1, 1, -1]
    assert abs(sight @ line) / np.linalg.norm(sight) / np.linalg.norm(line) < 0.05


@pytest.mark.parametrize(
    ("name", "axis", "sign"), [("AP", 2, 1), ("PA", 2, -1), ("Left lateral", 0, 1), ("Axial", 1, -1)]
)
def test_named_views(opened, name, axis, sign):
    """glTF axes: 0 left, 1 head, 2 front."""
    opened.page.get_by_role("button", name=name, exact=True).click()
    now = _settled(opened)
    sight = np.subtract(now["position"], now["target"])

    assert sign * sight[axis] / np.linalg.norm(sight) == pytest.approx(1.0, abs=1e-6)
    letters = opened.page.locator(".viewer-over text").all_inner_texts
    assert {"AP": {"H", "F", "L", "R"}, "PA": {"H", "F", "L", "R"}, "Axial": {"A", "P", "L", "R"}}.get(
        name, {"H", "F", "A", "P"}
    ) <= set(opened.page.locator(".viewer-over text").evaluate_all("e => e.map(x => x.textContent)") or letters())


def test_keyboard_turns_the_scene(opened):
    opened.page.get_by_role("button", name="Oblique").click()
    before = _settled(opened)
    opened.page.locator("canvas").focus()
    opened.page.keyboard.press("ArrowLeft")

    assert _settled(opened)["position"] != before["position"]


def test_markers_are_labelled(opened, scene):
    assert opened.page.locator(".viewer-label").all_inner_texts() == [m.label for m in scene.markers]


def test_hostile_names_are_text(browser, sample, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(
        report_html(sample.sample_result(hostile=True), sample.sample_scene(hostile=True)), encoding="utf-8"
    )
    page = Opened(browser, path)

    assert page.errors == []
    assert page.outside() == []
    assert page.page.locator("img[src*=evil]").count() == 0
    assert sample.HOSTILE in page.page.locator(".viewer-list .viewer-name").all_inner_texts()
    embedded = json.loads(page.page.evaluate("document.getElementById('result').textContent"))
    assert embedded == sample.sample_result(hostile=True)
    page.page.close()


def test_without_webgl_the_still_picture_and_a_sentence(browser, sample, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_html(sample.sample_result(), sample.sample_scene(), PNG_1PX), encoding="utf-8")
    page = browser.new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(path.as_uri())
    page.wait_for_function(READY)

    assert page.locator("img.viewer-still").is_visible()
    assert "no WebGL" in page.locator(".viewer-note").inner_text()
    assert page.locator("button.fly").first.is_disabled()
    page.close()


def test_fits_a_phone(browser, sample, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_html(sample.sample_result(), sample.sample_scene(), PNG_1PX), encoding="utf-8")
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(path.as_uri())
    page.wait_for_function(READY)

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()


def test_scene_alone_is_a_page(browser, scene, tmp_path):
    path = tmp_path / "scene.html"
    path.write_text(scene_html(scene), encoding="utf-8")
    page = Opened(browser, path)

    assert page.errors == []
    assert page.outside() == []
    assert page.page.evaluate("plannerViewer.names.length") == len(scene.items)
    page.page.close()
