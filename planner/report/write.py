"""The verbs that write: `result.json`, `report.html` and, with the picture, all four files of a check."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path

from planner.check.verdict import Verdict
from planner.core.files import stable_json, write_atomically
from planner.report.compare import Other
from planner.report.findings import language_of
from planner.report.html import report_html
from planner.report.imaging import draw_ahead
from planner.report.sections import Known
from planner.show.compose import scene_of
from planner.show.fonts import FontError
from planner.show.glb import scene_glb
from planner.show.libraries import RenderError
from planner.show.png import render_png, start_png
from planner.show.reduce import thinned
from planner.show.views import views

JPEG_QUALITY = 88
STILL = (1200, 900)
STILLS = ("ap", "lateral_left", "needle", "canal")
"""Views that a report shows as pictures, beside the first."""


def write_result(verdict: Verdict, path: str | Path) -> None:
    """Write `result.json`; the same inputs give the same bytes but for the time stamp."""
    write_atomically(Path(path), stable_json(verdict.as_json()))


def write_report(verdict: Verdict, path: str | Path) -> None:
    """Write the page: one file that opens offline, the 3D scene inside."""
    scene = scene_of(verdict.result.case, verdict.result, verdict)
    write_atomically(Path(path), report_html(verdict.as_json(), scene, None, verdict=verdict))


def write_files(verdict: Verdict, folder: Path, other: Verdict | None = None) -> list[str]:
    """Write `result.json`, `scene.glb`, `scene.png`, `report.html` and `report.pdf`.

    Parameters
    ----------
    other : the verdict on another plan, set beside this one in page and PDF.

    Returns
    -------
    For each file that could not be made a sentence with the reason and the way out; an older one is taken away,
    since it would show another plan.

    Raises
    ------
    OSError
        When the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    result, missing = verdict.as_json(), []
    write_atomically(folder / "result.json", stable_json(result))
    scene = thinned(scene_of(verdict.result.case, verdict.result, verdict))
    picture, paper = folder / "scene.png", folder / "report.pdf"
    for old in (picture, paper):
        old.unlink(missing_ok=True)
    stills = [name for name in STILLS if name in views(scene)]
    job = start_png(scene, picture, also=stills)  # renders in its own process while the rest is written
    try:
        glb = scene_glb(scene)
        write_atomically(folder / "scene.glb", glb)
        known = Known(result, language_of(result), verdict, scene)
        draw_ahead(known)
        beside = None if other is None else Other(other.as_json(), _still(other), other)
        pictures: dict[str, bytes] = {}
        try:
            pictures = {name: lighter(still) for name, still in job.finish().items()}
        except RenderError as error:
            missing.append(f"scene.png was not made: {error}")
    finally:
        job.cancel()
    png = picture.read_bytes() if picture.is_file() else None
    if png is not None:
        pictures["home"] = lighter(png)
    problem = _write_pdf(replace(known, pictures=pictures, other=beside), paper)
    missing += [problem] if problem else []
    page = report_html(result, scene, png, glb, verdict=verdict, pictures=pictures, other=beside)
    write_atomically(folder / "report.html", page)
    return missing


def _write_pdf(known: Known, path: Path) -> str | None:
    """Write the PDF; the reason where that cannot be done, so that page and verdict are there all the same."""
    try:
        from planner.report.printed import report_pdf  # noqa: PLC0415 - half a second

        write_atomically(path, report_pdf(known, known.pictures.get("home")))
    except (ImportError, FontError) as error:
        return f"report.pdf was not made: {error}. planner doctor says how to mend it."
    return None


def _still(verdict: Verdict) -> bytes | None:
    """Render another plan's scene, smaller; None where this machine does not render."""
    with tempfile.TemporaryDirectory(prefix="planner-other-") as folder:
        path = Path(folder) / "other.png"
        try:
            render_png(thinned(scene_of(verdict.result.case, verdict.result, verdict)), path, STILL)
        except RenderError:
            return None
        return lighter(path.read_bytes())


def lighter(png: bytes) -> bytes:
    """Return a picture as JPEG: a page with several stays small."""
    from PIL import Image  # noqa: PLC0415

    held = io.BytesIO()
    with Image.open(io.BytesIO(png)) as opened:
        opened.convert("RGB").save(held, "JPEG", quality=JPEG_QUALITY)
    return held.getvalue()
