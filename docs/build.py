"""Writes the pages on rules, scores, planted errors and the plan file: `python docs/build.py`.

`python docs/build.py figures` draws those of heat and cold anew, which takes a minute and matplotlib.

A test holds the committed files against what this makes, so that neither can drift from the program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from builder.advice_page import advice_page  # noqa: E402 - its neighbour, found beside this file
from builder.plan_file_page import plan_file_page  # noqa: E402
from builder.rules_page import book_page, rules_page  # noqa: E402
from builder.scores_page import score_page, scores_page  # noqa: E402
from builder.seeded_page import seeded_page  # noqa: E402

from planner.protocol.load import book_names  # noqa: E402
from planner.protocol.scores.load import score_names  # noqa: E402

PAGES: dict[str, Callable[[], str]] = {
    "rules.md": rules_page,
    "scores.md": scores_page,
    "seeded_errors.md": seeded_page,
    "plan_file.md": plan_file_page,
    "advice.md": advice_page,
    **{f"rules/{name}.md": partial(book_page, name) for name in book_names()},
    **{f"scores/{name}.md": partial(score_page, name) for name in score_names()},
}
"""Pages by their path under `docs`; a book or score has one of its own."""


def main() -> None:
    """Write every generated page, and take away those of books and scores that are gone."""
    for folder in ("rules", "scores"):
        for old in (HERE / folder).glob("*.md"):
            if f"{folder}/{old.name}" not in PAGES:
                old.unlink()
    for name, page in PAGES.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"{name}\n")
    if "figures" in sys.argv[1:]:
        from builder.thermal_plots import FIGURES  # noqa: PLC0415 - matplotlib is an extra

        for name, draw in FIGURES.items():
            draw(HERE / name)
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
