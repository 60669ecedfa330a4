"""`planner doctor`: what works on this machine, and how to mend what does not."""

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
)


def examine(*, as_json: bool) -> int:
    """Print one line a part; return 0 where all works, 1 where something is missing."""
    rows = [_library(*row) for row in _LIBRARIES]
    rows += [_rule_book(), _viewer(), _rendering()]
    if as_json:
        say(
            stable_json(
                [{"part": part, "works": mend is None, "detail": detail, "mend": mend} for part, detail, mend in rows]
            ).rstrip()
        )
    else:
        machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        say(f"planner {_version('vertebral-planner')}, {machine}")
        for part, detail, mend in rows:
            say(f"  {'ok     ' if mend is None else 'MISSING'}  {part:16} {detail}")
            if mend is not None:
                say(f"           mend: {mend}")
    return int(any(mend is not None for _, _, mend in rows))


Row = tuple[str, str, str | None]


def _library(part: str, module: str, distribution: str) -> Row:
    mend = None if find_spec(module) else f"pip install {distribution}"
    return part, f"{distribution} {_version(distribution)}", mend


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
        return "rule book", str(error), "pip install --force-reinstall vertebral-planner"
    return "rule book", f"{found.name} {found.version}, {len(found.rules)} rules", None


def _viewer() -> Row:
    from planner.show.threejs import ViewerAssetError, threejs_source  # noqa: PLC0415

    try:
        size = len(threejs_source())
    except ViewerAssetError as error:
        return "interactive page", str(error), "pip install --force-reinstall trimesh"
    return "interactive page", f"three.js, {size // 1024} kB", None


def _rendering() -> Row:
    from planner.show.libraries import MEND  # noqa: PLC0415
    from planner.show.png import probe_rendering  # noqa: PLC0415

    with working("trying to render"):
        problem = probe_rendering()
    return "rendering", problem or "off-screen pictures work", None if problem is None else MEND
