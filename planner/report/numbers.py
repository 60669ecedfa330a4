"""Numbers as a clinician reads them: sensible digits, real minus signs, pressure in kPa and psi and atm."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from planner.core.quantity import QUANTITIES

KPA_PER_PSI = 6.894757293168
KPA_PER_ATM = 101.325

_UNITS = {
    "degC": "°C",
    "celsius": "°C",
    "1": "",
    "dimensionless": "",
    "": "",
    "deg": "°",
    "degree": "°",
    "delta_degC": "°C",
    "week": "weeks",
    "month": "months",
    "day": "days",
}
_SUFFIXES = (
    "_mm", "_c", "_kpa", "_ml", "_s", "_deg", "_w", "_gy", "_min", "_fraction", "_probability",
)  # fmt: skip


def is_share(quantity: str) -> bool:
    """Whether the quantity is a part of one and reads better in percent."""
    return quantity.endswith(("_fraction", "_probability"))


def unit_word(unit: str | None) -> str:
    """Return the unit as printed: `degC` → `°C`, dimensionless → nothing."""
    return _UNITS.get(unit or "", unit or "")


def number(value: float, beside: float | None = None) -> str:
    """Return two or three significant figures; more where it would look equal to `beside` and is not."""
    if not isfinite(value):
        return "not a number"
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 1 else 2 if size >= 0.095 or size == 0 else 3
    text = f"{value:.{digits}f}"
    while beside is not None and beside != value and float(text) == beside and digits < 6:
        digits += 1
        text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "−")


def amount(value: Any, unit: str | None, quantity: str = "", beside: float | None = None) -> str:
    """Value and unit in the quantity's own unit; a share in percent; `not known` for None."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "not known"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit == "yes/no":
        return "yes" if value >= 0.5 else "no"
    if is_share(quantity) and unit in {None, "1"}:
        return f"{number(100 * value, None if beside is None else 100 * beside)} %"
    word = unit_word(unit)
    return number(value, beside) + ("" if not word else word if word == "°" else f" {word}")


def also(value: Any, unit: str | None) -> str:
    """Return the same pressure in psi and atm, the same duration in minutes; empty for other units."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return ""
    if unit == "kPa":
        return f"{number(value / KPA_PER_PSI)} psi, {number(value / KPA_PER_ATM)} atm"
    if unit == "s" and abs(value) >= 60:
        return f"{number(value / 60)} min"
    return ""


def full_amount(value: Any, unit: str | None, quantity: str = "") -> str:
    """`amount`, with `also` in brackets."""
    more = also(value, unit)
    return amount(value, unit, quantity) + (f" ({more})" if more else "")


def limit_text(limit: Mapping[str, Any] | None, unit: str | None, quantity: str = "") -> str:
    """Return the acceptable region: `≥ 5 mm`, `≤ 2758 kPa`, `60 to 90 °C`; empty where there is none."""
    if not limit:
        return ""
    low, high = limit.get("low"), limit.get("high")
    kind = limit.get("kind")
    if kind == "between" and low is not None and high is not None:
        first = amount(low, "1", quantity).removesuffix(" %")
        return f"{first} to {amount(high, unit, quantity)}"
    bound = high if kind == "at_most" else low if low is not None else high
    if bound is None:
        return ""
    sign = "" if unit == "yes/no" else {"at_least": "≥ ", "at_most": "≤ ", "equals": "= "}.get(str(kind), "")
    return sign + amount(bound, unit, quantity)


def percent(p: float) -> str:
    """Probability in percent, never rounded to certainty."""
    if 0 < p < 0.001:
        return "< 0.1 %"
    if 0.999 < p < 1:
        return "> 99.9 %"
    return f"{number(100 * p)} %"


def quantity_words(name: str) -> str:
    """Return the table's label, or for a name that it lacks `cord_clearance_mm` → `Cord clearance`."""
    if name in QUANTITIES:
        label = QUANTITIES[name].label
        return label[:1].upper() + label[1:]
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            name = name.removesuffix(suffix)
            break
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
