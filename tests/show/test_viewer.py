"""The scene by hand in a real browser: colours on the canvas, cut, time, keyboard, contrast, paper."""

from __future__ import annotations

import base64
import colorsys
import io
from dataclasses import replace

import numpy as np
import pytest

from planner.geometry.bodies import Spheroid
from planner.report import report_html
from planner.report.compare import Other
from planner.show.layers import Layer, Surface, items_of
from planner.show.margins import with_margins
from planner.show.style import OPAQUE_FROM

pytestmark = pytest.mark.browser
READY = "window.plannerViewer && (plannerViewer.ready || plannerViewer.error)"
UP = np.array([0.0, 0.0, 1.0])
HUE_OFF = 0.06
"""Of the colour circle: lights are a little blue, the ground is not white, and glass takes from both."""


def _ball(radius: float, centre=(0.0, 0.0, 0.0)):
    return Spheroid(np.array(centre, float), UP, radius, radius).surface()


@pytest.fixture(scope="module")
def rich(sample):
    """The made-up case with nested heat, cement at three times and a lesion in bands."""
    scene = sample.sample_scene()
    heat = Layer(
        "heat_1", "Highest temperature, step 1", "heat", "°C",
        tuple(Surface(level, _ball(r, (0, 2, 1))) for level, r in ((45, 15.0), (60, 11.0))),
    )  # fmt: skip
    spread = Layer(
        "spread_2", "Cement spread, step 2", "cement", "",
        tuple(Surface(None, _ball(3.0 + t / 10, (-14, 2, -3)), time_s=float(t)) for t in (20, 60, 100)),
    )  # fmt: skip
    lesion = next(item for item in scene.items if item.role == "lesion")
    zone = next(item for item in scene.items if item.role == "zone")
    items = [with_margins(i, [zone.mesh]) if i is lesion else i for i in scene.items]
    modelled = [replace(i, modelled=True) if i.name == "aorta" else i for i in items]
    return replace(scene, items=(*modelled, *items_of(heat), *items_of(spread)))


@pytest.fixture(scope="module")
def page(browser, sample, rich, tmp_path_factory):
    path = tmp_path_factory.mktemp("viewer") / "report.html"
    result = sample.sample_result()
    path.write_text(report_html(result, rich, other=Other(sample.sample_result())), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1000, "height": 720})
    opened.errors = []
    opened.on("console", lambda m: opened.errors.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: opened.errors.append(str(e)))
    opened.goto(path.as_uri())
    opened.wait_for_function(READY, timeout=30_000)
    yield opened
    opened.close()


def _canvas(page) -> np.ndarray:
    from skimage.io import imread  # noqa: PLC0415

    url = page.evaluate("document.querySelector('canvas').toDataURL('image/png')")
    return imread(io.BytesIO(base64.b64decode(url.split(",")[1])))[..., :3].astype(int)


def _hue(colour) -> tuple[float, float]:
    hue, _, saturation = colorsys.rgb_to_hls(*(np.asarray(colour) / 255))
    return hue, saturation


def test_every_structure_shows_its_colour(page, rich):
    """Each alone, also the translucent ones: what is seen has the hue of the style table, not just any pixels."""
    page.evaluate("plannerViewer.setView('ap', true)")
    page.evaluate("plannerViewer.setTime(100)")
    page.wait_for_timeout(150)
    page.evaluate("plannerViewer.only([])")
    empty, wrong = _canvas(page), {}
    for item in rich.items:
        if item.time_s not in (None, 100.0):
            continue
        page.evaluate("n => plannerViewer.only([n])", item.name)
        seen = _canvas(page)
        changed = seen[np.abs(seen - empty).max(axis=2) > 12]
        wanted = [item.style.colour] if item.bands is None else list(item.bands.colours)
        for colour in wanted:
            hue, saturation = _hue([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
            if saturation < 0.2:  # grey has no hue to be compared
                near = len(changed)
            else:
                hues = np.array([_hue(pixel) for pixel in changed[:: max(1, len(changed) // 4000)]]).reshape(-1, 2)
                off = np.abs((hues[:, 0] - hue + 0.5) % 1 - 0.5)
                near = int(((off < HUE_OFF) & (hues[:, 1] > 0.08)).sum())
            if near < 30:
                wrong[f"{item.name} {colour}"] = near
    page.evaluate("n => plannerViewer.only(n)", [item.name for item in rich.items])
    assert wrong == {}
    assert any(item.style.opacity < OPAQUE_FROM for item in rich.items)


def test_cut_takes_one_side_off_and_leaves_the_needle(page, rich):
    page.evaluate("plannerViewer.setView('ap', true)")
    page.wait_for_timeout(100)
    only = ["vertebra_L3"]
    page.evaluate("n => plannerViewer.only(n)", only)
    whole = _canvas(page)
    ground = whole[-2, -2]
    column = (np.abs(whole - ground).max(axis=2) > 12).sum(axis=0)
    page.get_by_label("Cut", exact=True).select_option("sagittal")
    page.wait_for_timeout(150)
    half = (np.abs(_canvas(page) - ground).max(axis=2) > 12).sum(axis=0)
    middle = whole.shape[1] // 2
    # From the front the patient's left is on the right of the picture: that side goes.
    assert half[middle + 12 :].sum() < 0.02 * column[middle + 12 :].sum()
    assert half[: middle - 12].sum() > 0.9 * column[: middle - 12].sum()

    page.evaluate("n => plannerViewer.only(n)", ["instrument_1"])
    needle = _canvas(page)
    page.get_by_label("Cut", exact=True).select_option("")
    page.wait_for_timeout(150)
    assert np.array_equal(_canvas(page), needle)
    page.evaluate("n => plannerViewer.only(n)", [item.name for item in rich.items])


def test_cut_moves_with_its_slider(page, rich):
    page.get_by_label("Cut", exact=True).select_option("axial")
    page.wait_for_timeout(150)
    before = _canvas(page)
    page.get_by_label("Place of the cut, mm").fill("-15")
    page.wait_for_timeout(150)
    assert not np.array_equal(_canvas(page), before)
    page.get_by_label("Cut", exact=True).select_option("")


def test_time_slider_moves_the_cement(page):
    page.evaluate("plannerViewer.setView('ap', true)")
    page.evaluate("plannerViewer.only(plannerViewer.names.filter(n => n.startsWith('spread')))")
    sizes = []
    for place in ("0", "1", "2"):
        page.get_by_label("Time", exact=True).fill(place)
        page.wait_for_timeout(120)
        picture = _canvas(page)
        sizes.append(int((np.abs(picture - picture[-2, -2]).max(axis=2) > 10).sum()))
    assert page.locator(".viewer-time").inner_text() == "100 s"
    assert 100 < sizes[0] < sizes[1] < sizes[2]
    # Discs of radius 5, 9 and 13 mm.
    assert sizes[2] / sizes[0] == pytest.approx((13 / 5) ** 2, rel=0.15)
    page.evaluate("plannerViewer.only(plannerViewer.names)")


def test_canal_view_cuts_and_the_next_view_gives_back(page):
    page.get_by_role("button", name="Canal").click()
    assert page.get_by_label("Cut", exact=True).input_value() == "axial"
    page.get_by_role("button", name="AP", exact=True).click()
    assert page.get_by_label("Cut", exact=True).input_value() == ""


def test_everything_is_reached_by_keyboard(page):
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    wanted = page.evaluate(
        "[...document.querySelectorAll('button, select, input, summary, canvas')].filter(e => !e.disabled && e.checkVisibility()).length"
    )
    reached, invisible = set(), []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(() => { const e = document.activeElement; if (!e || e === document.body) return null;"
            "window.order = window.order || new Map(); if (!order.has(e)) order.set(e, order.size);"
            "const s = getComputedStyle(e); return [order.get(e), e.tagName, s.outlineStyle !== 'none' || s.boxShadow !== 'none']; })()"
        )
        if place is None:  # out of the page and in again at its top: where the round begins is up to the last click
            continue
        reached.add(place[0])
        if not place[2]:
            invisible.append(place[1])
    assert len(reached) == wanted
    assert invisible == [], "focus must be seen"


CONTRAST = """() => {
  const light = (c) => { const p = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]; };
  const read = (s) => { const m = s.match(/[\\d.]+/g).map(Number); return [m.slice(0, 3), m.length > 3 ? m[3] : 1]; };
  const ground = (e) => { for (; e; e = e.parentElement) { const [c, a] = read(getComputedStyle(e).backgroundColor); if (a > 0.85) return c; } return [255, 255, 255]; };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !e.offsetParent || e.closest('script, svg, :disabled')) continue;
    const s = getComputedStyle(e), [ink] = read(s.color), back = ground(e);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push([walk.currentNode.textContent.trim().slice(0, 40), Math.round(ratio * 100) / 100]);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_read_in_light_and_dark(page, scheme):
    """WCAG 2 AA: 4.5 to 1, large words 3 to 1."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(100)
    found = page.evaluate(CONTRAST)
    page.emulate_media(color_scheme="light")
    assert found == []


def test_paper_shows_all_and_no_buttons(page):
    page.emulate_media(media="print")
    shown = page.locator(".kept tbody tr").first.is_visible()
    buttons = page.locator("button.fly").evaluate_all("b => b.filter(x => x.offsetParent).length")
    page.emulate_media(media="screen")

    assert shown
    assert buttons == 0


def test_two_plans_and_signatures_are_on_the_page(page):
    assert page.get_by_role("heading", name="Two plans beside each other").is_visible()
    assert page.get_by_role("heading", name="Signatures").is_visible()


def test_nothing_went_wrong_meanwhile(page):
    assert page.errors == []
