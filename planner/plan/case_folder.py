"""A case folder: label maps and surfaces copied, the CT by reference, a plan to complete, and what is in it.

Label maps are written anew as compressed NIfTI and surfaces as PLY, both LPS mm, so that nothing in a source
that names the patient comes along and later changes to the sources do not change the case. The CT stays where
it is, for its size; its hash tells whether it is still the same.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from planner.anatomy.facts import anatomy_facts
from planner.anatomy.gather import Gathered
from planner.anatomy.load import load_anatomy
from planner.anatomy.mesh_files import write_mesh
from planner.anatomy.nifti_out import nifti_bytes
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Anatomy
from planner.anatomy.volume import Volume
from planner.core.errors import InputError, Problem, Problems
from planner.core.files import folder_problem, sha256_of, stable_json, write_atomically
from planner.core.validation import validated
from planner.plan.skeleton import skeleton_text

PLAN, FACTS = "case.yaml", "anatomy.json"


def out_problem(out: Path, *, force: bool) -> Problem | None:
    """Return why a case cannot be written to `out`."""
    if out.is_dir() and any(out.iterdir()) and not force:
        return Problem("--out", f"{out}, which is not empty", "a new or empty folder", "name another or add `--force`")
    return folder_problem(out)


@contextmanager
def made_beside(out: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder beside `out` to write into; it takes its place when all went well and is gone when not.

    Raises
    ------
    InputError
        When `out` cannot be written to or is not empty.
    """
    if problem := out_problem(out, force=force):
        raise InputError([problem])
    out = out.resolve()
    made = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
        yield made
        umask = os.umask(0)
        os.umask(umask)
        made.chmod(0o777 & ~umask)
        move_case(made, out)
    except OSError as error:
        raise InputError(
            [Problem("--out", f"{out.name} ({error.strerror})", "a folder that can be written to", "name another")]
        ) from None
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def write_case(
    found: Gathered, out: Path, *, ct: Path | None = None, ct_series: int | None = None, force: bool = False
) -> Anatomy:
    """Write the folder and return its anatomy, read back from what was written.

    Everything is made in a folder beside `out` and moved there at the end; an existing folder keeps its other files.

    Raises
    ------
    InputError
        When the folder cannot be written to or is not empty, or what was written does not load.
    """
    with made_beside(out, force=force) as made:
        spec = _write_data(found, made)
        if ct is not None:
            spec |= {"ct": _reference(ct, out.resolve())} | ({} if ct_series is None else {"ct_series": ct_series})
        anatomy = read_back(spec, made)
        write_atomically(made / PLAN, skeleton_text(spec, anatomy))
        write_atomically(made / FACTS, stable_json(_facts(spec, anatomy, found, made)))
    return anatomy


def write_labels(volume: Volume, path: Path) -> None:
    """Write a label volume, every voxel as it is, in the smallest type that holds its numbers."""
    highest = int(volume.array.max(initial=0))
    kind = np.min_scalar_type(highest) if highest <= np.iinfo(np.uint16).max else np.int32
    path.write_bytes(nifti_bytes(volume.array.astype(kind), volume.affine_lps))


def _write_data(found: Gathered, folder: Path) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    entries = []
    for number, (volume, names) in enumerate(found.labels, start=1):
        file = "labels.nii.gz" if len(found.labels) == 1 else f"labels_{number}.nii.gz"
        write_labels(volume, folder / file)
        entries.append({"file": file, "labels": names})
    if len(entries) == 1:
        spec |= {"labelmap": entries[0]["file"], "labels": entries[0]["labels"]}
    elif entries:
        spec["labelmap"] = entries
    if found.meshes:
        (folder / "meshes").mkdir()
        spec |= {"meshes": {name: f"meshes/{name}.ply" for name in found.meshes}}
        spec |= {"mesh_frame": "LPS", "mesh_units": "mm"}
        for name, read in found.meshes.items():
            write_mesh(read.mesh, folder / "meshes" / f"{name}.ply")
    return spec


def _reference(ct: Path, out: Path) -> str:
    try:
        return Path(os.path.relpath(ct.resolve(), out)).as_posix()
    except ValueError:  # another drive
        return ct.resolve().as_posix()


def read_back(spec: dict[str, Any], folder: Path) -> Anatomy:
    """Load the anatomy of a folder that was just written."""
    problems = Problems()
    anatomy = load_anatomy(validated(AnatomySpec, spec, path="$.anatomy"), folder, "LPS", problems)
    problems.raise_if_any()
    assert anatomy is not None  # noqa: S101 - else there were problems
    return anatomy


def _facts(spec: dict[str, Any], anatomy: Anatomy, found: Gathered, folder: Path) -> dict[str, Any]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in {PLAN, FACTS})
    return {
        "anatomy": 1,
        "frame": "LPS",
        "structures": anatomy_facts(anatomy),
        "files": {p.relative_to(folder).as_posix(): sha256_of(p) for p in files},
        "ct": None if "ct" not in spec else next(i["sha256"] for i in anatomy.inputs if i["role"] == "$.anatomy.ct"),
        "sources": found.inputs,
        "warnings": [*found.warnings, *anatomy.warnings],
    }


def move_case(made: Path, out: Path) -> None:
    """Put a finished folder in place; one that is there keeps its other files."""
    if not out.exists() or not any(out.iterdir()):
        made.replace(out)  # an empty folder is replaced, too
        return
    for part in sorted(made.rglob("*")):
        target = out / part.relative_to(made)
        if part.is_dir():
            target.mkdir(exist_ok=True)
        else:
            part.replace(target)
