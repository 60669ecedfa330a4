"""Arrays that are dear to make, kept on disk by the hash of what they were made from."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import metadata, util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.core.files import write_atomically

VERSION = "1"
"""Part of every key; a change of how anything cached is computed raises it."""


def cache_folder() -> Path:
    """Return the user's folder for `planner`, under ``XDG_CACHE_HOME`` or ``~/.cache``; it may not exist."""
    stated = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(stated) if stated and Path(stated).is_absolute() else Path.home() / ".cache"
    return base / "planner"


def key_of(kind: str, *parts: NDArray[np.generic] | str | float) -> str:
    """Return the key of an array of this kind made from these parts, by their content."""
    digest = hashlib.sha256(f"{kind} {VERSION}".encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"|{part.dtype.str}{part.shape}|".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(f"|{part!r}|".encode())
    return f"{kind}-{digest.hexdigest()[:40]}"


@cache
def code_of(*names: str) -> str:
    """Return a digest of the source of modules: part of a key, so that a changed program finds nothing of the old.

    Parameters
    ----------
    names : of modules of this package, `planner.…`, or of installed distributions, which count by their version.
    """
    digest = hashlib.sha256()
    for name in names:
        spec = util.find_spec(name) if name.startswith("planner.") else None
        source = Path(spec.origin).read_bytes() if spec and spec.origin else metadata.version(name).encode()
        digest.update(f"|{name}|{len(source)}|".encode() + source)
    return digest.hexdigest()


_unused: ContextVar[bool] = ContextVar("_unused", default=False)


@contextmanager
def without_cache() -> Iterator[None]:
    """Make everything anew inside, and keep nothing: a proof of the program must not rest on what it once computed."""
    token = _unused.set(True)
    try:
        yield
    finally:
        _unused.reset(token)


def cached_arrays(key: str, make: Callable[[], Mapping[str, NDArray[np.generic]]]) -> dict[str, NDArray[np.generic]]:
    """Return arrays from the cache, or make and keep them. A folder that cannot be used costs only time."""
    if _unused.get():
        return dict(make())
    path: Path | None = None
    try:
        path = cache_folder() / f"{key}.npz"
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except Exception:  # noqa: BLE001, S110 - absent, damaged or forbidden: it is made again
        pass
    made = dict(make())
    if path is not None:
        stream = io.BytesIO()
        np.savez(stream, **made)  # type: ignore[arg-type]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, stream.getvalue())
        except OSError:
            pass
    return made
