"""The verbs that write: `result.json`, `report.html` and, with the picture, all four files of a check."""

from __future__ import annotations

from pathlib import Path

from planner.check.verdict import Verdict
from planner.core.files import stable_json, write_atomically
from planner.report.findings import language_of
from planner.report.html import report_html
from planner.report.printed import report_pdf
from planner.report.sections import Known
from planner.show.compose import scene_of
from planner.show.glb import scene_glb
from planner.show.libraries import RenderError
from planner.show.png import start_png
from planner.show.reduce import thinned
from planner.show.views import views

STILLS = ("ap", "lateral_left", "needle", "canal")
"""Views that a report shows as pictures, beside the first."""


def write_result(verdict: Verdict, path: str | Path) -> None:
    """Write `result.json`; the same inputs give the same bytes but for the time stamp."""
    write_atomically(Path(path), stable_json(verdict.as_json()))


def write_report(verdict: Verdict, path: str | Path) -> None:
    """Write the page: one file that opens offline, the 3D scene inside."""
    scene = scene_of(verdict.result.case, verdict.result, verdict)
    write_atomically(Path(path), report_html(verdict.as_json(), scene, None, verdict=verdict))


def write_files(verdict: Verdict, folder: Path) -> str | None:
    """Write `result.json`, `scene.glb`, `scene.png` and `report.html`.

    Returns
    -------
    None, or why there is no `scene.png` and how to mend it; an older one is taken away, since it would show
    another plan.

    Raises
    ------
    OSError
        When the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    result = verdict.as_json()
    write_atomically(folder / "result.json", stable_json(result))
    scene = thinned(scene_of(verdict.result.case, verdict.result, verdict))
    picture, missing = folder / "scene.png", None
    picture.unlink(missing_ok=True)
    stills = [name for name in STILLS if name in views(scene)]
    job = start_png(scene, picture, also=stills)  # renders in its own process while the rest is written
    glb = scene_glb(scene)
    write_atomically(folder / "scene.glb", glb)
    pictures: dict[str, bytes] = {}
    try:
        pictures = job.finish()
    except RenderError as error:
        missing = str(error)
    png = picture.read_bytes() if missing is None else None
    known = Known(result, language_of(result), verdict, scene, pictures)
    write_atomically(folder / "report.pdf", report_pdf(known, png))
    write_atomically(folder / "report.html", report_html(result, scene, png, glb, verdict=verdict, pictures=pictures))
    return missing
