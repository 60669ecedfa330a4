"""Writes the pages on rules, scores, planted errors and the plan file: `python docs/build.py`.

A test holds the committed files against what this makes, so that neither can drift from the program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from builder.plan_file_page import plan_file_page  # noqa: E402 - its neighbour, found beside this file
from builder.rules_page import rules_page  # noqa: E402
from builder.scores_page import scores_page  # noqa: E402
from builder.seeded_page import seeded_page  # noqa: E402

PAGES: dict[str, Callable[[], str]] = {
    "rules.md": rules_page,
    "scores.md": scores_page,
    "seeded_errors.md": seeded_page,
    "plan_file.md": plan_file_page,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
