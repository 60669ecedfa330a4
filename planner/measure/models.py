"""What a measurement hands on: a value with its interval and place, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from planner.core.names import Origin

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Measured:
    """A value.

    Attributes
    ----------
    value : in the unit of the quantity table.
    interval : where the true value lies with about 95 % confidence; None where the value is exact.
    where_lps_mm, other_lps_mm : the place it was found at, and the nearest point on the other object.
    caveat : what keeps a value on the right side of its limit from being a clean pass.
    note : what a reader should know besides.
    modelled : it rests on a structure derived, not segmented.
    origin : where it comes from, if other than the table says.
    samples : values drawn over what is not known; where there are some, they tell the probability of a violation.
    """

    value: float
    interval: tuple[float, float] | None = None
    where_lps_mm: Place | None = None
    other_lps_mm: Place | None = None
    caveat: str | None = None
    note: str | None = None
    modelled: bool = False
    origin: Origin | None = None
    samples: tuple[float, ...] = ()


@dataclass(frozen=True)
class NotEvaluated:
    """No value, and why; `modelled` where only a derived structure could have answered."""

    reason: str
    modelled: bool = False


@dataclass(frozen=True)
class NotApplicable:
    """The quantity has no meaning for this step, and why."""

    reason: str


Outcome = Measured | NotEvaluated | NotApplicable
