"""Opening DICOM files by pydicom: only real ones, only as much as is needed, never without bound."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planner.anatomy.images.common import DAMAGED, dicom_faults, refused, short_name
from planner.anatomy.images.kinds import is_dicom

MAX_FILES = 20_000
"""More than any CD holds."""
MAX_SIDE = 8192
"""Rows or columns; eight times what CT scanners make."""
MAX_INFLATED = 1 << 29
"""Bytes to which a deflated dataset may grow."""
CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_BY_MODALITY = {"CT": CT, "SEG": SEGMENTATIONS[0], "RTSTRUCT": STRUCTURE_SET}
_DEFLATED = "1.2.840.10008.1.2.1.99"
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04")


def files_under(folder: Path, place: str) -> list[Path]:
    """Return every file in a folder and those below it; links are not followed.

    Raises
    ------
    InputError
        More files than :data:`MAX_FILES`.
    """
    found: list[Path] = []
    for where, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(where, name) for name in sorted(names) if not Path(where, name).is_symlink()]
        if len(found) > MAX_FILES:
            got, way_out = f"a folder with more than {MAX_FILES} files", "name the folder of the one series"
            raise refused(place, got, "a folder with a CT series", way_out)
    return found


def open_header(path: Path, place: str) -> Any | None:
    """Return a file's dataset without its pixels; None for a file that is no DICOM.

    Raises
    ------
    InputError
        Damaged, or a program behind DICOM's magic word.
    """
    import pydicom  # noqa: PLC0415 - a fifth of a second, paid only where DICOM is read

    with dicom_faults(place, path, "a whole DICOM file"):
        with path.open("rb") as stream:
            head = stream.read(512)
        if not is_dicom(head):
            return None
        if head.startswith(_PROGRAMS):
            got, way_out = (
                f"{short_name(path)} with a program in its preamble",
                "do not open it; ask where it came from",
            )
            raise refused(place, got, "a DICOM image", way_out)
        if _DEFLATED.encode() in head:
            _check_inflated(path, place)
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        str(dataset.get("SOPClassUID"))  # values are parsed when asked for
    return dataset


def class_of(dataset: Any) -> str:
    """Return what a dataset says it is; anonymisers empty one place or the other."""
    stated = dataset.get("SOPClassUID") or getattr(dataset, "file_meta", {}).get("MediaStorageSOPClassUID")
    return str(stated or _BY_MODALITY.get(str(dataset.get("Modality") or ""), ""))


def _check_inflated(path: Path, place: str) -> None:
    """Inflate a deflated dataset without keeping it, to see that it is no bomb."""
    from pydicom.filereader import read_file_meta_info  # noqa: PLC0415

    start = 132 + 12 + int(read_file_meta_info(path).FileMetaInformationGroupLength)
    engine, grown = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest = path.read_bytes()[start:]
    while rest and not engine.eof:
        grown += len(engine.decompress(rest, 1 << 24))
        rest = engine.unconsumed_tail
        if grown > MAX_INFLATED:
            raise refused(place, f"{short_name(path)}, which inflates without end", "an image of its size", DAMAGED)


def frames_of(path: Path, indices: list[int]) -> Iterator[Any]:
    """Decode frames of one file, one at a time, whatever their compression."""
    import pydicom  # noqa: PLC0415
    from pydicom.pixels import iter_pixels  # noqa: PLC0415

    with path.open("rb") as stream:
        head = stream.read(512)
    if head[128:132] != b"DICM":
        source: Any = pydicom.dcmread(path, force=True)
        source.file_meta = pydicom.dataset.FileMetaDataset()
        implicit = source.original_encoding[0]
        source.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
    else:  # only a whole dataset is ever inflated
        source = pydicom.dcmread(path) if _DEFLATED.encode() in head else path
    yield from iter_pixels(source, indices=indices, raw=True)
