"""Identifiers for the images of a patient who does not exist: always the same for the same spec."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class MadeIdentity:
    """What the files of one made patient have in common.

    Attributes
    ----------
    key : hash from which everything follows.
    """

    key: str

    @property
    def patient_id(self) -> str:
        """Says that the patient is made."""
        return f"PARAMETRIC-{self.key[:12].upper()}"

    @property
    def patient_name(self) -> str:
        """In DICOM's way of writing."""
        return "PARAMETRIC^SPINE"

    def uid(self, what: str) -> str:
        """Return a UID (below 2.25, of a UUID) for one thing: `study`, `frame`, `ct`, `ct 12`, …."""
        digest = hashlib.sha256(f"vertebral-planner {self.key} {what}".encode()).digest()
        return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"
