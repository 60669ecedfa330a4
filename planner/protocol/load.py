"""Finding and reading protocols: by name among those that ship, or from a site's own file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from planner.core.errors import InputError, Problem, Problems
from planner.core.files import content_hash
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.models import Book, Protocol, Rule

DEFAULT = "spine_tumour"
TABLES = {"references", "tissues"}
"""Files beside the protocols that are none."""


class ProtocolFile(Model):
    """A protocol as written: books by name and rules of its own."""

    protocol: str
    version: str
    title: str
    books: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def protocol_names() -> tuple[str, ...]:
    """Return the names of the protocols that ship."""
    return tuple(sorted(p.stem for p in data_folder("protocols").glob("*.yaml") if p.stem not in TABLES))


def book_names() -> tuple[str, ...]:
    """Return the names of the books that ship."""
    return tuple(sorted(p.stem for p in (data_folder("protocols") / "rules").glob("*.yaml")))


def load_protocol(source: str | Path = DEFAULT) -> Protocol:
    """Read a protocol or a single book, by the name of one that ships or from a file.

    Raises
    ------
    InputError
        With every malformed rule, unknown book and duplicate id. A malformed rule is bad input, not a broken plan.
    """
    path = _path_of(source)
    raw = read_mapping(path, place="--protocol")
    problems = Problems()
    if "book" in raw:
        book = _validated(Book, raw, "$", problems)
        header = {"name": raw.get("book"), "version": raw.get("version"), "title": raw.get("title")}
        rules: tuple[Rule, ...] = book.rules if book else ()
    else:
        written = _validated(ProtocolFile, raw, "$", problems)
        header = {"name": raw.get("protocol"), "version": raw.get("version"), "title": raw.get("title")}
        rules = written.rules if written else ()
        for index, name in enumerate(written.books if written else ()):
            rules += _book(name, f"$.books[{index}]", problems)
    problems.raise_if_any()
    content = {**header, "rules": [rule.model_dump(mode="json") for rule in rules]}
    return validated(Protocol, {**header, "rules": rules, "sha256": content_hash(content)}, path="$")


def _path_of(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix in {".yaml", ".yml", ".json"} or path.is_file():
        return path
    for folder in (data_folder("protocols"), data_folder("protocols") / "rules"):
        if (folder / f"{source}.yaml").is_file() and source not in TABLES:
            return folder / f"{source}.yaml"
    known = (*protocol_names(), *book_names())
    close = difflib.get_close_matches(str(source), known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
    raise InputError([Problem("--protocol", str(source), "a file or the name of a protocol", hint)])


def _book(name: str, at: str, problems: Problems) -> tuple[Rule, ...]:
    if name not in book_names():
        problems.add(at, name, "the name of a book", f"known are {', '.join(book_names())}")
        return ()
    book = _validated(Book, read_mapping(data_folder("protocols") / "rules" / f"{name}.yaml"), f"{name}.yaml", problems)
    return book.rules if book else ()


def _validated(kind: Any, raw: Any, path: str, problems: Problems) -> Any:
    try:
        return validated(kind, raw, path=path)
    except InputError as error:
        problems.extend(error.problems)
        return None
