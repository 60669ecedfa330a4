"""From integrals of attenuation to a fluoroscopic picture: bone dark, veil, noise, and words in the margin."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from planner.show.fluoro.beam import figures
from planner.show.fluoro.positions import Shot

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
GREY_DARK, GREY_BRIGHT = 0.12, 0.94
"""What the two percentiles become: metal still stands out from dense bone."""
LETTERS: Final = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
CLEAR: Final = 0.35
"""Share of a direction that must lie in the picture for its letter to stand there."""


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
        grey[below] = GREY_DARK * np.exp((grey[below] - GREY_DARK) / GREY_DARK)
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
    from PIL import Image, ImageDraw  # noqa: PLC0415

    carm, n = shot.carm, grey.shape[0]
    picture = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(picture)
    size = max(11, n // 34)
    for letter, way in LETTERS.items():
        x, y = float(np.asarray(way) @ carm.right), float(np.asarray(way) @ carm.up)
        if max(abs(x), abs(y)) < CLEAR:
            continue
        at = (n / 2 + np.sign(x) * (n / 2 - size), n / 2) if abs(x) > abs(y) else (n / 2, n / 2 - np.sign(y) * (n / 2 - size))
        if np.hypot(x, y) > CLEAR and max(abs(x), abs(y)) == max(
            max(abs(float(np.asarray(o) @ carm.right)), abs(float(np.asarray(o) @ carm.up)))
            for o in LETTERS.values()
            if _side(o, shot) == _side(way, shot)
        ):
            _write(draw, at, letter, size + 3, "mm", "#ffd76a")
    for point in carm.project(shot.aimed) if len(shot.aimed) else ():
        x, y = (float(v) for v in point)
        for r, colour in ((3, "#000000"), (1, "#5ef2c0")):
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                draw.line([(x + 9 * dx, y + 9 * dy), (x + 22 * dx, y + 22 * dy)], fill=colour, width=r)
    bar = 20.0 * carm.scale_at(carm.isocentre)
    x0, y0 = n - size - bar, n - 1.2 * size
    for width, colour in ((4, "#000000"), (2, "#ffffff")):
        draw.line([(x0, y0), (x0 + bar, y0)], fill=colour, width=width)
    _write(draw, (x0 + bar / 2, y0 - 0.9 * size), "20 mm", size - 1, "mm", "#ffffff")
    for row, text in enumerate([shot.label, angle_words(shot)]):
        _write(draw, (size / 2, size * (0.9 + 1.25 * row)), text, size, "lm", "#ffffff")
    for row, text in enumerate(reversed(list(words))):
        _write(draw, (size / 2, n - size * (2.2 + 1.25 * row)), text, size - 1, "lm", "#ffffff")
    return picture


def _side(way: Sequence[float], shot: Shot) -> tuple[bool, bool]:
    x, y = float(np.asarray(way) @ shot.carm.right), float(np.asarray(way) @ shot.carm.up)
    return (abs(x) > abs(y), (x > 0.0) if abs(x) > abs(y) else (y > 0.0))


def _write(draw: object, at: tuple[float, float], text: str, size: int, anchor: str, colour: str) -> None:
    from PIL import ImageFont  # noqa: PLC0415

    font = ImageFont.load_default(size)
    draw.text(at, text, font=font, anchor=anchor, fill=colour, stroke_width=2, stroke_fill="#000000")  # type: ignore[attr-defined]


def png_bytes(picture: Image) -> bytes:
    """Return a picture as a PNG file."""
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
