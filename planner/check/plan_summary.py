"""The plan in words, as report and `result.json` show it."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.core.names import ABLATION
from planner.plan.case import Case, CaseStep
from planner.protocol.language import Lang
from planner.protocol.messages import told
from planner.simulate.zone import ExpectedZone, expected_zone


def plan_summary(case: Case, lang: Lang = "en") -> dict[str, Any]:
    """Return title, target and, for each step, its kind, device, level and what was planned, as texts."""
    target = case.plan.target
    return {
        "title": case.plan.title,
        "target": None if target is None else target.model_dump(mode="json", exclude_none=True),
        "patient": None if case.plan.patient is None else case.plan.patient.model_dump(mode="json", exclude_none=True),
        "steps": [_step(step, lang) for step in case.steps],
    }


def _step(step: CaseStep, lang: Lang) -> dict[str, Any]:
    return {
        "index": step.index,
        "kind": step.kind,
        "label": told(step.kind.replace("_", " ").capitalize(), lang),
        "device": step.sheet.title if step.sheet else None,
        "level": step.level,
        "summary": [[told(key, lang), told(value, lang)] for key, value in _lines(step) if value is not None],
    }


def _lines(step: CaseStep) -> list[tuple[str, str | None]]:
    plan = step.plan
    lines: list[tuple[str, str | None]] = [("Lesion", step.target.lesion), ("Intent", step.target.intent)]
    for number, tool in enumerate(step.instruments):
        name = "Instrument" if len(step.instruments) == 1 else f"Instrument {number + 1}"
        length = float(np.linalg.norm(tool.tip - tool.entry))
        width = f"Ø {2 * tool.radius_mm:.2f} mm" if tool.radius_mm else "diameter unknown"
        lines.append((name, f"{width}, {length:.0f} mm from entry to tip, {tool.route}"))
    lines += [(label, _stated(plan, key, text)) for label, key, text in _STATED]
    if step.kind in ABLATION:
        zone = expected_zone(step)
        if isinstance(zone, ExpectedZone):
            body = zone.lethal[0]
            lines.append(("Expected zone", f"{2 * body.long_semi:.0f} × {2 * body.short_semi:.0f} mm, {zone.origin}"))
        lines.append(("Protection", ", ".join(p.replace("_", " ") for p in plan.protection) or "none stated"))
    cement = getattr(plan, "cement", None)
    lines.append(("Cement", f"{cement.volume_ml:g} mL, {cement.material}" if cement else None))
    balloon = getattr(plan, "balloon", None)
    if balloon is not None:
        lines.append(
            (
                "Balloon",
                ", ".join(
                    filter(
                        None, (_stated(balloon, "volume_ml", "{:g} mL"), _stated(balloon, "pressure_kpa", "{:.0f} kPa"))
                    )
                ),
            )
        )
    return lines


_STATED = (
    ("Set-point", "setpoint_c", "{:g} °C"),
    ("Time", "duration_s", "{:g} s"),
    ("Stop temperature", "stop_temperature_c", "{:g} °C"),
    ("Dose", "dose_gy", "{:g} Gy"),
    ("Fractions", "fractions", "{:g}"),
    ("Screw diameter", "diameter_mm", "{:g} mm"),
    ("Screw length", "length_mm", "{:g} mm"),
)


def _stated(plan: Any, key: str, text: str) -> str | None:
    value = getattr(plan, key, None)
    return None if value is None else text.format(value)
