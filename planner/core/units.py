"""Units at the door: a plan says `pressure: 200 psi` or `pressure_kpa: 1379`; inside there are plain floats.

Number and unit are split first and pint reads the unit alone: its own reading of `90 degC` refuses, of
`400 F` takes farad, and it knows no `PSI`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from planner.core.errors import shown
from planner.core.model import Model
from planner.core.quantity import QUANTITIES

if TYPE_CHECKING:
    import pint
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_NUMBER_AND_UNIT = re.compile(r"^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(\D.*?)\s*$")
_SPELLINGS = {
    "°C": "degC", "C": "degC", "celsius": "degC", "°F": "degF", "F": "degF", "PSI": "psi", "Psi": "psi",
    "KPA": "kPa", "KPa": "kPa", "kpa": "kPa", "cc": "mL", "ml": "mL", "mins": "minute", "secs": "second",
    "months": "month", "weeks": "week", "gy": "gray", "Gy": "gray", "°": "degree",
}  # fmt: skip
"""What clinics write, as pint spells it. `F` and `C` are temperatures here, never farad and coulomb."""
_EXAMPLES = {
    "degC": "90 degC", "s": "6 min", "mm": "18 mm", "kPa": "200 psi", "mL": "4 mL", "Gy": "30 Gy",
    "month": "9 months",
}  # fmt: skip


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the one unit registry of the application."""
    import pint  # noqa: PLC0415 - a fifth of a second, paid only where text carries units

    made: pint.UnitRegistry[float] = pint.UnitRegistry()
    pint.set_application_registry(made)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=4096)
def to_unit(text: str, unit: str) -> float:
    """Convert `200 psi` into a float in `unit`.

    >>> round(to_unit("200 psi", "kPa"), 1)
    1379.0
    >>> to_unit("6 min", "s")
    360.0

    Raises
    ------
    ValueError
        When there is no number, no unit, an unknown unit or one of another dimension.
    """
    match = _NUMBER_AND_UNIT.match(text)
    if not match:
        raise ValueError("no number with a unit")
    number, spelling = float(match[1]), match[2]
    import pint  # noqa: PLC0415

    try:
        known = registry()
        value = known.Quantity(number, _SPELLINGS.get(spelling, spelling)).to(unit).magnitude
    except pint.DimensionalityError:
        raise ValueError(f"{spelling!r} does not measure this") from None
    except Exception:  # noqa: BLE001 - pint's parser raises whatever its tokenizer meets
        raise ValueError(f"the unit {spelling!r} is unknown") from None
    return float(value)


@dataclass(frozen=True)
class Unit:
    """Marks a field as carrying a unit, in which it is stored and which ends its name."""

    unit: str
    suffix: str


@dataclass(frozen=True)
class Written:
    """A value given under the key without suffix, which therefore must bring its own unit."""

    value: Any
    key: str
    clash: bool = False


def fault(key: str, got: Any, expected: str, way_out: str) -> PydanticCustomError:
    """Return a validation error with what was got, expected and the way out; a `key` replaces the path's last part."""
    return PydanticCustomError(
        "input", "{expected}", {"key": key, "got": shown(got), "expected": expected, "way_out": way_out}
    )


def _read(value: Any, unit: str, low: float, high: float) -> float:
    written = value if isinstance(value, Written) else None
    raw, key = (written.value, written.key) if written else (value, "")
    example = _EXAMPLES.get(unit, f"1 {unit}")
    if written and written.clash:
        raise fault(
            key, raw, "the value once", f"it is given with and without the suffix; keep one, such as `{key}: {example}`"
        )
    if written and isinstance(raw, str):
        try:
            number = to_unit(raw, unit)
        except ValueError as error:
            raise fault(
                key, raw, f"a number with a unit that converts to {unit}", f"{error}; write for example `{example}`"
            ) from None
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        raise fault(
            key,
            raw,
            f"a number in {unit}" if not written else "a number with its unit",
            f"write for example `{example}`",
        )
    elif written:
        raise fault(key, raw, "a number with its unit", f"the unit is missing; write for example `{example}`")
    else:
        number = float(raw)
    if not math.isfinite(number):
        raise fault(key, raw, "a finite number", "give the value or leave the key out")
    if not low <= number <= high:
        raise fault(
            key,
            raw,
            f"between {low:g} and {high:g} {unit}",
            "the value lies outside what is plausible; check number and unit",
        )
    return number


def measure(unit: str, suffix: str, low: float, high: float, *, optional: bool = False) -> Any:
    """Return the annotated float type of a field that ends in `suffix`, is stored in `unit` and must lie in range."""

    def read(value: Any) -> float | None:
        return None if optional and value is None else _read(value, unit, low, high)

    return Annotated[
        float | None if optional else float,
        Unit(unit, suffix),
        BeforeValidator(read),
        WithJsonSchema({"type": "number", "minimum": low, "maximum": high, "description": f"in {unit}"}),
    ]


def measure_of(quantity: str, *, optional: bool = False) -> Any:
    """Return the field type of a row of the quantity table, with its unit and plausible range."""
    row = QUANTITIES[quantity]
    return measure(row.unit, quantity.rsplit("_", 1)[1], row.low, row.high, optional=optional)


def triple(unit: str, suffix: str, low: float, high: float) -> Any:
    """Return the type of three numbers with unit, given as `[18 mm, 14 mm, 12 mm]` or as bare numbers with suffix."""

    def read(value: Any) -> tuple[float, ...]:
        written = value if isinstance(value, Written) else None
        raw = written.value if written else value
        if not isinstance(raw, list | tuple) or len(raw) != 3:
            raise fault(
                written.key if written else "",
                raw,
                "three values",
                f"write for example `[18 {unit}, 14 {unit}, 12 {unit}]`",
            )
        wrap = (lambda part: Written(part, written.key, written.clash)) if written else (lambda part: part)
        return tuple(_read(wrap(part), unit, low, high) for part in raw)

    return Annotated[
        tuple[float, float, float],
        Unit(unit, suffix),
        BeforeValidator(read),
        WithJsonSchema(
            {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3, "description": f"in {unit}"}
        ),
    ]


class UnitModel(Model):
    """A model whose unit-carrying fields may also be given without suffix, as text with a unit."""

    @classmethod
    def _doors(cls) -> dict[str, str]:
        """Key without suffix → field name."""
        marks = {
            name: next((m for m in f.metadata if isinstance(m, Unit)), None) for name, f in cls.model_fields.items()
        }
        return {name.removesuffix(f"_{mark.suffix}"): name for name, mark in marks.items() if mark}

    @model_validator(mode="before")
    @classmethod
    def _units_at_the_door(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        taken = dict(data)
        for key, name in cls._doors().items():
            if key in taken:
                clash = name in taken
                taken[name] = Written(taken.pop(key), key, clash)
        return taken

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        body = handler.resolve_ref_schema(schema)
        properties, required = body.get("properties", {}), body.get("required", [])
        for key, name in cls._doors().items():
            if name in properties:
                several = properties[name].get("type") == "array"
                text = {"type": "string", "description": "number with unit"}
                properties[key] = {"type": "array", "items": text, "minItems": 3, "maxItems": 3} if several else text
                if name in required:
                    required.remove(name)
                    body.setdefault("allOf", []).append({"oneOf": [{"required": [key]}, {"required": [name]}]})
        if "required" in body and not required:
            del body["required"]
        return schema
