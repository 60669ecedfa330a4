"""A case: plan, anatomy and steps brought together in LPS mm, validated and hashed. `load_plan` makes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.load import load_anatomy
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Anatomy
from planner.core.errors import InputError, Problem, Problems
from planner.core.files import content_hash
from planner.core.names import ABLATION, KINDS, Frame
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.geometry.frames import flip_ras_lps
from planner.plan.devices import DeviceSheet, device_names, device_sheet, material_names, material_sheet
from planner.plan.models import GAUGE_MM, Access, AnyStep, MarkupsAccess, Plan, Target
from planner.plan.trajectories import Ends, Trajectories


@dataclass(frozen=True, eq=False)
class Instrument:
    """One straight instrument in place.

    Attributes
    ----------
    entry, tip : (3,) LPS mm; the tip is the distal end.
    radius_mm : half the larger outer diameter of cannula and device; None where neither is known.
    route : how it is meant to enter the body.
    """

    entry: NDArray[np.float64]
    tip: NDArray[np.float64]
    radius_mm: float | None
    route: str

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector from entry to tip."""
        along: NDArray[np.float64] = self.tip - self.entry
        return along / np.linalg.norm(along)


@dataclass(frozen=True, eq=False)
class CaseStep:
    """One step with what it refers to resolved; virtual thermocouples by name, LPS mm."""

    index: int
    plan: Any
    target: Target
    sheet: DeviceSheet | None
    instruments: tuple[Instrument, ...]
    thermocouples: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Kind of step."""
        return str(self.plan.kind)

    @property
    def level(self) -> str:
        """The vertebra it treats."""
        return self.target.level


@dataclass(frozen=True, eq=False)
class Case:
    """Everything a check needs."""

    plan: Plan
    anatomy: Anatomy
    steps: tuple[CaseStep, ...]
    sha256: str
    warnings: tuple[str, ...]
    inputs: tuple[dict[str, str], ...] = ()


def load_plan(
    source: str | Path | Mapping[str, Any], *, folder: str | Path | None = None, also: Iterable[Problem] = ()
) -> Case:
    """Read a plan with its anatomy.

    Parameters
    ----------
    source : a plan file, or the same content as a mapping.
    folder : where the files it names are looked for; by default beside the plan file.
    also : problems found by the caller, told together with those found here.

    Raises
    ------
    InputError
        With every problem of plan, devices, files and geometry at once.
    """
    problems = Problems()
    problems.extend(also)
    try:
        raw = dict(source) if isinstance(source, Mapping) else read_mapping(Path(source))
    except InputError as error:
        problems.extend(error.problems)
        problems.raise_if_any()
        raise
    base = Path(folder) if folder else Path.cwd() if isinstance(source, Mapping) else Path(source).resolve().parent
    plan = _collect(Plan, raw, "$", problems)
    parts = _Parts.of(raw)
    anatomy = None
    if parts.anatomy is not None:
        anatomy = load_anatomy(parts.anatomy, base, parts.frame or "LPS", problems, treated=parts.treated)
    _check_sheets(raw.get("steps"), problems)
    tracks = Trajectories(base, parts.frame or "LPS", problems)
    steps = [_resolved(index, step, parts, tracks, problems) for index, step in parts.steps.items()]
    warnings: list[str] = []
    if anatomy is not None:
        _check_target(parts.target, "$.target", anatomy, problems)
        for step in filter(None, steps):
            _check_in_anatomy(step, parts, anatomy, problems)
            warnings += _turned_lines(step, anatomy)
    problems.raise_if_any()
    assert plan is not None  # noqa: S101 - else there were problems
    assert anatomy is not None  # noqa: S101 - likewise
    sha256 = content_hash(plan.model_dump(mode="json"))
    warned = (*anatomy.warnings, *warnings)
    return Case(plan, anatomy, tuple(s for s in steps if s), sha256, warned, tuple(tracks.inputs))


def _collect(kind: Any, raw: Any, path: str, problems: Problems | None) -> Any:
    try:
        return validated(kind, raw, path=path)
    except InputError as error:
        if problems is not None:
            problems.extend(error.problems)
        return None


@dataclass(frozen=True)
class _Parts:
    """The parts of a plan that are valid in themselves, so that a bad one does not hide what is wrong elsewhere."""

    anatomy: AnatomySpec | None
    frame: Frame | None
    target: Target | None
    steps: dict[int, Any]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> _Parts:
        listed = raw.get("steps")
        steps = {
            i: _collect(AnyStep, s, "$", None) for i, s in enumerate(listed if isinstance(listed, list | tuple) else ())
        }
        frame = raw.get("frame")
        return cls(
            _collect(AnatomySpec, raw.get("anatomy"), "$", None),
            frame if frame in ("LPS", "RAS") else None,
            _collect(Target, raw.get("target"), "$", None),
            {index: step for index, step in steps.items() if step is not None},
        )

    @property
    def treated(self) -> list[tuple[str, str | None]]:
        """Vertebra and lesion of every target, by the names of the structures."""
        targets = (self.target, *(step.target for step in self.steps.values()))
        return list(dict.fromkeys((f"vertebra_{t.level}", t.lesion) for t in targets if t is not None))


def _resolved(index: int, step: Any, parts: _Parts, tracks: Trajectories, problems: Problems) -> CaseStep | None:
    at = f"$.steps[{index}]"
    sheet = device_sheet(getattr(step, "device", None) or "")
    target = step.target or parts.target
    if target is None:
        problems.add(
            f"{at}.target", "nothing", "a target with its level", "give `target: {level: L3}` for the plan or this step"
        )
        return None
    if step.kind in ABLATION and target.lesion is None:
        place = f"{at}.target.lesion" if step.target else "$.target.lesion"
        problems.add(place, "nothing", "the lesion to ablate", "name the lesion, for example `lesion: lesion`")
    accesses = getattr(step, "accesses", ())
    found = [(a, tracks.ends(a, _access_path(index, step, number))) for number, a in enumerate(accesses)]
    # Where one cannot be told the step has none: what remains would be another plan.
    whole = all(ends is not None for _, ends in found)
    instruments = tuple(_instrument(a, ends, step, sheet) for a, ends in found if ends is not None and whole)
    stated = {name: np.array(at) for name, at in getattr(step, "thermocouples", {}).items()}
    if parts.frame == "RAS":
        stated = {name: flip_ras_lps(point) for name, point in stated.items()}
    return CaseStep(index, step, target, sheet, instruments, stated)


def _check_sheets(steps: Any, problems: Problems) -> None:
    """Look up devices and materials on the text itself, so that another fault in a step does not hide these."""
    for index, step in enumerate(steps if isinstance(steps, list | tuple) else ()):
        if not isinstance(step, Mapping):
            continue
        at, kind, name, cement = f"$.steps[{index}]", step.get("kind"), step.get("device"), step.get("cement")
        sheet = device_sheet(name) if isinstance(name, str) else None
        if isinstance(name, str) and sheet is None:
            problems.add(f"{at}.device", name, "a device sheet", _nearest(name, device_names()))
        elif sheet is not None and kind in KINDS and kind not in sheet.kind:
            generic = [d for n in device_names() if n.startswith("generic") and (d := device_sheet(n))]
            fitting = [d.device for d in generic if kind in d.kind]
            got = f"{name}, a device for {', '.join(sheet.kind)}"
            problems.add(f"{at}.device", got, f"a device for {kind}", f"for example {', '.join(fitting)}")
        material = cement.get("material") if isinstance(cement, Mapping) else None
        if isinstance(material, str) and material not in material_names():
            problems.add(f"{at}.cement.material", material, "a material sheet", _nearest(material, material_names()))
        elif isinstance(material, str) and (made := material_sheet(material)) and made.viscosity is None:
            way_out = "add `viscosity` with its points to the sheet, or name another cement"
            problems.add(f"{at}.cement.material", f"{material}, a sheet without one", "a curve of viscosity", way_out)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(sorted(known))}"


def _access_path(index: int, step: Any, number: int) -> str:
    return f"$.steps[{index}].access" + (f"[{number}]" if isinstance(step.access, tuple) else "")


def _instrument(access: Access | MarkupsAccess, ends: Ends, step: Any, sheet: DeviceSheet | None) -> Instrument:
    entry, tip = ends
    stated = [GAUGE_MM[access.gauge]] if access.gauge is not None else []
    stated += [
        v for v in (getattr(step, "diameter_mm", None), sheet.value("outer_diameter_mm") if sheet else None) if v
    ]
    if step.kind == "screw" and sheet and not stated and (width := sheet.value("diameter_mm")):
        stated.append(width)
    return Instrument(entry, tip, max(stated) / 2.0 if stated else None, access.route)


def _check_target(target: Target | None, at: str, anatomy: Anatomy, problems: Problems) -> None:
    if target is None:
        return
    levels = sorted(
        n.removeprefix("vertebra_") for n in anatomy.names if n.startswith("vertebra_") and not n.endswith("_body")
    )
    if f"vertebra_{target.level}" not in anatomy.names:
        problems.add(
            f"{at}.level",
            target.level,
            "a vertebra of this patient",
            f"the labels hold {', '.join(levels) or 'no vertebra'}",
        )
    told = any(problem.path.startswith(f"$.anatomy.lesions.{target.lesion}") for problem in problems.found)
    if target.lesion is not None and target.lesion not in anatomy.names and not told:
        hint = _nearest(target.lesion, [n for n in anatomy.names if "lesion" in n.lower()] or ["lesion"])
        problems.add(
            f"{at}.lesion",
            target.lesion,
            "a lesion of this patient",
            f"label it or give it under `anatomy.lesions`; {hint}",
        )


def _check_in_anatomy(step: CaseStep, parts: _Parts, anatomy: Anatomy, problems: Problems) -> None:
    at = f"$.steps[{step.index}]"
    if step.plan.target is not None:
        _check_target(step.plan.target, f"{at}.target", anatomy, problems)
    cement = getattr(step.plan, "cement", None)
    if cement is not None and (holds := _too_little_bone_ml(cement.volume_ml, anatomy, step.level)) is not None:
        expected = f"no more than the whole vertebra {step.level} holds, {holds:.1f} mL"
        problems.add(f"{at}.cement.volume", f"{cement.volume_ml:g} mL", expected, "check number and unit")
    if parts.frame is None:
        return  # without a frame no place can be judged, and that is told already
    for number, instrument in enumerate(step.instruments):
        if not anatomy.holds(instrument.tip):
            access = step.plan.accesses[number]
            by_points = isinstance(access, Access)
            place = _access_path(step.index, step.plan, number) + (".target" if by_points else ".markups")
            tip = list(access.target) if by_points else [round(float(v), 2) for v in instrument.tip]
            problems.add(
                place,
                f"{tip} {parts.frame if by_points else 'LPS'}",
                "a point inside the image",
                "check the frame (LPS or RAS) and the numbers",
            )


def _too_little_bone_ml(asked_ml: float, anatomy: Anatomy, level: str) -> float | None:
    """Volume of a vertebra that holds less than what is asked; None where it holds that, is cut or not labelled.

    A labelled body counts besides, as some maps part the two; it is cut out only where the vertebra's own map is too
    small.
    """
    held = 0.0
    for name in (n for n in (f"vertebra_{level}", f"vertebra_{level}_body") if n in anatomy.names):
        structure = anatomy.get(name)
        if structure is None or structure.cut:
            return None
        held += structure.volume_ml
        if held >= asked_ml:
            return None
    return held or None


def _turned_lines(step: CaseStep, anatomy: Anatomy) -> list[str]:
    """Warn of a drawn line whose entry lies nearer to the vertebra than its tip: it may run the other way."""
    vertebra = anatomy.get(f"vertebra_{step.level}")
    if vertebra is None:
        return []
    middle = vertebra.mesh.bounds.mean(axis=0)
    return [
        f"{_access_path(step.index, step.plan, number)}: its entry lies nearer to {step.level} than its tip; "
        "if the line was drawn from the tip, write `order: target_first`"
        for number, (tool, access) in enumerate(zip(step.instruments, getattr(step.plan, "accesses", ()), strict=False))
        if isinstance(access, MarkupsAccess) and np.linalg.norm(tool.entry - middle) < np.linalg.norm(tool.tip - middle)
    ]
