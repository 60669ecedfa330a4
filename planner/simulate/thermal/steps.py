"""How time is cut into steps: short after everything that changes at once, long once it has settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_S = 10.0
"""The longest step. At 10 s the temperature of a ten-minute burn is 0.003 °C off, at 20 s 0.01 °C."""
FIRST_SHARE = 0.1
"""The first step after a source is switched, as a share of the longest, but no more than a second."""
FIRST_S = 1.0
GROWTH = 0.25
"""A step is at most this share of the time since the last change: 1, 1, 1, 1, 1, 1.25, 1.6 … 10 s after 40 s."""

GROWTH_BESIDE_METAL = 0.125
"""The same where metal or gas is solved apart from tissue: what runs between the two is late by a share of the step."""


@dataclass
class Stepper:
    """Remembers when something changed last.

    Attributes
    ----------
    longest_s : the longest step.
    growth : step as a share of the time since the last change.
    first_s : the first step after the last change.
    elapsed_s : time since then.
    """

    longest_s: float = LONGEST_S
    growth: float = GROWTH
    first_s: float = FIRST_S
    elapsed_s: float = 0.0

    def restart(self, stiffest_s: float | None = None) -> None:
        """Something has changed at once.

        A source that jumps leaves the temperature smooth. A temperature that jumps between two cells does not, and long
        steps would let it ring: the first step is then as short as the stiffest cell asks, `stiffest_s`.
        """
        soft = min(FIRST_S, FIRST_SHARE * self.longest_s)
        if stiffest_s is not None:
            self.first_s, self.elapsed_s = min(soft, stiffest_s), 0.0
        elif self.elapsed_s > 0.0:
            self.first_s, self.elapsed_s = soft, 0.0

    def steps(self, duration_s: float) -> Iterator[float]:
        """Yield the steps that fill a duration exactly, without a sliver at its end."""
        left = duration_s
        while left > 0.0:
            wanted = min(self.longest_s, max(self.first_s, self.growth * self.elapsed_s))
            step = left if wanted >= left * (1.0 - 1e-9) else wanted if wanted <= 0.5 * left else 0.5 * left
            left = 0.0 if step == left else left - step
            self.elapsed_s += step
            yield step
