"""Compiles kernels when they are first needed and keeps the machine code in the user's cache.

The cache is named by the content of the kernel's folder. So it works where the package itself is read-only, and a new
version never runs the machine code of an old one: numba alone looks at a file's time and size, which a wheel may
repeat,
and not at the other files a kernel calls into. A kernel therefore calls compiled functions of its own folder only.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from planner.core.cache import cache_folder

Function = Callable[..., Any]
ANNOUNCED_AFTER_S = 2.0
"""Reading machine code from the cache takes less; whoever waits longer is told why."""
WAITING = ("OMP_WAIT_POLICY", "passive")
"""A thread that waits for another sleeps instead of spinning. Where other programs use the cores too, a step of heat
then takes 40 ms instead of 56; alone on the machine there is no difference. A user's own setting stays."""
ONE_AT_A_TIME = threading.RLock()
"""Held while parallel kernels run: one of numba's threading layers ends the process when two threads enter it."""


def kernel(function: Function) -> Function:
    """Compile a function that runs on one core."""
    return _compiled(function, parallel=False)


def parallel_kernel(function: Function) -> Function:
    """Compile a function whose `prange` loops run on all cores."""
    return _compiled(function, parallel=True)


def _compiled(function: Function, *, parallel: bool) -> Function:
    os.environ.setdefault(*WAITING)
    import numba  # noqa: PLC0415 - half a second, and only a solver needs it

    folder = _writable(_folder_hash(Path(function.__code__.co_filename).parent))
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = folder or before
    try:
        # Reordering sums is allowed; NaN and infinity keep their meaning, so that a broken input is seen.
        made = numba.njit(
            cache=folder is not None, parallel=parallel, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
        )(function)
    finally:
        numba.config.CACHE_DIR = before
    return cast(Function, made)


@cache
def _folder_hash(folder: Path) -> str:
    """Return the name of the cache of a folder of kernels: what they are and what compiles them."""
    import numba  # noqa: PLC0415

    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in [*sorted(folder.glob("*.py")), Path(__file__)]:
        digest.update(path.name.encode() + path.read_bytes())
    return f"kernels-{digest.hexdigest()[:24]}"


@cache
def _writable(name: str) -> str | None:
    """Return a folder for machine code that can be written to, or None: then it is compiled in each process."""
    stated = os.environ.get("NUMBA_CACHE_DIR", "")
    user = f"planner-{os.getuid()}" if hasattr(os, "getuid") else "planner"
    for base in ([Path(stated)] if stated else []) + [cache_folder(), Path(tempfile.gettempdir()) / user]:
        try:
            (base / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=base / name):
                return str(base / name)
        except OSError:
            continue
    return None


@contextmanager
def on_cores(count: int | None) -> Iterator[None]:
    """Run kernels on so many cores; None leaves it as it is."""
    import numba  # noqa: PLC0415 - half a second, and only a solver needs it

    before = numba.get_num_threads()
    numba.set_num_threads(before if count is None else min(count, before))
    try:
        yield
    finally:
        numba.set_num_threads(before)


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Say once on stderr that `what` is being compiled, when it takes longer than reading it from the cache."""
    started = time.perf_counter()

    def tell() -> None:
        sys.stderr.write(f"compiling {what}, once on this machine …\n")
        sys.stderr.flush()

    timer = threading.Timer(ANNOUNCED_AFTER_S, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        taken = time.perf_counter() - started
        if taken > ANNOUNCED_AFTER_S:
            sys.stderr.write(f"compiled {what} in {taken:.0f} s\n")
