"""The plan file as models: units are read at this door, and what is wrong is told with its path."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from planner.anatomy.lesion_spec import Point
from planner.anatomy.spec import AnatomySpec
from planner.core.model import Model
from planner.core.names import KINDS, LEVELS, Bone, Frame, Intent, LesionType
from planner.core.units import UnitModel, fault, measure, measure_of, to_unit
from planner.plan.advice import Advice
from planner.plan.patient import FollowUp, Patient, Session

GAUGE_MM = {
    8: 4.191, 9: 3.759, 10: 3.404, 11: 3.048, 12: 2.769, 13: 2.413, 14: 2.108, 15: 1.829, 16: 1.651,
    17: 1.473, 18: 1.270,
}  # fmt: skip
"""Needle gauge → nominal outer diameter, mm (Birmingham gauge table, read on a secondary page: flag V2)."""

PROTECTION = (
    "thermocouple", "co2_dissection", "fluid_dissection", "cooled_saline", "warmed_saline", "skin_cooling",
    "skin_warming", "neuromonitoring",
)  # fmt: skip
CORD_PROTECTION = ("thermocouple", "co2_dissection", "fluid_dissection", "cooled_saline", "warmed_saline")
"""What protects or watches the cord; skin measures and monitoring alone do not."""


def _choice(kind: Any, options: tuple[Any, ...], what: str) -> Any:
    """Return the type of one of `options`; another value is refused with the nearest of them as a hint."""

    def read(value: Any) -> Any:
        if value in options and not isinstance(value, bool):
            return value
        close = difflib.get_close_matches(str(value), [str(o) for o in options], n=1)
        hint = f"did you mean `{close[0]}`?" if close else "choose one of these"
        raise fault("", value, f"{what}: {', '.join(map(str, options))}", hint)

    return Annotated[kind, BeforeValidator(read), WithJsonSchema({"enum": list(options)})]


Level = _choice(str, LEVELS, "a vertebra")
Protection = _choice(str, PROTECTION, "a protection")
Gauge = _choice(int, tuple(GAUGE_MM), "a gauge")


class Target(Model):
    """The vertebra, and the tumour in it."""

    level: Level  # type: ignore[valid-type]
    lesion: str | None = None
    intent: Intent | None = None
    lesion_type: LesionType | None = None
    bone: Bone | None = None


class Access(Model):
    """One straight instrument; `target` is its distal end. Points in the plan's frame, mm."""

    entry: Point
    target: Point
    gauge: Gauge | None = None  # type: ignore[valid-type]
    route: Literal["transpedicular", "extrapedicular"] = "transpedicular"

    @model_validator(mode="after")
    def _apart(self) -> Access:
        if self.entry == self.target:
            raise fault(
                "", self.entry, "entry and target apart", "the same point twice gives no direction; correct one"
            )
        return self


class MarkupsAccess(Model):
    """One straight instrument from 3D Slicer's markups, in the frame that the file states.

    Attributes
    ----------
    markups : `.mrk.json` or `.fcsv`, relative to the plan.
    line : name of a line; may be left out where the file holds one. Its first control point is the entry.
    order : `target_first` where the line was drawn from the tip.
    entry, target : labels of two points, instead of a line.
    """

    markups: str = Field(min_length=1)
    line: str | None = None
    order: Literal["entry_first", "target_first"] | None = None
    entry: str | None = None
    target: str | None = None
    gauge: Gauge | None = None  # type: ignore[valid-type]
    route: Literal["transpedicular", "extrapedicular"] = "transpedicular"

    @model_validator(mode="after")
    def _one_way(self) -> MarkupsAccess:
        labels = (self.entry is not None) + (self.target is not None)
        if labels == 1 or (labels and (self.line is not None or self.order is not None)):
            given = [key for key in ("line", "order", "entry", "target") if getattr(self, key) is not None]
            way_out = "write `line: Needle-L`, or `entry: E1` with `target: T1`"
            raise fault("", given, "a line, or the labels of entry and target", way_out)
        return self


class Zone(UnitModel):
    """The operator's own expectation: ellipsoid of revolution about the instrument's axis."""

    long_axis_mm: measure_of("zone_long_axis_mm")  # type: ignore[valid-type]
    short_axis_mm: measure_of("zone_short_axis_mm")  # type: ignore[valid-type]
    centre_from_tip_mm: measure("mm", "mm", -50, 100, optional=True) = None  # type: ignore[valid-type]


class Balloon(UnitModel):
    """Inflation planned for each balloon."""

    volume_ml: measure_of("balloon_volume_ml", optional=True) = None  # type: ignore[valid-type]
    pressure_kpa: measure_of("balloon_pressure_kpa", optional=True) = None  # type: ignore[valid-type]


class Cement(UnitModel):
    """Cement of the whole step.

    Attributes
    ----------
    start_s : begin of the injection after mixing; by default the material's own. rate_ml_min : how fast it goes in.
    after_ablation_s : from the last stop of an ablation at this level to the begin of the injection; by default mixing
        begins at the stop.
    """

    material: str
    volume_ml: measure_of("cement_volume_ml")  # type: ignore[valid-type]
    start_s: measure("s", "s", 0, 3600, optional=True) = None  # type: ignore[valid-type]
    rate_ml_min: measure("mL/min", "ml_min", 0.1, 30, optional=True) = None  # type: ignore[valid-type]
    after_ablation_s: measure("s", "s", 0, 86400, optional=True) = None  # type: ignore[valid-type]


class Phase(Model):
    """One phase of a cryoablation, written as `freeze 10 min`; `freeze 10 min 80 %` works 80 % of it.

    A `stick` is a short freeze that holds the probe in place; it is none of the freezes that are counted.
    """

    kind: Literal["stick", "freeze", "thaw", "active_thaw"]
    duration_s: float = Field(ge=1, le=7200)
    duty: float | None = Field(default=None, gt=0, le=1)


_PHASE = re.compile(r"^\s*(stick|freeze|thaw|active_thaw)\s+(.*?\D)(?:\s+(\d+(?:\.\d+)?)\s*%)?\s*$")
_PHASE_SCHEMA = {
    "type": "string",
    "pattern": "^(stick|freeze|thaw|active_thaw) ",
    "examples": ["freeze 10 min", "freeze 10 min 80 %"],
}


def _phase(value: Any) -> Any:
    if isinstance(value, str):
        found = _PHASE.match(value)
        try:
            if found and not (found[3] and found[1] == "thaw"):
                duty = None if found[3] is None else float(found[3]) / 100.0
                return {"kind": found[1], "duration_s": to_unit(found[2], "s"), "duty": duty}
        except ValueError:
            pass
    elif isinstance(value, dict | Phase):
        return value
    raise fault("", value, "a phase with its time", "write for example `freeze 10 min` or `thaw 8 min`")


Cycle = tuple[Annotated[Phase, BeforeValidator(_phase), WithJsonSchema(_PHASE_SCHEMA)], ...]


def _not_empty(value: Any) -> Any:
    if not isinstance(value, list | tuple) or not value:
        raise fault("", value, "a list with at least one entry", "write the entries with a leading `- `")
    return value


def _one_or_list(value: Any) -> str:
    return "@list" if isinstance(value, list | tuple) else "@one"


def _points_or_markups(value: Any) -> str:
    markups = "markups" in value if isinstance(value, dict) else isinstance(value, MarkupsAccess)
    return "@markups" if markups else "@points"


AnyAccess = Annotated[
    Annotated[Access, Tag("@points")] | Annotated[MarkupsAccess, Tag("@markups")], Discriminator(_points_or_markups)
]
Accesses = Annotated[
    Annotated[AnyAccess, Tag("@one")] | Annotated[tuple[AnyAccess, ...], BeforeValidator(_not_empty), Tag("@list")],
    Discriminator(_one_or_list),
]


class Step(UnitModel):
    """What every step may have."""

    target: Target | None = None
    note: str | None = None


class _WithInstrument(Step):
    access: Accesses
    device: str | None = None

    @property
    def accesses(self) -> tuple[Access | MarkupsAccess, ...]:
        """The instruments as a tuple, also where there is one."""
        return self.access if isinstance(self.access, tuple) else (self.access,)


class _Ablation(_WithInstrument):
    device: str
    zone: Zone | None = None
    protection: tuple[Protection, ...] = ()  # type: ignore[valid-type]


class Burn(UnitModel):
    """One delivery of a step that has several: the needle drawn back, or the same place again."""

    pull_back_mm: measure("mm", "mm", 0, 100, optional=True) = None  # type: ignore[valid-type]
    duration_s: measure_of("ablation_duration_s", optional=True) = None  # type: ignore[valid-type]
    setpoint_c: measure_of("setpoint_c", optional=True) = None  # type: ignore[valid-type]
    pause_s: measure("s", "s", 0, 3600, optional=True) = None  # type: ignore[valid-type]


class RadiofrequencyAblation(_Ablation):
    """Heat by radiofrequency, plain or internally cooled."""

    kind: Literal["radiofrequency_ablation", "cooled_radiofrequency_ablation"]
    setpoint_c: measure_of("setpoint_c", optional=True) = None  # type: ignore[valid-type]
    duration_s: measure_of("ablation_duration_s", optional=True) = None  # type: ignore[valid-type]
    stop_temperature_c: measure("degC", "c", 37, 120, optional=True) = None  # type: ignore[valid-type]
    power_w: measure("W", "w", 0.1, 250, optional=True) = None  # type: ignore[valid-type]
    burns: tuple[Burn, ...] = ()
    thermocouples: dict[str, Point] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way_to_lead_it(self) -> RadiofrequencyAblation:
        if self.power_w is not None and (self.setpoint_c is not None or any(b.setpoint_c for b in self.burns)):
            raise fault("power", self.power_w, "a power or a set-point", "leave one of them out")
        return self


class Position(UnitModel):
    """One place of a step's probes: drawn back, or the same place again, with a cycle of its own."""

    pull_back_mm: measure("mm", "mm", 0, 100, optional=True) = None  # type: ignore[valid-type]
    cycle: Cycle = ()
    pause_s: measure("s", "s", 0, 3600, optional=True) = None  # type: ignore[valid-type]


class Cryoablation(_Ablation):
    """Cold by one or several probes in freeze–thaw cycles."""

    kind: Literal["cryoablation"]
    cycle: Cycle = ()
    probe_temperature_c: measure("degC", "c", -200, 0, optional=True) = None  # type: ignore[valid-type]
    power_w: measure("W", "w", 0.1, 250, optional=True) = None  # type: ignore[valid-type]
    duty_fraction: measure("1", "fraction", 0, 1, optional=True) = None  # type: ignore[valid-type]
    positions: tuple[Position, ...] = ()
    thermocouples: dict[str, Point] = Field(default_factory=dict)

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The cycle of each position, in order; an empty one where the plan states none."""
        return tuple(one.cycle or self.cycle for one in self.positions) or (self.cycle,)


class Vertebroplasty(_WithInstrument):
    """Cement through a needle."""

    kind: Literal["vertebroplasty"]
    cement: Cement


class Kyphoplasty(_WithInstrument):
    """Balloon, then cement."""

    kind: Literal["kyphoplasty"]
    device: str
    balloon: Balloon
    cement: Cement | None = None


class Screw(_WithInstrument):
    """A pedicle screw; `target` is its tip."""

    kind: Literal["screw"]
    diameter_mm: measure("mm", "mm", 2, 12, optional=True) = None  # type: ignore[valid-type]
    length_mm: measure("mm", "mm", 10, 120, optional=True) = None  # type: ignore[valid-type]
    entry_error_mm: measure("mm", "mm", 0, 20, optional=True) = None  # type: ignore[valid-type]
    tip_error_mm: measure("mm", "mm", 0, 20, optional=True) = None  # type: ignore[valid-type]


class Radiotherapy(Step):
    """A course of radiotherapy before or after."""

    kind: Literal["radiotherapy"]
    dose_gy: measure("Gy", "gy", 0.5, 150)  # type: ignore[valid-type]
    fractions: int = Field(ge=1, le=60)
    cord_dmax_gy: measure("Gy", "gy", 0, 150, optional=True) = None  # type: ignore[valid-type]


class UnknownStep(Model):
    """Catches a kind that does not exist, to say so well."""

    @model_validator(mode="before")
    @classmethod
    def _refuse(cls, value: Any) -> Any:
        kind = value.get("kind") if isinstance(value, dict) else value
        close = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"did you mean `kind: {close[0]}`?" if close else "choose one of these kinds"
        raise fault("", kind, f"a step of kind {', '.join(KINDS)}", hint)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"not": {}}


_STEP_TYPES: dict[str, Any] = {
    "radiofrequency_ablation": RadiofrequencyAblation,
    "cooled_radiofrequency_ablation": RadiofrequencyAblation,
    "cryoablation": Cryoablation,
    "vertebroplasty": Vertebroplasty,
    "kyphoplasty": Kyphoplasty,
    "screw": Screw,
    "radiotherapy": Radiotherapy,
}


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    found = _STEP_TYPES.get(kind) if isinstance(kind, str) else None
    return f"@{found.__name__}" if found else "@unknown"


AnyStep = Annotated[
    Annotated[RadiofrequencyAblation, Tag("@RadiofrequencyAblation")]
    | Annotated[Cryoablation, Tag("@Cryoablation")]
    | Annotated[Vertebroplasty, Tag("@Vertebroplasty")]
    | Annotated[Kyphoplasty, Tag("@Kyphoplasty")]
    | Annotated[Screw, Tag("@Screw")]
    | Annotated[Radiotherapy, Tag("@Radiotherapy")]
    | Annotated[UnknownStep, Tag("@unknown")],
    Discriminator(_kind),
]


def _version(value: Any) -> Any:
    if isinstance(value, bool) or value != 1:
        raise fault("", value, "format version 1", "this program reads `planner: 1`")
    return value


def _frame(value: Any) -> Any:
    if value not in ("LPS", "RAS"):
        raise fault("", value, "LPS or RAS", "say in which frame the points are; it is never guessed")
    return value


class Plan(Model):
    """A plan file, version 1."""

    planner: Annotated[int, BeforeValidator(_version), WithJsonSchema({"const": 1})]
    title: str | None = None
    anatomy: AnatomySpec
    frame: Annotated[Frame, BeforeValidator(_frame)]
    patient: Patient | None = None
    target: Target | None = None
    session: Session | None = None
    follow_up: FollowUp | None = None
    advice: Advice | None = None
    steps: Annotated[tuple[AnyStep, ...], BeforeValidator(_not_empty)]
    seed: int = Field(default=0, ge=0)
