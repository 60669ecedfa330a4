"""What VTK needs from the operating system, and the line that brings it."""

from __future__ import annotations

import ctypes
import sys
from glob import glob

MEND = "apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri"
"""Enough on a bare Debian or Ubuntu: EGL and Mesa's software renderer, no X server."""

_LOADED_BY_NAME = ("libEGL.so.1", "libEGL_mesa.so.0")
_DRIVERS = (
    "/usr/lib/*/dri/swrast_dri.so",
    "/usr/lib/dri/swrast_dri.so",
    "/usr/lib*/dri/swrast_dri.so",
    "/usr/lib/*/libgallium*",
)


class RenderError(RuntimeError):
    """The 3D picture could not be made; everything else still can.

    Attributes
    ----------
    missing : libraries that were not found, in words; empty where none is known to be missing.
    mend : the line to type.
    """

    def __init__(self, what: str, missing: tuple[str, ...] = (), mend: str = MEND) -> None:
        self.missing = missing
        self.mend = mend
        lacking = f" Missing: {', '.join(missing)}." if missing else " No graphics library is known to be missing."
        super().__init__(f"{what}{lacking} Mend: {mend}")


def missing_libraries() -> tuple[str, ...]:
    """Graphics libraries that a dlopen does not find; always empty outside Linux, where VTK brings its own way."""
    if not sys.platform.startswith("linux"):
        return ()
    lost = tuple(name for name in _LOADED_BY_NAME if not _loads(name))
    if not any(glob(pattern) for pattern in _DRIVERS):  # noqa: PTH207  # absolute patterns, which Path.glob refuses
        lost += ("Mesa's software driver (swrast_dri.so)",)
    return lost


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
