"""What a user names as anatomy: a plan, a case folder, or raw files; all become one patient to look at."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.core.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    from planner.anatomy.gather import Asked
    from planner.anatomy.structures import Anatomy

_PLANS = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Patient:
    """The anatomy and, where a plan says so, what is to be treated."""

    anatomy: Anatomy
    levels: tuple[str, ...] = ()
    lesion: str | None = None
    warnings: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def patient_of(sources: list[str], *, labels: str | None, frame: str | None, units: str | None) -> Patient:
    """Read the anatomy of a plan (also an unfinished one), a case folder or raw sources.

    Raises
    ------
    InputError
    """
    first = Path(sources[0])
    plan = first / "case.yaml" if (first / "case.yaml").is_file() else first
    if len(sources) == 1 and plan.is_file() and plan.suffix.lower() in _PLANS:
        return _of_plan(plan)
    from planner.anatomy.gather import gather  # noqa: PLC0415
    from planner.plan.case_folder import write_case  # noqa: PLC0415

    problems = Problems()
    asked = asked_of(labels, frame, units, problems)
    found = gather(sources, asked, problems)
    problems.raise_if_any()
    with tempfile.TemporaryDirectory() as folder:
        anatomy = write_case(found, Path(folder) / "case")
        files = tuple(Path(source.partition("=")[2] or source) for source in sources)
        return Patient(anatomy, warnings=tuple(found.warnings), files=tuple(f for f in files if f.is_file()))


def _of_plan(path: Path) -> Patient:
    from planner.anatomy.load import load_anatomy  # noqa: PLC0415
    from planner.anatomy.spec import AnatomySpec  # noqa: PLC0415
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415

    raw, problems = read_mapping(path), Problems()
    frame = raw.get("frame")
    if frame not in ("LPS", "RAS"):
        problems.add("$.frame", frame, "LPS or RAS", "say in which frame the points are; it is never guessed")
    anatomy = None
    files: tuple[Path, ...] = ()
    try:
        spec = validated(AnatomySpec, raw.get("anatomy"), path="$.anatomy")
    except InputError as error:
        problems.extend(error.problems)
    else:
        folder = path.resolve().parent
        anatomy = load_anatomy(spec, folder, frame if frame == "RAS" else "LPS", problems)
        files = tuple(folder / entry.file for entry in spec.entries)
    problems.raise_if_any()
    assert anatomy is not None  # noqa: S101 - else there were problems
    targets = [raw.get("target"), *(s.get("target") for s in _mappings(raw.get("steps")))]
    found = [t for t in targets if isinstance(t, dict)]
    levels = tuple(dict.fromkeys(t["level"] for t in found if isinstance(t.get("level"), str)))
    lesion = next((t["lesion"] for t in found if isinstance(t.get("lesion"), str)), None)
    return Patient(anatomy, levels, lesion, files=files)


def _mappings(listed: Any) -> list[dict[str, Any]]:
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def asked_of(labels: str | None, frame: str | None, units: str | None, problems: Problems, ct: Any = None) -> Asked:
    """Return what the options say, with wrong ones noted."""
    from planner.anatomy.gather import Asked  # noqa: PLC0415

    for option, value, known in (("--frame", frame, ("LPS", "RAS")), ("--units", units, ("mm", "cm", "m"))):
        if value is not None and value not in known:
            problems.add(option, value, f"one of {', '.join(known)}", "it is never guessed")
    return Asked(
        labels=_labels(labels, problems),
        frame=frame if frame in ("LPS", "RAS") else None,  # type: ignore[arg-type]
        units=units if units in ("mm", "cm", "m") else None,  # type: ignore[arg-type]
        ct=ct,
    )


def _labels(written: str | None, problems: Problems) -> str | dict[int, str] | None:
    """Read a table's name, a file with a mapping, or `1=vertebra_L3,2=spinal_cord`."""
    if written is None:
        return None
    from planner.anatomy.spec import Labels  # noqa: PLC0415
    from planner.core.validation import validated  # noqa: PLC0415
    from planner.core.yamlio import read_mapping  # noqa: PLC0415

    raw: Any = written
    try:
        if "=" in written:
            pairs = [pair.partition("=") for pair in written.split(",") if pair.strip()]
            raw = {key.strip(): name.strip() for key, _, name in pairs}
            if len(raw) < len(pairs):
                raise InputError([Problem("--labels", written, "each label once", "remove one of them")])
        elif Path(written).is_file():
            raw = read_mapping(Path(written), place="--labels")
        found: str | dict[int, str] = validated(Labels, raw, path="--labels")  # type: ignore[arg-type]
    except InputError as error:
        problems.extend(error.problems)
        return None
    return found
