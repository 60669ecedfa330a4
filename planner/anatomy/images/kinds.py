"""Which reader a file needs, told by its first bytes; its ending only where these say nothing."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Literal

from planner.anatomy.images.common import refused

Kind = Literal["dicom", "itk", "nifti"]
_NIFTI_MAGIC = (b"n+1\0", b"ni1\0")
_NIFTI2_MAGIC = (b"n+2\0", b"ni2\0")
_PROGRAMS = {b"MZ": "a Windows program", b"\x7fELF": "a Linux program", b"#!": "a script", b"PK\x03\x04": "an archive"}
_META_IMAGE = re.compile(rb"\s*(ObjectType|NDims|Comment|ObjectSubType|BinaryData)\s*=", re.IGNORECASE)


def kind_of(path: Path, *, place: str) -> Kind:
    """Return the reader's name.

    Raises
    ------
    InputError
        No such file, an unreadable one, or a program or archive under an image's name.
    """
    if path.is_dir():
        return "nifti" if path.name.lower().endswith((".nii", ".nii.gz")) else "dicom"
    if not path.is_file():
        way_out = "check the path; it is taken relative to the plan file"
        raise refused(place, f"{path} (no such file)", "an image file or a folder of DICOM slices", way_out)
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise refused(place, f"{path.name}: {error.strerror}", "a readable file", "check its permissions") from None
    for magic, what in _PROGRAMS.items():
        if head.startswith(magic):
            got, way_out = f"{path.name}, {what} by its first bytes", "do not open it; ask where it came from"
            raise refused(place, got, "an image file", way_out)
    return _by_bytes(head) or _by_ending(path)


def _by_bytes(head: bytes) -> Kind | None:
    if is_dicom(head):
        return "dicom"
    if head.startswith(b"NRRD000") or _META_IMAGE.match(head):
        return "itk"
    plain = _inflated(head) if head.startswith(b"\x1f\x8b") else head
    return "nifti" if plain[344:348] in _NIFTI_MAGIC or plain[4:8] in _NIFTI2_MAGIC else None


def is_dicom(head: bytes) -> bool:
    """Tell whether a file's first bytes are DICOM's: the magic word, or a group that a bare dataset begins with."""
    return head[128:132] == b"DICM" or head[:4] in (b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS).decompress(head, 512)
    except zlib.error:
        return b""


def _by_ending(path: Path) -> Kind:
    name = path.name.lower()
    if name.endswith((".nrrd", ".nhdr", ".mha", ".mhd")):
        return "itk"
    return "dicom" if name.endswith((".dcm", ".dicom", ".ima")) else "nifti"
