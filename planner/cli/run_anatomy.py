"""`planner anatomy info`: what is known of a patient, and what is not."""

from __future__ import annotations

from pathlib import Path

from planner.cli.console import say, working
from planner.core.files import stable_json


def anatomy_table(plan: Path, *, as_json: bool) -> None:
    """Print every structure of a plan's patient with origin, volume and height, and whether the border cuts it."""
    from planner.plan.case import load_plan  # noqa: PLC0415

    with working("reading the case"):
        anatomy = load_plan(plan).anatomy
        found = [s for name in sorted(anatomy.names) if (s := anatomy.get(name)) is not None]
    if as_json:
        rows = [
            {
                "name": s.name,
                "origin": s.origin,
                "volume_ml": round(s.volume_ml, 2),
                "reach_z_mm": [round(z, 1) for z in s.reach_mm],
                "cut": s.cut,
            }
            for s in found
        ]
        say(stable_json({"structures": rows, "warnings": list(anatomy.warnings)}).rstrip())
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("structure", "origin", "mL", "from z", "to z, mm", ""):
        table.add_column(column, justify="right" if column in {"mL", "from z", "to z, mm"} else "left")
    for s in found:
        table.add_row(
            s.name,
            s.origin,
            f"{s.volume_ml:.1f}",
            f"{s.reach_mm[0]:.0f}",
            f"{s.reach_mm[1]:.0f}",
            "cut by the border" if s.cut else "",
        )
    Console().print(table)
    for warning in anatomy.warnings:
        say(f"warning: {warning}")
