"""`planner doctor`: what works on this machine, and how to mend what does not.

What could end the process it runs in (graphics, display) is tried in a process of its own.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from planner.cli.console import say, working
from planner.core.files import stable_json

_LIBRARIES = (
    ("geometry", "igl", "libigl"),
    ("boolean solids", "manifold3d", "manifold3d"),
    ("surfaces", "skimage", "scikit-image"),
    ("NIfTI", "nibabel", "nibabel"),
    ("units", "pint", "pint"),
    ("3D page", "trimesh", "trimesh"),
    ("pictures", "pyvista", "pyvista"),
    ("slices, fluoroscopy", "PIL", "pillow"),
)


def examine(*, as_json: bool) -> int:
    """Print one line a part; return 0 where all that is needed works, 1 where something is missing."""
    rows = [_library(*row) for row in _LIBRARIES]
    rows += [_rule_book(), _viewer()]
    with working("trying graphics, fonts and PDF"):
        rows += _tried()
    if as_json:
        told = [
            {"part": part, "works": mend is None, "needed": needed, "detail": detail, "mend": mend}
            for part, detail, mend, needed in rows
        ]
        say(stable_json(told).rstrip())
    else:
        machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        say(f"planner {_version('vertebral-planner')}, {machine}")
        width = max(len(part) for part, *_ in rows)
        for part, detail, mend, needed in rows:
            mark = "ok     " if mend is None else "MISSING" if needed else "none   "
            say(f"  {mark}  {part:{width}} {detail}")
            if mend is not None:
                say(f"           mend: {mend}")
    return int(any(mend is not None and needed for _, _, mend, needed in rows))


Row = tuple[str, str, str | None, bool]
"""Part, what was found, how to mend it (None where it works), whether any command needs it."""


def _library(part: str, module: str, distribution: str) -> Row:
    mend = None if find_spec(module) else f"pip install {distribution}"
    return part, f"{distribution} {_version(distribution)}", mend, True


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def _rule_book() -> Row:
    from planner.core.errors import InputError  # noqa: PLC0415
    from planner.protocol.load import load_protocol  # noqa: PLC0415

    try:
        found = load_protocol()
    except (InputError, FileNotFoundError) as error:
        return "rule book", str(error), "pip install --force-reinstall vertebral-planner", True
    return "rule book", f"{found.name} {found.version}, {len(found.rules)} rules", None, True


def _viewer() -> Row:
    from planner.show.threejs import ViewerAssetError, threejs_source  # noqa: PLC0415

    try:
        size = len(threejs_source())
    except ViewerAssetError as error:
        return "interactive page", str(error), "pip install --force-reinstall trimesh", True
    return "interactive page", f"three.js, {size // 1024} kB", None, True


def _tried() -> list[Row]:
    from planner.report.trials import trials  # noqa: PLC0415

    return [(trial.part, trial.detail, trial.mend, trial.needed) for trial in trials()]
