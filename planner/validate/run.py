"""The verb `validate`: every case of every topic, or of one."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from importlib import import_module

from planner.core.cache import without_cache
from planner.core.errors import InputError, Problem
from planner.validate.models import Case, Check, Row

TOPICS = {
    "anatomy": "planner.validate.anatomy",
    "thermal": "planner.validate.thermal",
    "augmentation": "planner.validate.augmentation",
    "protocol": "planner.validate.protocol",
    "advise": "planner.validate.advise",
    "show": "planner.validate.show",
}
"""Topic → the package that holds its cases; loaded when asked for."""


def validate(only: str | None = None) -> tuple[Check, ...]:
    """Compute every figure of a topic, or of all.

    Raises
    ------
    InputError
        When there is no such topic.
    """
    if only is not None and only not in TOPICS:
        close = difflib.get_close_matches(only, TOPICS, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "name one of them"
        raise InputError([Problem("--only", only, f"a topic: {', '.join(TOPICS)}", hint)])
    return tuple(check for topic in ([only] if only else TOPICS) for check in _of_topic(topic))


def _of_topic(topic: str) -> Iterable[Check]:
    cases: tuple[Case, ...] = import_module(TOPICS[topic]).CASES
    for case in cases:
        for row in rows_of(case):
            yield Check(topic, case.name, row)


def rows_of(case: Case) -> list[Row]:
    """Compute a case anew; one that crashes or gives no finite number becomes a failed row, never silence."""
    try:
        with without_cache():
            rows = list(case.compute())
    except Exception as error:  # noqa: BLE001 - a broken case must not hide the others
        return [_not_carried_out(f"crashed: {type(error).__name__}: {error}")]
    bad = [row.quantity for row in rows if not math.isfinite(row.got)]
    return rows if rows and not bad else [_not_carried_out(f"no finite number for {', '.join(bad) or 'anything'}")]


def _not_carried_out(why: str) -> Row:
    return Row("carried_out", "closed_form", 1.0, 0.0, 0.0, why)
