"""`python -m planner.validate.seeded`: plant every error and print what caught it; exit 1 where one was missed."""

from __future__ import annotations

import sys

from planner.validate.seeded.errors import errors
from planner.validate.seeded.run import Bench


def main() -> int:
    """Plant every error and print a line for each."""
    bench, missed, asked = Bench(), 0, errors()
    for planted in asked:
        found = bench.plant(planted)
        missed += not found.caught
        mark = "✓" if found.caught else "✗"
        sys.stdout.write(
            f"{mark} {planted.title:48} {planted.base:8} {planted.rule:28} {found.before} → {found.after}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{len(asked) - missed} of {len(asked)} planted errors caught by their own rule\n")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
