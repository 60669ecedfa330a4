"""`planner anatomy make`: a patient who does not exist, as a case folder with every answer known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from planner.cli import make_options as options
from planner.cli.console import say, stepping
from planner.core.errors import InputError, Problems
from planner.core.files import stable_json

THREADS = 2
"""As many as the smallest machine has processors."""


@dataclass(frozen=True)
class Asked:
    """The command line as it was typed."""

    spec: Path | None = None
    level: str | None = None
    levels: str | None = None
    lesion: list[str] = field(default_factory=list)
    fracture: list[str] = field(default_factory=list)
    defect: list[str] = field(default_factory=list)
    cement: list[str] = field(default_factory=list)
    screw: list[str] = field(default_factory=list)
    scoliosis: str | None = None
    bone: str | None = None
    seed: int | None = None
    tissues: bool | None = None
    spacing: str = "1mm"
    orientation: str = "LPS"
    tilt: str = "0,0,0"
    view: str = "spine"
    noise: float = 12.0
    slice_thickness: str | None = None
    streaks: bool = False
    ct: bool = True
    formats: list[str] = field(default_factory=list)


def make(asked: Asked, out: Path, *, force: bool, as_json: bool) -> None:
    """Build the patient and write the case; all problems are told at once and then nothing is written.

    Raises
    ------
    InputError
    """
    from planner.anatomy.parametric import build_parametric  # noqa: PLC0415
    from planner.anatomy.parametric.lattice import LatticeError  # noqa: PLC0415
    from planner.anatomy.parametric.subject import subject_of  # noqa: PLC0415
    from planner.plan.case_folder import out_problem  # noqa: PLC0415
    from planner.plan.made_case import lattice_of, make_case  # noqa: PLC0415

    problems = Problems()
    if problem := out_problem(out, force=force):
        problems.extend([problem])
    raw = _raw(asked, problems)
    imaging, formats = _imaging(asked, raw, problems), _formats(asked.formats, problems)
    spine = None
    try:
        spine = build_parametric(_spec(raw))
    except InputError as error:
        problems.extend(error.problems)
    problems.raise_if_any()
    assert spine is not None  # noqa: S101 - else there were problems
    subject = subject_of(spine)
    count = len(subject.names)
    with stepping("building", total=count * (2 + len(formats)) + 3) as told:
        try:
            lattice_of(subject, imaging)
        except LatticeError as error:
            problems.add("--spacing", asked.spacing, str(error), "choose a coarser spacing or `--view spine`")
            problems.raise_if_any()
        with ThreadPoolExecutor(THREADS) as pool:
            for name, built in [(name, pool.submit(spine.mesh, name)) for name in subject.names]:
                built.result()
                told(name)
        made = make_case(spine, out, imaging, formats=formats, force=force, told=told)
    if as_json:
        told_json = {"out": str(out), "files": list(made.files), "warnings": list(made.warnings), "truth": made.truth}
        say(stable_json(told_json).rstrip())
        return
    say(f"{count} structures, {len(made.files)} files in {out}; true values in {out / 'truth.json'}")
    for warning in made.warnings:
        say(f"warning: {warning}")
    say(f"Run: planner check {out / 'case.yaml'}")


def _raw(asked: Asked, problems: Problems) -> dict[str, Any]:
    """Return the spec as a plan would write it; what the command line says goes before the file."""
    from planner.core.yamlio import read_mapping  # noqa: PLC0415

    raw: dict[str, Any] = {}
    if asked.spec is not None:
        try:
            raw = dict(read_mapping(asked.spec))
        except InputError as error:
            problems.extend(error.problems)
    given = {key: getattr(asked, key) for key in ("level", "levels", "bone", "seed", "tissues")}
    raw |= {key: value for key, value in given.items() if value is not None}
    lesions = options.read(asked.lesion, "--lesion", options.LESION, options.lesion, problems)
    if lesions:
        raw.pop("lesion", None)
        raw.pop("lesions", None)
        raw |= {"lesion": lesions[0]} if len(lesions) == 1 else {"lesions": lesions}
    for key, one, expected in (
        ("fracture", options.fracture, options.FRACTURE),
        ("cement", options.cement, options.CEMENT),
    ):
        found = options.read(getattr(asked, key), f"--{key}", expected, one, problems)
        if found:
            raw[{"fracture": "fractures"}.get(key, key)] = dict(found)
    for key, many, expected in (("screw", options.screw, options.SCREW), ("defect", options.defect, options.DEFECT)):
        found = options.read(getattr(asked, key), f"--{key}", expected, many, problems)
        if found:
            by_level: dict[str, list[Any]] = {}
            for level, one_of in found:
                by_level.setdefault(level, []).append(one_of)
            raw[f"{key}s"] = by_level
    curves = [asked.scoliosis] if asked.scoliosis else []
    for curve in options.read(curves, "--scoliosis", options.SCOLIOSIS, options.scoliosis, problems):
        raw["scoliosis"] = curve
    return raw


def _spec(raw: dict[str, Any]) -> Any:
    from planner.anatomy.parametric import ParametricSpec  # noqa: PLC0415
    from planner.core.validation import validated  # noqa: PLC0415

    return validated(ParametricSpec, raw, path="$")


def _imaging(asked: Asked, raw: dict[str, Any], problems: Problems) -> Any:
    from planner.anatomy.parametric.ct import Scan  # noqa: PLC0415
    from planner.anatomy.parametric.lattice import LatticeError, read_orientation  # noqa: PLC0415
    from planner.anatomy.parametric.view import VIEWS  # noqa: PLC0415
    from planner.plan.made_case import Imaging  # noqa: PLC0415

    spacing = options.read([asked.spacing], "--spacing", options.SPACING, options.spacing, problems)
    tilt = options.read([asked.tilt], "--tilt", options.TILT, options.tilt, problems)
    thickness = [asked.slice_thickness] if asked.slice_thickness else []
    slice_mm = options.read(thickness, "--slice-thickness", "a length such as 3mm", options.length, problems)
    try:
        read_orientation(asked.orientation)
    except LatticeError as error:
        problems.add("--orientation", asked.orientation, str(error), "write for example LPS, RAS or PIR")
    if asked.view not in VIEWS:
        problems.add("--view", asked.view, f"one of {', '.join(VIEWS)}", "choose one of these")
    if not 0.0 <= asked.noise <= 200.0:
        problems.add("--noise", asked.noise, "0 to 200 HU", "a body CT has 8 to 25")
    seed = raw.get("seed", 0)
    scan = Scan(
        noise_hu=asked.noise,
        slice_mm=slice_mm[0] if slice_mm else None,
        streaks=asked.streaks,
        seed=seed if isinstance(seed, int) and seed >= 0 else 0,
    )
    if not (spacing and tilt):
        return None
    return Imaging(spacing[0], asked.orientation.upper(), tilt[0], asked.view, asked.ct, scan)  # type: ignore[arg-type]


def _formats(texts: list[str], problems: Problems) -> Any:
    from planner.plan.made_case import FORMATS, Format  # noqa: PLC0415

    asked = [part for text in texts or ["nifti,meshes"] for part in text.split(",")]
    for one in asked:
        if one not in get_args(Format):
            problems.add("--format", one, f"one or more of {', '.join(FORMATS)}", "choose from these")
    return tuple(one for one in FORMATS if one in asked)
