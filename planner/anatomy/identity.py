"""Whether images belong to one patient, one study and one frame of reference, told without keeping an identifier."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from planner.core.errors import Problem

FRAME_WARNING = "frame-of-reference:"
"""How a warning of two frames of reference in one study begins."""
CT_PLACE = "$.anatomy.ct"
_SALT = "vertebral-planner identity "
_WORDS = {"patient_id": "patient", "patient_name": "patient", "study": "study"}


@dataclass(frozen=True)
class Identity:
    """SHA-256 digests of what a file says of its patient, study and frame; None where it says nothing.

    A digest hides an identifier from a reader, not from who can try out all of a hospital's numbers: it is compared,
    never printed.
    """

    patient_id: str | None = None
    patient_name: str | None = None
    study: str | None = None
    frame_of_reference: str | None = None

    @property
    def patient_known(self) -> bool:
        """Whether anything tells whose image it is."""
        return any((self.patient_id, self.patient_name, self.study))


def identity_of(dataset: Any) -> Identity:
    """Return the identity a DICOM dataset states."""
    # Systems write one name as DOE^JANE and as Doe^Jane^^^.
    name = str(dataset.get("PatientName") or "").upper().rstrip("^= ")
    return Identity(
        _digest(dataset.get("PatientID")),
        _digest(name),
        _digest(dataset.get("StudyInstanceUID")),
        _digest(_frame_of_reference(dataset)),
    )


def _frame_of_reference(dataset: Any) -> Any:
    stated = dataset.get("FrameOfReferenceUID")
    if not stated:  # a structure set names the frame of what it refers to
        for item in dataset.get("ReferencedFrameOfReferenceSequence") or ():
            return item.get("FrameOfReferenceUID")
    return stated


def _digest(value: Any) -> str | None:
    text = " ".join(str(value or "").split())
    return hashlib.sha256((_SALT + text).encode()).hexdigest() if text else None


def compare(sources: Sequence[tuple[str, Identity | None]]) -> tuple[list[Problem], list[str]]:
    """Compare images of one plan.

    Parameters
    ----------
    sources : where each stands in the plan, and its identity; None for a format that carries none.

    Returns
    -------
    Problems for another patient or study; warnings for another frame of reference (:data:`FRAME_WARNING`) and for
    identities that cannot be told.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    for (first, one), (second, other) in combinations(sources, 2):
        if one is None or other is None:
            continue
        differs = next((word for key, word in _WORDS.items() if _differ(one, other, key)), None)
        if differs is not None:
            got, way_out = f"an image of another {differs} than {first}", "give files that belong together"
            problems.append(Problem(second, got, f"the {differs} of {first}", way_out))
        elif _differ(one, other, "frame_of_reference"):
            warnings.append(
                f"{FRAME_WARNING} {second} has another frame of reference than {first}; nothing says that their "
                "coordinates agree"
            )
    unknown = [place for place, identity in sources if identity is None or not identity.patient_known]
    # Two maps of one program beside each other say nothing and need nothing; a CT or a known patient does.
    matters = len(unknown) < len(sources) or any(place == CT_PLACE for place, _ in sources)
    if len(sources) > 1 and unknown and matters:
        warnings.append(
            f"identity: {', '.join(unknown)} {'carries' if len(unknown) == 1 else 'carry'} no patient or study; "
            "whether the images belong together cannot be told"
        )
    return problems, warnings


def _differ(one: Identity, other: Identity, key: str) -> bool:
    first, second = getattr(one, key), getattr(other, key)
    return first is not None and second is not None and first != second
