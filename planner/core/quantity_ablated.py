"""Rows of the quantity table for how an ablation lies, what it kills and what it costs the bone."""

from __future__ import annotations

from functools import partial

from planner.core.names import ABLATION, FREEZING
from planner.core.quantity_row import Quantity, row

_row = partial(row, kinds=FREEZING)

ABLATED: tuple[Quantity, ...] = (
    _row("ice_margin_mm", "mm", "ice beyond lesion", 1, -150, 60, "min", origin="measured"),
    _row("probe_edge_distance_mm", "mm", "probe to the lesion's far edge", 1, 0, 200, "max", origin="measured"),
    _row("probe_duty_fraction", "1", "least duty of a freeze", 2, 0, 1, "min", origin="planned"),
    _row("lesion_lethal_s", "s", "lesion edge below −20 °C in one freeze", 0, 0, 36000, "min"),
    _row("cord_protection", "yes/no", "cord protected or watched", 0, 0, 1, "min", kinds=ABLATION, origin="planned"),
    _row("ionic_fluid", "yes/no", "saline near the tip", 0, 0, 1, "max", kinds=ABLATION, origin="planned"),
    _row("kill_probability", "1", "share of the lesion's cells killed", 2, 0, 1, "min", kinds=ABLATION),
    _row("bone_harmed_ml", "mL", "bone outside the lesion that dies", 1, 0, 500, "sum", kinds=ABLATION),
)
