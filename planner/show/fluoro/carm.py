"""Where a C-arm stands: source, isocentre, detector, and what of space falls on which pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Position = Literal["prone", "supine"]
POSITIONS: Final[tuple[str, ...]] = get_args(Position)
HEAD: Final = (0.0, 0.0, 1.0)
UPRIGHT: Final = 1e-3
"""Sine of the angle between beam and body axis below which the head is no direction in the picture."""


@dataclass(frozen=True)
class Machine:
    """What stays the same while the C-arm turns; sizes of a mobile one.

    Attributes
    ----------
    source_detector_mm : focal spot to detector.
    magnification : of what lies at the isocentre.
    detector_mm : side of the square detector.
    pixels : along each side of the picture.
    position : how the patient lies; the tube is under the table, so the detector is behind a prone patient.
    """

    source_detector_mm: float = 1000.0
    magnification: float = 1.5
    detector_mm: float = 230.0
    pixels: int = 512
    position: Position = "prone"

    @property
    def field_mm(self) -> float:
        """Side of what is seen at the isocentre."""
        return self.detector_mm / self.magnification


@dataclass(frozen=True, eq=False)
class CArm:
    """One position of a C-arm; the picture is seen from the detector's side.

    Attributes
    ----------
    machine : distances and detector.
    isocentre : (3,) LPS mm.
    toward : (3,) unit vector from isocentre to detector, LPS.
    up : (3,) unit vector that points up in the picture, LPS.
    """

    machine: Machine
    isocentre: Array
    toward: Array
    up: Array

    @classmethod
    def looking(cls, machine: Machine, isocentre: ArrayLike, toward: ArrayLike, up: ArrayLike = HEAD) -> CArm:
        """Place a C-arm by the direction of its detector; `up` is turned to lie in the picture."""
        beam = np.asarray(toward, dtype=np.float64)
        beam = beam / np.linalg.norm(beam)
        for upright in (np.asarray(up, dtype=np.float64), np.array([0.0, -1.0, 0.0])):
            flat = upright - (upright @ beam) * beam
            if np.linalg.norm(flat) > UPRIGHT:
                break
        return cls(machine, np.asarray(isocentre, dtype=np.float64), beam, flat / np.linalg.norm(flat))

    @classmethod
    def angled(cls, machine: Machine, isocentre: ArrayLike, lao_deg: float = 0.0, cranial_deg: float = 0.0) -> CArm:
        """Place a C-arm by its angles: the detector turns to the patient's left and towards the head.

        From straight in front of a supine and straight behind a prone patient; RAO and caudal are negative.
        """
        turn, tilt = np.radians([lao_deg, cranial_deg])
        ahead = np.cos(turn) * np.cos(tilt) * (1.0 if machine.position == "prone" else -1.0)
        return cls.looking(machine, isocentre, [np.sin(turn) * np.cos(tilt), ahead, np.sin(tilt)])

    @property
    def lao_deg(self) -> float:
        """Angle of the detector towards the patient's left; negative: RAO."""
        ahead = self.toward[1] if self.machine.position == "prone" else -self.toward[1]
        return float(np.degrees(np.arctan2(self.toward[0], ahead)))

    @property
    def cranial_deg(self) -> float:
        """Angle of the detector towards the head; negative: caudal."""
        return float(np.degrees(np.arcsin(np.clip(self.toward[2], -1.0, 1.0))))

    @property
    def dicom_angles_deg(self) -> tuple[float, float]:
        """Positioner Primary and Secondary Angle (0018,1510), (0018,1511): 0 in front, + LAO, + cranial."""
        return float(np.degrees(np.arctan2(self.toward[0], -self.toward[1]))), self.cranial_deg

    @property
    def right(self) -> Array:
        """(3,) unit vector to the right of the picture, LPS."""
        return np.asarray(np.cross(self.up, self.toward))

    @property
    def source(self) -> Array:
        """(3,) focal spot, LPS mm."""
        return np.asarray(self.isocentre - self.toward * (self.machine.source_detector_mm / self.machine.magnification))

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel on the detector."""
        return self.machine.detector_mm / self.machine.pixels

    @property
    def across(self) -> Array:
        """(3,) step from a pixel to the next column, LPS mm."""
        return self.right * self.pixel_mm

    @property
    def down(self) -> Array:
        """(3,) step from a pixel to the next row, LPS mm."""
        return -self.up * self.pixel_mm

    @property
    def corner(self) -> Array:
        """(3,) centre of the pixel in the first row and column, LPS mm."""
        middle = self.source + self.toward * self.machine.source_detector_mm
        return np.asarray(middle - 0.5 * (self.machine.pixels - 1) * (self.across + self.down))

    def rays(self, window: tuple[slice, slice] = (slice(None), slice(None))) -> Array:
        """(rows, columns, 3) from the source to each pixel of a window of the picture, LPS mm."""
        rows, columns = (np.arange(self.machine.pixels)[side, None] for side in window)
        return np.asarray(self.corner - self.source + rows[:, None] * self.down + columns * self.across)

    def lengths(self) -> Array:
        """(rows, columns) distance from the source to each pixel, mm."""
        n = self.machine.pixels
        square = ((np.arange(n) - 0.5 * (n - 1)) * self.pixel_mm) ** 2
        return np.asarray(np.sqrt(self.machine.source_detector_mm**2 + square[:, None] + square))

    def project(self, points: ArrayLike) -> Array:
        """Send points (n, 3), LPS mm, to (n, 2) column and row; NaN for what lies behind the source."""
        out = np.atleast_2d(np.asarray(points, dtype=np.float64)) - self.source
        depth = out @ self.toward
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(depth > 0.0, self.machine.source_detector_mm / depth, np.nan) / self.pixel_mm
        middle = 0.5 * (self.machine.pixels - 1)
        return np.stack([middle + scale * (out @ self.right), middle - scale * (out @ self.up)], axis=1)

    def scale_at(self, point: ArrayLike) -> float:
        """Pixels for a millimetre at a point, LPS mm."""
        depth = float((np.asarray(point, dtype=np.float64) - self.source) @ self.toward)
        return self.machine.source_detector_mm / depth / self.pixel_mm
