"""Reading YAML 1.2 and JSON from people: no tags, no twice-given keys, no alias bombs, bounded size."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planner.core.errors import InputError, Problem
from planner.core.resources import data_folder

MAX_BYTES = 4_000_000
"""A plan is a page; far more is a wrong file."""
MAX_NODES = 200_000
"""Nodes after aliases are written out; what expands further is a bomb."""
MAX_DEPTH = 60
"""Nesting no plan needs, well below Python's own recursion limit."""


def read_mapping(path: Path, *, place: str = "$") -> dict[str, Any]:
    """Read a YAML or JSON file, whatever its ending, whose top is a mapping.

    Raises
    ------
    InputError
        When the file cannot be read, is no YAML or JSON, repeats a key, uses tags, expands without bound,
        or is no mapping.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _error(
                place, f"{path.stat().st_size} bytes", "a text file of at most 4 MB", f"is {path} the right file?"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _error(place, f"{path} ({error.strerror})", "a readable file", "check the path") from None
    except UnicodeDecodeError:
        raise _error(place, str(path), "UTF-8 text", "save the file as UTF-8") from None
    return _shipped(text, place) if path.is_relative_to(data_folder("protocols")) else parse_mapping(text, place=place)


def _shipped(text: str, place: str) -> dict[str, Any]:
    """Parse a file of the package, or take what it says from the cache: every run reads the books, and YAML is slow.

    A user's own file is never kept: it may tell of a patient.
    """
    import numpy as np  # noqa: PLC0415 - only where a file is read

    from planner.core.cache import cached_arrays, code_of, key_of  # noqa: PLC0415

    parsed: list[dict[str, Any]] = []

    def make() -> dict[str, Any]:
        parsed.append(parse_mapping(text, place=place))
        try:
            plain = json.dumps(parsed[0], allow_nan=False)
        except (TypeError, ValueError):  # a date, for example, is no JSON
            return {}
        same = json.loads(plain) == parsed[0]
        return {"json": np.frombuffer(plain.encode(), dtype=np.uint8)} if same else {}

    held = cached_arrays(key_of("yaml", text, code_of(__name__, "ruamel.yaml")), make)
    if parsed or not held:
        return parsed[0] if parsed else parse_mapping(text, place=place)
    found: dict[str, Any] = json.loads(held["json"].tobytes())
    return found


def parse_mapping(text: str, *, place: str = "$") -> dict[str, Any]:
    """Parse YAML 1.2 or JSON text whose top is a mapping; errors as in :func:`read_mapping`."""
    value = _json(text, place) if text.lstrip().startswith("{") else None
    if value is None:
        value = _yaml(text, place)
    if not isinstance(value, dict):
        raise _error(
            place,
            type(value).__name__ if value is not None else "an empty file",
            "a mapping of keys",
            "start with `planner: 1`",
        )
    return value


def _json(text: str, place: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in items]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise _error(place, f"the key {twice[0]!r} twice", "each key once", "remove one of them")
        return dict(items)

    try:
        return json.loads(text, object_pairs_hook=pairs)
    except (json.JSONDecodeError, RecursionError):
        return None  # a YAML flow mapping also starts with a brace


def _yaml(text: str, place: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only where a file is read
    from ruamel.yaml.error import YAMLError, YAMLStreamError, YAMLWarning  # noqa: PLC0415

    reader = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", YAMLWarning)
            if "!" in text:  # without this character there can be no tag, and a pass over the events is dear
                _refuse_tags(reader.parse(text), place)
            reader = YAML(typ="safe", pure=True)
            node = reader.compose(text)
            _inspect(node, place)
            return None if node is None else reader.constructor.construct_document(node)
    except InputError:
        raise
    except RecursionError:
        raise _error(place, "text nested without end", f"at most {MAX_DEPTH} levels", "flatten it") from None
    except (
        YAMLError,
        YAMLStreamError,
        YAMLWarning,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
    ) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _error(place, f"{problem}{where}", "well-formed YAML 1.2 or JSON", "mend the text there") from None


def _refuse_tags(events: Iterable[Any], place: str) -> None:
    for event in events:
        if tag := getattr(event, "ctag", None) or getattr(event, "tag", None):
            raise _error(place, f"the tag {tag}", "plain values without tags", "remove the tag")


def _inspect(root: Any, place: str) -> None:
    """Refuse cycles and bombs on the node graph, before any object is built from it."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Any, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise _error(place, "an alias that contains itself", "values written out", "remove the alias")
        if depth > MAX_DEPTH:
            raise _error(place, "text nested without end", f"at most {MAX_DEPTH} levels", "flatten it")
        open_nodes.add(id(node))
        total, children = 1, getattr(node, "value", None)
        if isinstance(children, list):
            for child in children:
                for part in child if isinstance(child, tuple) else (child,):
                    total += size(part, depth + 1)
                    if total > MAX_NODES:
                        raise _error(
                            place,
                            "aliases that expand without bound",
                            f"at most {MAX_NODES} values",
                            "write the values out",
                        )
        open_nodes.discard(id(node))
        sizes[id(node)] = total
        return total

    if root is not None:
        size(root, 0)


def _error(place: str, got: str, expected: str, way_out: str) -> InputError:
    return InputError([Problem(place, got, expected, way_out)])
