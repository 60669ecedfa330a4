"""From pydantic's errors to ours: every problem, each with path, got, expected and way out."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from planner.core.errors import InputError, Problem, shown

T = TypeVar("T")
MARK = "@"
"""Parts of a path that begin so are names of union branches, not keys of the file."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def validated(kind: type[T], raw: Any, *, path: str = "$") -> T:
    """Build `kind` from plain data.

    Raises
    ------
    InputError
        With every problem found, paths beginning at `path`.
    """
    try:
        built: T = _adapter(cast(Hashable, kind)).validate_python(raw)
    except ValidationError as error:
        raise InputError(problems_of(error, path=path, keys=known_keys(cast(Hashable, kind)))) from None
    return built


def problems_of(error: ValidationError, *, path: str, keys: Iterable[str]) -> list[Problem]:
    """Translate each of pydantic's errors; `keys` are what a misspelt key may have meant."""
    return [_translate(dict(item), path, tuple(keys)) for item in error.errors(include_url=False)]


def _translate(item: dict[str, Any], path: str, keys: tuple[str, ...]) -> Problem:
    where = [part for part in item["loc"] if not str(part).startswith(MARK)]
    kind, got, context = item["type"], shown(item.get("input")), item.get("ctx", {})
    if kind == "input":
        if context["key"] and where:
            where[-1] = context["key"]
        return Problem(path_of(path, where), context["got"], context["expected"], context["way_out"])
    last = str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(last, keys, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "remove it"
        return Problem(path_of(path, where), f"the unknown key {last!r}", "a key of the contract", hint)
    if kind == "missing":
        return Problem(path_of(path, where), "nothing", f"`{last}`", "add this key")
    if kind in {"literal_error", "enum"}:
        known = str(context.get("expected", ""))
        close = difflib.get_close_matches(
            got, known.replace("'", "").replace(" or ", ", ").split(", "), n=1, cutoff=0.5
        )
        return Problem(
            path_of(path, where), got, known, f"did you mean `{close[0]}`?" if close else "choose one of these"
        )
    if kind == "finite_number":
        return Problem(path_of(path, where), got, "a finite number", "give the value or leave the key out")
    return Problem(path_of(path, where), got, str(item["msg"]).removeprefix("Input should be "), "correct this value")


def path_of(start: str, parts: Iterable[Any]) -> str:
    """Write a location as `$.steps[1].access.target`."""
    return start + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


@cache
def known_keys(kind: Any) -> tuple[str, ...]:
    """Return every key that `kind` and the models inside it know, also without their unit suffix."""
    found: dict[str, None] = {}
    seen: set[Any] = set()

    def visit(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation in seen:
                return
            seen.add(annotation)
            doors: Iterable[str] = getattr(annotation, "_doors", dict)()
            found.update(dict.fromkeys((*doors, *annotation.model_fields)))
            for field in annotation.model_fields.values():
                visit(field.annotation)
        for part in getattr(annotation, "__args__", ()):
            visit(part)

    visit(kind)
    return tuple(found)
