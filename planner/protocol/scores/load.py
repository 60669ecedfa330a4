"""Finding and reading the scores that ship."""

from __future__ import annotations

import difflib
from functools import cache

from planner.core.errors import InputError, Problem
from planner.core.resources import data_folder
from planner.core.validation import validated
from planner.core.yamlio import read_mapping
from planner.protocol.scores.models import ScoreBook


@cache
def score_names() -> tuple[str, ...]:
    """Return the names of the scores that ship."""
    return tuple(sorted(path.stem for path in (data_folder("protocols") / "scores").glob("*.yaml")))


@cache
def load_score(name: str) -> ScoreBook:
    """Read one score by its name.

    Raises
    ------
    InputError
        When there is none of that name, or its file is malformed.
    """
    if name not in score_names():
        close = difflib.get_close_matches(name.lower().replace("-", "_"), score_names(), n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(score_names())}"
        raise InputError([Problem("NAME", name, "the name of a score", hint)])
    book = validated(ScoreBook, read_mapping(data_folder("protocols") / "scores" / f"{name}.yaml"), path=f"{name}.yaml")
    if book.score != name:
        raise InputError(
            [Problem(f"{name}.yaml.score", book.score, f"`{name}`, the file's name", "rename one of the two")]
        )
    return book
