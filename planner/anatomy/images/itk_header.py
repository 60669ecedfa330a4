"""A look at the text of a NRRD or MetaImage header before ITK sees it: what ITK would guess, follow or trip over."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from planner.anatomy.images.common import DAMAGED, refused

_HEADER_BYTES = 1_000_000
"""A header longer than this is none."""
_CHUNK = 1 << 22
_LONGEST_FIELD = 400
"""Longer field lines overrun the buffer in which ITK's NRRD reader words its errors; honest ones stay below 200."""
_LONGEST_VALUE = 250
"""Longer values of MetaImage's own keys overrun theirs."""
_FIRST = ("ObjectType", "NDims", "Comment", "ObjectSubType", "BinaryData")
_THREE, _NINE = (rf"\S{{1,40}}(\s+\S{{1,40}}){{{n}}}" for n in (2, 8))
_SIZES = r"[\d.]\S{0,40}(\s+[\d.]\S{0,40}){2}"
_META_VALUES = {
    "NDims": "3", "ElementType": r"MET_[A-Z_]{1,20}", "ElementNumberOfChannels": r"\d{1,3}", "HeaderSize": r"-1|0",
    "CompressedDataSize": r"\d{1,12}", "DimSize": r"\d{1,9}(\s+\d{1,9}){2}", "TransformMatrix": _NINE,
    "Orientation": _NINE, "Rotation": _NINE, "ElementSpacing": _SIZES, "ElementSize": _SIZES, "Offset": _THREE,
    "Origin": _THREE, "Position": _THREE, "CenterOfRotation": _THREE,
}  # fmt: skip
"""What MetaImage's own keys may hold in three dimensions; ITK's reader writes past its arrays at other counts."""
_COUNTED = (_META_VALUES["DimSize"], _THREE, _NINE, _SIZES)


@dataclass(frozen=True)
class Voxels:
    """Where they are: the file, whether its header is NRRD's, whether they are compressed, from which byte on."""

    file: Path
    nrrd: bool
    deflated: bool
    start: int = 0


def look_at_header(path: Path, place: str) -> Voxels:
    """See that left and right are stated and that the voxels lie in this file or beside it.

    Raises
    ------
    InputError
    """
    with path.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    return _look_at_nrrd(head, path, place) if head.startswith(b"NRRD") else _look_at_meta(head, path, place)


def _look_at_nrrd(head: bytes, path: Path, place: str) -> Voxels:
    text = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0].decode("latin-1")
    fields: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", text):
        field, between, value = line.partition(":")
        owned = value.startswith("=") and between  # a pair of the program that wrote it, of any length
        if not line.startswith("#") and len(field if owned else line) > _LONGEST_FIELD:
            raise refused(place, f"{path.name} with a header line of {len(line)} letters", "a NRRD header", DAMAGED)
        if not owned:
            fields[field.strip().lower()] = value.strip()
    units = set(re.findall(r'"([^"]*)"', fields.get("space units", ""))) - {"mm", "", "millimeter", "millimetre"}
    if units:
        raise refused(place, f"space units {', '.join(sorted(units))[:40]}", "mm", "export the image in mm")
    apart = fields.get("data file", fields.get("datafile"))
    return Voxels(_data_file(path, apart, place), True, fields.get("encoding", "").lower() != "raw")


def _look_at_meta(head: bytes, path: Path, place: str) -> Voxels:
    found = re.search(rb"ElementDataFile\s*=\s*([^\r\n]*)\r?\n?", head)
    text = (head[: found.end()] if found else head).decode("latin-1")
    fields = _meta_fields(text, path, place)
    if not fields.keys() & {"TransformMatrix", "Orientation", "Rotation"}:
        got, way_out = "a MetaImage without TransformMatrix", "export it with its orientation; it is never guessed"
        raise refused(place, got, "a stated orientation", way_out)
    deflated = fields.get("CompressedData", "").upper().startswith("T")
    apart = found[1].decode("latin-1").strip() if found else ""
    local = apart.upper() == "LOCAL"
    data, start = (path, found.end() if found else 0) if local else (_data_file(path, apart, place), 0)
    stated = int(fields.get("CompressedDataSize", 0))
    if deflated and stated != data.stat().st_size - start:
        got = f"{data.name} with {data.stat().st_size - start} bytes of {stated}"
        raise refused(place, got, "a whole MetaImage file", DAMAGED)
    return Voxels(data, False, deflated, start)


def _meta_fields(text: str, path: Path, place: str) -> dict[str, str]:
    """Return key → value, each seen to be what ITK can hold."""
    fields: dict[str, str] = {}
    for line in filter(None, re.split(r"[\r\n]+", text)):
        key, equals, value = (part.strip() for part in line.partition("="))
        # The others are words of the writing program; all but comments go into buffers of ITK.
        allowed = _META_VALUES.get(key, rf".{{0,{_LONGEST_VALUE}}}" if key != "Comment" else ".*")
        sound = (
            equals
            and re.fullmatch(r"[A-Za-z0-9_ .|-]{1,100}", key)
            and re.fullmatch(allowed, value)
            and key not in fields
        )
        if not sound or not line.isprintable() or (not fields and key not in _FIRST):
            raise refused(
                place, f"{path.name} with a broken header line", "a MetaImage header of 3 dimensions", DAMAGED
            )
        fields[key] = value
    if not {"NDims", "DimSize", "ElementType"} <= fields.keys():
        raise refused(place, f"{path.name} with an incomplete header", "a MetaImage header", DAMAGED)
    counted = [n for n, key in enumerate(fields) if _META_VALUES.get(key) in _COUNTED]
    if list(fields).index("NDims") > min(counted):
        raise refused(place, f"{path.name} with NDims behind what it counts", "a MetaImage header", DAMAGED)
    return fields


def _data_file(path: Path, apart: str | None, place: str) -> Path:
    """Return the file of the voxels; a header must not lead out of its own folder."""
    if apart is None:
        return path
    data = path.parent / apart
    if not apart or "LIST" in apart.upper().split() or "%" in apart:
        raise refused(place, "a header without one data file", "one data file", "save it as one file")
    beside = not Path(apart).is_absolute() and ".." not in Path(apart).parts
    if not beside or not data.resolve().is_relative_to(path.parent.resolve()):
        raise refused(place, "a header whose voxels lie in another folder", "a file beside it", "save it as one file")
    if not data.is_file():
        raise refused(place, f"{path.name} without its data file", "header and data together", "save it as one file")
    return data


def check_inflated(voxels: Voxels, claimed: int, place: str) -> None:
    """See that a compressed MetaImage is whole: ITK takes what is left of a cut one for the image.

    Raises
    ------
    InputError
    """
    engine, grown = zlib.decompressobj(), 0
    with voxels.file.open("rb") as stream:
        stream.seek(voxels.start)
        while grown <= claimed and not engine.eof and (part := engine.unconsumed_tail or stream.read(_CHUNK)):
            grown += len(engine.decompress(part, _CHUNK))
    if not engine.eof or grown != claimed:
        raise refused(place, f"{voxels.file.name} whose compressed voxels are cut", "a whole MetaImage file", DAMAGED)
