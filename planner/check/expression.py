"""The value of a rule on several quantities."""

from __future__ import annotations

import math
from collections.abc import Callable

from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.models import Outcome as Found
from planner.protocol.expression import Expression


def combined(expression: Expression, value_of: Callable[[str], Found | None], quantity: str) -> Found | None:
    """Return an expression's value; a part without a value leaves the whole without one.

    Parameters
    ----------
    quantity : whose place the value takes.
    """
    found = {name: value_of(name) for name in expression.names}
    parts: dict[str, Measured] = {}
    for name, part in found.items():
        if part is None or isinstance(part, NotApplicable | NotEvaluated):
            return part
        parts[name] = part
    value = expression.of({name: (part.value, part.value) for name, part in parts.items()})[0]
    low, high = expression.of({name: part.interval or (part.value, part.value) for name, part in parts.items()})
    if not all(map(math.isfinite, (value, low, high))):
        return NotEvaluated(f"{expression.text} divides by nothing")
    exact = all(part.interval is None for part in parts.values())
    main = parts[quantity]
    return Measured(
        value,
        None if exact else (low, high),
        main.where_lps_mm,
        main.other_lps_mm,
        note="; ".join(part.note for part in parts.values() if part.note) or None,
        caveat="; ".join(part.caveat for part in parts.values() if part.caveat) or None,
        modelled=any(part.modelled for part in parts.values()),
    )
