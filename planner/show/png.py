"""Scene → PNG, rendered in a process of its own.

Where graphics libraries are missing VTK does not raise, it ends the process with SIGSEGV. So the parent
never imports it: it hands the scene to `python -m planner.show.worker` and reads the outcome.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from planner.show.libraries import RenderError, missing_libraries
from planner.show.scene import Scene
from planner.show.serial import save_scene

TIMEOUT_S = 120.0
"""A software-rendered frame takes 1 to 5 s; a worker that needs longer hangs."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"


class RenderJob:
    """A picture on its way; `finish` waits for it, `cancel` gives it up. Also a context manager that cancels."""

    def __init__(self, scene: Scene, path: Path, size: tuple[int, int], also: Sequence[str] = ()) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._folder = tempfile.TemporaryDirectory(prefix="planner-show-")
        self._deadline = time.monotonic() + TIMEOUT_S
        try:
            source = Path(self._folder.name) / "scene.npz"
            save_scene(scene, source)
            self._also = {name: source.with_name(f"{name}.png") for name in also}
            more = [word for name, file in self._also.items() for word in (name, str(file))]
            self._process = _spawn([str(source), str(self._part), str(size[0]), str(size[1]), *more])
        except BaseException:
            self._folder.cleanup()
            raise

    def finish(self) -> dict[str, bytes]:
        """Wait for the worker and put the picture in its place; returns the pictures of the other views.

        Raises
        ------
        RenderError
            The worker died, took longer than 120 s or left no complete picture; no file is left then.
        """
        try:
            failed = _outcome(self._process, self._deadline)
            if failed is None and not _complete(self._part):
                failed = "the rendering worker left no complete picture"
            if failed is not None:
                raise RenderError(f"The 3D picture {self._path.name} was not made: {failed}.", missing_libraries())
            self._part.replace(self._path)
            return {name: file.read_bytes() for name, file in self._also.items() if _complete(file)}
        finally:
            self.cancel()

    def cancel(self) -> None:
        """End the worker if it still runs, and remove what it left."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._part.unlink(missing_ok=True)
        self._folder.cleanup()

    def __enter__(self) -> RenderJob:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()


def start_png(
    scene: Scene, path: str | Path, size: tuple[int, int] = (1600, 1200), also: Sequence[str] = ()
) -> RenderJob:
    """Begin to render; the caller writes other files meanwhile and then calls `finish`.

    Parameters
    ----------
    scene : what is to be seen.
    path : where the PNG goes; its folder exists.
    size : width and height, pixels.
    also : names of other views of which `finish` returns smaller pictures.
    """
    return RenderJob(scene, Path(path), size, also)


def render_png(scene: Scene, path: str | Path, size: tuple[int, int] = (1600, 1200)) -> None:
    """Render the scene and wait for it.

    Parameters
    ----------
    scene : what is to be seen.
    path : where the PNG goes; written under a temporary name and renamed.
    size : width and height, pixels.

    Raises
    ------
    RenderError
        Rendering failed; tells what is missing and how to mend it. No file is left.
    """
    start_png(scene, path, size).finish()


def probe_rendering() -> str | None:
    """Try to render a few pixels; None when it works, else what is missing and how to mend it."""
    process = _spawn(["--probe"])
    try:
        failed = _outcome(process, time.monotonic() + TIMEOUT_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()
    return None if failed is None else str(RenderError(f"3D pictures cannot be made: {failed}.", missing_libraries()))


def _worker_command() -> list[str]:
    """How the worker is started; tests put a dying one here."""
    return [sys.executable, "-m", "planner.show.worker"]


def _spawn(arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and not environment.get("DISPLAY"):
        # Without a display VTK would try X11 first, and say so; an explicit choice of the user stays.
        environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    return subprocess.Popen(  # noqa: S603  # own interpreter, own module
        [*_worker_command(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )


def _outcome(process: subprocess.Popen[bytes], deadline: float) -> str | None:
    """Wait; None when the worker ended well, else what happened in words."""
    try:
        _, said = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return f"the rendering worker did not end within {TIMEOUT_S:.0f} s"
    if process.returncode == 0:
        return None
    if process.returncode < 0:
        try:
            name = signal.Signals(-process.returncode).name
        except ValueError:
            name = f"signal {-process.returncode}"
        return f"the rendering worker was ended by {name}"
    words = said.decode(errors="replace").strip().splitlines()
    return f"the rendering worker stopped with code {process.returncode}" + (f" ({words[-1]})" if words else "")


def _complete(path: Path) -> bool:
    """Whether a PNG is there from its first byte to its last."""
    if not path.is_file():
        return False
    data = path.read_bytes()
    return data.startswith(PNG_SIGNATURE) and data.endswith(PNG_END)
