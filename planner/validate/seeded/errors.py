"""The planted errors: what slipped, in which sound plan, where, and which rule has to catch it.

A change is a path into the plan and its new value; `...` removes what stands there. `$` instead of a rule means that
the plan must be refused as bad input, with that path among its problems.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from planner.validate.seeded.bases import access, lesion

REMOVED = ...


@dataclass(frozen=True)
class Planted:
    """One error."""

    title: str
    base: str
    rule: str
    changes: dict[str, Any] = field(default_factory=dict)


def _step(key: str, value: Any) -> dict[str, Any]:
    return {f"steps.0.{key}": value}


def _session(key: str, value: Any) -> dict[str, Any]:
    return {f"session.{key}": value}


def _patient(key: str, value: Any) -> dict[str, Any]:
    return {f"patient.{key}": value}


def errors() -> tuple[Planted, ...]:
    """Return every planted error."""
    return (*_heat(), *_cold(), *_cement(), *_balloon(), *_metal_and_rays(), *_patients(), *_afterwards(), *_refused())


def _heat() -> tuple[Planted, ...]:
    e = Planted
    wide = {"long_axis": "30 mm", "short_axis": "26 mm", "centre_from_tip": "10 mm"}
    beyond = {"long_axis": "55 mm", "short_axis": "16 mm", "centre_from_tip": "10 mm"}
    return (
        e("electrode too cool", "rfa", "ABL-SETPOINT", _step("setpoint", "50 degC")),
        e("set-point in °F read as °C", "rfa", "ABL-SETPOINT", _step("setpoint", "138 degF")),
        e("electrode near boiling", "rfa", "ABL-SETPOINT", _step("setpoint", "98 degC")),
        e("set-point beyond the device", "rfa", "ABL-SETPOINT-RATED", _step("setpoint", "98 degC")),
        e("cooled probe set as a plain one", "cooled", "ABL-SETPOINT", _step("setpoint", "95 degC")),
        e("a minute only", "rfa", "ABL-TIME-RFA", _step("duration", "1 min")),
        e("six seconds for six minutes", "rfa", "ABL-TIME-RFA", _step("duration", "6 s")),
        e("plain probe for a quarter of an hour", "rfa", "ABL-TIME-RFA", _step("duration", "15 min")),
        e("cooled probe stopped early", "cooled", "ABL-TIME-COOLED", _step("duration", "4 min")),
        e("cooled probe for an hour", "cooled", "ABL-TIME-COOLED", _step("duration", "60 min")),
        e("zone read from the wrong device", "rfa", "ABL-ZONE-SHORT", _step("zone", wide)),
        e("zone in the cord's reach", "rfa", "ABL-DIST-CORD-PROT", _step("zone", wide | {"centre_from_tip": "25 mm"})),
        e("zone in the canal", "rfa", "ABL-ZONE-CANAL", _step("zone", wide | {"centre_from_tip": "25 mm"})),
        e("zone in the vessels", "rfa", "ABL-ZONE-VESSEL", _step("access", access("left", 1.25))),
        e("zone length in the wrong unit", "rfa", "ABL-ZONE-LONG", _step("zone", beyond)),
        e("protection forgotten", "rfa", "ABL-DIST-CORD", _step("protection", ["neuromonitoring"])),
        e("skin cooling taken for protection", "rfa", "ABL-DIST-CORD", _step("protection", ["skin_cooling"])),
        e("monitoring forgotten near the cord", "cooled", "ABL-IONM", _step("protection", ["thermocouple"])),
        e("tumour beside the zone", "rfa", "ABL-COVER", {"anatomy.parametric.lesion": lesion(14.0)}),
        e("margin given away", "rfa", "ABL-MARGIN-CUR", {"anatomy.parametric.lesion": lesion(4.0)}),
        e("wrong side", "rfa", "ABL-COVER", _step("access", access("right"))),
        e("tip too short of the tumour", "rfa", "ABL-COVER", _step("access", access("left", 0.55))),
        e("big tumour called curable", "rfa", "ABL-SIZE-CUR",
          {"anatomy.parametric.lesion": lesion() | {"diameter": "32 mm"}}),
        e("blastic tumour for heat", "rfa", "ABL-RFA-IND", {"target.lesion_type": "blastic"}),
        e("one pad", "rfa", "ABL-PAD", _session("grounding_pads", 1)),
        e("no pad", "rfa", "ABL-PAD", _session("grounding_pads", 0)),
        e("osteoid osteoma too cool", "osteoid", "ABL-OO-TEMP", _step("setpoint", "70 degC")),
        e("osteoid osteoma too short", "osteoid", "ABL-OO-TIME", _step("duration", "3 min")),
        e("osteoblastoma called osteoid osteoma", "osteoid", "ABL-OO-SIZE",
          {"anatomy.parametric.lesion": lesion() | {"diameter": "22 mm"}}),
        e("unstable level left without cement", "rfa", "ABL-AUG", _patient("scores.sins", 9)),
        e("deep sedation with a probe that asks for answers", "cooled", "ABL-OSTEOCOOL-SED",
          _step("device", "osteocool_20mm") | _session("sedation", "general")),
        e("three levels of heat and cement", "cooled", "CMB-LEVELS", {"steps.+": ("cement_at", ("L2", "L4"))}),
    )  # fmt: skip


def _cold() -> tuple[Planted, ...]:
    e = Planted
    return (
        e("one freeze", "cryo", "ABL-CRYO-CYC", _step("cycle", ["freeze 10 min"])),
        e("short freezes", "cryo", "ABL-CRYO-FREEZE", _step("cycle", ["freeze 5 min", "thaw 8 min", "freeze 5 min"])),
        e("seconds for minutes", "cryo", "ABL-CRYO-FREEZE", _step("cycle", ["freeze 10 s", "thaw 8 min", "freeze 10 s"])),
        e("hardly a thaw", "cryo", "ABL-CRYO-THAW", _step("cycle", ["freeze 10 min", "thaw 1 min", "freeze 10 min"])),
        e("no thaw", "cryo", "ABL-CRYO-THAW", _step("cycle", ["freeze 10 min", "freeze 10 min"])),
        e("probes too far apart", "cryo", "ABL-CRYO-SPACE",
          _step("access", [access("left", gauge=None), access("right", 1.0, None, aside_mm=-8.0)])),
        e("four probes", "cryo", "ABL-CRYO-NPROBE",
          _step("access", [access("left", 0.8 + 0.05 * n, None, aside_mm=2.0 * n) for n in range(4)])),
        e("ice at the cord", "cryo", "ABL-NEU-ICE",
          _step("zone", {"long_axis": "36 mm", "short_axis": "30 mm", "centre_from_tip": "16 mm"})),
        e("ice in the canal", "cryo", "CRY-ICE-CANAL",
          _step("zone", {"long_axis": "36 mm", "short_axis": "34 mm", "centre_from_tip": "24 mm"})),
        e("tumour outside the ice", "cryo", "CRY-COVER", {"anatomy.parametric.lesion": lesion(14.0)}),
        e("ice barely to the edge", "cryo", "ABL-CRYO-MARGIN", {"anatomy.parametric.lesion": lesion(8.0)}),
        e("ice in the vessels' organs", "cryo", "CRY-ICE-ORGAN",
          _step("zone", {"long_axis": "60 mm", "short_axis": "80 mm", "centre_from_tip": "10 mm"})),
    )  # fmt: skip


def _cement() -> tuple[Planted, ...]:
    e = Planted
    volume = "steps.0.cement.volume"
    return (
        e("nine millilitres in a lumbar level", "cement", "AUG-VOL-LEVEL", {volume: "9 mL"}),
        e("a syringe too many", "cement", "AUG-VOL-PCE", {volume: "8 mL"}),
        e("a third of the body", "cement", "AUG-FILL-MAX", {volume: "9.5 mL"}),
        e("half of the body", "cement", "AUG-FILL-HARD", {volume: "14 mL"}),
        e("decimal point slipped", "cement", "AUG-FILL-HARD", {volume: "34 mL"}),
        e("a drop of cement", "kypho", "AUG-FILL-OPT", {volume: "0.5 mL"}),
        e("five levels at once", "cement", "AUG-LEVELS", {"steps.+": ("cement_at", ("L1", "L2", "L4", "L5"))}),
        e("needle through the canal", "cement", "ACC-CANAL-INSIDE", _step("access", access("left", aside_mm=9.0))),
        e("needle in the sac", "cement", "ACC-CORD-INSIDE", _step("access", access("left", aside_mm=14.0))),
        e("needle past the cord's edge", "cement", "ACC-CORD-CLEAR", _step("access", access("left", aside_mm=6.6))),
        e("needle through the pedicle's wall", "cement", "ACC-PED-MARGIN", _step("access", access("left", aside_mm=4.5))),
        e("needle into the aorta", "cement", "ACC-VESSEL", _step("access", access("left", 1.75))),
        e("thick needle off the axis", "cement", "ACC-PED-MARGIN", _step("access", access("left", gauge=8, aside_mm=3.0))),
        e("needle through the root", "cement", "ACC-ROOT",
          {"steps.0.access.entry": _lower(access("left")["entry"], 14.0),
           "steps.0.access.target": _lower(access("left")["target"], 14.0)}),
        e("little pain", "cement", "SEL-PAIN", _patient("pain_vas", 2)),
        e("days to live", "cement", "SEL-SURVIVAL", _patient("expected_survival", "1 month")),
        e("cement in an unstable spine", "cement", "SEL-SINS-13", _patient("scores.sins", 15)),
    )  # fmt: skip


def _lower(point: list[float], by_mm: float) -> list[float]:
    return [point[0], point[1], round(point[2] - by_mm, 3)]


def _balloon() -> tuple[Planted, ...]:
    e = Planted
    pressure, volume = "steps.0.balloon.pressure", "steps.0.balloon.volume"
    return (
        e("bar for psi", "kypho", "$.steps[0].balloon.pressure", {pressure: "200 bar"}),
        e("atmospheres for psi", "kypho", "$.steps[0].balloon.pressure", {pressure: "200 atm"}),
        e("twice the bar that psi would be", "kypho", "IBT-P-RATED", {pressure: "40 bar"}),
        e("beyond the balloon's rating", "kypho", "IBT-P-RATED", {pressure: "450 psi"}),
        e("beyond the class", "kypho", "IBT-P-MAX-A", {pressure: "420 psi"}),
        e("more than balloons ask for", "kypho", "IBT-P-TYP", {pressure: "300 psi"}),
        e("too much contrast", "kypho", "IBT-V-RATED", {volume: "6 mL"}),
        e("no reserve", "kypho", "IBT-V-WARN", {volume: "3.9 mL"}),
        e("cubic centimetres doubled", "kypho", "IBT-V-RATED", {volume: "8 cc"}),
        e("cavity left empty", "kypho", "BKP-FILL-CAVITY", {"steps.0.cement.volume": "1 mL"}),
        e("cavity overfilled", "kypho", "BKP-FILL-CAVITY", {"steps.0.cement.volume": "9 mL"}),
        e("little cement after a balloon", "kypho", "AUG-VOL-BKP", {"steps.0.cement.volume": "3 mL"}),
    )


def _metal_and_rays() -> tuple[Planted, ...]:
    e = Planted
    dose, cord, fractions = "steps.0.dose", "steps.0.cord_dmax", "steps.0.fractions"
    return (
        e("screw thicker than the pedicle", "screw", "SCR-PED-MARGIN", _step("diameter", "11 mm")),
        e("screw off its axis", "screw", "SCR-PED-MARGIN", _step("access", access("left", gauge=None, aside_mm=3.5))),
        e(
            "screw through the canal",
            "screw",
            "ACC-CANAL-INSIDE",
            _step("access", access("left", gauge=None, aside_mm=8.0)),
        ),
        e("screw into the vessels", "screw", "ACC-VESSEL", _step("access", access("left", 1.75, None))),
        e("reference at the wrong end", "screw", "NAV-ROBOT-REACH", _session("reference_level", "T10")),
        e("cord overdosed in one fraction", "sbrt", "RT-CORD-1", {dose: "20 Gy", fractions: 1, cord: "15 Gy"}),
        e("cord overdosed in two", "sbrt", "RT-CORD-2", {dose: "24 Gy", fractions: 2, cord: "18 Gy"}),
        e("cord overdosed in three", "sbrt", "RT-CORD-3", {cord: "22 Gy"}),
        e("cord overdosed in four", "sbrt", "RT-CORD-4", {fractions: 4, cord: "24 Gy"}),
        e("cord overdosed in five", "sbrt", "RT-CORD-5", {fractions: 5, cord: "27 Gy"}),
        e("rads for grays", "sbrt", "$.steps[0].cord_dmax", {cord: "2700 rad"}),
        e("whole dose at once", "sbrt", "RT-VCF-FX", {dose: "24 Gy", fractions: 1, cord: "10 Gy"}),
        e("fragile vertebra and 24 Gy", "sbrt", "CMB-SBRT-FX", {dose: "24 Gy", fractions: 1, cord: "10 Gy"}),
        e("first course forgotten in the sum", "again", "RT-RE-CUM", {"patient.prior_radiation.cord_dmax": "55 Gy"}),
        e("second course too strong", "again", "RT-RE-SBRT", {cord: "21 Gy"}),
        e("second course the larger", "again", "RT-RE-RATIO", {"patient.prior_radiation.cord_dmax": "10 Gy"}),
        e("again after two months", "again", "RT-RE-GAP", {"patient.prior_radiation.interval": "2 months"}),
    )


def _patients() -> tuple[Planted, ...]:
    e = Planted
    not_safe = "contraindications"
    return (
        e("infection overlooked", "cement", "SEL-INFECTION", _patient(f"{not_safe}.infection", value=True)),
        e(
            "allergy overlooked",
            "cement",
            "SEL-ALLERGY",
            _patient(f"{not_safe}.cement_or_contrast_allergy", value=True),
        ),
        e(
            "bleeding disorder overlooked",
            "kypho",
            "SEL-BLEEDING",
            _patient(f"{not_safe}.bleeding_disorder", value=True),
        ),
        e("pacemaker overlooked", "rfa", "SEL-PACEMAKER", _patient(f"{not_safe}.pacemaker", value=True)),
        e("new paresis overlooked", "rfa", "SEL-DEFICIT", _patient(f"{not_safe}.new_deficit", value=True)),
        e("anticoagulant not paused", "rfa", "SEL-INR", _patient("clotting.inr", 2.6)),
        e("platelets low", "cryo", "SEL-PLATELETS", _patient("clotting.platelets_per_nl", 31)),
        e("compressed cord", "rfa", "SEL-ESCC", _patient("scores.escc", "2")),
        e("spine surgeon not asked", "cement", "SEL-SINS-7", _patient("scores.sins", 9)),
        e("many metastases called curable", "rfa", "SEL-NUM-CUR", _patient("metastases", 6)),
        e("nothing known of the patient", "cement", "SEL-STATED", {"patient": {"primary": "renal"}}),
        e("clotting not asked", "cement", "SEL-STATED", _patient("clotting", REMOVED)),
        e("CT of last year", "rfa", "IMG-CT-AGE", _patient("imaging.ct_age", "300 days")),
        e("CT age in weeks", "rfa", "IMG-CT-AGE", _patient("imaging.ct_age", "8 weeks")),
        e("MRI of last year", "rfa", "IMG-MRI-AGE", _patient("imaging.mri_age", "300 days")),
        e("one level imaged", "rfa", "IMG-WHOLE-SPINE", _patient("imaging.whole_spine", value=False)),
        e("low calcium", "cement", "DEN-CA", _patient("labs.calcium", "1.8 mmol/L")),
        e("albumin in g/dL", "cement", "DEN-CA", _patient("labs", {"calcium": "2.0 mmol/L", "albumin": "52 g/L"})),
        e("kidneys failing", "cement", "DEN-CRCL", _patient("labs.creatinine_clearance", "18 mL/min")),
        e("teeth not seen", "cement", "DEN-DENTAL", _patient("bone_drug.dental_exam", value=False)),
        e(
            "extraction planned",
            "cement",
            "DEN-DENTAL-SURGERY",
            _patient("bone_drug.dental_surgery_planned", value=True),
        ),
        e("open jaw", "cement", "DEN-ORAL", _patient("bone_drug.open_oral_lesion", value=True)),
        e("osteoporosis dose", "cement", "DEN-DOSE", _patient("bone_drug.dose", "60 mg")),
        e("twice a year", "cement", "DEN-INTERVAL", _patient("bone_drug.interval", "26 weeks")),
        e("thigh pain without a film", "cement", "DEN-AFF", _patient("bone_drug.thigh_pain", value=True)),
    )


def _afterwards() -> tuple[Planted, ...]:
    e = Planted
    return (
        e("first visit after three months", "cement", "FUP-FIRST", {"follow_up.weeks": [13, 26, 52, 260]}),
        e("lost after half a year", "cement", "FUP-YEAR", {"follow_up.weeks": [1, 26]}),
        e("quality of life not asked", "cement", "FUP-ASKED", {"follow_up.instruments": ["vas", "odi"]}),
        e("no image for a year", "cement", "FUP-IMAGING", {"follow_up.imaging_months": [12]}),
    )


def _refused() -> tuple[Planted, ...]:
    e = Planted
    return (
        e("pressure without a unit", "kypho", "$.steps[0].balloon.pressure", {"steps.0.balloon.pressure": 200}),
        e("volume without a unit", "cement", "$.steps[0].cement.volume", {"steps.0.cement.volume": 4}),
        e("time without a unit", "rfa", "$.steps[0].duration", _step("duration", 6)),
        e("set-point as a distance", "rfa", "$.steps[0].setpoint", _step("setpoint", "90 mm")),
        e("frame not said", "rfa", "$.frame", {"frame": REMOVED}),
        e("wrong level", "rfa", "$.target.level", {"target.level": "L6"}),
        e("level that is not there", "rfa", "$.target.level", {"target.level": "T4"}),
        e("tumour that is not there", "rfa", "$.target.lesion", {"target.lesion": "tumour"}),
        e(
            "entry and target the same",
            "cement",
            "$.steps[0].access",
            _step("access", {"entry": [1, 2, 3], "target": [1, 2, 3]}),
        ),
        e("unknown device", "rfa", "$.steps[0].device", _step("device", "generic_monopolr_20mm")),
        e("negative volume", "cement", "$.steps[0].cement.volume", {"steps.0.cement.volume": "-3 mL"}),
        e("a litre of cement", "cement", "$.steps[0].cement.volume", {"steps.0.cement.volume": "1 L"}),
        e("target outside the patient", "cement", "$.steps[0].access.target", {"steps.0.access.target": [600, 0, 0]}),
        e("no step", "cement", "$.steps", {"steps": []}),
        e("misspelt key", "rfa", "$.steps[0].protecton", _step("protecton", ["thermocouple"])),
    )
