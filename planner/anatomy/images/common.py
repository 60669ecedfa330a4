"""What the readers share: refusing, bounds that hold before anything is read, silence, packing of masks."""

from __future__ import annotations

import logging
import math
import sqlite3
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.core.errors import InputError, Problem

MAX_VOXELS = 1_500_000_000
"""Above this an image would not fit the memory of a laptop; a header that claims more is wrong or hostile."""
MOST_DEFLATED = 1040
"""No deflate stream (gzip, zlib) grows by more than 1032 : 1; a header that claims more was cut or lies."""
NAME_LENGTH = 64
"""Longest name of a structure that is taken from a file; DICOM's own labels end there."""
SHORT_NAME = 20
DAMAGED = "the file is damaged or incomplete; export or copy it again"


def refused(place: str, got: str, expected: str, way_out: str) -> InputError:
    """Return the error of one bad file."""
    return InputError([Problem(place, got, expected, way_out)])


def check_size(
    place: str, shape: Sequence[int], *, bytes_each: int = 0, held: int | None = None, deflated: bool = True
) -> None:
    """Refuse a header that claims more than an image or its own file can hold, before memory is asked for.

    Parameters
    ----------
    shape : what the header claims.
    bytes_each : of one voxel.
    held : size in bytes of the file; None where it says nothing of the image.
    deflated : whether it may be compressed.

    Raises
    ------
    InputError
    """
    claimed = math.prod(int(n) for n in shape)
    if min(shape, default=0) < 1:
        raise refused(place, f"an image of shape {tuple(shape)}", "at least one voxel each way", DAMAGED)
    if claimed > MAX_VOXELS:
        raise refused(
            place, f"a header that claims {tuple(shape)} voxels", f"at most {MAX_VOXELS:.1g}", "crop the image"
        )
    if held is not None and claimed * bytes_each > held * (MOST_DEFLATED if deflated else 1):
        raise refused(place, f"{held} bytes for {tuple(shape)} voxels", "a whole image", DAMAGED)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' remarks on odd headers off the screen; what matters of them is checked by the readers."""
    loggers = [logging.getLogger(name) for name in ("pydicom", "highdicom", "nibabel.global")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


_BROKEN = (
    ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, LookupError, MemoryError, OSError,
    RuntimeError, TypeError, ValueError, sqlite3.Error, struct.error, zlib.error,
)  # fmt: skip
"""Whatever a parser throws at bytes that are no image; a RuntimeError is also a recursion without end."""


@contextmanager
def dicom_faults(place: str, path: Path, expected: str) -> Iterator[None]:
    """Turn what a library makes of damaged bytes into one input error, without words from inside the file."""
    from pydicom.errors import BytesLengthException, InvalidDicomError  # noqa: PLC0415

    try:
        with quiet():
            yield
    except InputError:
        raise
    except (InvalidDicomError, BytesLengthException, *_BROKEN) as error:
        # The library's own text may quote the file: an identifier is never printed.
        got = f"{short_name(path)}, which cannot be read ({type(error).__name__})"
        raise refused(place, got, expected, DAMAGED) from None


def short_name(path: Path) -> str:
    """Return enough of a file's name to find it; long ones are mostly identifiers."""
    return path.name if len(path.name) <= SHORT_NAME else f"…{path.name[-8:]}"


def clean_name(written: object, otherwise: str) -> str:
    """Return a name from a file as one printable line that names no folder."""
    text = "".join(c if c.isprintable() else " " for c in str(written or "")).replace("/", " ").replace("\\", " ")
    return " ".join(text.split())[:NAME_LENGTH].strip(" .") or otherwise


class Layers:
    """Masks of one grid packed into as few label arrays as their overlaps allow."""

    def __init__(self, shape: tuple[int, ...], highest: int) -> None:
        self.shape = shape
        self.kind = np.min_scalar_type(highest)
        self.arrays: list[NDArray[np.unsignedinteger]] = []
        self.names: list[dict[int, str]] = []

    @property
    def nothing(self) -> NDArray[np.uint8]:
        """A layer of this shape that takes no memory."""
        return np.broadcast_to(np.uint8(0), self.shape)

    def add(self, number: int, name: str, mask: NDArray[np.bool_]) -> None:
        """Put a mask in the first layer where it covers nothing."""
        free = next((n for n, array in enumerate(self.arrays) if not np.any(array, where=mask)), None)
        if free is None:
            free = len(self.arrays)
            self.arrays.append(np.zeros(self.shape, dtype=self.kind))
            self.names.append({})
        np.copyto(self.arrays[free], number, where=mask, casting="unsafe")
        self.names[free][number] = name
