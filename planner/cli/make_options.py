"""What `planner anatomy make` takes in short: `lytic:18mm`, `L1:wedge:30%`, `0.7x0.7x1mm`; all slips at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from planner.core.errors import Problems
from planner.core.names import LEVELS
from planner.core.units import to_unit

_T = TypeVar("_T")
_AMOUNT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)\s*([a-zA-Z°µ%]+)")
LESION = "KIND:SIZE, such as lytic:18mm, blastic:4mL:L2, lytic:20mm:pedicle_left or mixed:22mm:epidural=1b"
FRACTURE = "LEVEL:SHAPE:LOSS, such as L1:wedge:30%"
SPACING = "a length such as 1mm, or three such as 0.7x0.7x1mm (along left, back, head)"
CEMENT = "LEVEL:VOLUME, such as L2:4mL or L2:3mL:left"
SCREW = "LEVEL:SIDE, such as L4:left or L4:left:length=45mm"
DEFECT = "LEVEL:SURFACE:SIZE, such as L3:posterior_wall:8mm"
SCOLIOSIS = "APEX:ANGLE, such as T9:20deg or T9:20deg:left"
TILT = "three angles such as 10,0,0 (degrees, about the left, back and head axis)"
KINDS = ("lytic", "blastic", "mixed", "osteoid_osteoma")


def read(texts: Sequence[str], option: str, expected: str, one: Callable[[str], _T], problems: Problems) -> list[_T]:
    """Read each text of a repeated option; those that cannot be read are noted."""
    found = []
    for text in texts:
        try:
            found.append(one(text))
        except (ValueError, IndexError) as error:
            why = str(error)
            problems.add(option, text, expected, f"{why}; write it as shown" if why else "write it as shown")
    return found


def lesion(text: str) -> dict[str, Any]:
    """Read `lytic:18mm[:LEVEL][:PLACE][:key=value…]` into keys of a plan's lesion.

    >>> lesion("lytic:18mm:pedicle_left")
    {'kind': 'lytic', 'diameter': '18mm', 'place': 'pedicle_left'}

    Raises
    ------
    ValueError
    """
    kind, *rest = _parts(text)
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    out: dict[str, Any] = {"kind": kind}
    for part in rest:
        if "=" in part:
            key, value = part.split("=", 1)
            out[key] = value if key == "epidural" else _value(value)
        elif match := _AMOUNT.fullmatch(part):
            out["volume" if match[1].lower() in {"ml", "cc"} else "diameter"] = part
        elif part in LEVELS:
            out["level"] = part
        else:
            out["place"] = part
    return out


def fracture(text: str) -> tuple[str, dict[str, Any]]:
    """Read `L1:wedge:30%[:key=value…]`.

    >>> fracture("L1:wedge:30%")
    ('L1', {'shape': 'wedge', 'height_loss': 0.3})
    """
    level, shape, loss, *rest = _parts(text)
    return _level(level), {"shape": shape, "height_loss": _share(loss)} | _keys(rest)


def cement(text: str) -> tuple[str, dict[str, Any]]:
    """Read `L2:4mL[:side]`."""
    level, volume, *rest = _parts(text)
    side = [part for part in rest if "=" not in part]
    return _level(level), {"volume": volume} | ({"side": side[0]} if side else {}) | _keys(rest[len(side) :])


def screw(text: str) -> tuple[str, dict[str, Any]]:
    """Read `L4:left[:key=value…]`."""
    level, side, *rest = _parts(text)
    return _level(level), {"side": side} | _keys(rest)


def defect(text: str) -> tuple[str, dict[str, Any]]:
    """Read `L3:posterior_wall:8mm[:key=value…]`."""
    level, surface, size, *rest = _parts(text)
    return _level(level), {"surface": surface, "diameter": size} | _keys(rest)


def scoliosis(text: str) -> dict[str, Any]:
    """Read `T9:20deg[:side]`.

    >>> scoliosis("T9:20deg:left")
    {'apex': 'T9', 'cobb': '20 degree', 'side': 'left'}
    """
    apex, angle, *rest = _parts(text)
    side = [part for part in rest if "=" not in part]
    return {"apex": apex, "cobb": f"{_number(angle):g} degree"} | ({"side": side[0]} if side else {}) | _keys(rest[1:])


def spacing(text: str) -> tuple[float, float, float]:
    """Read `1mm` or `0.7x0.7x1mm` (also with commas), mm.

    >>> spacing("0.7x0.7x1 mm")
    (0.7, 0.7, 1.0)
    """
    match = re.fullmatch(r"(.*?\d)\s*([a-zA-Z]+)\s*", text)
    if not match:
        raise ValueError("no length with its unit")
    values = [to_unit(f"{part} {match[2]}", "mm") for part in re.split(r"[x,×]", match[1])]
    if len(values) == 1:
        values *= 3
    if len(values) != 3:
        raise ValueError(f"{len(values)} lengths")
    if not all(0.1 <= v <= 10.0 for v in values):
        raise ValueError("a spacing outside 0.1 to 10 mm")
    return values[0], values[1], values[2]


def tilt(text: str) -> tuple[float, float, float]:
    """Read `10,0,0`, degrees."""
    values = [_number(part) for part in text.split(",")]
    if len(values) != 3:
        raise ValueError(f"{len(values)} angles")
    if not all(abs(v) <= 44.0 for v in values):
        raise ValueError("a turn beyond 44°; name another orientation instead")
    return values[0], values[1], values[2]


def length(text: str) -> float:
    """Read `3mm`."""
    return to_unit(text, "mm")


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(":")]
    if not all(parts):
        raise ValueError("an empty part")
    return parts


def _level(text: str) -> str:
    if text not in LEVELS:
        raise ValueError(f"{text!r} is no level")
    return text


def _number(text: str) -> float:
    return float(re.sub(r"(deg|degree|degrees|°)$", "", text.strip()))


def _share(text: str) -> float:
    return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)


def _keys(parts: Sequence[str]) -> dict[str, Any]:
    wrong = [part for part in parts if "=" not in part]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no key=value")
    return {key: _value(value) for key, value in (part.split("=", 1) for part in parts)}


def _value(text: str) -> Any:
    try:
        return int(text) if re.fullmatch(r"\d+", text) else float(text)
    except ValueError:
        return text
