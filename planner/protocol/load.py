"""Finding and reading protocols: by name among those that ship, or from a site's own file."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Any

from planner.core.errors import InputError, Problem, Problems
from planner.core.files import content_hash
from planner.core.model import Model
from planner.core.resources import data_folder
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.lint import unsound
from planner.protocol.models import Book, Protocol, Rule
from planner.protocol.site import SiteFile, with_overrides

DEFAULT = "spine_tumour"


class ProtocolFile(Model):
    """A protocol as written: books by name and rules of its own.

    Attributes
    ----------
    site, sha256 : of a book that `planner protocol show` kept; what was changed since is refused.
    """

    protocol: str
    version: str
    title: str
    books: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    site: str | None = None
    sha256: str | None = None


@cache
def protocol_names() -> tuple[str, ...]:
    """Return the names of the protocols that ship."""
    files = data_folder("protocols").glob("*.yaml")  # tables such as references.yaml lie beside them
    return tuple(sorted(p.stem for p in files if "\nprotocol: " in "\n" + p.read_text(encoding="utf-8")))


@cache
def book_names() -> tuple[str, ...]:
    """Return the names of the books that ship."""
    return tuple(sorted(p.stem for p in (data_folder("protocols") / "rules").glob("*.yaml")))


def left_out() -> dict[str, str]:
    """Return what of the literature is no rule, by the name it goes by, with the reason."""
    return {str(key): str(why) for key, why in read_mapping(data_folder("protocols") / "left_out.yaml").items()}


def load_protocol(source: str | Path = DEFAULT) -> Protocol:
    """Read a protocol or a single book, by the name of one that ships or from a file.

    Raises
    ------
    InputError
        With every malformed rule, unknown book and duplicate id. A malformed rule is bad input, not a broken plan.
    """
    path = _path_of(source)
    if path.is_relative_to(data_folder("protocols")):
        return _shipped(path)
    return _read(path)


@cache
def _shipped(path: Path) -> Protocol:
    """What ships is read once: nobody changes it while the program runs."""
    return _read(path)


def _read(path: Path) -> Protocol:
    raw = read_mapping(path, place="--protocol")
    problems = Problems()
    if "site" in raw and "protocol" not in raw:
        return _of_site(raw, problems)
    site = kept = None
    if "book" in raw:
        book = _validated(Book, raw, "$", problems)
        header = {"name": raw.get("book"), "version": raw.get("version"), "title": raw.get("title")}
        rules: tuple[Rule, ...] = book.rules if book else ()
    else:
        written = _validated(ProtocolFile, raw, "$", problems)
        header = {"name": raw.get("protocol"), "version": raw.get("version"), "title": raw.get("title")}
        rules, site, kept = (written.rules, written.site, written.sha256) if written else ((), None, None)
        for index, name in enumerate(written.books if written else ()):
            rules += _book(name, f"$.books[{index}]", problems)
    found = _protocol(header, rules, site, problems)
    if kept is not None and kept != found.sha256:
        way_out = "judge by the file as it was kept, or remove `sha256` and give it a name of its own"
        raise InputError([Problem("$.sha256", kept, f"{found.sha256}, of this content", way_out)])
    return found


def _of_site(raw: dict[str, Any], problems: Problems) -> Protocol:
    """Read a site's profile; its base may be a protocol that ships or a file."""
    site = _validated(SiteFile, raw, "$", problems)
    problems.raise_if_any()
    base = load_protocol(site.base)
    rules = with_overrides(site, base.rules, problems)
    header = {"name": f"{base.name} at {site.site}", "version": f"{base.version}+{site.version}", "title": site.title}
    return _protocol(header, rules, site.site, problems)


def _protocol(header: dict[str, Any], rules: tuple[Rule, ...], site: str | None, problems: Problems) -> Protocol:
    problems.extend(unsound(rules))
    problems.raise_if_any()
    content = {**header, "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]}
    fields = {**header, "rules": rules, "site": site, "sha256": content_hash(content)}
    return validated(Protocol, fields, path="$")


def _path_of(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix in {".yaml", ".yml", ".json"} or path.is_file():
        return path
    for folder in (data_folder("protocols"), data_folder("protocols") / "rules"):
        if source in (*protocol_names(), *book_names()) and (folder / f"{source}.yaml").is_file():
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
