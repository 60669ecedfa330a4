"""What is written into flat pictures: orientation letters, a scale, crosses, words. Pillow alone, its own font."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

DIRECTIONS: Final = {
    "L": (1.0, 0.0, 0.0), "R": (-1.0, 0.0, 0.0), "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0), "H": (0.0, 0.0, 1.0), "F": (0.0, 0.0, -1.0),
}  # fmt: skip
"""Letter → direction, LPS."""
SECOND: Final = 0.5
"""Share of a direction from which its letter stands second, as in `LP`: 30° off the main one."""
INK, LETTER_INK, CROSS_INK, EDGE = "#ffffff", "#ffd76a", "#5ef2c0", "#000000"


def letters_of(direction: ArrayLike) -> str:
    """Return the letter or two of a direction, LPS.

    >>> letters_of((0.0, 0.9, 0.1)), letters_of((0.8, 0.6, 0.0))
    ('P', 'LP')
    """
    way = np.asarray(direction, dtype=np.float64)
    ranked = sorted(DIRECTIONS, key=lambda letter: -float(way @ DIRECTIONS[letter]))
    return ranked[0] + (ranked[1] if float(way @ DIRECTIONS[ranked[1]]) >= SECOND else "")


def text_size(pixels: int) -> int:
    """Height of letters that can be read in a picture of this many pixels."""
    return max(11, pixels // 34)


class Pen:
    """Writes with a dark edge, so that words are read on bone and on air."""

    def __init__(self, picture: Image) -> None:
        from PIL import ImageDraw  # noqa: PLC0415

        self.draw: Any = ImageDraw.Draw(picture)
        self.width, self.height = picture.size
        self.size = text_size(min(picture.size))

    def words(self, at: tuple[float, float], text: str, anchor: str = "lm", ink: str = INK) -> None:
        """Write a line; `anchor` as Pillow names it."""
        from PIL import ImageFont  # noqa: PLC0415

        font = ImageFont.load_default(self.size)
        self.draw.text(at, text, font=font, anchor=anchor, fill=ink, stroke_width=2, stroke_fill=EDGE)

    def lines(self, texts: list[str], *, bottom: bool = False) -> None:
        """Write lines into the upper, or the lower, left corner."""
        step = 1.3 * self.size
        for row, text in enumerate(reversed(texts) if bottom else texts):
            y = self.height - 2.6 * self.size - step * row if bottom else 0.9 * self.size + step * row
            self.words((self.size / 2, y), text)

    def letters(self, right: ArrayLike, up: ArrayLike) -> None:
        """Write where each side of the picture looks."""
        x, y = np.asarray(right, dtype=np.float64), np.asarray(up, dtype=np.float64)
        w, h, s = self.width, self.height, self.size
        places = (
            (x, (w - s / 2, h / 2), "rm"),
            (-x, (s / 2, h / 2), "lm"),
            (y, (w / 2, s), "mm"),
            (-y, (w / 2, h - s), "mm"),
        )
        for way, at, anchor in places:
            self.words(at, letters_of(way), anchor, LETTER_INK)

    def scale(self, pixels_per_mm: float, length_mm: float = 20.0) -> None:
        """Draw a scale into the lower right corner."""
        bar, s = length_mm * pixels_per_mm, self.size
        x, y = self.width - s - bar, self.height - 1.2 * s
        for width, ink in ((4, EDGE), (2, INK)):
            self.draw.line([(x, y), (x + bar, y)], fill=ink, width=width)
        self.words((x + bar / 2, y - 0.9 * s), f"{length_mm:g} mm", "mm")

    def cross(self, at: NDArray[np.float64]) -> None:
        """Mark a point, itself left free."""
        x, y = (float(v) for v in at)
        for width, ink in ((3, EDGE), (1, CROSS_INK)):
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                self.draw.line([(x + 9 * dx, y + 9 * dy), (x + 22 * dx, y + 22 * dy)], fill=ink, width=width)


def png_bytes(picture: Image) -> bytes:
    """Return a picture as a PNG file."""
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
