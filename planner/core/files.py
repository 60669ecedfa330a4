"""Writing that leaves nothing half-written, and hashing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from planner.core.errors import Problem


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write to a temporary name beside `path`, then rename, so that a reader never sees a torso."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folder_problem(folder: Path) -> Problem | None:
    """Return what stops `folder` from being written to, without making it; None where nothing does."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        return Problem("--out", str(folder), "a folder", f"{nearest} is a file; name another folder")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return None
    except OSError as error:
        return Problem("--out", str(folder), "a folder that can be written to", f"{error.strerror}: {nearest}")


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def stable_json(value: Any, *, indent: int | None = 2) -> str:
    """Return JSON with a fixed order of keys and no NaN: same content, same bytes."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, sort_keys=False) + "\n"


def csv_text(header: Sequence[str], columns: Iterable[Iterable[float]], decimals: int) -> str:
    """Return columns as comma-separated rows below a header that names their units."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([f"{value:.{decimals}f}" for value in row] for row in zip(*columns, strict=True))
    return stream.getvalue()


def content_hash(value: Any) -> str:
    """Return the hex SHA-256 of a value's JSON, independent of the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
