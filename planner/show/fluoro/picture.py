"""From integrals of attenuation to a fluoroscopic picture: bone dark, veil, noise, and words in the margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from planner.show.fluoro.beam import figures
from planner.show.fluoro.positions import Shot
from planner.show.marks import Pen

if TYPE_CHECKING:
    from PIL.Image import Image

Array = NDArray[np.float64]
EVEN_MM: Final = 18.0
"""Differences wider than this (sigma, in the patient) are flattened, as the machine's own processing does."""
EVEN_SHARE: Final = 0.8
EDGE_PIXELS, EDGE_SHARE = 2.0, 0.6
"""Edges are sharpened a little, likewise."""
VERTEBRA_MM: Final = 42.0
"""Half the side of the window by which brightness is set, at the isocentre."""
DARKEST, BRIGHTEST = 1.0, 99.7
"""Percentiles of the patient alone between which grey runs; metal and contrast may go below."""
NOISE: Final = 0.012
"""Standard deviation of grey at middle brightness, as a share of the scale."""
GREY_DARK, GREY_BRIGHT, TAIL = 0.2, 0.95, 0.7
"""What the two percentiles become, and how slowly darker ones reach black: cement keeps its edge, metal stands out."""


class Look:
    """The processing of one position, fixed by the patient alone, so that a series does not flicker."""

    def __init__(self, patient: NDArray[np.floating], shot: Shot) -> None:
        from scipy.ndimage import gaussian_filter  # noqa: PLC0415

        self.shot = shot
        self.patient = np.asarray(patient, dtype=np.float64)
        wide = EVEN_MM * shot.carm.scale_at(shot.carm.isocentre)
        thin = _thinned(self.patient, 8)
        smooth = gaussian_filter(thin, wide / 8.0, mode="nearest")
        self.flat = EVEN_SHARE * (_grown(smooth, self.patient.shape) - float(smooth.mean()))
        self.veil = figures()["scatter_share"] * float(np.exp(-np.median(self.patient)))
        clean = self._dense(np.zeros(self.patient.shape))
        inner = clean[_middle(shot)]
        self.bright, self.dark = (float(v) for v in np.percentile(inner, [100.0 - BRIGHTEST, 100.0 - DARKEST]))
        if not self.dark > self.bright:  # nothing but soft tissue
            self.dark = self.bright + 1.0

    def _dense(self, shadow: Array) -> Array:
        """Darkness of each pixel: the logarithm of what arrives, with the veil."""
        arrives = np.exp(-(self.patient - self.flat + shadow)) + self.veil
        return np.asarray(-np.log(arrives))

    def grey(self, shadow: Array, seed: int = 0) -> NDArray[np.uint8]:
        """(rows, columns) picture with what is in the beam; the same seed gives the same noise."""
        from scipy.ndimage import gaussian_filter  # noqa: PLC0415

        dense = self._dense(shadow)
        dense = dense + EDGE_SHARE * (dense - gaussian_filter(dense, EDGE_PIXELS))
        share = (dense - self.bright) / (self.dark - self.bright)
        grey = GREY_BRIGHT - (GREY_BRIGHT - GREY_DARK) * share
        below = grey < GREY_DARK
        grey[below] = GREY_DARK / (1.0 + (GREY_DARK - grey[below]) / TAIL)
        noise = np.random.default_rng(seed).normal(0.0, NOISE, grey.shape)
        grey = grey + gaussian_filter(noise, 0.6) * 1.6 * np.sqrt(np.clip(grey, 0.05, 1.0) / 0.5)
        return np.asarray(np.clip(np.rint(255.0 * grey), 0, 255), dtype=np.uint8)


def _thinned(values: Array, step: int) -> Array:
    n = values.shape[0] // step * step
    if n == 0:
        return values
    return np.asarray(values[:n, :n].reshape(n // step, step, n // step, step).mean(axis=(1, 3)))


def _grown(values: Array, shape: tuple[int, ...]) -> Array:
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    at = [(np.arange(n) + 0.5) * values.shape[axis] / n - 0.5 for axis, n in enumerate(shape)]
    return np.asarray(map_coordinates(values, np.meshgrid(*at, indexing="ij"), order=1, mode="nearest"))


def _middle(shot: Shot) -> tuple[slice, slice]:
    """Rows and columns about the isocentre: the treated vertebra, by which brightness is set."""
    n = shot.carm.machine.pixels
    half = min(n // 2, int(VERTEBRA_MM * shot.carm.scale_at(shot.carm.isocentre)))
    return slice(n // 2 - half, n // 2 + half), slice(n // 2 - half, n // 2 + half)


def angle_words(shot: Shot) -> str:
    """`LAO 35° CRA 4°` as a C-arm shows it."""
    lao, cranial = round(shot.carm.lao_deg), round(shot.carm.cranial_deg)
    turn = f"{'LAO' if lao >= 0 else 'RAO'} {abs(lao)}°"
    return f"{turn} {'CRA' if cranial >= 0 else 'CAU'} {abs(cranial)}°"


def annotated(grey: NDArray[np.uint8], shot: Shot, words: Sequence[str]) -> Image:
    """Return the picture with orientation letters, a scale, crosses and words."""
    from PIL import Image  # noqa: PLC0415

    carm = shot.carm
    picture = Image.fromarray(grey).convert("RGB")
    pen = Pen(picture)
    pen.letters(carm.right, carm.up)
    for point in carm.project(shot.aimed) if len(shot.aimed) else ():
        pen.cross(point)
    pen.scale(carm.scale_at(carm.isocentre))
    pen.lines([shot.label, angle_words(shot)])
    pen.lines(list(words), bottom=True)
    return picture
