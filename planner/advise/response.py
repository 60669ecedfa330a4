"""Response of bone: findings entered, or two label maps compared, by the MD Anderson criteria; and skeletal events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from planner.advise.books import book, said
from planner.anatomy.density import hu_at
from planner.anatomy.volume import read_labels, read_volume
from planner.check.scores import ScoreResult, score
from planner.core.errors import InputError, Problem, Problems
from planner.core.model import Model
from planner.core.sourced import Source, references
from planner.core.validation import validated
from planner.geometry.frames import apply_affine
from planner.geometry.measures import feret_diameter
from planner.plan.advice import Response, ResponseImages
from planner.protocol.language import Lang
from planner.protocol.scores.models import Text

RECIST_GROWTH = 0.20
"""RECIST 1.1 calls a longest diameter that grows by this share progression; bone alone is not measurable by it."""


@dataclass(frozen=True)
class LesionSize:
    """One lesion at one time: volume, longest diameter, mean density."""

    volume_ml: float
    diameter_mm: float
    mean_hu: float


@dataclass(frozen=True)
class ResponseResult:
    """What the criteria say.

    Attributes
    ----------
    score : the MD Anderson score with its breakdown; `not_evaluated` names what is missing.
    before, after : sizes where images were compared.
    sclerosis : whether the lesion became denser: healing, not progression.
    recist_misleads : whether growth of the outline alone would be called progression by RECIST.
    """

    score: ScoreResult
    before: LesionSize | None = None
    after: LesionSize | None = None
    sclerosis: bool | None = None
    recist_misleads: bool = False

    def as_json(self, lang: Lang = "en") -> dict[str, Any]:
        """Return it for machines and pages."""
        sizes = {
            when: None if size is None else {key: round(value, 3) for key, value in vars(size).items()}
            for when, size in (("before", self.before), ("after", self.after))
        }
        return {"mda": self.score.as_json(lang), **sizes, "sclerosis": self.sclerosis,
                "recist_misleads": self.recist_misleads}  # fmt: skip


def response(asked: Response, folder: Path) -> ResponseResult:
    """Judge response from entered findings, from images, or from both: what is entered goes before what is measured.

    Raises
    ------
    InputError
        When a file cannot be read, holds no such label, or one time point is given without the other.
    """
    given = {} if asked.findings is None else asked.findings.model_dump(exclude_none=True)
    if asked.before is None and asked.after is None:
        return ResponseResult(score("mda_bone", **given))
    problems = Problems()
    if asked.before is None or asked.after is None:
        place = "$.advice.response." + ("before" if asked.before is None else "after")
        problems.add(place, "nothing", "both time points", "add it, or enter `findings`")
        problems.raise_if_any()
    assert asked.before is not None and asked.after is not None  # noqa: S101, PT018 - told above
    before = _size(asked.before, folder, "$.advice.response.before")
    after = _size(asked.after, folder, "$.advice.response.after")
    limits = book("response")
    step, from_hu = limits["change"], float(limits["blastic_from_hu"])
    denser = after.mean_hu - before.mean_hu >= step["density_hu"]
    growth = 100.0 * (after.volume_ml / before.volume_ml - 1.0)
    measured = {}
    if before.mean_hu >= from_hu:
        measured["blastic"] = _by_volume(growth, step["volume_percent"])
    elif denser:
        measured["lytic"] = "filled_in" if after.mean_hu >= from_hu else "rim_or_partly_filled"
    else:
        measured["lytic"] = "larger" if growth >= step["volume_percent"] else "unchanged"
    longer = after.diameter_mm >= (1.0 + RECIST_GROWTH) * before.diameter_mm
    return ResponseResult(score("mda_bone", **(measured | given)), before, after, denser, longer and denser)


def _by_volume(growth: float, step: float) -> str:
    return "larger" if growth >= step else "smaller" if growth <= -step else "unchanged"


def _size(images: ResponseImages, folder: Path, place: str) -> LesionSize:
    labels = read_labels(folder / images.labelmap, place=f"{place}.labelmap")
    inside = np.argwhere(labels.array == images.label)
    if not len(inside):
        raise InputError([Problem(f"{place}.label", str(images.label), "a label of the map", "correct the number")])
    ct = read_volume(folder / images.ct, place=f"{place}.ct")
    points = apply_affine(labels.affine_lps, inside.astype(float))
    values = hu_at(ct, points)
    if not np.isfinite(values).any():
        raise InputError(
            [Problem(f"{place}.ct", images.ct, "a CT that covers the lesion", "give the CT of this label map")]
        )
    diameter, _, _ = feret_diameter(points)
    return LesionSize(len(inside) * labels.voxel_ml, diameter, float(np.nanmean(values)))


class SkeletalEvents(Model):
    """The definition of a skeletal-related event, which advice and registry share."""

    definition: Text
    events: dict[str, Text]
    beside: dict[str, Text]
    source: Source
    also: tuple[dict[str, str], ...] = ()


@cache
def skeletal_events() -> SkeletalEvents:
    """Return what counts as a skeletal-related event, and what is counted beside."""
    return validated(SkeletalEvents, book("sre"), path="advise/sre.yaml")


def skeletal_events_json(lang: Lang = "en") -> dict[str, Any]:
    """Return the definition in words."""
    found = skeletal_events()
    return {
        "definition": said(found.definition, lang),
        "events": {key: said(text, lang) for key, text in found.events.items()},
        "beside": {key: said(text, lang) for key, text in found.beside.items()},
        "source": references()[found.source.ref].citation,
    }
