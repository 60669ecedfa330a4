"""Conditions of three values: true, false, or unknown with the facts that are missing; never `eval`.

either = both (or both)* · both = one (and one)* · one = not one | ( either ) | fact | fact op value | fact in a, b
A number is an interval: `expected_survival_months > 3` is unknown where a score says only "less than 6".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Number = tuple[float, float]
"""A number with what is not known of it: lowest and highest; equal where it is exact."""
Value = Number | str | bool
Facts = Mapping[str, Value]
Truth = bool | None
Evaluate = Callable[[Facts], Truth]

MAX_LENGTH = 600
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?(?![a-z0-9_]))|(?P<name>[a-z0-9][a-z0-9_]*)|(?P<sign>>=|<=|>|<|=|\(|\)|,))"
)
_WORDS = {"and", "or", "not", "in"}


@dataclass(frozen=True)
class FactRow:
    """What a fact may be: a number, one of ordered or unordered choices, or yes/no."""

    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A condition ready to be evaluated.

    Attributes
    ----------
    text : as written.
    facts : every fact it looks at.
    thresholds : numbers it compares a fact with.
    """

    text: str
    facts: frozenset[str]
    thresholds: Mapping[str, tuple[float, ...]]
    truth: Evaluate
    missing: Callable[[Facts], frozenset[str]]


@dataclass(frozen=True)
class _Node:
    truth: Evaluate
    parts: tuple[_Node, ...] = ()
    fact: str = ""


class _Reader:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str, rows: Mapping[str, FactRow]) -> None:
        if len(text) > MAX_LENGTH:
            raise ValueError(f"longer than {MAX_LENGTH} characters")
        self.rows, self.tokens, at, end = rows, [], 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if not found:
                raise ValueError(f"nothing readable at {text[at : at + 12]!r}")
            self.tokens.append(found[0].strip())
            at = found.end()
        self.at = 0
        self.thresholds: dict[str, list[float]] = {}

    def whole(self) -> _Node:
        node = self._either()
        if self.at != len(self.tokens):
            raise ValueError(f"{self.tokens[self.at]!r} follows where the condition ends")
        return node

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token not in wanted):
            raise ValueError(f"{' or '.join(wanted) or 'a word'} is missing{f' before {token!r}' if token else ''}")
        self.at += 1
        return token

    def _joined(self, word: str, part: Callable[[], _Node], join: Callable[[tuple[_Node, ...]], _Node]) -> _Node:
        parts = [part()]
        while self._peek() == word:
            self._take(word)
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _either(self) -> _Node:
        return self._joined("or", lambda: self._joined("and", self._one, _all), _any)

    def _one(self) -> _Node:
        if self._peek() == "not":
            self._take()
            return _not(self._one())
        if self._peek() == "(":
            self._take()
            inside = self._either()
            self._take(")")
            return inside
        return self._fact()

    def _fact(self) -> _Node:
        name = self._take()
        row = self.rows.get(name)
        if row is None:
            raise ValueError(f"{name!r} is no fact")
        sign = self._peek()
        if sign == "in":
            self._take()
            words = [self._word(name, row)]
            while self._peek() == ",":
                self._take()
                words.append(self._word(name, row))
            allowed = frozenset(words)
            return _Node(lambda f: None if (v := f.get(name)) is None else v in allowed, fact=name)
        if sign not in {">", "<", ">=", "<=", "="}:
            if row.kind != "yes_no":
                raise ValueError(f"{name!r} is compared with nothing")
            return _Node(lambda f: f.get(name), fact=name)  # type: ignore[arg-type,return-value]
        self._take()
        if row.kind == "number":
            return self._number(name, sign)
        if row.kind == "ordered":
            return _rank(name, sign, row.values, row.values.index(self._word(name, row)))
        if sign != "=" or row.kind == "yes_no":
            raise ValueError(f"{name!r} has no order; write `{name}` or `{name} = …`")
        word = self._word(name, row)
        return _Node(lambda f: None if (v := f.get(name)) is None else v == word, fact=name)

    def _word(self, name: str, row: FactRow) -> str:
        word = self._take()
        if word not in row.values:
            raise ValueError(f"{word!r} is no answer to {name}: {', '.join(row.values)}")
        return word

    def _number(self, name: str, sign: str) -> _Node:
        token = self._take()
        if token in self.rows and self.rows[token].kind == "number" and sign == ">":
            return _Node(_exceeds(name, token), (_Node(_given(name), fact=name), _Node(_given(token), fact=token)))
        try:
            bound = float(token)
        except ValueError:
            raise ValueError(f"{name} is compared with {token!r}, which is no number") from None
        self.thresholds.setdefault(name, []).append(bound)
        return _Node(_COMPARED[sign](name, bound), fact=name)


def _above(name: str, bound: float) -> Evaluate:
    return lambda f: None if (v := f.get(name)) is None else True if v[0] > bound else False if v[1] <= bound else None  # type: ignore[operator,index]


def _at_least(name: str, bound: float) -> Evaluate:
    return lambda f: None if (v := f.get(name)) is None else True if v[0] >= bound else False if v[1] < bound else None  # type: ignore[operator,index]


def _negated(make: Callable[[str, float], Evaluate]) -> Callable[[str, float], Evaluate]:
    def made(name: str, bound: float) -> Evaluate:
        inner = make(name, bound)
        return lambda f: None if (t := inner(f)) is None else not t

    return made


def _equal(name: str, bound: float) -> Evaluate:
    def truth(f: Facts) -> Truth:
        v = f.get(name)
        if v is None:
            return None
        low, high = v  # type: ignore[misc,str-unpack]
        if not low <= bound <= high:  # type: ignore[operator]
            return False
        return True if low == high else None

    return truth


def _given(name: str) -> Evaluate:
    return lambda f: True if name in f else None


def _exceeds(name: str, other: str) -> Evaluate:
    def truth(f: Facts) -> Truth:
        a, b = f.get(name), f.get(other)
        if a is None or b is None:
            return None
        return True if a[0] > b[1] else False if a[1] <= b[0] else None  # type: ignore[operator,index]

    return truth


_COMPARED = {
    ">": _above,
    ">=": _at_least,
    "<": _negated(_at_least),
    "<=": _negated(_above),
    "=": _equal,
}


def _rank(name: str, sign: str, values: tuple[str, ...], bound: int) -> _Node:
    ranks = range(len(values))
    holds = {
        ">": {r for r in ranks if r > bound}, ">=": {r for r in ranks if r >= bound}, "=": {bound},
        "<": {r for r in ranks if r < bound}, "<=": {r for r in ranks if r <= bound},
    }[sign]  # fmt: skip
    words = frozenset(values[r] for r in holds)
    return _Node(lambda f: None if (v := f.get(name)) is None else v in words, fact=name)


def _all(parts: tuple[_Node, ...]) -> _Node:
    return _settled(parts, by=False)


def _any(parts: tuple[_Node, ...]) -> _Node:
    return _settled(parts, by=True)


def _settled(parts: tuple[_Node, ...], *, by: bool) -> _Node:
    """One part of that truth settles it; else one that is not known leaves it open."""
    tests = tuple(part.truth for part in parts)

    def truth(f: Facts) -> Truth:
        known: Truth = not by
        for test in tests:
            t = test(f)
            if t is by:
                return by
            if t is None:
                known = None
        return known

    return _Node(truth, parts)


def _not(inner: _Node) -> _Node:
    test = inner.truth
    return _Node(lambda f: None if (t := test(f)) is None else not t, (inner,))


def _facts(node: _Node) -> frozenset[str]:
    own = frozenset({node.fact}) if node.fact else frozenset()
    return own.union(*(_facts(part) for part in node.parts))


def _missing(node: _Node, facts: Facts) -> frozenset[str]:
    """Facts whose answer can still turn the condition: those under parts that are themselves unknown."""
    if node.truth(facts) is not None:
        return frozenset()
    if node.fact:
        return frozenset({node.fact})
    return frozenset().union(*(_missing(part, facts) for part in node.parts))


def condition(text: str, rows: Mapping[str, FactRow]) -> Condition:
    """Read a condition over the facts of a table.

    >>> rows = {"pain": FactRow("number"), "infection": FactRow("yes_no")}
    >>> asked = condition("pain >= 4 and not infection", rows)
    >>> asked.truth({"pain": (7.0, 7.0), "infection": False}), asked.truth({"pain": (2.0, 2.0)})
    (True, False)
    >>> asked.truth({"pain": (3.0, 5.0), "infection": False}), sorted(asked.missing({"pain": (7.0, 7.0)}))
    (None, ['infection'])

    Raises
    ------
    ValueError
        When it cannot be read, names no fact of the table, or compares one with what it cannot be.
    """
    reader = _Reader(text, rows)
    node = reader.whole()
    thresholds = {name: tuple(sorted(set(found))) for name, found in reader.thresholds.items()}
    return Condition(text, _facts(node), thresholds, node.truth, lambda facts: _missing(node, facts))
