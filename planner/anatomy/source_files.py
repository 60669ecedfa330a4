"""What one SOURCE stands for: a file, `NAME=FILE`, or a folder with one file a structure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from planner.anatomy.labels import structure_name
from planner.anatomy.mesh_files import FORMATS
from planner.anatomy.mesh_spec import NAME
from planner.core.errors import Problems

LABEL_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")
MOST_FILES = 2000
"""A folder with one file a structure holds some hundred; more is another folder."""


def files_of(source: str, problems: Problems) -> Iterable[tuple[str | None, Path]]:
    """Return each file with the name of its structure, None where the file may hold several."""
    name, _, rest = source.partition("=")
    path, named = (Path(rest), name.strip()) if rest and not Path(source).exists() else (Path(source), None)
    if named is not None and (not NAME.fullmatch(named) or ".." in named):
        problems.add("SOURCE", named, "the name of a structure", "use letters, digits and underscores before `=`")
        return []
    if not path.is_dir():
        return [(None if named is None else structure_name(named), path)]
    inside = sorted(f for f in path.iterdir() if f.name.lower().endswith((*LABEL_ENDINGS, *FORMATS)))
    if len(inside) > MOST_FILES:
        problems.add("SOURCE", f"{len(inside)} files in {path.name}", f"at most {MOST_FILES}", "name the files")
        return []
    if not inside:  # a DICOM folder: its reader tells what it is
        return [(None, path)]
    return [(structure_name(_stem(file)), file) for file in inside]


def _stem(file: Path) -> str:
    lowered = file.name.lower()
    ending = next((e for e in (".seg.nrrd", ".nii.gz", *LABEL_ENDINGS) if lowered.endswith(e)), file.suffix)
    return file.name[: len(file.name) - len(ending)]
