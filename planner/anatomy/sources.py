"""The labelled images a plan names, in any format, and the structure each number of each layer stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.anatomy.labels import is_known, structure_name, table_of
from planner.anatomy.mask_folder import read_masks
from planner.anatomy.reading import Reading
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.stored import stored_layers
from planner.anatomy.volume import Volume
from planner.core.errors import InputError

SOME = 5
"""Examples that a warning gives."""


@dataclass(frozen=True, eq=False)
class Source:
    """One layer of labels.

    Attributes
    ----------
    at : where the plan names it.
    volume : its labels.
    names : number → structure name, of the numbers that are there.
    """

    at: str
    volume: Volume
    names: dict[int, str]


def read_sources(spec: AnatomySpec, reading: Reading) -> tuple[list[Source], bool]:
    """Read every label map, segmentation, structure set and folder of masks.

    Returns
    -------
    The layers that could be read, and whether that was all; what could not stands in the problems of `reading`.
    """
    found: list[Source] = []
    whole = True
    for at, file, labels in _files(spec):
        try:
            layers = stored_layers(reading.folder / file, place=at, ct=reading.ct)
        except InputError as error:
            reading.problems.extend(error.problems)
            whole = False
            continue
        reading.note(at, layers[0])
        for layer in layers:
            names = _names(layer, labels, at, reading)
            if names is None:
                where = "$.anatomy" if isinstance(spec.labelmap, str) else at
                way_out = "name the table, for example `labels: totalsegmentator`, or give a mapping"
                reading.problems.add(where, "a label map without `labels` or names of its own", "`labels`", way_out)
                whole = False
                break
            found.append(Source(at, layer, names))
    if spec.folder is not None:
        masks = read_masks(reading.folder / spec.folder, reading)
        found += [Source("$.anatomy.folder", mask, mask.names or {}) for mask in masks]
        whole &= bool(masks)
    return found, whole


Labels = str | dict[int, str] | dict[str, str] | None


def _files(spec: AnatomySpec) -> Iterator[tuple[str, str, Labels]]:
    """Give place, file and labels of each."""
    by_name = isinstance(spec.labels, dict) and any(isinstance(key, str) for key in spec.labels)
    for index, entry in enumerate(spec.entries):
        at = "$.anatomy.labelmap" + ("" if isinstance(spec.labelmap, str) else f"[{index}].file")
        yield at, entry.file, entry.labels
    for key in ("dicom_seg", "rtstruct"):
        file = getattr(spec, key)
        if file is not None:
            yield f"$.anatomy.{key}", file, spec.labels if by_name or not isinstance(spec.labelmap, str) else None


def _names(layer: Volume, labels: Labels, at: str, reading: Reading) -> dict[int, str] | None:
    """Return number → structure of the labels that are there; None where nothing names them."""
    present = list(layer.boxes)
    own = layer.names
    if isinstance(labels, dict) and any(isinstance(key, str) for key in labels):
        asked = {str(key).strip().casefold(): name for key, name in labels.items()}
        table = {n: asked.get(name.casefold(), name) for n, name in (own or {}).items()}
        _tell_unknown({n: name for n, name in table.items() if (own or {})[n].casefold() not in asked}, at, reading)
        return {n: structure_name(table[n]) for n in present if n in table}
    if labels is None:
        if own is None:
            return None
        _tell_unknown({n: own[n] for n in present if n in own}, at, reading)
    table = table_of(own or {}) if labels is None else table_of(labels)  # type: ignore[arg-type]
    if labels is not None and own:
        _tell_contradiction({n: own[n] for n in present if n in own}, table, at, reading)
    if unnamed := [value for value in present if value not in table]:
        numbers = ", ".join(map(str, unnamed))
        reading.warnings.append(f"{at}: labels {numbers} have no name in the table and are left out")
    return {n: table[n] for n in present if n in table}


def _tell_unknown(names: dict[int, str], at: str, reading: Reading) -> None:
    if unknown := sorted({name for name in names.values() if not is_known(name)}):
        more = ", …" if len(unknown) > SOME else ""
        listed = ", ".join(map(repr, unknown[:SOME])) + more
        reading.warnings.append(
            f"{at}: {listed} kept as named in the file; `labels` can say which structures these are"
        )


def _tell_contradiction(own: dict[int, str], table: dict[int, str], at: str, reading: Reading) -> None:
    """A table of another version gives other structures the same numbers; names inside the file tell."""
    known = {n: structure_name(name) for n, name in own.items() if is_known(name)}
    if apart := [n for n, name in known.items() if n in table and is_known(table[n]) and table[n] != name]:
        listed = "; ".join(f"{n} is {known[n]} in the file, {table[n]} by `labels`" for n in apart[:SOME])
        reading.warnings.append(f"{at}: the file's own names contradict `labels`, which were used: {listed}")
