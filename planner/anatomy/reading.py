"""What is carried along while a patient is read: where to look, in which frame, and what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from planner.anatomy.identity import Identity
from planner.anatomy.volume import Volume
from planner.core.errors import Problems
from planner.core.names import Frame


@dataclass
class Reading:
    """One reading of a patient's files.

    Attributes
    ----------
    folder : where relative names are looked for.
    frame : of the points in the plan.
    problems, warnings, inputs : collected; `inputs` are role and SHA-256 of each file.
    ct : the CT, once it is read; `ct_named` whether the plan names one.
    identities : role and identity of each image, to be compared once all are read.
    """

    folder: Path
    frame: Frame
    problems: Problems
    warnings: list[str] = field(default_factory=list)
    inputs: list[dict[str, str]] = field(default_factory=list)
    ct: Volume | None = None
    ct_named: bool = False
    identities: list[tuple[str, Identity | None]] = field(default_factory=list)

    def note(self, role: str, volume: Volume) -> None:
        """Take down a file that was read."""
        self.inputs.append({"role": role, "sha256": volume.sha256})
        self.warnings += volume.warnings
        self.identities.append((role, volume.identity))
