"""The one font that comes along: Latin and Chinese, cut down to the letters that a report uses.

Noto Sans SC (SIL Open Font License 1.1) from a pinned package of data; nothing is asked of the machine's own fonts.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from functools import lru_cache
from importlib.resources import files
from typing import Any

LICENCE_LINE = "Noto Sans SC, © Adobe and the Noto authors, SIL Open Font License 1.1 (part of the font)"
PACKAGE, FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
MEND = "pip install pylopdf-fonts-zh-cn==0.1.1 fonttools"
CURVE_TOLERANCE = 1.0
"""How far quadratic outlines may lie off the cubic ones, in thousandths of the letter's height."""
BASIC = "".join(map(chr, range(32, 127))) + "–—…·×°±≤≥−→›€µØ²³Ωα“”‘’¥✓□○●▲"


FONT_PLACE = "/* font */"
"""Where the style sheet of a page takes the letters in."""
FONT_NAME = '"Planner Chinese"'


class FontError(RuntimeError):
    """The font that comes along is not there; tells the way out."""


def subset_ttf(text: str) -> bytes:
    """Return a TrueType font of the letters of `text` and of plain Latin; letters that the font lacks are left out."""
    return _subset(frozenset(text + BASIC), "ttf")


def subset_woff(text: str) -> bytes:
    """Return the letters of `text` as WOFF, for a page."""
    return _subset(frozenset(text), "woff")


def has_chinese(text: str) -> bool:
    """Whether there is a letter that European fonts lack."""
    return any("\u2e80" <= c <= "\uffef" or c >= "\U00020000" for c in set(text))  # a page has millions of letters


def with_font(page: str) -> str:
    """Give a page the Chinese letters that it uses, for machines that have none.

    The face stands first in the list of fonts: Chromium leaves boxes where it is only the last resort.
    """
    if not has_chinese(page):
        return page.replace(FONT_PLACE, "")
    letters = "".join(sorted({c for c in set(page) if has_chinese(c)}))
    try:
        font = base64.b64encode(subset_woff(letters)).decode()
    except FontError:  # the machine's own fonts then have to do
        return page.replace(FONT_PLACE, "")
    source = f'src: url("data:font/woff;base64,{font}") format("woff")'
    face = f"@font-face {{ font-family: {FONT_NAME}; unicode-range: U+2E80-2FFFF; {source}; }}"
    return page.replace(FONT_PLACE, face, 1)


@lru_cache(maxsize=4)
def _subset(letters: frozenset[str], flavour: str) -> bytes:
    try:
        from fontTools.ttLib import TTFont  # noqa: PLC0415  # heavy, only where needed

        with TTFont(io.BytesIO((files(PACKAGE) / FILE).read_bytes()), lazy=True, recalcTimestamp=False) as font:
            return _cut(font, letters, flavour)
    except (ImportError, OSError) as error:
        raise FontError(f"The font for reports cannot be read ({error}). Way out: {MEND}") from error


def _cut(font: Any, letters: frozenset[str], flavour: str) -> bytes:
    from fontTools import subset  # noqa: PLC0415

    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, desubroutinize=True)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["VORG", "vmtx", "vhea", "BASE", "GSUB", "GPOS", "GDEF"]
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[ord(c) for c in letters])
    cut.subset(font)
    # A changed font goes by a name of its own, each set of letters by another; copyright and licence stay in it.
    tag = hashlib.sha256("".join(sorted(letters)).encode()).hexdigest()[:12]
    for number, words in ((1, "Planner Sans"), (4, f"Planner Sans {tag}"), (6, f"PlannerSans-{tag}")):
        font["name"].setName(words, number, 3, 1, 0x409)
    if flavour == "ttf":
        _quadratic(font)
    else:
        font.flavor = "woff"
    held = io.BytesIO()
    font.save(held)
    return held.getvalue()


def _quadratic(font: Any) -> None:
    """Turn cubic outlines into the quadratic ones that PDF writers embed."""
    from fontTools.pens.cu2quPen import Cu2QuPen  # noqa: PLC0415
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # noqa: PLC0415
    from fontTools.ttLib import newTable  # noqa: PLC0415

    order, drawn = font.getGlyphOrder(), font.getGlyphSet()
    made = {}
    for name in order:
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, CURVE_TOLERANCE, reverse_direction=True))
        made[name] = pen.glyph()
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, made
    font["loca"] = newTable("loca")
    for name, glyph in made.items():
        glyph.recalcBounds(glyf)
        width, _ = font["hmtx"].metrics[name]
        font["hmtx"].metrics[name] = (width, getattr(glyph, "xMin", 0))
    most = font["maxp"]
    most.tableVersion = 0x00010000
    for key in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth", "maxCompositePoints",
        "maxCompositeContours", "maxPoints", "maxContours",
    ):  # fmt: skip
        setattr(most, key, 0)
    most.maxZones = 1
    font["post"].formatType = 3.0
    del font["CFF "]
    font.sfntVersion = "\x00\x01\x00\x00"
