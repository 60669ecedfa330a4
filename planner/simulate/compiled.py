"""Compiles kernels when they are first needed, keeps the machine code in the user's cache, and runs them on all cores.

The cache is named by the content of the kernel's folder. So it works where the package itself is read-only, and a new
version never runs the machine code of an old one: numba alone looks at a file's time and size, which a wheel may
repeat, and not at the other files a kernel calls into. A kernel therefore calls compiled functions of its own folder
only.

Cores share a kernel's planes out among Python's own threads, outside the interpreter's lock: numba's own parallel loops
take three times as long to compile, spin while they wait, and end the process when two threads or a fork meet them.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial, update_wrapper
from pathlib import Path
from typing import Any, cast, overload

from planner.core.cache import cache_folder

Function = Callable[..., Any]
ANNOUNCED_AFTER_S = 2.0
"""Whoever waits longer is told why."""
PIECES = 4
"""Pieces of a kernel's planes for each core: whoever has time takes the next, so that a core that others use too does
less."""


def kernel(function: Function) -> Function:
    """Compile a function that runs on one core."""
    return _compiled(function)


def first_axis(field: Any, *_: Any) -> int:
    """Count the planes of the first argument."""
    return int(field.shape[0])


@overload
def parallel_kernel(function: Function) -> Divided: ...


@overload
def parallel_kernel(*, planes: Callable[..., int]) -> Callable[[Function], Divided]: ...


def parallel_kernel(
    function: Function | None = None, *, planes: Callable[..., int] = first_axis
) -> Divided | Callable[[Function], Divided]:
    """Compile a function `(begin, end, …)` of some planes; a call without these two runs all of them on all cores.

    Parameters
    ----------
    planes : how many there are, from the arguments of a call. None may need what another one writes, nor add to what
        another adds to: the result would depend on who came first.
    """
    return partial(Divided, planes=planes) if function is None else Divided(function, planes)


class Divided:
    """A compiled function whose planes cores share out."""

    def __init__(self, function: Function, planes: Callable[..., int]) -> None:
        self.one_core, self.planes = _compiled(function), planes
        update_wrapper(self, function)

    def __call__(self, *args: Any) -> None:
        """Run all planes."""
        count, cores = self.planes(*args), cores_in_use()
        if cores == 1 or count < cores:
            self.one_core(0, count, *args)
            return
        pieces = min(PIECES * cores, count)
        rest = iter(range(pieces))

        def work() -> None:
            for n in rest:
                self.one_core(n * count // pieces, (n + 1) * count // pieces, *args)

        helping = [_helpers().submit(work) for _ in range(cores - 1)]
        try:
            work()
        finally:
            for one in helping:
                one.result()


def _compiled(function: Function) -> Function:
    import numba  # noqa: PLC0415 - half a second, and only a solver needs it

    folder = _writable(_folder_hash(Path(function.__code__.co_filename).parent))
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = folder or before
    try:
        # Reordering sums is allowed; NaN and infinity keep their meaning, so that a broken input is seen.
        made = numba.njit(
            cache=folder is not None, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
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


_most: ContextVar[int | None] = ContextVar("_most", default=None)


@contextmanager
def on_cores(count: int | None) -> Iterator[None]:
    """Run kernels of this thread on at most so many cores; None leaves it as it is."""
    before = _most.get()
    token = _most.set(before if count is None or (before is not None and before < count) else count)
    try:
        yield
    finally:
        _most.reset(token)


def cores_in_use() -> int:
    """Return on how many cores kernels of this thread run now."""
    most = _most.get()
    return _cores() if most is None else min(most, _cores())


@cache
def _cores() -> int:
    """Return how many there are for this process, or what `NUMBA_NUM_THREADS` says."""
    import numba  # noqa: PLC0415 - half a second, and only a solver needs it

    return int(numba.config.NUMBA_NUM_THREADS)


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(_cores() - 1, 1), "planner-kernel")


if hasattr(os, "register_at_fork"):  # threads do not come along into a fork
    os.register_at_fork(after_in_child=_helpers.cache_clear)


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Say once on stderr that `what` is being compiled, when that takes long; reading it from the cache is not told."""
    from numba.core.event import install_recorder  # noqa: PLC0415 - half a second

    started = time.perf_counter()
    with install_recorder("numba:compile") as compiling:

        def tell() -> None:
            if compiling.buffer:
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
            if taken > ANNOUNCED_AFTER_S and compiling.buffer:
                sys.stderr.write(f"compiled {what} in {taken:.0f} s\n")
