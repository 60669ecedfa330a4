"""The slice panel in a real browser: drawn, moved by hand, its overlay moved by time, offline, and readable."""

from __future__ import annotations

import base64
import io
import re

import cases
import numpy as np
import pytest

from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.show.slices.draw import sampled
from planner.show.slices.panel import slices_html
from planner.show.slices.planes import planes_of

pytestmark = pytest.mark.browser
READY = "window.plannerSlices && (plannerSlices.ready || plannerSlices.error)"


@pytest.fixture(scope="module")
def made(patient):
    case = load_plan(cases.plan(), folder=patient)
    field = cases.heated_ball(at=case.steps[0].instruments[0].tip)
    return case, field, slices_html(case, simulate_plan(case, simulate=False), fields=(field,))


@pytest.fixture(scope="module")
def page(browser, made, tmp_path_factory):
    path = tmp_path_factory.mktemp("slices") / "slices.html"
    path.write_text(made[2], encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1000, "height": 760})
    opened.said, opened.asked = [], []
    opened.on("console", lambda m: opened.said.append(m.text) if m.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda e: opened.said.append(str(e)))
    opened.context.route("**/*", lambda route: (opened.asked.append(route.request.url), route.continue_()))
    opened.goto(path.as_uri())
    opened.wait_for_function(READY, timeout=20_000)
    yield opened
    opened.close()


def _canvas(page) -> np.ndarray:
    from PIL import Image  # noqa: PLC0415

    url = page.evaluate("document.querySelector('#slices canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")).astype(int)


def _slide(page, label: str, value: float) -> None:
    page.get_by_label(label, exact=True).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


def test_is_drawn_without_errors_and_asks_nobody(page):
    assert page.evaluate("plannerSlices.error") is None
    assert page.said == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert (_canvas(page).max(axis=2) > 20).mean() > 0.3


def test_shows_the_ct_number_and_the_value_of_the_place(page, made):
    case, field, _ = made
    page.get_by_role("button", name="Axial").click()
    plane, size = planes_of(case)[0], page.evaluate("plannerSlices.size")
    u, v = size // 2 + 20, size // 2 - 14
    point = plane.points(size)[v, u]
    expected = float(sampled(field.frame(), field.affine_lps, point[None])[0])
    share = page.evaluate("([u, v]) => plannerSlices.share(u, v)", [u, v])

    assert 40.0 + share * 47.0 == pytest.approx(expected, abs=0.6)  # a byte is 0.2 °C, a voxel 1 mm
    page.locator("#slices canvas").hover(position={"x": 300, "y": 300})
    assert re.search(
        r"LPS [-\d., ]+ mm · CT number -?\d+ HU · Temperature, step 1 .*°C",
        page.locator(".slices-readout").inner_text(),
    )


def test_time_moves_the_overlay(page):
    page.get_by_role("button", name="Along needle 1", exact=True).click()
    _slide(page, "Opacity", 60)
    seen = []
    for frame, told in ((0, "60 s"), (1, "300 s"), (2, "900 s")):
        _slide(page, "Time", frame)
        assert page.locator(".slices-slide output").nth(1).inner_text() == told
        seen.append(_canvas(page))
    page.get_by_label("Overlay").select_option(label="none")
    plain = _canvas(page)
    changed = [int((np.abs(one - plain).max(axis=2) > 8).sum()) for one in seen]

    assert 500 < changed[0] < changed[1] < changed[2]
    assert page.get_by_label("Time", exact=True).is_hidden()
    page.get_by_label("Overlay").select_option(label="Temperature, step 1")


def test_position_moves_the_plane_and_the_keyboard_does_as_well(page):
    page.get_by_role("button", name="Sagittal").click()
    before = _canvas(page)
    _slide(page, "Position", 12)
    moved = _canvas(page)
    page.locator("#slices canvas").focus()
    page.keyboard.press("ArrowUp")

    assert not np.array_equal(before, moved)
    assert page.evaluate("plannerSlices.state().offset") == 11
    assert "+11 mm" in page.locator("#slices canvas").get_attribute("aria-label")


def test_windows_differ_and_outlines_can_be_hidden(page):
    page.get_by_role("button", name="Axial").click()
    page.get_by_label("Overlay").select_option(label="none")
    pictures = []
    for window in ("bone", "soft_tissue", "spine"):
        page.get_by_label("Window").select_option(value=window)
        pictures.append(_canvas(page))
    page.get_by_label("Outlines").uncheck()
    bare = _canvas(page)
    page.get_by_label("Outlines").check()

    assert not np.array_equal(pictures[0], pictures[1])
    coloured = np.ptp(pictures[2], axis=2) > 40
    assert coloured.sum() > 300
    assert (np.ptp(bare, axis=2) > 40).sum() < 0.5 * coloured.sum()  # letters stay
    assert {"Lesion", "Spinal cord", "Instrument"} <= set(page.locator(".slices-legend li").all_inner_texts())
    page.get_by_label("Overlay").select_option(label="Temperature, step 1")


def test_outlines_lie_on_the_structures(page, made):
    """The cord is a tube of radius 6 mm at (0, 27): its outline in the axial plane is that circle."""
    case = made[0]
    page.get_by_role("button", name="Axial").click()
    page.get_by_label("Overlay").select_option(label="none")
    size, plane = page.evaluate("plannerSlices.size"), planes_of(case)[0]
    pixels = _canvas(page)
    yellow = np.argwhere((pixels[..., 0] > 200) & (pixels[..., 1] > 160) & (pixels[..., 2] < 90))
    places = plane.points(size)[yellow[:, 0], yellow[:, 1]][:, :2]
    near = np.linalg.norm(places - [cases.CORD["x"], cases.CORD["y"]], axis=1) < 12.0
    radius = np.linalg.norm(places[near] - [cases.CORD["x"], cases.CORD["y"]], axis=1)

    assert near.sum() > 100
    assert np.median(radius) == pytest.approx(cases.CORD["radius"], abs=0.35)


def test_a_finding_s_place_is_gone_to(page):
    page.get_by_role("button", name="Coronal").click()
    page.evaluate("plannerSlices.goTo([4, -8, 14])")
    page.get_by_role("button", name="Axial").click()

    green = _canvas(page)
    assert ((np.abs(green - [0x5E, 0xF2, 0xC0]).max(axis=2) < 30).sum()) > 20
    assert page.evaluate("plannerSlices.state().centre[2]") == pytest.approx(14.0)


def test_fits_a_phone(browser, made, tmp_path):
    path = tmp_path / "slices.html"
    path.write_text(made[2], encoding="utf-8")
    narrow = browser.new_page(viewport={"width": 375, "height": 800})
    narrow.goto(path.as_uri())
    narrow.wait_for_function(READY)

    assert narrow.evaluate("document.documentElement.scrollWidth") <= 375
    narrow.close()


def test_without_a_canvas_it_says_so(browser, made, tmp_path):
    path = tmp_path / "slices.html"
    path.write_text(made[2], encoding="utf-8")
    bare = browser.new_page()
    bare.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    bare.goto(path.as_uri())
    bare.wait_for_function(READY)

    assert "cannot be shown here" in bare.locator(".slices-note").inner_text()
    bare.close()
