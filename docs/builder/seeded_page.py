"""The planted errors as a page."""

from __future__ import annotations

from planner.protocol.load import load_protocol
from planner.validate.seeded.errors import errors

_HEAD = """# Planted errors

Generated from `planner/validate/seeded` by `python docs/build.py`; do not edit here.

Slips that happen in plans, planted one at a time into plans that are sound. Each must be caught by its own rule, and
the sound plan must be silent about that rule; a slip of units or names must be refused at its place before anything is
judged. `python -m planner.validate.seeded` plants all of them and exits with 1 where one is missed. What only a
simulation can know (a hot cord, a leak) is not among them yet.

"""


def seeded_page() -> str:
    """Return the page: one row an error."""
    titles = {rule.id: rule.title for rule in load_protocol().rules}
    rows = [f"| {planted.title} | {planted.base} | {_by(planted.rule, titles)} |" for planted in errors()]
    table = "| error | sound plan | caught by |\n|---|---|---|\n" + "\n".join(rows)
    return f"{_HEAD}{len(rows)} errors.\n\n{table}\n"


def _by(rule: str, titles: dict[str, str]) -> str:
    return f"refused at `{rule}`" if rule.startswith("$") else f"`{rule}` {titles[rule]}"
