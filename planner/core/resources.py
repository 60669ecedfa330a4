"""The one way to the data that travels with the package, installed or not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def data_folder(name: str) -> Path:
    """Return the folder ``protocols`` or ``meshes``: inside the wheel, or beside the source tree.

    Raises
    ------
    FileNotFoundError
        When neither is there, which means a broken installation.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the packaged folder {name!r} is missing; reinstall vertebral-planner")
