"""What this machine can draw and print, each tried in a process of its own: a missing library may end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from planner.show.fonts import MEND as FONT_MEND
from planner.show.libraries import MEND as GL_MEND
from planner.show.libraries import missing_libraries

TIMEOUT_S = 60.0
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader")
"""Names by which renderers without a GPU go."""


@dataclass(frozen=True)
class Trial:
    """One part of the machine.

    Attributes
    ----------
    detail : what was found.
    mend : the line to type or what to do; None where it works.
    needed : False where everything works without it.
    """

    part: str
    detail: str
    mend: str | None = None
    needed: bool = True


def trials() -> list[Trial]:
    """Try display, OpenGL, GPU, fonts and PDF."""
    return [_display(), *_graphics(), _fonts(), _pdf()]


def _display() -> Trial:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.platform.startswith("linux"):
        mend = "none needed: name a file, planner show PLAN --png scene.png --html scene.html"
        return Trial("display", "none; windows cannot open, files can be written", mend, needed=False)
    code = "import tkinter; tkinter.Tk().destroy()" if _has("tkinter") else "pass"
    failed, _ = _run(code)
    if failed:
        return Trial("display", f"named but does not answer ({failed})", "unset DISPLAY, or start it", needed=False)
    return Trial("display", os.environ.get("DISPLAY") or "present")


def _graphics() -> list[Trial]:
    from planner.show.png import probe_rendering  # noqa: PLC0415

    problem = probe_rendering()
    if problem is not None:
        lost = ", ".join(missing_libraries()) or "no library is known to be missing"
        gpu = Trial("GPU", "not asked, since nothing renders", GL_MEND, needed=False)
        return [Trial("rendering", f"{problem} ({lost})", GL_MEND), gpu]
    failed, said = _run(_RENDERER, no_display=True)
    name = "" if failed else said.strip()
    if not name or any(word in name.lower() for word in SOFTWARE):
        mend = "none needed: pictures take seconds instead of tenths"
        gpu = Trial("GPU", f"none; the processor renders ({name or 'renderer unknown'})", mend, needed=False)
    else:
        gpu = Trial("GPU", name)
    return [Trial("rendering", "off-screen pictures work"), gpu]


_RENDERER = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow
w = vtkRenderWindow(); w.SetOffScreenRendering(1); w.SetSize(8, 8); w.Render()
print(next((l.split(":", 1)[1].strip() for l in w.ReportCapabilities().splitlines() if "renderer string" in l), ""))
"""


def _fonts() -> Trial:
    failed, said = _run("from planner.show.fonts import subset_ttf\nprint(len(subset_ttf('脊椎')))", quiet=False)
    if failed:
        return Trial("fonts", f"Latin and Chinese for PDF and pages: {failed}", FONT_MEND)
    return Trial("fonts", f"Noto Sans SC, Latin and Chinese ({int(said)} bytes tried)")


def _pdf() -> Trial:
    code = (
        "import json, sys\nfrom planner.report.printed import report_pdf\nfrom planner.report.sections import Known\n"
        "print(len(report_pdf(Known(json.loads(sys.argv[1])))))"
    )
    failed, said = _run(code, json.dumps({"verdict": "incomplete", "findings": []}), quiet=False)
    if failed:
        return Trial("PDF", failed, "pip install reportlab pillow fonttools pylopdf-fonts-zh-cn==0.1.1")
    return Trial("PDF", f"one page written, {int(said)} bytes")


def _has(module: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415

    return find_spec(module) is not None


def _run(code: str, *arguments: str, no_display: bool = False, quiet: bool = True) -> tuple[str | None, str]:
    """Run a few lines; what went wrong in words (None when nothing did), and what they printed."""
    environment = dict(os.environ)
    if no_display and not environment.get("DISPLAY"):
        environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    try:
        done = subprocess.run(  # noqa: S603  # own interpreter, own lines
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"did not end within {TIMEOUT_S:.0f} s", ""
    if done.returncode == 0:
        return None, done.stdout
    last = (done.stderr.strip().splitlines() or [""])[-1]
    ended = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"stopped with code {done.returncode}"
    return ended if quiet or not last else f"{ended}: {last}", done.stdout
