"""A small safe grammar for rules on several quantities, `cement_volume_ml / cement_fill_fraction`; never `eval`.

sum = product (± product)* · product = factor (×÷ factor)* · factor = number | quantity | −factor | ( sum )
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from planner.core.quantity import QUANTITIES

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<sign>[-+*/()]))")
MAX_LENGTH = 200

Interval = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A number, a quantity's name, or a sign between two nodes."""

    what: float | str
    parts: tuple[Node, ...] = ()

    def fold(self, leaf: Callable[[float | str], Any], join: Callable[[str, Any, Any], Any]) -> Any:
        """Evaluate from the leaves up."""
        if not self.parts:
            return leaf(self.what)
        first, second = (part.fold(leaf, join) for part in self.parts)
        return join(str(self.what), first, second)


@dataclass(frozen=True)
class Expression:
    """A parsed expression; `names` are the quantities in it, in order of appearance."""

    text: str
    names: tuple[str, ...]
    root: Node

    def of(self, values: Mapping[str, Interval]) -> Interval:
        """Return the range of the expression where each quantity lies in its range; NaN where it divides by zero.

        Each appearance of a quantity counts as its own, so the range may be too wide and is never too narrow.
        """
        low, high = self.root.fold(lambda what: values[what] if isinstance(what, str) else (what, what), _joined)
        return float(low), float(high)

    def fits(self, unit: str) -> bool:
        """Return whether it yields `unit`; millimetres and seconds do not add up, and then it yields none.

        Units are symbols here: every quantity has the one unit of its table, so nothing is ever converted.
        """
        try:
            return bool(self.root.fold(_unit_of, _unit_joined) == _symbol(unit))
        except ValueError:
            return False


Powers = tuple[tuple[str, int], ...]
"""Units with their exponents, in order; empty for a pure number."""


def _symbol(unit: str) -> Powers:
    return () if unit in {"1", "yes/no"} else ((unit, 1),)


def _unit_of(what: float | str) -> Powers:
    return _symbol(QUANTITIES[what].unit) if isinstance(what, str) else ()


def _unit_joined(sign: str, first: Powers, second: Powers) -> Powers:
    if sign in "+-":
        if first != second:
            raise ValueError("units that do not add up")
        return first
    powers = dict(first)
    for unit, power in second:
        powers[unit] = powers.get(unit, 0) + (power if sign == "*" else -power)
    return tuple(sorted((unit, power) for unit, power in powers.items() if power))


def _joined(sign: str, first: Interval, second: Interval) -> Interval:
    if sign == "+":
        return first[0] + second[0], first[1] + second[1]
    if sign == "-":
        return first[0] - second[1], first[1] - second[0]
    if sign == "/":
        if second[0] <= 0.0 <= second[1]:
            return math.nan, math.nan
        second = 1.0 / second[1], 1.0 / second[0]
    products = [a * b for a in first for b in second]
    return min(products), max(products)


@cache
def parse(text: str) -> Expression:
    """Read an expression.

    >>> parse("2 * (cement_volume_ml - 1)").of({"cement_volume_ml": (4.0, 5.0)})
    (6.0, 8.0)

    Raises
    ------
    ValueError
        When it is not of the grammar, or names something that is no quantity.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"longer than {MAX_LENGTH} characters")
    reader = _Reader(text)
    root = reader.sum()
    if rest := text[reader.at :].strip():
        raise ValueError(f"unexpected {rest[:10]!r}")
    if not reader.names:
        raise ValueError("no quantity in it")
    return Expression(text, tuple(reader.names), root)


class _Reader:
    """Recursive descent over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: dict[str, None] = {}

    def sum(self) -> Node:
        made = self._product()
        while sign := self._sign("+-"):
            made = Node(sign, (made, self._product()))
        return made

    def _product(self) -> Node:
        made = self._factor()
        while sign := self._sign("*/"):
            made = Node(sign, (made, self._factor()))
        return made

    def _factor(self) -> Node:
        match = _TOKEN.match(self.text, self.at)
        if not match:
            raise ValueError(f"nothing that may stand at {self.text[self.at :][:10]!r}")
        self.at = match.end()
        if match["number"]:
            return Node(float(match["number"]))
        if name := match["name"]:
            if name not in QUANTITIES:
                raise ValueError(f"{name!r} is no quantity")
            self.names[name] = None
            return Node(name)
        if match["sign"] == "-":
            return Node("*", (Node(-1.0), self._factor()))
        if match["sign"] != "(":
            raise ValueError(f"{match['sign']!r} in the wrong place")
        made = self.sum()
        if not self._sign(")"):
            raise ValueError("a bracket is not closed")
        return made

    def _sign(self, allowed: str) -> str | None:
        match = _TOKEN.match(self.text, self.at)
        if not match or not match["sign"] or match["sign"] not in allowed:
            return None
        self.at = match.end()
        return match["sign"]
