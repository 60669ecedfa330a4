"""The verb `fluoro_plan`: pictures of a case under a virtual C-arm, a film of the procedure, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planner.core.errors import Problems
from planner.core.files import stable_json, write_atomically
from planner.core.provenance import package_version
from planner.measure.result import Result
from planner.plan.case import Case, CaseStep
from planner.show.filling import balloon_bodies, cement_bodies
from planner.show.fluoro.beam import attenuation_grid, figures
from planner.show.fluoro.carm import POSITIONS, Machine
from planner.show.fluoro.dose import Dose, dose_of
from planner.show.fluoro.grid import Grid
from planner.show.fluoro.picture import Look, angle_words, annotated
from planner.show.fluoro.positions import Shot, angled_shot, named_shots
from planner.show.fluoro.series import ENDING, FILMS, Film, film_bytes, moments, same_way
from planner.show.fluoro.tools import Moment, clouds_of, parts_at, shadow
from planner.show.grey import Grey, grey_of
from planner.show.marks import png_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

VIEWS = ("ap", "lateral", "oblique", "bulls_eye")
RANGES = {
    "source_detector_mm": (600.0, 1500.0, "mm from focal spot to detector"),
    "magnification": (1.05, 4.0, "times"),
    "detector_mm": (80.0, 500.0, "mm"),
    "pixels": (64, 2048, "pixels"),
}
"""What machines are built like."""
FILM_PIXELS = 384
COARSE_MM = 2.0
"""Voxels from which a picture no longer shows what a C-arm would: pedicles lose their rings."""
Told = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be taken.

    Attributes
    ----------
    machine : the C-arm.
    views : of `VIEWS`.
    angles_deg : LAO and cranial angle of one more picture.
    film : kind of film; None takes none.
    gas : whether gas in the bowel stays.
    """

    machine: Machine = field(default_factory=Machine)
    views: tuple[str, ...] = VIEWS
    angles_deg: tuple[float, float] | None = None
    film: Film | None = "gif"
    gas: bool = True


@dataclass(frozen=True, eq=False)
class Taken:
    """One picture."""

    name: str
    shot: Shot
    image: Image


@dataclass(frozen=True, eq=False)
class Fluoroscopy:
    """What was taken.

    Attributes
    ----------
    pictures : stills, needles in place, then with balloon and cement where any are planned.
    film : frames, AP and lateral side by side; none where no film was asked for.
    dose : of all of it.
    caveats : what a reader should know.
    """

    pictures: tuple[Taken, ...]
    film: tuple[Image, ...]
    dose: Dose
    grey: Grey
    caveats: tuple[str, ...]


def problems_of(asked: Asked) -> Problems:
    """Return everything that is wrong with what is asked."""
    problems = Problems()
    for name, (low, high, unit) in RANGES.items():
        value = getattr(asked.machine, name)
        if not low <= value <= high:
            option = {"source_detector_mm": "--sid", "detector_mm": "--detector"}.get(name, f"--{name}")
            problems.add(option, value, f"{low:g} to {high:g} {unit}", "give a size a C-arm can have")
    if asked.machine.position not in POSITIONS:
        problems.add("--position", asked.machine.position, " or ".join(POSITIONS), "say how the patient lies")
    for view in asked.views:
        if view not in VIEWS:
            problems.add("--view", view, f"one of {', '.join(VIEWS)}", "give --lao and --cranial for any other")
    if asked.film is not None and asked.film not in FILMS:
        problems.add("--film", asked.film, f"one of {', '.join(FILMS)}, none", "choose one")
    for option, angle, most in zip(("--lao", "--cranial"), asked.angles_deg or (), (180.0, 90.0), strict=False):
        if not abs(angle) <= most:
            problems.add(option, angle, f"-{most:g} to {most:g} degrees", "give the angle of the detector")
    return problems


def fluoro_plan(
    case: Case, asked: Asked | None = None, *, result: Result | None = None, told: Told = lambda _: None
) -> Fluoroscopy:
    """Take the pictures.

    Parameters
    ----------
    result : where cement was simulated, it is drawn as that left it.
    told : is called with the name of what is worked on.

    Raises
    ------
    InputError
        What is asked cannot be: every problem at once.
    """
    wanted = asked or Asked()
    problems_of(wanted).raise_if_any()
    told("the patient")
    room = _Room(case, wanted, result)
    shots = [shot for shot in named_shots(case, wanted.machine) if shot.name.startswith(wanted.views)]
    if wanted.angles_deg is not None:
        shots.append(angled_shot(case, wanted.machine, *wanted.angles_deg))
    pictures: list[Taken] = []
    for shot in shots:
        told(shot.label)
        pictures += room.stills(shot)
    frames: tuple[Image, ...] = ()
    film_shots: list[Shot] = []
    if wanted.film is not None:
        told("the film")
        frames, film_shots = room.film()
    caveats = list(dict.fromkeys(caveat for shot in shots for caveat in shot.caveats))
    return Fluoroscopy(
        tuple(pictures),
        frames,
        dose_of([*(p.shot for p in pictures), *film_shots]),
        room.grey,
        (*room.caveats(), *caveats),
    )


class _Room:
    """Patient and machine; the patient's grid is made once for each level."""

    def __init__(self, case: Case, asked: Asked, result: Result | None) -> None:
        self.case, self.asked, self.grey, self.clouds = case, asked, grey_of(case), clouds_of(result)
        self.grids: dict[int, Grid] = {}

    def patient(self, shot: Shot) -> NDArray[np.float32]:
        height = round(float(shot.carm.isocentre[2]) / self.asked.machine.field_mm)
        if height not in self.grids:
            reach = 2.0 * self.asked.machine.field_mm
            self.grids[height] = attenuation_grid(self.grey, shot.carm.isocentre, reach, gas=self.asked.gas)
        return self.grids[height].integrals(shot.carm)

    def stills(self, shot: Shot) -> list[Taken]:
        """A picture with the needles of each way in, and one after filling where something is filled."""
        look, case = Look(self.patient(shot), shot), self.case
        words = [self.grey.said] if self.grey.origin != "ct" else []
        done = [Taken(shot.name, shot, annotated(look.grey(self._needles(shot)), shot, words))]
        filled = [step for step in case.steps if balloon_bodies(step) or cement_bodies(step)]
        if filled and shot.name.startswith(("ap", "lateral")):
            step = filled[-1]
            parts = parts_at(
                case, Moment(step.index, balloon=0.0 if cement_bodies(step) else 1.0, cement=1.0), self.clouds
            )
            label = replace(shot, filled=True)
            simulated = step.index in self.clouds
            told = [*words, "cement as simulated" if simulated else "volume as planned, place not simulated"]
            done.append(
                Taken(f"{shot.name}_filled", label, annotated(look.grey(shadow(parts, shot.carm)), label, told))
            )
        return done

    def _needles(self, shot: Shot) -> NDArray[np.float64]:
        """All instruments in place, nothing filled; of a way used twice the first step's."""
        total, done = np.zeros((self.asked.machine.pixels,) * 2), list[CaseStep]()
        for step in self.case.steps:
            if not any(same_way(step, other) for other in done):
                own = [part for part in parts_at(self.case, Moment(step.index)) if part.tool is not None]
                total = np.maximum(total, shadow(own, shot.carm)) if own else total
            done.append(step)
        return total

    def film(self) -> tuple[tuple[Image, ...], list[Shot]]:
        """AP and lateral of the first level side by side, at every moment."""
        from PIL import Image as Pictures  # noqa: PLC0415

        machine = replace(self.asked.machine, pixels=min(FILM_PIXELS, self.asked.machine.pixels))
        planes = [s for s in named_shots(self.case, machine) if s.name.startswith(("ap", "lateral"))][:2]
        looks = [Look(self.patient(shot), shot) for shot in planes]
        frames: list[Image] = []
        taken: list[Shot] = []
        for moment, words in moments(self.case, self.clouds):
            parts = parts_at(self.case, moment, self.clouds)
            frame = Pictures.new("RGB", (2 * machine.pixels, machine.pixels))
            for side, (shot, look) in enumerate(zip(planes, looks, strict=True)):
                grey = look.grey(shadow(parts, shot.carm), seed=side)
                frame.paste(annotated(grey, shot, [words] if side == 0 else []), (side * machine.pixels, 0))
                taken.append(shot)
            frames.append(frame)
        return tuple(frames), taken

    def caveats(self) -> list[str]:
        told = [f"{self.grey.said}; densities are not this patient's"] if self.grey.origin != "ct" else []
        voxel = float(np.linalg.norm(self.grey.affine_lps[:3, :3], axis=0).max())
        if self.grey.origin == "ct" and voxel > COARSE_MM:
            told.append(f"voxels of {voxel:.1f} mm: a real picture would be sharper")
        if not self.asked.gas:
            told.append("gas in the bowel is drawn as soft tissue")
        drawn = [s for s in self.case.steps if balloon_bodies(s) or (cement_bodies(s) and s.index not in self.clouds)]
        if drawn:
            told.append("balloon and cement have the planned volume; their place and shape are drawn, not simulated")
        return told


def write_fluoro(
    case: Case, out: Path, asked: Asked | None = None, *, result: Result | None = None, told: Told = lambda _: None
) -> Fluoroscopy:
    """Take the pictures and write them, the film and `fluoro.json` into a folder.

    Raises
    ------
    InputError
        As :func:`fluoro_plan`; nothing has been written then.
    OSError
        The folder cannot be written to.
    """
    wanted = asked or Asked()
    found = fluoro_plan(case, wanted, result=result, told=told)
    told("writing")
    out.mkdir(parents=True, exist_ok=True)
    files = {f"{p.name}.png": png_bytes(p.image) for p in found.pictures}
    if found.film and wanted.film is not None:
        files[f"procedure.{ENDING[wanted.film]}"] = film_bytes(found.film, wanted.film)
    for name, data in files.items():
        write_atomically(out / name, data)
    write_atomically(out / "fluoro.json", stable_json(summary(case, found, wanted, files)))
    return found


def summary(case: Case, found: Fluoroscopy, asked: Asked, files: Iterable[str]) -> dict[str, Any]:
    """Return machine, positions, dose and what was assumed."""
    m = asked.machine
    return {
        "planner": package_version(),
        "plan_sha256": case.sha256,
        "machine": {
            "source_detector_mm": m.source_detector_mm,
            "magnification": m.magnification,
            "detector_mm": m.detector_mm,
            "field_at_isocentre_mm": round(m.field_mm, 2),
            "pixels": m.pixels,
            "position": m.position,
            "energy_kev": figures()["energy_kev"],
        },
        "seen_from": "the detector's side",
        "densities": found.grey.said,
        "pictures": [_position(p) for p in found.pictures],
        "files": list(files),
        "dose": found.dose.as_json(),
        "caveats": list(found.caveats),
    }


def _position(taken: Taken) -> dict[str, Any]:
    carm = taken.shot.carm
    primary, secondary = carm.dicom_angles_deg
    return {
        "file": f"{taken.name}.png",
        "label": taken.shot.label,
        "angles": angle_words(taken.shot),
        "lao_deg": round(carm.lao_deg, 2),
        "cranial_deg": round(carm.cranial_deg, 2),
        "dicom_primary_deg": round(primary, 2),
        "dicom_secondary_deg": round(secondary, 2),
        "isocentre_lps_mm": [round(float(v), 2) for v in carm.isocentre],
        "source_lps_mm": [round(float(v), 2) for v in carm.source],
    }
