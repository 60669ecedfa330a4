"""The plan file as a page: every key of the models with its unit, its range and an example that is read by a test."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from builder.plan_examples import EXAMPLES, HEAT_AND_CEMENT
from builder.plan_meanings import MEANINGS
from planner.anatomy.labels import TABLES
from planner.anatomy.lesion_spec import EllipsoidLesion, GrownLesion, LesionSpec, SphereLesion
from planner.anatomy.mesh_spec import MeshEntry
from planner.anatomy.parametric import ParametricLesion, ParametricSpec
from planner.anatomy.parametric.disease_spec import Defect, Fracture, OldCement, OldScrew
from planner.anatomy.parametric.spec import Scoliosis
from planner.anatomy.parametric.variation import PatientSpec
from planner.anatomy.spec import AnatomySpec, LabelmapEntry
from planner.core.names import LEVELS
from planner.core.units import Unit
from planner.core.yamlio import parse_mapping
from planner.plan import advice, models
from planner.plan import patient as people
from planner.plan.devices import device_names, device_sheet, material_names, material_sheet

STEPS: dict[str, type[BaseModel]] = {
    "radiofrequency_ablation": models.RadiofrequencyAblation,
    "cooled_radiofrequency_ablation": models.RadiofrequencyAblation,
    "cryoablation": models.Cryoablation,
    "vertebroplasty": models.Vertebroplasty,
    "kyphoplasty": models.Kyphoplasty,
    "screw": models.Screw,
    "radiotherapy": models.Radiotherapy,
}
SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The plan", models.Plan),
    ("`anatomy`", AnatomySpec),
    ("`anatomy.labelmap[]`", LabelmapEntry),
    ("`anatomy.lesions.NAME`", LesionSpec),
    ("`sphere`", SphereLesion),
    ("`ellipsoid`", EllipsoidLesion),
    ("`grow`", GrownLesion),
    ("`anatomy.meshes.NAME`", MeshEntry),
    ("`anatomy.parametric`", ParametricSpec),
    ("`anatomy.parametric.patient`", PatientSpec),
    ("`anatomy.parametric.scoliosis`", Scoliosis),
    ("`anatomy.parametric.lesion`", ParametricLesion),
    ("`anatomy.parametric.fractures.LEVEL`", Fracture),
    ("`anatomy.parametric.defects.LEVEL`", Defect),
    ("`anatomy.parametric.cement.LEVEL`", OldCement),
    ("`anatomy.parametric.screws.LEVEL`", OldScrew),
    ("`steps[].burns[]`", models.Burn),
    ("`steps[].positions[]`", models.Position),
    ("`patient`", people.Patient),
    ("`patient.clotting`", people.Clotting),
    ("`patient.contraindications`", people.Contraindications),
    ("`patient.scores`", people.KnownScores),
    ("`patient.labs`", people.Labs),
    ("`patient.bone_drug`", people.BoneDrug),
    ("`patient.imaging`", people.Imaging),
    ("`patient.prior_radiation`", people.PriorRadiation),
    ("`patient.neurology`", people.Neurology),
    ("`patient.sins_items`", people.SinsItems),
    ("`patient.lesion`", people.LesionFindings),
    ("`advice`", advice.Advice),
    ("`advice.site`", advice.Site),
    ("`advice.radiotherapy`", advice.PlannedRadiotherapy),
    ("`advice.course[]`", advice.CoursePoint),
    ("`advice.response`", advice.Response),
    ("`advice.response.findings`", advice.ResponseFindings),
    ("`advice.response.before` and `after`", advice.ResponseImages),
    ("`session`", people.Session),
    ("`follow_up`", people.FollowUp),
    ("`target`", models.Target),
    ("`access`", models.Access),
    ("`access`, from 3D Slicer's markups", models.MarkupsAccess),
    ("`zone`", models.Zone),
    ("`balloon`", models.Balloon),
    ("`cement`", models.Cement),
    *(
        (f"`kind: {' | '.join(k for k, m in STEPS.items() if m is made)}`", made)
        for made in dict.fromkeys(STEPS.values())
    ),
)
"""Heading and model, in the order of the page."""

_CHOICES = {
    "Target.level": f"{LEVELS[0]} … {LEVELS[-1]}",
    "Access.gauge": f"{min(models.GAUGE_MM)} … {max(models.GAUGE_MM)}",
    "AnatomySpec.labels": f"{', '.join(TABLES)}, or number → name",
    "LabelmapEntry.labels": f"{', '.join(TABLES)}, or number → name",
    "GrownLesion.window_hu": "two rising numbers from -1024 to 4000",
    "Plan.planner": "1",
    "ParametricSpec.level": "T1 … L5",
    "Session.reference_level": f"{LEVELS[0]} … {LEVELS[-1]}",
    "ParametricLesion.level": "T1 … L5",
    "Scoliosis.apex": "T1 … L5",
    "ParametricSpec.patient": "a mapping",
    "ParametricSpec.scoliosis": "a mapping",
    "ParametricSpec.lesion": "a mapping",
    "ParametricSpec.lesions": "a list",
    "ParametricSpec.fractures": "level → mapping",
    "ParametricSpec.defects": "level → mapping",
    "ParametricSpec.cement": "level → mapping",
    "ParametricSpec.screws": "level → mapping",
}
_PROTECTION = ", ".join(models.PROTECTION)


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return a model's keys as `Model.key`."""
    return [f"{model.__name__}.{name}" for name in model.model_fields]


def examples() -> dict[str, Any]:
    """Return `Model.key` → the value an example plan gives it, as it is written there."""
    found: dict[str, Any] = {}
    for text in EXAMPLES:
        _walk(parse_mapping(text), models.Plan, found)
    for model in STEPS.values():  # what several kinds share need not be shown in each
        for name in model.model_fields:
            shared = (f"{other.__name__}.{name}" for other in STEPS.values() if f"{other.__name__}.{name}" in found)
            found.setdefault(f"{model.__name__}.{name}", found.get(next(shared, "")))
    return {key: value for key, value in found.items() if value is not None}


def _walk(raw: dict[str, Any], model: type[BaseModel], found: dict[str, Any]) -> None:
    doors = {door: name for name, door in _doors(model).items()}
    for key, value in raw.items():
        found.setdefault(f"{model.__name__}.{doors.get(key, key)}", value)
        for part in value if isinstance(value, list) else [value]:
            for inner, below in _below(model, key, part):
                _walk(inner, below, found)


_BY_LEVEL: dict[str, type[BaseModel]] = {
    "fractures": Fracture, "defects": Defect, "cement": OldCement, "screws": OldScrew,
}  # fmt: skip
_OF_A_SPINE: dict[str, type[BaseModel]] = {
    "lesion": ParametricLesion, "lesions": ParametricLesion, "patient": PatientSpec, "scoliosis": Scoliosis,
}  # fmt: skip


_NESTED: dict[type[BaseModel], dict[str, type[BaseModel]]] = {
    advice.Advice: {
        "site": advice.Site, "radiotherapy": advice.PlannedRadiotherapy, "course": advice.CoursePoint,
        "response": advice.Response,
    },
    people.Patient: {"lesion": people.LesionFindings},
    advice.Response: {
        "findings": advice.ResponseFindings, "before": advice.ResponseImages, "after": advice.ResponseImages,
    },
}  # fmt: skip


def _below(model: type[BaseModel], key: str, part: Any) -> list[tuple[dict[str, Any], type[BaseModel]]]:
    if not isinstance(part, dict):
        return []
    if model is ParametricSpec:
        by_level = _BY_LEVEL.get(key)
        return [(entry, by_level) for entry in part.values()] if by_level else [(part, _OF_A_SPINE[key])]
    if key == "steps":
        return [(part, STEPS[part["kind"]])]
    if key in {"lesions", "meshes"}:
        inner: type[BaseModel] = LesionSpec if key == "lesions" else MeshEntry
        return [(entry, inner) for entry in part.values() if isinstance(entry, dict)]
    if key == "access" and "markups" in part:
        return [(part, models.MarkupsAccess)]
    known = {
        "anatomy": AnatomySpec, "labelmap": LabelmapEntry, "sphere": SphereLesion, "ellipsoid": EllipsoidLesion,
        "grow": GrownLesion,
        "parametric": ParametricSpec, "patient": people.Patient, "target": models.Target, "access": models.Access,
        "clotting": people.Clotting, "contraindications": people.Contraindications, "scores": people.KnownScores,
        "labs": people.Labs, "bone_drug": people.BoneDrug, "imaging": people.Imaging,
        "neurology": people.Neurology, "sins_items": people.SinsItems, "advice": advice.Advice,
        "prior_radiation": people.PriorRadiation, "session": people.Session, "follow_up": people.FollowUp,
        "zone": models.Zone, "burns": models.Burn, "positions": models.Position,
        "balloon": models.Balloon, "cement": models.Cement,
        **_NESTED.get(model, {}),
    }  # fmt: skip
    return [(part, known[key])] if key in known and key in model.model_fields else []


def _doors(model: type[BaseModel]) -> dict[str, str]:
    """Return field → key without unit suffix, for fields that carry a unit."""
    marks = {name: [m for m in field.metadata if isinstance(m, Unit)] for name, field in model.model_fields.items()}
    return {name: name.removesuffix(f"_{mark[0].suffix}") for name, mark in marks.items() if mark}


def plan_file_page() -> str:
    """Return the page."""
    shown = examples()
    parts = [_HEAD, f"```yaml\n{HEAT_AND_CEMENT}```\n"]
    for title, model in SECTIONS:
        about = " ".join((model.__doc__ or "").split("Attributes\n")[0].split())
        parts += [f"## {title}\n\n{about}\n", _TABLE + "".join(_row(model, name, shown) for name in model.model_fields)]
    parts.append(_lists())
    return "\n".join(parts)


_TABLE = "| key | | meaning | allowed | example |\n|---|---|---|---|---|\n"


def _row(model: type[BaseModel], name: str, shown: dict[str, Any]) -> str:
    key, doors = f"{model.__name__}.{name}", _doors(model)
    meaning = MEANINGS[key]
    names = f"`{doors[name]}` or `{name}`" if name in doors else f"`{name}`"
    need = "required" if model.model_fields[name].is_required() else ""
    return f"| {names} | {need} | {meaning} | {_allowed(model, name)} | `{_flow(shown[key])}` |\n"


def _flow(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).replace('"', "")
    return text if len(text) <= 60 else text[:59] + "…"


def _allowed(model: type[BaseModel], name: str) -> str:
    key = f"{model.__name__}.{name}"
    if key in _CHOICES:
        return _CHOICES[key]
    if name == "protection":
        return _PROTECTION
    field = model.model_fields[name]
    unit = next((mark.unit for mark in field.metadata if isinstance(mark, Unit)), "")
    schema = model.model_json_schema()["properties"][name]
    options = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return " or ".join(filter(None, (_one(part, unit) for part in options)))


def _one(schema: dict[str, Any], unit: str) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        return f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'} {unit}".strip()
    return {"boolean": "true, false", "string": "text", "integer": "whole number"}.get(str(schema.get("type")), unit)


def _lists() -> str:
    gauges = " · ".join(f"{gauge}G {width:.2f}" for gauge, width in models.GAUGE_MM.items())
    sheets = "".join(
        f"| `{d.device}` | {d.title} | {', '.join(d.kind)} |\n" for d in map(device_sheet, device_names()) if d
    )
    cements = "".join(f"| `{m.material}` | {m.title} |\n" for m in map(material_sheet, material_names()) if m)
    return (
        f"## Gauges\n\nOuter diameter, mm: {gauges}.\n\n"
        f"## Devices\n\n| id | device | for |\n|---|---|---|\n{sheets}\n"
        f"## Cements\n\n| id | cement |\n|---|---|\n{cements}"
    )


_HEAD = """# The plan file

Generated from the models by `python docs/build.py`; do not edit here.

A plan is YAML 1.2 or JSON, whatever its ending. Files it names are looked for beside it. A key that carries a unit
has two forms: `pressure: 200 psi`, with any unit that converts, or `pressure_kpa: 1379`, a bare number in the unit
of the suffix. A bare number where a unit belongs is refused. Points are mm in `frame`, which is never guessed.
Unknown keys are refused, with the nearest known one; every problem is told at once, each with its path, what was
got, what was expected and the way out. The ranges are what is plausible: outside them a value is bad input, inside
them the rules decide. `planner schema plan` prints the same as JSON Schema.
"""

__all__ = ["SECTIONS", "examples", "keys_of", "plan_file_page"]
